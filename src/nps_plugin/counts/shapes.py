"""What the rows of the folds hold beside cells: how a closure stands around its deadline and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .bins import TIME_BINS
from .facts import Contribution, rated

#: The folded dimensions, and by which of its facts a closure belongs to a value; the total has the value "".
FOLDED = ("agent", "queue", "service", "level")
TOTAL = "total"
BASES = ("closed", "answered")
#: Second moments are folded for scales of so many points, and for months so far apart.
MOST_POINTS = 5
MOST_LAG = 11
_DEADLINE = 4


def shape_lanes(points: int) -> int:
    """How many lanes a shape has: deadline bins, elapsed bin x point, worked bin x point."""
    return _DEADLINE + 2 * TIME_BINS * points


def shape_places(
    elapsed: int | None, worked: int | None, deadline: int | None, cell: int, points: int
) -> Iterator[int]:
    """The lanes in which a closure counts, by its bins."""
    if deadline is not None:
        yield deadline
    if rated(cell, points):
        point = cell % points
        if elapsed is not None:
            yield _DEADLINE + elapsed * points + point
        if worked is not None:
            yield _DEADLINE + (TIME_BINS + worked) * points + point


def shape_parts(lanes: Sequence[int], points: int) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """Deadline bins, and the lanes of elapsed bin x point and of worked bin x point."""
    middle = _DEADLINE + TIME_BINS * points
    return lanes[:_DEADLINE], lanes[_DEADLINE:middle], lanes[middle:]


def values_of(one: Contribution) -> Iterator[tuple[str, str]]:
    """(dimension, value) of each slice that a closure is folded into."""
    yield TOTAL, ""
    for dimension in FOLDED:
        yield dimension, getattr(one, dimension)
