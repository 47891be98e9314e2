"""Counting a slice from the rows of ``nps_counted``: for what no fold holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from ..store.tables import counted
from .bins import tree
from .collecting import Collector
from .facts import rated
from .months import FIRST, bounds, month_of
from .slices import Slice
from .waiting import Change


def read_cells(connection: Connection, into: Collector) -> None:
    """Cells, and times where they are wanted."""
    part, by = into.part, _by(into)
    month = _month(connection, part) if into.wanted.months else literal_column("0")
    columns = [*by, counted.c.stratum, counted.c.cell, month]
    for *value, stratum, cell, number, times in _grouped(connection, part, columns):
        into.at(tuple(value), stratum).count(number, stratum, cell, times)
    if into.wanted.times:
        _times(connection, part, into, by)


def read_mix(connection: Connection, into: Collector) -> None:
    """Case mix."""
    part, by = into.part, _by(into)
    columns = [*by, counted.c.stratum, counted.c.priority, counted.c.queue, counted.c.cell]
    for *value, stratum, priority, queue, cell, times in _grouped(connection, part, columns, _rated()):
        into.at(tuple(value), stratum).mix[priority, queue, cell] += times


def _times(connection: Connection, part: Slice, into: Collector, by: list[Any]) -> None:
    for name in ("elapsed_bin", "worked_bin", "deadline"):
        place = counted.c[name]
        columns = [*by, counted.c.stratum, place, counted.c.cell]
        for *value, stratum, found, cell, times in _grouped(connection, part, columns, place.is_not(None)):
            one = into.at(tuple(value), stratum)
            if name == "deadline":
                one.deadline[found] += times
            elif rated(cell, one.points):
                (one.times if name == "elapsed_bin" else one.worked)[found, cell % one.points] += times


def read_moments(connection: Connection, into: Collector, changes: Sequence[Change]) -> None:
    """Moments, with the changes that wait to be folded."""
    part, by = into.part, _by(into)
    clients: defaultdict[tuple[tuple[str, ...], int, str | None], defaultdict[tuple[int, int], int]]
    clients = defaultdict(lambda: defaultdict(int))
    columns = [*by, counted.c.client, counted.c.stratum, counted.c.cell]
    for *value, client, stratum, cell, times in _grouped(connection, part, columns, _rated()):
        clients[tuple(value), into.kind(stratum), client][stratum, cell] += times
    for one, sign, value in changes:
        if one.answered is not None:
            clients[value, into.kind(one.stratum), one.client][one.stratum, one.cell] += sign
    for (value, _, client), vector in clients.items():
        lanes = into.at(value, next(iter(vector))[0]).lanes
        assert lanes is not None  # noqa: S101 - moments are wanted
        if client is not None:
            lanes.add(vector)
            continue
        # nobody knows who they are: each stands for a client of its own
        for (stratum, cell), count in vector.items():
            lanes.put(stratum, cell, stratum, cell, count)


def _by(into: Collector) -> list[Any]:
    return [into.part.column(name) for name in into.part.by]


def _rated() -> ColumnElement[bool]:
    return counted.c.answered.is_not(None)


def _grouped(connection: Connection, part: Slice, columns: list[Any], *more: ColumnElement[bool]) -> Any:
    """Each combination of the columns' values, and how often there is one."""
    names = [column.label(f"c{number}") for number, column in enumerate(columns)]
    # named first and grouped outside: what holds a parameter would be another expression each time it is written
    inner = select(*names).select_from(part.source()).where(*part.conditions(), *more).subquery()
    return connection.execute(select(*inner.c, func.count()).group_by(*inner.c))


def _month(connection: Connection, part: Slice) -> Any:
    """The month of a row's time, by comparison with where the months begin that occur."""
    ends = connection.execute(
        select(func.min(part.time), func.max(part.time)).select_from(part.source()).where(*part.conditions())
    ).one()
    if ends[0] is None:
        return literal_column("0")
    first, last = (month_of(at, part.zone) for at in ends)
    edges = bounds(part.zone)[first + 1 - FIRST : last + 1 - FIRST]
    return tree(part.time, edges, first)
