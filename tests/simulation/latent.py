"""The latent model behind simulated answers: an ordered logit with a random effect of each client.

A client c is as content as b_c ~ N(0, sd^2) on the logit scale. Its answer to a ticket is the number of thresholds
below ``b_c - shift * [KPI missed] + e`` with e standard logistic. Thresholds and shift are solved so that what is
planted holds in the population, clients drawn at random: the shares of the points over all tickets are ``shares``, and
D = 2 P(score of a met ticket > of a missed one) + P(equal) - 1 is ``d``. With sd = 0 answers are independent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from math import exp, log
from typing import NamedTuple

#: A grid for the mean over N(0, 1): the trapezium rule is exact to 1e-9 for a function as smooth as this one.
_GRID = [step / 4 for step in range(-24, 25)]
_WEIGHTS = [exp(-z * z / 2) for z in _GRID]
_WHOLE = sum(_WEIGHTS)
NORMAL = [(z, weight / _WHOLE) for z, weight in zip(_GRID, _WEIGHTS, strict=True)]


class Latent(NamedTuple):
    """Thresholds between the points, and how far a missed target moves a client down."""

    cuts: tuple[float, ...]
    shift: float


def expit(x: float) -> float:
    """The share that a logit stands for."""
    return 1 / (1 + exp(-x)) if x > -700 else 0.0


def logit(share: float) -> float:
    """ln of the odds."""
    return log(share / (1 - share))


def below(cut: float, sd: float) -> float:
    """P(b + e < cut) for a random client."""
    return expit(cut) if sd == 0 else sum(weight * expit(cut - sd * z) for z, weight in NORMAL)


def solve(rising: Callable[[float], float], wanted: float, low: float = -30.0, high: float = 30.0) -> float:
    """Where a rising function is ``wanted``, by bisection."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2


def difference(missed: Sequence[float], met: Sequence[float]) -> float:
    """D of two distributions over the points, worst first: P(met better) - P(missed better)."""
    below_met = [0.0, *accumulate(met)]
    below_missed = [0.0, *accumulate(missed)]
    better = sum(share * below_missed[k] for k, share in enumerate(met))
    worse = sum(share * below_met[k] for k, share in enumerate(missed))
    return better - worse


def distribution(cuts: Sequence[float], sd: float, moved: float = 0.0) -> list[float]:
    """The shares of the points of clients that are moved up by so much."""
    return [high - low for low, high in pairwise([0.0, *(below(cut - moved, sd) for cut in cuts), 1.0])]


@cache
def latent(shares: tuple[float, ...], d: float, kpi: float, sd: float) -> Latent:
    """The model in which points have these shares, D is ``d`` and the KPI is met by the share ``kpi``."""
    totals = list(accumulate(shares))[:-1]

    def cuts(shift: float) -> tuple[float, ...]:
        return tuple(
            solve(lambda cut: kpi * below(cut, sd) + (1 - kpi) * below(cut + shift, sd), total) for total in totals
        )

    def planted(shift: float) -> float:
        at = cuts(shift)
        return difference(distribution(at, sd, -shift), distribution(at, sd))

    shift = 0.0 if d == 0 else solve(planted, d, -12.0, 12.0)
    return Latent(cuts(shift), shift)
