"""Reading how often signs are on a slice: whole months from the folds, days at the edges from the rows of
``nps_counted``, and what waits to be folded from the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal_column, select

from ..config.settings import Tenant
from ..model import Scale
from ..store.tables import counted, fold_queue, folds
from .facts import contributions
from .locking import other_rules, zone_of
from .months import FIRST, LAST, bounds, from_micros, micros, month_from, month_of
from .packing import add_up
from .rebuilding import meant_rows, waits
from .shapes import FOLDED, TOTAL
from .signs import BACK, BITS, BOUNCING, CLOSED, read_passing, sign_lanes, sign_parts, sign_places
from .slices import Slice
from .strata import Strata
from .waiting import Change, waiting_of


@dataclass(kw_only=True)
class SignCounts:
    """Closings of one value of a slice: by bit of ``nps_counted.signs``; by bin around the deadline; the scores of
    those just before it and of the early ones, on the tenant's scale."""

    bits: list[int] = field(default_factory=lambda: [0] * BITS)
    deadline: list[int] = field(default_factory=lambda: [0] * 4)
    near: list[int] = field(default_factory=list)
    early: list[int] = field(default_factory=list)
    #: closed soon after one reply that is shorter than ``short``
    brushed: int = 0
    #: closed too lately for a quick fix to be ruled out: how many, and how many have one already
    fresh: int = 0
    fresh_back: int = 0
    #: tickets passed on that this agent held, and that it passed on too often; by agent alone
    held: int = 0
    passed: int = 0

    def of(self, bit: int) -> int:
        """How many closings have a bit."""
        return self.bits[bit.bit_length() - 1]


def read_signs(
    connection: Connection,
    tenant: Tenant,
    *,
    since: datetime | None,
    until: datetime | None,
    where: Mapping[str, str],
    by: str = "",
    old: datetime,
    short: int | None,
) -> dict[str, SignCounts]:
    """The signs on closings from ``since`` until before ``until`` (aware; None: all), for each value of ``by`` ("":
    of all). ``old``: closings after it are too fresh for a quick fix to be ruled out. ``short``: a quick reply of fewer
    characters is a short one; None: nobody knows. Slices as in :func:`~nps_plugin.counts.read_counts`.

    The connection has to show one snapshot. Exact at any moment; where the folds were made with other thresholds, all
    is read from the facts.
    """
    part = Slice(tenant=tenant, since=since, until=until, where=where, by=(by,) if by else ())
    return _Reader(connection, part, old, short).read()


class _Reader:
    def __init__(self, connection: Connection, part: Slice, old: datetime, short: int | None) -> None:
        self.connection, self.part, self.short = connection, part, short
        self.strata = Strata(connection, part.tenant.name)
        points = len(part.tenant.scale.points)
        self.found: defaultdict[str, SignCounts] = defaultdict(
            lambda: SignCounts(near=[0] * points, early=[0] * points)
        )
        self._scales: dict[int, bool] = {}
        self._old = micros(old)
        self._table: Any = counted
        self._changes = self._waiting()

    def _waiting(self) -> list[Change]:
        """What waits, where the rest is read from what was folded; else that it is there."""
        if not other_rules(self.connection, self.part.tenant):
            return [*waiting_of(self.connection, self.part, self.strata)]
        tenant = self.part.tenant
        meant = meant_rows(self.connection, tenant).subquery()
        self._table = select(meant).where(meant.c.stratum.is_not(None), ~waits(meant, tenant)).subquery()
        queue = select(fold_queue.c.host, fold_queue.c.ticket, fold_queue.c.closure).distinct()
        rows = self.connection.execute(queue.where(fold_queue.c.tenant_id == tenant.name))
        keys = [(row.host, row.ticket, row.closure) for row in rows]
        more = self.part.more(self.connection, keys)
        now = contributions(self.connection, tenant, keys, self.strata.number)
        return [Change(one, 1, self.part.value(one, more)) for one in now if self.part.holds(one, more)]

    def read(self) -> dict[str, SignCounts]:
        for piece in self._pieces():
            if isinstance(piece, Slice):
                self._rows(piece)
            else:
                self._folds(*piece)
        since, until = self.part.window
        fresh = self._old + 1 if since is None else max(since, self._old + 1)
        if until is None or fresh < until:
            self._fresh(replace(self.part, since=_at(fresh)))
        if self.short is not None:
            self._brushed(self.short)
        by_agent = self.part.by == ("agent",)
        if by_agent:
            self._passing()
        for one, sign, value in self._changes:
            self._add(_name(value), one.stratum, one.signs, one.deadline, one.cell, sign)
            mine = self.found[_name(value)]
            if one.closed > self._old and one.signs & CLOSED:
                mine.fresh += sign
                mine.fresh_back += sign * bool(one.signs & BACK)
            if self.short is not None and one.reply is not None and one.reply < self.short:
                mine.brushed += sign
            if by_agent and one.passing:
                self._pass(one.passing, one.signs, sign)
        return dict(self.found)

    # --- from where

    def _pieces(self) -> Iterator[Slice | tuple[str, str | None, int, int]]:
        """The window in pieces: rows of a slice, or months of the folds of a dimension and value (None: each)."""
        part, (since, until) = self.part, self.part.window
        names = {*part.where, *part.by}
        dimension = next(iter(names), TOTAL)
        stale = self._table is not counted or zone_of(self.connection, part.tenant) not in (None, part.zone.key)
        first = FIRST if since is None else month_of(since - 1, part.zone) + 1
        after = LAST if until is None else month_of(until, part.zone)
        if stale or len(names) > 1 or dimension not in (TOTAL, *FOLDED) or first >= after:
            yield part
            return
        edges = bounds(part.zone)
        if since is not None and month_from(since, part.zone) is None:
            yield replace(part, until=_at(edges[first - FIRST]))
        if until is not None and month_from(until, part.zone) is None:
            yield replace(part, since=_at(edges[after - FIRST]))
        value = part.where.get(dimension, "" if dimension == TOTAL else None)
        yield dimension, value, first, after - 1

    def _folds(self, dimension: str, value: str | None, first: int, last: int) -> None:
        mine = [folds.c.tenant_id == self.part.tenant.name, folds.c.basis == "closed"]
        mine += [folds.c.dimension == dimension, folds.c.month.between(first, last), folds.c.signs != b""]
        query = select(folds.c.value, folds.c.stratum, folds.c.signs).where(*mine)
        rows = self.connection.execute(query if value is None else query.where(folds.c.value == value)).all()
        lanes_of = {number: sign_lanes(self.strata.points(number)) for number in self.strata.ways}
        apart = bool(self.part.by)
        for (name, stratum), lanes in add_up(
            ((one if apart else "", number), lanes_of[number], packed) for one, number, packed in rows
        ).items():
            self._put(name, stratum, lanes)

    def _rows(self, piece: Slice) -> None:
        names = ("stratum", "signs", "deadline", "cell")
        for value, stratum, signs, deadline, cell, count in self._grouped(piece, names, self._table.c.signs != 0):
            self._add(value, stratum, signs, deadline, cell, count)

    def _fresh(self, piece: Slice) -> None:
        for value, signs, count in self._grouped(piece, ("signs",), self._table.c.signs != 0):
            self.found[value].fresh += count
            self.found[value].fresh_back += count * bool(signs & BACK)

    def _brushed(self, short: int) -> None:
        for value, count in self._grouped(self.part, (), self._table.c.reply.is_not(None), self._table.c.reply < short):
            self.found[value].brushed += count

    def _passing(self) -> None:
        part = replace(self.part, by=())
        for _, passing, signs, count in self._grouped(
            part, ("passing", "signs"), self._table.c.passing != literal_column("''")
        ):
            self._pass(passing, signs, count)

    def _grouped(self, piece: Slice, names: tuple[str, ...], *more: Any) -> Iterator[Any]:
        """(value of ``by``, the columns, how many) of each combination."""
        columns = [piece.column(name, self._table) for name in piece.by] + [self._table.c[name] for name in names]
        labelled = [column.label(f"c{number}") for number, column in enumerate(columns)]
        # named first and grouped outside: what holds a parameter would be another expression each time it is written
        source = select(*labelled, func.count().label("n")) if not labelled else select(*labelled)
        inner = source.select_from(piece.source(self._table)).where(*piece.conditions(table=self._table), *more)
        if not labelled:
            yield "", self.connection.execute(inner).scalar_one()
            return
        rows = inner.subquery()
        for row in self.connection.execute(select(*rows.c, func.count()).group_by(*rows.c)):
            yield tuple(row) if piece.by else ("", *row)

    # --- into counts

    def _put(self, value: str, stratum: int, lanes: Any) -> None:
        mine, parts = self.found[value], sign_parts(lanes, self.strata.points(stratum))
        for into, counts in zip((mine.bits, mine.deadline, mine.near, mine.early), parts, strict=True):
            if into in (mine.near, mine.early) and not self._own_scale(stratum):
                continue
            for place, count in enumerate(counts):
                into[place] += count

    def _add(self, value: str, stratum: int, signs: int, deadline: int | None, cell: int, count: int) -> None:
        points = self.strata.points(stratum)
        lanes = [0] * sign_lanes(points)
        for place in sign_places(signs, deadline, cell, points):
            lanes[place] = count
        self._put(value, stratum, lanes)

    def _own_scale(self, stratum: int) -> bool:
        found = self._scales.get(stratum)
        if found is None:
            scale: Scale = self.strata.kind(stratum, self.part.tenant)[1]
            own = self.part.tenant.scale
            same = (scale.name, scale.low, scale.high) == (own.name, own.low, own.high)
            found = self._scales[stratum] = same
        return found

    def _pass(self, passing: str, signs: int, count: int) -> None:
        held, passed = read_passing(passing)
        for agent in held:
            self.found[agent].held += count
        if signs & BOUNCING:
            for agent in passed:
                self.found[agent].passed += count


def _name(value: tuple[str, ...]) -> str:
    return value[0] if value else ""


def _at(us: int) -> datetime:
    return from_micros(us)
