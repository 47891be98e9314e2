"""Shares: the satisfied share, the share of met targets, the difference of two."""

from __future__ import annotations

from math import ceil, inf, sqrt

from .checks import among, share
from .intervals import Difference, Interval, mover
from .tails import critical, normal_two_sided


def wilson(k: float, n: float, level: float = 0.95) -> Interval:
    """Wilson's score interval of the share ``k/n``; the whole 0..1 where n is 0, which is its limit.

    centre (p + z^2/2n)/(1 + z^2/n), half-width z/(1 + z^2/n) * sqrt(p(1-p)/n + z^2/4n^2) (Wilson 1927; Newcombe 1998a,
    method 3). ValueError unless 0 <= k <= n.
    """
    z = critical(level)
    if not 0 <= k <= n < inf:
        among(k, n)
    if n == 0:
        return Interval(0.0, 1.0)
    square = z * z
    p = k / n
    whole = n + square
    centre = (k + square / 2) / whole
    half = z * sqrt(n * p * (1 - p) + square / 4) / whole
    # none and all are exact at their end; rounding would leave 1e-17
    return Interval(0.0 if k == 0 else max(0.0, centre - half), 1.0 if k == n else min(1.0, centre + half))


def newcombe(k1: float, n1: float, k2: float, n2: float, level: float = 0.95) -> Difference | None:
    """The difference ``k1/n1 - k2/n2`` of two independent shares; None where either n is 0.

    The interval is Newcombe's method 10 (1998b): MOVER with Wilson limits. p is of the score test with pooled variance
    (the chi-square test of the 2x2 table without continuity correction); 1 where nobody or everybody is counted.
    ValueError unless 0 <= k <= n.
    """
    first, second = wilson(k1, n1, level), wilson(k2, n2, level)
    if n1 == 0 or n2 == 0:
        return None
    p1, p2 = k1 / n1, k2 / n2
    pooled = (k1 + k2) / (n1 + n2)
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
    p = normal_two_sided((p1 - p2) / sqrt(variance)) if variance > 0 else 1.0
    return Difference(p1 - p2, mover(p1, first, p2, second), p)


def answers_needed(observed: float, target: float, level: float = 0.95) -> int | None:
    """How many answers put the Wilson interval on one side of the target if the share stays as observed; None where it
    is the target.

    The score interval leaves the target out once |observed - target| > z sqrt(target (1-target)/n), so
    n = z^2 target (1-target) / (observed - target)^2 (Wilson 1927). ValueError outside 0..1.
    """
    share("observed", observed)
    share("target", target)
    z = critical(level)
    gap = abs(observed - target)
    if gap < 1e-9:
        return None
    return max(1, ceil(z * z * target * (1 - target) / gap**2))
