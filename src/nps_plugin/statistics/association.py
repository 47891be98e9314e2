"""KPI against score: the chance that a client of a met target is happier than one of a missed target."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import NamedTuple

from .checks import Counts, counted, same_length
from .intervals import Interval
from .tails import critical, t_sf


class Theta(NamedTuple):
    """theta = P(score met > score missed) + 1/2 P(equal), and what its variance is made of.

    ``variance`` is None where a side has only one answer. ``placements_met[k]`` is the share of the missed that an
    answer k of the met beats; ``placements_missed[k]`` is the share of the met that an answer k of the missed beats
    (ties half).
    """

    value: float
    d: float
    variance: float | None
    n_missed: float
    n_met: float
    placements_met: tuple[float, ...]
    placements_missed: tuple[float, ...]


class BrunnerMunzel(NamedTuple):
    """The statistic, its degrees of freedom (fractional), and the two-sided p-value of theta = 1/2."""

    statistic: float
    df: float
    p: float


def theta(missed: Counts, met: Counts) -> Theta | None:
    """theta and D = 2 theta - 1 from two histograms over the points of one scale, worst first; None where a side is
    empty.

    Placements P_k = (missed below k + half of missed at k)/n_missed, Q_k likewise; theta = sum met_k P_k/n_met;
    variance = [sum met_k (P_k - theta)^2/(n_met - 1)]/n_met + [sum missed_k (Q_k - 1 + theta)^2/(n_missed -
    1)]/n_missed (DeLong, DeLong & Clarke-Pearson 1988; the variance of Brunner & Munzel 2000). D is Somers' D of score
    on KPI, and Cliff's delta. Counts may be fractional. ValueError for lengths that differ, fewer than two points, a
    negative count.
    """
    return _theta(missed, met, *_sides(missed, met))


def _sides(missed: Counts, met: Counts) -> tuple[float, float]:
    if len(missed) != len(met):
        same_length(missed=missed, met=met)
    if len(missed) < 2:
        raise ValueError(f"missed and met have {len(missed)} points; a scale has at least 2")
    return counted("missed", missed), counted("met", met)


def _theta(missed: Counts, met: Counts, nx: float, ny: float) -> Theta | None:
    if nx <= 0 or ny <= 0:
        return None
    below_x = below_y = wins = 0.0
    over_met, over_missed = [], []
    for x, y in zip(missed, met, strict=True):
        p = (below_x + x / 2) / nx
        over_met.append(p)
        over_missed.append((below_y + y / 2) / ny)
        wins += y * p
        below_x += x
        below_y += y
    value = wins / ny
    variance = None
    if nx > 1 and ny > 1:
        met_part, missed_part = _parts(missed, met, over_met, over_missed, value, nx, ny)
        variance = met_part + missed_part
    return Theta(value, 2 * value - 1, variance, nx, ny, tuple(over_met), tuple(over_missed))


def _parts(
    missed: Counts, met: Counts, over_met: Counts, over_missed: Counts, value: float, nx: float, ny: float
) -> tuple[float, float]:
    """What either side adds to the variance: the spread of its placements, whose means are theta and 1 - theta."""
    spread_met = sum(n * (p - value) ** 2 for n, p in zip(met, over_met, strict=True))
    spread_missed = sum(n * (q - 1 + value) ** 2 for n, q in zip(missed, over_missed, strict=True))
    # equal placements leave squares of rounding errors
    return (
        spread_met / (ny - 1) / ny if spread_met > 1e-24 else 0.0,
        spread_missed / (nx - 1) / nx if spread_missed > 1e-24 else 0.0,
    )


def padded_theta(missed: Counts, met: Counts) -> Theta | None:
    """theta after one pseudo-observation on each side, spread evenly over the points; None where a side is empty.

    Its variance is never None nor 0: separated or single answers do not look certain.
    """
    nx, ny = _sides(missed, met)
    if nx <= 0 or ny <= 0:
        return None
    extra = 1 / len(missed)
    return _theta([x + extra for x in missed], [y + extra for y in met], nx + 1, ny + 1)


def theta_interval(missed: Counts, met: Counts, level: float = 0.95) -> Interval | None:
    """The interval of theta (twice it less 1: of D); None where a side is empty.

    Logit-DeLong with one pseudo-observation on each side, spread evenly: expit(ln(theta/(1-theta)) +/- z se/(theta
    (1-theta))), as Perme & Manevski (2018) advise (DeLong's variance, the logit scale, a correction under separation).
    Under full separation the interval may end short of the raw 0 or 1. Answers are independent here: several of one
    client need ``cluster_theta_interval``.
    """
    z = critical(level)
    shifted = padded_theta(missed, met)
    if shifted is None or shifted.variance is None:
        return None
    return logit_interval(shifted.value, sqrt(shifted.variance), z)


def logit_interval(value: float, se: float, quantile: float) -> Interval:
    """expit(logit(value) +/- quantile * se/(value (1-value))), for a value strictly between 0 and 1 (the delta
    method).
    """
    centre, half = log(value / (1 - value)), quantile * se / (value * (1 - value))
    return Interval(_expit(centre - half), _expit(centre + half))


def _expit(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -700 else 0.0


def brunner_munzel(missed: Counts, met: Counts) -> BrunnerMunzel | None:
    """The test of theta = 1/2 without assuming equal spreads (Brunner & Munzel 2000); None where the variance is 0 or
    unknown.
    """
    found = theta(missed, met)
    if found is None or not found.variance:
        return None
    nx, ny, value = found.n_missed, found.n_met, found.value
    met_part, missed_part = _parts(missed, met, found.placements_met, found.placements_missed, value, nx, ny)
    df = found.variance**2 / (met_part**2 / (ny - 1) + missed_part**2 / (nx - 1))
    statistic = (value - 0.5) / sqrt(found.variance)
    return BrunnerMunzel(statistic, df, 2 * t_sf(abs(statistic), df))


def theta_weights(found: Theta) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """How much one more answer moves theta: weights of the missed and of the met points, for the sums of
    ``cluster_theta_interval``.

    A client's e = sum of the weights of its answers: (P_k - theta)/n_met for a met one, -(Q_k - (1 - theta))/n_missed
    for a missed one.
    """
    missed = tuple(-(q - 1 + found.value) / found.n_missed for q in found.placements_missed)
    met = tuple((p - found.value) / found.n_met for p in found.placements_met)
    return missed, met
