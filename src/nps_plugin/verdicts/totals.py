"""Totals over strata with fixed weights: weighted means, their intervals, and the sums over clients behind those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import NamedTuple

from ..counts import MET, MISSED, UNKNOWN, Stratum, Tally
from ..model import Limits, Scale
from ..statistics import Interval, critical, score_interval, t_critical, wider, wilson
from ..statistics.association import logit_interval

#: a stratum below this is left out of a total
STRATUM_MINIMUM = 10
ALL = (MET, MISSED, UNKNOWN)

Weights = Mapping[Stratum, float]
Pairs = list[list[int]]


class Mean(NamedTuple):
    """A weighted mean over strata: its value, closed interval, variance with independent answers; for each cell of the
    tally how much one answer moves it."""

    value: float
    closed: Interval
    variance: float
    influence: list[float]


class Of(NamedTuple):
    """Answers by point in each stratum, under some values of the KPI, and how many those are."""

    kpis: tuple[int, ...]
    points: list[list[int]]
    answers: list[int]


def answers_of(tally: Tally, kpis: tuple[int, ...]) -> Of:
    """The answers with these values of the KPI."""
    if len(kpis) == 1:
        points = [list(one.rated[kpis[0]]) for one in tally.strata]
    else:
        points = [[sum(column) for column in zip(*(one.rated[k] for k in kpis), strict=True)] for one in tally.strata]
    return Of(kpis, points, [sum(row) for row in points])


def summed(tally: Tally, of: Of) -> list[int]:
    """Answers by point, all strata together."""
    return [sum(column) for column in zip(*of.points, strict=True)] if of.points else [0] * tally.points


def weights_for(tally: Tally, weights: Weights | None, counts: Sequence[int]) -> tuple[float, ...]:
    """What ``fixed_weights`` gives, for these numbers of answers by stratum."""
    if len(counts) == 1:
        return (1.0 if counts[0] else 0.0,)
    single = sum(map(bool, counts)) == 1
    enough = [n > 0 if single else n >= STRATUM_MINIMUM for n in counts]
    sent: list[float] = [
        (one.answered + sum(one.unanswered)) * keep for one, keep in zip(tally.strata, enough, strict=True)
    ]
    if weights is not None:
        fixed = [weights.get(one.stratum, 0.0) * keep for one, keep in zip(tally.strata, enough, strict=True)]
        sent = fixed if sum(fixed) > 0 else sent
    total = sum(sent)
    return tuple(each / total if total > 0 else 0.0 for each in sent)


def bands_of(scale: Scale) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """1 for each satisfied point, and for each dissatisfied one."""
    size, up, down = scale.high - scale.low + 1, scale.satisfied_from - scale.low, scale.dissatisfied_to - scale.low + 1
    return (0,) * up + (1,) * (size - up), (1,) * down + (0,) * (size - down)


def share_mean(tally: Tally, weights: Sequence[float], of: Of, wanted: Sequence[int]) -> Mean | None:
    """The weighted share of the wanted points; closed form: Wilson in each stratum."""
    found = []
    for counts, n, weight in zip(of.points, of.answers, weights, strict=True):
        if weight:
            k = inner(counts, wanted)
            mean = k / n
            found.append((weight, mean, mean * (1 - mean) / n, wilson(k, n), [weight / n * (x - mean) for x in wanted]))
        else:
            found.append(_LEFT_OUT)
    return _total(tally, of, found)


def net_mean(
    tally: Tally, weights: Sequence[float], of: Of, happy: Sequence[int], unhappy: Sequence[int]
) -> Mean | None:
    """The weighted net score; closed form: the score interval in each stratum."""
    values = [up - down for up, down in zip(happy, unhappy, strict=True)]
    found = []
    for counts, n, weight in zip(of.points, of.answers, weights, strict=True):
        if weight:
            r, d = inner(counts, happy), inner(counts, unhappy)
            mean = (r - d) / n
            variance = max(0.0, (r + d) / n - mean * mean) / n
            limits = score_interval(d, n - r - d, r)
            found.append((weight, mean, variance, limits, [weight / n * (x - mean) for x in values]))
        else:
            found.append(_LEFT_OUT)
    return _total(tally, of, found)


_StratumMean = tuple[float, float, float, Interval, list[float]]
_LEFT_OUT: _StratumMean = (0.0, 0.0, 0.0, Interval(0.0, 0.0), [])


def _total(tally: Tally, of: Of, strata: Sequence[_StratumMean]) -> Mean | None:
    """(weight, mean, variance, closed interval, influence by point) of each stratum, totalled.

    The closed interval of several is MOVER for a weighted sum (Zou & Donner 2008).
    """
    points = tally.points
    nothing = [0.0] * points
    influence: list[float] = []
    value = variance = below = above = 0.0
    closed: Interval | None = None
    for weight, mean, own_variance, limits, moves in strata:
        for kpi in ALL:
            influence += moves if weight and kpi in of.kpis else nothing
        if weight:
            closed = limits
            value += weight * mean
            variance += weight * weight * own_variance
            below += (weight * (mean - limits.low)) ** 2
            above += (weight * (limits.high - mean)) ** 2
    if closed is None:
        return None
    if all(stratum[0] < 1 for stratum in strata):
        closed = Interval(value - sqrt(below), value + sqrt(above))
    return Mean(value, closed, variance, influence)


def mass(weights: Sequence[float], of: Of) -> list[float]:
    """How much one answer weighs in a total, by stratum and KPI."""
    return [
        weight / n if weight and kpi in of.kpis else 0.0
        for n, weight in zip(of.answers, weights, strict=True)
        for kpi in ALL
    ]


def mean_interval(
    mean: Mean | None, spread: float, clients: float | None, independent: bool, low: float = 0.0
) -> Limits:
    """The wider of the closed form and value +/- t sqrt(variance), t with Ce - 1 degrees of freedom.

    A share has the latter on the logit scale: it is as skew among few clients as among few answers. Symmetric, its
    lower limit was above the true share in 7.5 % of tenants with a few big clients, and in 3.4 % of ordinary ones,
    instead of 2.5 %, and the upper limit in fewer (docs/truth.md).
    """
    if mean is None:
        return None
    found = mean.closed
    if not independent and clients is not None and clients > 1:
        variance = max(spread * clients / (clients - 1), mean.variance)
        quantile, se = quick_t(0.95, clients - 1), sqrt(variance)
        share = low == 0 and 0 < mean.value < 1
        half = quantile * se
        clustered = (
            logit_interval(mean.value, se, quantile) if share else Interval(mean.value - half, mean.value + half)
        )
        found = wider(found, clustered)
    # both ends hold the estimate: rounding may put a limit of 0 or 1 beside it
    return max(low, min(found.low, mean.value)), min(1.0, max(found.high, mean.value))


def inner(counts: Sequence[int], wanted: Sequence[int]) -> int:
    """The counts of the points that are wanted, summed."""
    return sum([n for n, one in zip(counts, wanted, strict=True) if one])


def squares(
    tally: Tally, one: Sequence[float], two: Sequence[float], three: Sequence[float], four: Sequence[float]
) -> tuple[tuple[float, float, float, float], Pairs]:
    """For four rows of weights by cell: the sum over clients of their weighted answers, squared. And the sums over
    clients of their answers of one stratum and KPI value times those of another.

    Written out: here a report spends its time.
    """
    points = tally.points
    blocks = 3 * len(tally.strata)
    pairs = [[0] * blocks for _ in range(blocks)]
    cells = list(zip(one, two, three, four, [pairs[i // points] for i in range(blocks * points)], strict=True))
    block = [i // points for i in range(blocks * points)]
    s1 = s2 = s3 = s4 = 0.0
    for (i, j), n in _entries(tally):
        a1, a2, a3, a4, row = cells[i]
        b1, b2, b3, b4, _ = cells[j]
        s1 += n * a1 * b1
        s2 += n * a2 * b2
        s3 += n * a3 * b3
        s4 += n * a4 * b4
        row[block[j]] += n
    return (s1, s2, s3, s4), pairs


def _entries(tally: Tally) -> Iterable[tuple[tuple[int, int], int]]:
    if tally.moments is not None:
        return tally.moments.entries.items()
    counts = [n for one in tally.strata for of_kpi in one.rated for n in of_kpi]
    return [((cell, cell), n) for cell, n in enumerate(counts) if n]


def square(pairs: Pairs, weights: Sequence[float]) -> float:
    """The sum over clients of their weighted answers, squared, where all points of a stratum and KPI weigh alike."""
    used = [(number, weight) for number, weight in enumerate(weights) if weight]
    return sum([pairs[i][j] * a * b for i, a in used for j, b in used])


def quick_t(level: float, df: float) -> float:
    """The t of a two-sided interval: the Cornish-Fisher series of Abramowitz & Stegun 26.7.5, within 3e-7 from ten
    degrees of freedom up, so that a report of thousands of rows does not wait for exact quantiles."""
    if df < 10:
        return t_critical(level, df)
    x = critical(level)
    y = x * x
    terms = (
        x * (((((27 * y + 339) * y + 930) * y - 1782) * y - 765) * y + 17955) / 368640,
        x * ((((79 * y + 776) * y + 1482) * y - 1920) * y - 945) / 92160,
        x * (((3 * y + 19) * y + 17) * y - 15) / 384,
        x * ((5 * y + 16) * y + 3) / 96,
        x * (y + 1) / 4,
    )
    found = 0.0
    for term in terms:
        found = (found + term) / df
    return x + found


def limits_of(interval: Interval) -> tuple[float, float]:
    """An interval as results carry it."""
    return interval.low, interval.high
