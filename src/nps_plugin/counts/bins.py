"""Bins of resolution times: half octaves of the time itself, and places around the deadline."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Float, case, cast, literal_column, type_coerce

_MINUTE = 60_000_000
#: How many half-octave bins there are from one minute to 90 days; the first and the last are open.
TIME_BINS = 34
#: Where the bins after the first begin, in microseconds.
_EDGES = tuple(round(_MINUTE * 2 ** (edge / 2)) for edge in range(1, TIME_BINS))
#: Bounds of ln(worked / target) for the four bins a, b | c, d of the deadline jump: on time is at the deadline or
#: before, so each bin holds its upper bound.
_DEADLINE = tuple(math.exp(bound) for bound in (-0.30, -0.15, 0.0, 0.15, 0.30))


def bin_starts() -> tuple[timedelta, ...]:
    """Where each time bin begins; the first holds everything under its end."""
    return (timedelta(minutes=1), *(timedelta(microseconds=edge) for edge in _EDGES))


def time_bin(time: timedelta) -> int:
    """The bin of a time, 0 to ``TIME_BINS - 1``."""
    return bisect_right(_EDGES, time // timedelta(microseconds=1))


def deadline_bin(worked: timedelta, target: timedelta) -> int | None:
    """0 to 3 for a, b (just before the deadline or at it), c (just after), d of the deadline jump; None elsewhere."""
    if target <= timedelta(0):
        return None
    ratio = worked / target
    for place in range(4):
        if _DEADLINE[place] < ratio <= _DEADLINE[place + 1]:
            return place
    return None


def time_bin_sql(column: Any) -> Any:
    """The same of a column of the type Duration; NULL stays NULL."""
    time = type_coerce(column, BigInteger)
    return case((column.is_(None), None), else_=tree(time, _EDGES, 0))


def deadline_bin_sql(worked: Any, target: Any) -> Any:
    """The same of two columns of the type Duration."""
    us = type_coerce(worked, BigInteger), type_coerce(target, BigInteger)
    # the same division of doubles as in Python, so that both agree to the last bit
    ratio = cast(us[0], Float(53)) / cast(us[1], Float(53))
    limits: list[Any] = [literal_column(f"CAST({bound!r} AS FLOAT)") for bound in _DEADLINE]
    places: list[Any] = [(ratio <= limits[place + 1], literal_column(str(place))) for place in range(4)]
    return case(
        (worked.is_(None) | target.is_(None) | (us[1] <= 0), None), (ratio <= limits[0], None), *places, else_=None
    )


def tree(value: Any, edges: Sequence[int], first: int) -> Any:
    """``first`` + how many of the edges are not above the value, in as few comparisons as there are halvings."""
    if not edges:
        return literal_column(str(first))
    middle = len(edges) // 2
    return case(
        (value < literal_column(str(edges[middle])), tree(value, edges[:middle], first)),
        else_=tree(value, edges[middle + 1 :], first + middle + 1),
    )
