"""The packed folds of a whole tenant at once, from the rows of ``nps_counted``."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, select

from ..config.settings import Tenant
from ..store.tables import counted, folds, mixes, moments
from .lanes import cells_of, lane
from .months import FIRST, bounds, month_of
from .packed import SIGNED, add_lags, pack_signs
from .packing import pack, pack_lags, press
from .pairs import products
from .shapes import BASES, FOLDED, MOST_LAG, MOST_POINTS, TOTAL, shape_lanes, shape_places
from .signs import sign_lanes, sign_places
from .strata import Strata

#: Rows that are taken from the database at once.
_AT_ONCE = 10_000
#: (table, key without the tenant, values)
FoldRow = tuple[Table, tuple[Any, ...], tuple[Any, ...]]


class Codes(dict[Any, int]):
    """Small numbers for names, in the order in which they are met."""

    def __missing__(self, name: Any) -> int:
        self[name] = len(self)
        return self[name]


class _Units(NamedTuple):
    """The units that occur, in order of time, and the number of each closure's."""

    named: list[tuple[int, int, int]]
    column: array[int]


class Bulk:
    """Every counted closure as columns of small numbers: some thirty bytes each."""

    def __init__(self, connection: Connection, tenant: Tenant, strata: Strata) -> None:
        self._strata, self._zone = strata, tenant.timezone
        self._kinds = self._kinds_of(strata, tenant)
        self._names: dict[str, Codes] = defaultdict(Codes)
        self._columns: dict[str, array[int]] = {
            name: array("I") for name in (*FOLDED, "priority", "client", "stratum", "cell", *BASES, "shape", "signs")
        }
        self._shapes: dict[tuple[int | None, int | None, int | None], int] = {}
        self._signs: dict[tuple[int, int | None], int] = {}
        self._read(connection, tenant)

    @staticmethod
    def _kinds_of(strata: Strata, tenant: Tenant) -> dict[int, int]:
        named: list[Any] = []
        for number in strata.ways:
            if (kind := strata.kind(number, tenant)) not in named:
                named.append(kind)
        return {number: named.index(strata.kind(number, tenant)) for number in strata.ways}

    def _read(self, connection: Connection, tenant: Tenant) -> None:
        names = (
            "client",
            "stratum",
            "cell",
            *FOLDED,
            "priority",
            "elapsed_bin",
            "worked_bin",
            "deadline",
            *BASES,
            "signs",
        )
        query = select(*(counted.c[name] for name in names)).where(counted.c.tenant_id == tenant.name)
        columns, coded, edges = self._columns, self._names, bounds(self._zone)
        span = (0, 0, 0)

        def month(at: int) -> int:
            # one after the other mostly fall into one month
            nonlocal span
            if not span[0] <= at < span[1]:
                number = month_of(at, self._zone)
                place = number - FIRST
                span = (edges[place], edges[place + 1] if place + 1 < len(edges) else at + 1, number)
            return span[2]

        rows = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
        code = [coded[name] for name in (*FOLDED, "priority")]
        into = [columns[name].append for name in (*FOLDED, "priority")]
        client, stratum_into, cell_into = columns["client"].append, columns["stratum"].append, columns["cell"].append
        clients, shapes, shape_into = coded["client"], self._shapes, columns["shape"].append
        signs, signs_into = self._signs, columns["signs"].append
        clients[None]
        closed_into, answered_into = columns["closed"].append, columns["answered"].append
        for (
            who,
            stratum,
            cell,
            agent,
            queue,
            service,
            level,
            priority,
            elapsed,
            worked,
            deadline,
            closed,
            at,
            seen,
        ) in rows:
            client(clients[who])
            stratum_into(stratum)
            cell_into(cell)
            for put, codes, name in zip(into, code, (agent, queue, service, level, priority), strict=True):
                put(codes[name])
            shape_into(shapes.setdefault((elapsed, worked, deadline), len(shapes)))
            signs_into(signs.setdefault((seen, deadline), len(signs)))
            closed_into(month(closed))
            answered_into(0 if at is None else month(at))

    def __len__(self) -> int:
        return len(self._columns["cell"])

    def rows(self, table: Table, basis: str, dimension: str) -> Iterator[FoldRow]:
        """The rows of one table of folds for a basis and dimension (mixes have none: "")."""
        if table is folds:
            yield from self._fold_rows(basis, dimension)
        elif table is mixes:
            yield from self._mix_rows(basis)
        else:
            yield from self._moment_rows(basis, dimension)

    def _values(self, dimension: str) -> tuple[array[int], list[Any]]:
        if dimension == TOTAL:
            return array("I", bytes(4 * len(self))), [""]
        return self._columns[dimension], list(self._names[dimension])

    def _fold_rows(self, basis: str, dimension: str) -> Iterator[FoldRow]:
        column = self._columns
        values, names = self._values(dimension)
        vectors: dict[tuple[int, int, int], list[int]] = {}
        shapes: dict[tuple[int, int, int], list[int]] = {}
        several = Counter(zip(column[basis], values, column["stratum"], column["cell"], strict=True))
        for (month, value, stratum, cell), count in several.items():
            if month:
                points = self._strata.points(stratum)
                vector = vectors.setdefault((month, value, stratum), [0] * (3 * points + 6))
                vector[cell] += count
        each = list(self._shapes)
        for (month, value, stratum, cell, shape), count in Counter(
            zip(column[basis], values, column["stratum"], column["cell"], column["shape"], strict=True)
        ).items():
            if month:
                points = self._strata.points(stratum)
                vector = shapes.setdefault((month, value, stratum), [0] * shape_lanes(points))
                for place in shape_places(*each[shape], cell, points):
                    vector[place] += count
        signs = self._sign_vectors(values) if basis == SIGNED else {}
        for key, vector in vectors.items():
            month, value, stratum = key
            packed = pack(vector), press(shapes[key]), pack_signs(signs.get(key, ()))
            yield folds, (basis, dimension, month, names[value], stratum), packed

    def _sign_vectors(self, values: array[int]) -> dict[tuple[int, int, int], list[int]]:
        column, each = self._columns, list(self._signs)
        vectors: dict[tuple[int, int, int], list[int]] = {}
        for (month, value, stratum, cell, signs), count in Counter(
            zip(column[SIGNED], values, column["stratum"], column["cell"], column["signs"], strict=True)
        ).items():
            points = self._strata.points(stratum)
            vector = vectors.setdefault((month, value, stratum), [0] * sign_lanes(points))
            for place in sign_places(*each[signs], cell, points):
                vector[place] += count
        return vectors

    def _mix_rows(self, basis: str) -> Iterator[FoldRow]:
        column = self._columns
        agents, queues, priorities = (list(self._names[name]) for name in ("agent", "queue", "priority"))
        vectors: dict[tuple[int, ...], list[int]] = {}
        parts = (column[basis], column["agent"], column["queue"], column["priority"], column["stratum"])
        for (*key, cell), count in Counter(zip(*parts, column["cell"], strict=True)).items():
            lanes = 3 * self._strata.points(key[-1]) + 6
            if key[0]:
                vectors.setdefault(tuple(key), [0] * lanes)[cell] += count
        for (month, agent, queue, priority, stratum), vector in vectors.items():
            yield mixes, (basis, month, agents[agent], queues[queue], priorities[priority], stratum), (pack(vector),)

    def _moment_rows(self, basis: str, dimension: str) -> Iterator[FoldRow]:
        values, names = self._values(dimension)
        units = self._units(basis)
        size, kinds, clients = (
            len(units.named) + 1,
            max(self._kinds.values(), default=0) + 1,
            len(self._names["client"]),
        )
        kind_of = [0, *(self._kinds[stratum] for _, stratum, _ in units.named)]
        # by value and procedure, then client, then unit, as one number
        answers = Counter(
            [
                ((value * kinds + kind_of[unit]) * clients + client) * size + unit
                for value, client, unit in zip(values, self._columns["client"], units.column, strict=True)
                if unit
            ]
        )
        held: list[list[tuple[int, int]]] = []
        whose = group = -1
        rows: defaultdict[tuple[int, int, int], Counter[tuple[int, int]]] = defaultdict(Counter)
        for key in sorted(answers):
            who, unit = divmod(key, size)
            if who != whose:
                if who // clients != group:
                    if group >= 0:
                        yield from self._rows_of(held, units, rows, basis, dimension, names[group // kinds])
                    held, group, rows = [], who // clients, defaultdict(Counter)
                whose = who
                if who % clients:
                    held.append([])
            if who % clients:
                held[-1].append((unit, answers[key]))
            else:
                # nobody knows who they are: each stands for a client of its own
                month, stratum, cell = units.named[unit - 1]
                place = lane(self._strata.points(stratum), None, cell, cell)
                rows[month, stratum, stratum][0, place] += answers[key]
        if group >= 0:
            yield from self._rows_of(held, units, rows, basis, dimension, names[group // kinds])

    def _units(self, basis: str) -> _Units:
        """Month, stratum and cell of each rated closure whose moments are folded, as a number from 1; 0 elsewhere."""
        limits = {n: 3 * self._strata.points(n) for n in self._strata.ways if self._strata.points(n) <= MOST_POINTS}
        column = self._columns
        every = Codes()
        codes = array("I", (every[unit] for unit in zip(column[basis], column["stratum"], column["cell"], strict=True)))
        named = sorted(unit for unit in every if unit[0] and unit[2] < limits.get(unit[1], 0))
        numbers = {unit: number for number, unit in enumerate(named, start=1)}
        new = [numbers.get(unit, 0) for unit in every]
        return _Units(named, array("I", (new[code] for code in codes)))

    def _rows_of(
        self,
        held: list[list[tuple[int, int]]],
        units: _Units,
        rows: defaultdict[tuple[int, int, int], Counter[tuple[int, int]]],
        basis: str,
        dimension: str,
        value: str,
    ) -> Iterator[FoldRow]:
        for one, other, amount in products(held, len(units.named) + 1, len(units.named) ** 2 // 2):
            (month, a, i), (other_month, b, j) = units.named[one - 1], units.named[other - 1]
            if other_month - month > MOST_LAG:
                continue
            if a > b:
                a, i, b, j = b, j, a, i
            points = self._strata.points(a)
            place = lane(points, None if a == b else points, i, j)
            rows[other_month, a, b][other_month - month, place] += amount
        for (month, a, b), amounts in rows.items():
            points = self._strata.points(a)
            lags = [[0] * len(cells_of(points, None if a == b else points))]
            add_lags(lags, amounts)
            yield moments, (basis, dimension, month, value, a, b), pack_lags(lags)
