"""Second moments of the cells of clients, as lanes: one number for each pair of cells of two strata.

Of one stratum with itself the lanes are the pairs i <= j, of two different ones every pair. Where i and j differ the
lane holds twice the product, so that a sum over lanes is one over all ordered pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

#: Rated answers of one client by (stratum, cell).
Vector = Mapping[tuple[int, int], int]
#: (stratum, other stratum), the first not above the second.
Pair = tuple[int, int]
#: A stratum and its cell, another and its cell, and what is added there.
Product = tuple[int, int, int, int, int]


@lru_cache(maxsize=64)
def cells_of(points: int, other: int | None) -> tuple[tuple[int, int], ...]:
    """The pair of cells that each lane stands for; ``other`` is the other stratum's number of points, None: itself."""
    if other is None:
        return tuple((i, j) for i in range(3 * points) for j in range(i, 3 * points))
    return tuple((i, j) for i in range(3 * points) for j in range(3 * other))


def lane(points: int, other: int | None, i: int, j: int) -> int:
    """The lane of a pair of cells; of one stratum with itself in either order."""
    if other is not None:
        return i * 3 * other + j
    if i > j:
        i, j = j, i
    return i * 3 * points - i * (i - 1) // 2 + j - i


def products_of(vector: Vector) -> Iterator[Product]:
    """What one client adds to which lanes: the products of its numbers of answers."""
    held = sorted((where, count) for where, count in vector.items() if count)
    for number, ((a, i), n) in enumerate(held):
        yield a, i, a, i, n * n
        for (b, j), m in held[number + 1 :]:
            yield a, i, b, j, 2 * n * m


class Moments:
    """Lanes by pair of strata, added up over clients."""

    def __init__(self, points: int) -> None:
        self._points = points
        self.lanes: dict[Pair, list[int]] = {}

    def add(self, vector: Vector, sign: int = 1) -> None:
        """Add (or take out) a client: the products of their numbers of answers."""
        for a, i, b, j, amount in products_of(vector):
            self.put(a, i, b, j, sign * amount)

    def put(self, a: int, i: int, b: int, j: int, amount: int) -> None:
        """Add to one lane."""
        if a > b:
            a, i, b, j = b, j, a, i
        lanes = self.lanes.get((a, b))
        if lanes is None:
            other = None if a == b else self._points
            lanes = self.lanes[a, b] = [0] * len(cells_of(self._points, other))
        lanes[lane(self._points, None if a == b else self._points, i, j)] += amount

    def put_lanes(self, pair: Pair, values: Sequence[int]) -> None:
        """Add all lanes of a pair."""
        lanes = self.lanes.get(pair)
        self.lanes[pair] = list(values) if lanes is None else [a + b for a, b in zip(lanes, values, strict=True)]
