"""Counting a slice from the rows of ``nps_counted``: for what no fold holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, cast, func, literal_column, select

from ..store.tables import counted
from .bins import tree
from .collecting import Collector
from .facts import rated
from .lanes import Product, products_of
from .months import FIRST, bounds, month_of
from .slices import Slice, grouped

#: More cells than any scale has.
_CELLS = 64


def read_cells(connection: Connection, into: Collector) -> None:
    """Cells, and times where they are wanted."""
    part, by = into.part, _by(into)
    month = _month(connection, part) if into.wanted.months else literal_column("0")
    columns = [*by, counted.c.stratum, counted.c.cell, month]
    for *value, stratum, cell, number, times in grouped(connection, part, columns):
        into.at(tuple(value), stratum).count(number, stratum, cell, times)
    if into.wanted.times:
        _times(connection, part, into, by)


def read_mix(connection: Connection, into: Collector) -> None:
    """Case mix."""
    part, by = into.part, _by(into)
    columns = [*by, counted.c.stratum, counted.c.priority, counted.c.queue, counted.c.cell]
    for *value, stratum, priority, queue, cell, times in grouped(connection, part, columns, _rated()):
        into.at(tuple(value), stratum).mix[priority, queue, cell] += times


def _times(connection: Connection, part: Slice, into: Collector, by: list[Any]) -> None:
    for name in ("elapsed_bin", "worked_bin", "deadline"):
        place = counted.c[name]
        columns = [*by, counted.c.stratum, place, counted.c.cell]
        for *value, stratum, found, cell, times in grouped(connection, part, columns, place.is_not(None)):
            one = into.at(tuple(value), stratum)
            if name == "deadline":
                one.deadline[found] += times
            elif rated(cell, one.points):
                (one.times if name == "elapsed_bin" else one.worked)[found, cell % one.points] += times


def read_moments(connection: Connection, into: Collector, *, whole: bool) -> None:
    """Moments of what is folded; the cells have been read. ``whole``: the window is a good part of all there is."""
    part = into.part
    # an expression, and no column of an index, where a few rows are to be looked up by something else
    client = counted.c.client if whole else func.coalesce(counted.c.client, "")
    columns = [client, *_by(into)]
    names = [column.label(f"c{number}") for number, column in enumerate(columns)]
    unit = (counted.c.stratum * _CELLS + counted.c.cell).label("unit")
    inner = select(*names, unit).select_from(part.source())
    inner = inner.where(*part.conditions(in_order=whole), _rated(), client != "")
    rows = inner.subquery()
    text = cast(rows.c.unit, Text)
    units = func.string_agg(text, ",") if connection.dialect.name == "postgresql" else func.group_concat(rows.c.unit)
    keys = [column for column in rows.c if column.name != "unit"]
    # who answered once counts as a square of one: only the others have anything to multiply
    query = select(*keys[1:], units).group_by(*keys).having(func.count() > 1)
    # few sorts of clients occur many times
    known: dict[str, list[tuple[int, list[Product]]]] = {}
    for *value, held in connection.execute(query):
        products = known.get(held)
        if products is None:
            products = known[held] = _beyond_squares(into, held)
        for stratum, amounts in products:
            lanes = into.at(tuple(value), stratum).lanes
            assert lanes is not None  # noqa: S101 - moments are wanted
            for product in amounts:
                lanes.put(*product)
    for one in into.gathered():
        for by_stratum in one.cells.values():
            for stratum, cells in by_stratum.items():
                for cell, count in enumerate(cells[: 3 * one.points]):
                    if count and one.lanes is not None:
                        one.lanes.put(stratum, cell, stratum, cell, count)


def _beyond_squares(into: Collector, held: str) -> list[tuple[int, list[Product]]]:
    """What a client with these answers adds to the lanes beyond one for each answer: by procedure and scale, of each a
    stratum of it."""
    apart: defaultdict[int, dict[tuple[int, int], int]] = defaultdict(dict)
    for at, count in Counter(divmod(int(one), _CELLS) for one in held.split(",")).items():
        apart[into.kind(at[0])][at] = count
    found = []
    for same in apart.values():
        squares = [(stratum, cell, stratum, cell, -count) for (stratum, cell), count in same.items()]
        found.append((next(iter(same))[0], [*products_of(same), *squares]))
    return found


def _by(into: Collector) -> list[Any]:
    return [into.part.column(name) for name in into.part.by]


def _rated() -> ColumnElement[bool]:
    return counted.c.answered.is_not(None)


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
