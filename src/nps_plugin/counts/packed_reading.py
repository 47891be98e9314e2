"""Counting a slice from the packed folds: whole months of everything, of an agent, a queue, a service or a level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select

from ..store.tables import counted, folds, mixes, moments
from .collecting import Collector
from .lanes import Moments, cells_of
from .locking import zone_of
from .months import FIRST, LAST, bounds, month_from, month_of
from .packing import add_up, unpack, unpack_sum, unpress
from .shapes import FOLDED, MOST_LAG, MOST_POINTS, TOTAL, shape_lanes, shape_parts
from .slices import Slice, grouped
from .waiting import Change

#: By these the case mix is told apart, so that slices by any of them can be read from it.
MIXED = frozenset({"agent", "queue", "priority"})


class Span(NamedTuple):
    """Months from ``first`` to ``last``, both in it, of one folded dimension; ``value`` None: of each of its values.
    ``dimension`` "": of several, or of one that is not folded."""

    dimension: str
    value: str | None
    first: int
    last: int
    #: the first and the last month of all that is folded
    ends: tuple[int, int]

    @property
    def short(self) -> bool:
        """Whether the moments of all its months with each other are folded."""
        return self.last - self.first <= MOST_LAG

    @property
    def most(self) -> bool:
        """Whether it is a good part of all there is: then reading all of it in order beats looking each row up."""
        return 4 * (self.last - self.first + 1) >= self.ends[1] - self.ends[0] + 1


def span_of(connection: Connection, part: Slice) -> Span | None:
    """The months of the folds that hold a slice's window, or None where none do."""
    names = set(part.where) | set(part.by)
    if zone_of(connection, part.tenant) not in (None, part.zone.key):
        return None
    since, until = part.window
    first = FIRST if since is None else _first(connection, part, since)
    last = LAST if until is None else _last(connection, part, until)
    if first is None or last is None:
        return None
    # no wider than there is anything
    mine = (folds.c.tenant_id == part.tenant.name, folds.c.basis == part.basis, folds.c.dimension == TOTAL)
    ends = [
        connection.execute(select(folds.c.month).where(*mine).order_by(order).limit(1)).scalar()
        for order in (folds.c.month, folds.c.month.desc())
    ]
    known = ends[0] or FIRST, ends[1] or FIRST
    first, last = max(first, known[0]), min(last, known[1])
    dimension = next(iter(names), TOTAL) if len(names) < 2 and names <= set(FOLDED) else ""
    value = part.where.get(dimension, "" if dimension == TOTAL else None)
    return Span(dimension, value, first, last, known)


def _first(connection: Connection, part: Slice, since: int) -> int | None:
    month = month_of(since, part.zone)
    if month_from(since, part.zone) is not None or not _any(connection, part, bounds(part.zone)[month - FIRST], since):
        return month
    return None


def _last(connection: Connection, part: Slice, until: int) -> int | None:
    month = month_from(until, part.zone)
    if month is not None:
        return month - 1
    month = month_of(until, part.zone)
    following = bounds(part.zone)[min(month + 1, LAST - 1) - FIRST]
    # a window up to now: nothing is known of the rest of the month
    return None if _any(connection, part, until, following) else month


def _any(connection: Connection, part: Slice, since: int, until: int) -> bool:
    time = counted.c[part.basis]
    query = select(literal(1)).where(counted.c.tenant_id == part.tenant.name, time >= since, time < until).limit(1)
    return connection.execute(query).first() is not None


def read_cells(connection: Connection, span: Span, into: Collector) -> None:
    """Cells, and times where they are wanted."""
    by = bool(into.part.by)
    columns: list[Any] = [folds.c.value, folds.c.stratum, folds.c.month, folds.c.cells]
    if into.wanted.times:
        columns.append(folds.c.shape)
    apart = into.wanted.months
    if not apart and not into.wanted.times:
        _read_total(connection, span, into)
        return
    for value, stratum, month, cells, *shape in connection.execute(_of(select(*columns), folds, span, into.part)).all():
        one = into.at((value,) if by else (), stratum)
        one.put(month if apart else 0, stratum, unpack(cells, 3 * one.points + 6))
        for packed in shape:
            deadline, *times = shape_parts(unpress(packed, shape_lanes(one.points)), one.points)
            for place, count in enumerate(deadline):
                one.deadline[place] += count
            for lanes, counts in zip(times, (one.times, one.worked), strict=True):
                for place, count in enumerate(lanes):
                    if count:
                        counts[divmod(place, one.points)] += count


def _read_total(connection: Connection, span: Span, into: Collector) -> None:
    by = bool(into.part.by)
    query = _of(select(folds.c.value, folds.c.stratum, folds.c.cells), folds, span, into.part)
    lanes_of = {number: 3 * into.strata.points(number) + 6 for number in into.strata.ways}
    rows = connection.execute(query).all()
    for (value, stratum), lanes in add_up(((value, n), lanes_of[n], cells) for value, n, cells in rows).items():
        into.at((value,) if by else (), stratum).put(0, stratum, lanes)


def read_mix(connection: Connection, span: Span, into: Collector, *, cells: bool = False) -> None:
    """Case mix, and the cells themselves where no fold of one dimension holds them; see :data:`MIXED`."""
    part, wanted = into.part, into.wanted
    names = [*part.by, "stratum"]
    # what is not told apart is added up at once: of a year there are many rows, and of a slice few
    names += ["month"] if cells and wanted.months else []
    names += ["priority", "queue"] if wanted.mix else []
    query = select(*(mixes.c[name] for name in names), mixes.c.cells).where(
        mixes.c.tenant_id == part.tenant.name,
        mixes.c.basis == part.basis,
        mixes.c.month.between(span.first, span.last),
        *(mixes.c[name] == value for name, value in part.where.items()),
    )
    by = len(part.by)
    lanes_of = {number: 3 * into.strata.points(number) + 6 for number in into.strata.ways}
    found = add_up((row[:-1], lanes_of[row[by]], row[-1]) for row in map(tuple, connection.execute(query).all()))
    for key, lanes in found.items():
        stratum, *more = key[by:]
        one = into.at(key[:by], stratum)
        if cells:
            one.put(more[0] if wanted.months else 0, stratum, lanes)
        if wanted.mix:
            priority, queue = more[-2:]
            for cell, count in enumerate(lanes[: 3 * one.points]):
                if count:
                    one.mix[priority, queue, cell] += count


def read_moments(connection: Connection, span: Span, into: Collector) -> None:
    """Moments; the span is short and every scale has few points."""
    by = bool(into.part.by)
    lag = case((moments.c.month - span.first < moments.c.lags, moments.c.month - span.first), else_=moments.c.lags - 1)
    packed = func.substr(moments.c.packed, lag * moments.c.size + 1, moments.c.size)
    columns = (moments.c.value, moments.c.stratum, moments.c.other, moments.c.size, packed)
    query = _of(select(*columns), moments, span, into.part)
    sums: defaultdict[tuple[str, int, int, int], int] = defaultdict(int)
    for value, stratum, other, size, lanes in connection.execute(query).all():
        # a window has no more months than there is room to add in a lane
        sums[value, stratum, other, size] += int.from_bytes(lanes, "little")
    for (value, stratum, other, size), total in sums.items():
        one = into.at((value,) if by else (), stratum)
        number = len(cells_of(one.points, None if stratum == other else one.points))
        assert one.lanes is not None  # noqa: S101 - moments are wanted
        one.lanes.put_lanes((stratum, other), unpack_sum(total, size // number, number))


def change_moments(connection: Connection, into: Collector, changes: Sequence[Change]) -> None:
    """What the changes that wait do to the moments of their clients."""
    part = into.part
    touched: defaultdict[tuple[tuple[str, ...], int, str], list[Change]] = defaultdict(list)
    for change in changes:
        one = change.one
        if one.answered is None:
            continue
        if one.client is not None:
            touched[change.value, into.kind(one.stratum), one.client].append(change)
            continue
        lanes = _lanes(into, change.value, one.stratum)
        lanes.put(one.stratum, one.cell, one.stratum, one.cell, change.sign)
    if not touched:
        return
    before = _vectors(connection, part, into, sorted({client for _, _, client in touched}))
    for place, theirs in touched.items():
        vector = before[place]
        lanes = _lanes(into, place[0], theirs[0].one.stratum)
        lanes.add(vector, -1)
        for change in theirs:
            at = change.one.stratum, change.one.cell
            vector[at] = vector.get(at, 0) + change.sign
        lanes.add(vector)


def _lanes(into: Collector, value: tuple[str, ...], stratum: int) -> Moments:
    lanes = into.at(value, stratum).lanes
    assert lanes is not None  # noqa: S101 - moments are wanted
    return lanes


def _vectors(
    connection: Connection, part: Slice, into: Collector, clients: Sequence[str]
) -> defaultdict[tuple[tuple[str, ...], int, str], dict[tuple[int, int], int]]:
    found: defaultdict[tuple[tuple[str, ...], int, str], dict[tuple[int, int], int]] = defaultdict(dict)
    is_rated = counted.c.answered.is_not(None)
    columns = [*(part.column(name) for name in part.by), counted.c.client, counted.c.stratum, counted.c.cell]
    for start in range(0, len(clients), 500):
        some: ColumnElement[bool] = counted.c.client.in_(clients[start : start + 500])
        for *value, client, stratum, cell, count in grouped(connection, part, columns, is_rated, some):
            found[tuple(value), into.kind(stratum), client][stratum, cell] = count
    return found


def few_points(into: Collector) -> bool:
    """Whether the moments of every scale of the tenant are folded."""
    return all(into.strata.points(number) <= MOST_POINTS for number in into.strata.ways)


def _of(query: Select[Any], table: Any, span: Span, part: Slice) -> Select[Any]:
    query = query.where(
        table.c.tenant_id == part.tenant.name,
        table.c.basis == part.basis,
        table.c.dimension == span.dimension,
        table.c.month.between(span.first, span.last),
    )
    return query if span.value is None else query.where(table.c.value == span.value)
