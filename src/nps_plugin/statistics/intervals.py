"""What the functions of this room answer with: an interval, a difference; and how two intervals make one."""

from __future__ import annotations

from math import hypot
from typing import NamedTuple


class Interval(NamedTuple):
    """A two-sided confidence interval, both ends included."""

    low: float
    high: float

    def contains(self, x: float) -> bool:
        """Whether the value lies in the interval, ends included."""
        return self.low <= x <= self.high


class Difference(NamedTuple):
    """A difference as observed, its interval, and the two-sided p-value of "there is none"."""

    estimate: float
    interval: Interval
    p: float


def mover(est1: float, int1: Interval, est2: float, int2: Interval) -> Interval:
    """The interval of ``est1 - est2`` from the intervals of each (independent).

    MOVER, the square-and-add method: low = d - hypot(est1 - low1, high2 - est2), high = d + hypot(high1 - est1, est2 -
    low2) (Zou & Donner 2008; with Wilson limits it is Newcombe's 1998 method 10).
    """
    d = est1 - est2
    return Interval(d - hypot(est1 - int1.low, int2.high - est2), d + hypot(int1.high - est1, est2 - int2.low))


def wider(a: Interval, b: Interval | None) -> Interval:
    """The outer hull of two intervals of the same thing; the first alone where there is no second."""
    return a if b is None else Interval(min(a.low, b.low), max(a.high, b.high))
