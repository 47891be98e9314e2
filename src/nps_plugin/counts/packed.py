"""Changing the packed folds: what closures add to their months, and what their clients' answers add to the moments."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, select, tuple_

from ..config.settings import Tenant
from ..store.tables import counted, folds, mixes, moments
from ..store.upsert import add
from .facts import Contribution
from .lanes import cells_of, lane
from .months import month_of
from .packing import pack, pack_lags, press, unpack, unpack_lags, unpress
from .shapes import BASES, MOST_LAG, MOST_POINTS, shape_lanes, shape_places, values_of
from .signs import sign_lanes, sign_places
from .strata import Strata

_AT_ONCE = 200
#: Signs go by the time of the closing alone.
SIGNED = "closed"
#: (month, stratum, cell): what of a client counts together
_Unit = tuple[int, int, int]


class Folds:
    """Changes of a tenant's folds, collected and then written."""

    def __init__(self, connection: Connection, tenant: Tenant, strata: Strata) -> None:
        self._connection, self._tenant, self._strata = connection, tenant, strata
        self._kinds: dict[int, int] = {}
        self._named: list[Any] = []
        self._cells: defaultdict[tuple[Any, ...], Counter[int]] = defaultdict(Counter)
        self._shapes: defaultdict[tuple[Any, ...], Counter[int]] = defaultdict(Counter)
        self._signs: defaultdict[tuple[Any, ...], Counter[int]] = defaultdict(Counter)
        self._mixes: defaultdict[tuple[Any, ...], Counter[int]] = defaultdict(Counter)
        self._moments: defaultdict[tuple[Any, ...], Counter[tuple[int, int]]] = defaultdict(Counter)

    def change(self, gone: Sequence[Contribution], come: Sequence[Contribution]) -> None:
        """Collect what goes and what comes; ``nps_counted`` still holds what goes and nothing of what comes."""
        changes = [(one, -1) for one in gone] + [(one, 1) for one in come]
        for one, sign in changes:
            self._count(one, sign)
        held = [(one, sign) for one, sign in changes if self._has_moments(one)]
        for one, sign in held:
            if one.client is None:
                self._lone(one, sign)
        known = [(one, sign) for one, sign in held if one.client is not None]
        if known:
            self._cluster(known)

    def write(self) -> None:
        """Write the rows that changed."""
        zeros = {"cells": b"", "shape": b"", "signs": b""}
        for some, rows in self._stored(folds, [*self._cells]):
            for key in some:
                points = self._strata.points(key[-1])
                row = rows.get(key, zeros)
                lanes = 3 * points + 6
                cells = [*unpack(row["cells"], lanes)] if row["cells"] else [0] * lanes
                shape = [*unpress(row["shape"], shape_lanes(points))]
                lanes = sign_lanes(points)
                signs = [*unpack(row["signs"], lanes)] if row["signs"] else [0] * lanes
                changes = ((self._cells[key], cells), (self._shapes[key], shape), (self._signs[key], signs))
                for places, vector in changes:
                    for place, amount in places.items():
                        vector[place] += amount
                kept = {"cells": pack(cells), "shape": press(shape), "signs": pack_signs(signs)}
                rows[key] = kept if any(cells) else None
            self._rewrite(folds, some, rows)
        for some, rows in self._stored(mixes, [*self._mixes]):
            for key in some:
                lanes = 3 * self._strata.points(key[-1]) + 6
                row = rows.get(key)
                cells = [*unpack(row["cells"], lanes)] if row else [0] * lanes
                for place, amount in self._mixes[key].items():
                    cells[place] += amount
                rows[key] = {"cells": pack(cells)} if any(cells) else None
            self._rewrite(mixes, some, rows)
        for some, rows in self._stored(moments, [key for key, lanes in self._moments.items() if any(lanes.values())]):
            for key in some:
                points = self._strata.points(key[-1])
                lanes = len(cells_of(points, None if key[-1] == key[-2] else points))
                row = rows.get(key) or {"size": 0, "lags": 0, "packed": b""}
                lags = unpack_lags(row["size"], row["lags"], row["packed"], lanes)
                add_lags(lags, self._moments[key])
                size, number, packed = pack_lags(lags)
                rows[key] = {"size": size, "lags": number, "packed": packed} if number else None
            self._rewrite(moments, some, rows)

    # --- cells

    def _count(self, one: Contribution, sign: int) -> None:
        points = self._strata.points(one.stratum)
        for basis, month in self._months(one):
            for dimension, value in values_of(one):
                key = (basis, dimension, month, value, one.stratum)
                self._cells[key][one.cell] += sign
                for place in shape_places(one.elapsed_bin, one.worked_bin, one.deadline, one.cell, points):
                    self._shapes[key][place] += sign
                if basis == SIGNED:
                    for place in sign_places(one.signs, one.deadline, one.cell, points):
                        self._signs[key][place] += sign
            self._mixes[basis, month, one.agent, one.queue, one.priority, one.stratum][one.cell] += sign

    def _months(self, one: Contribution) -> Iterator[tuple[str, int]]:
        for basis in BASES:
            at = getattr(one, basis)
            if at is not None:
                yield basis, month_of(at, self._tenant.timezone)

    # --- moments

    def _has_moments(self, one: Contribution) -> bool:
        return one.answered is not None and self._strata.points(one.stratum) <= MOST_POINTS

    def _kind(self, stratum: int) -> int:
        found = self._kinds.get(stratum)
        if found is None:
            named = self._strata.kind(stratum, self._tenant)
            if named not in self._named:
                self._named.append(named)
            found = self._kinds[stratum] = self._named.index(named)
        return found

    def _lone(self, one: Contribution, sign: int) -> None:
        """Nobody knows who they are: each stands for a client of its own."""
        place = lane(self._strata.points(one.stratum), None, one.cell, one.cell)
        for basis, month in self._months(one):
            for dimension, value in values_of(one):
                self._moments[basis, dimension, month, value, one.stratum, one.stratum][0, place] += sign

    def _cluster(self, changes: Sequence[tuple[Contribution, int]]) -> None:
        touched: defaultdict[str | None, set[tuple[str, str]]] = defaultdict(set)
        for one, _ in changes:
            touched[one.client].update(values_of(one))
        units: defaultdict[tuple[Any, ...], Counter[_Unit]] = defaultdict(Counter)
        for held in self._answers([client for client in touched if client is not None]):
            if self._has_moments(held):
                for basis, month in self._months(held):
                    for slice_ in values_of(held):
                        if slice_ in touched[held.client]:
                            kind = self._kind(held.stratum)
                            units[held.client, basis, kind, slice_][month, held.stratum, held.cell] += 1
        for one, sign in changes:
            for basis, month in self._months(one):
                for slice_ in values_of(one):
                    theirs = units[one.client, basis, self._kind(one.stratum), slice_]
                    self._one_more(theirs, (month, one.stratum, one.cell), sign, basis, slice_)

    def _one_more(self, theirs: Counter[_Unit], unit: _Unit, sign: int, basis: str, slice_: tuple[str, str]) -> None:
        """One answer of a client more or less: its products with all the others of the same slice."""
        month, stratum, cell = unit
        points = self._strata.points(stratum)
        for (other_month, other, other_cell), count in theirs.items():
            lag = abs(month - other_month)
            if count and lag <= MOST_LAG:
                amount = 2 * count * sign
                a, i, b, j = stratum, cell, other, other_cell
                if a > b:
                    a, i, b, j = b, j, a, i
                place = lane(points, None if a == b else points, i, j)
                self._moments[basis, slice_[0], max(month, other_month), slice_[1], a, b][lag, place] += amount
        # (n + 1)^2 = n^2 + 2n + 1, and (n - 1)^2 = n^2 - 2n + 1
        place = lane(points, None, cell, cell)
        self._moments[basis, slice_[0], month, slice_[1], stratum, stratum][0, place] += 1
        theirs[unit] += sign

    def _answers(self, clients: Sequence[str]) -> Iterator[Contribution]:
        columns = [counted.c[name] for name in Contribution._fields]
        for start in range(0, len(clients), _AT_ONCE):
            theirs = counted.c.client.in_(clients[start : start + _AT_ONCE])
            query = select(*columns).where(
                counted.c.tenant_id == self._tenant.name, theirs, counted.c.answered.is_not(None)
            )
            yield from map(Contribution._make, self._connection.execute(query))

    # --- rows

    def _stored(
        self, table: Table, keys: list[tuple[Any, ...]]
    ) -> Iterator[tuple[list[tuple[Any, ...]], dict[tuple[Any, ...], Any]]]:
        """The keys in lots, each with the rows that stand."""
        names = key_names(table)
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            query = select(table).where(self._among(table, some))
            rows = {
                tuple(getattr(row, name) for name in names): row._asdict() for row in self._connection.execute(query)
            }
            yield some, rows

    def _rewrite(self, table: Table, keys: list[tuple[Any, ...]], rows: dict[tuple[Any, ...], Any]) -> None:
        self._connection.execute(delete(table).where(self._among(table, keys)))
        names, tenant = key_names(table), self._tenant.name
        some = [
            {"tenant_id": tenant, **dict(zip(names, key, strict=True)), **rows[key]} for key in keys if rows.get(key)
        ]
        add(self._connection, table, *some)

    def _among(self, table: Table, keys: Iterable[tuple[Any, ...]]) -> Any:
        columns = [table.c[name] for name in key_names(table)]
        return and_(table.c.tenant_id == self._tenant.name, tuple_(*columns).in_(list(keys)))


def key_names(table: Table) -> tuple[str, ...]:
    """The primary key of a table, but for the tenant."""
    return tuple(column.name for column in table.primary_key.columns)[1:]


def pack_signs(lanes: Sequence[int]) -> bytes:
    """The lanes of signs; b"" where there are none."""
    return pack(lanes) if any(lanes) else b""


def add_lags(lags: list[list[int]], amounts: Counter[tuple[int, int]]) -> None:
    """Add amounts by (lag, lane): each lag holds what is in the ones before it too."""
    while len(lags) <= max(lag for lag, _ in amounts):
        lags.append([*lags[-1]])
    for (lag, place), amount in amounts.items():
        for later in lags[lag:]:
            later[place] += amount
