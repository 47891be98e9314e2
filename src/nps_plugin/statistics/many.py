"""Many agents or slices at once: observed less expected, spread that all share, few false alarms, values shrunken to
the mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, sqrt
from typing import NamedTuple

from .checks import among, not_negative, same_length, share
from .intervals import Interval
from .tails import critical, normal_two_sided


class Against(NamedTuple):
    """One agent against what its own mix of tickets lets expect.

    ``observed``, ``expected`` and ``n`` are counts; ``z`` is against chance alone and ``z_adjusted`` against chance and
    the spread that all agents share, ``p`` two-sided of the latter; ``shrunken`` is the share that would be expected of
    the agent on the whole team's mix, drawn to the mean as far as its own answers are too few. z and p are None where
    the mix leaves nothing to chance (expected 0 or all).
    """

    observed: float
    expected: float
    n: float
    z: float | None
    z_adjusted: float | None
    p: float | None
    shrunken: float


class ObservedExpected(NamedTuple):
    """All agents, the mean share, the spread between agents beyond chance (tau squared, 0: none), and phi (1: chance
    alone).
    """

    agents: dict[str, Against]
    mean: float
    tau2: float
    phi: float


def observed_expected(agents: Mapping[str, Sequence[tuple[float, float, float]]]) -> ObservedExpected | None:
    """Each agent's satisfied answers against those expected of its mix; None without an answer.

    For each agent its cells of the case mix (priority x queue), as (observed, n, share expected in this cell). With E =
    sum n p and s^2 = sum n p (1-p)/n^2: z = (O - E)/(n s); z winsorised at the 10th and 90th percentile gives phi =
    mean z^2 and the additive tau^2 = max(0, (m phi - (m-1))/(sum w - sum w^2/sum w)), w = 1/s^2; z_adjusted = (O/n -
    E/n)/sqrt(s^2 + tau^2) (Spiegelhalter 2005, after DerSimonian & Laird); shrunken = mean + tau^2/(tau^2 + s^2) (O -
    E)/n (the empirical Bayes mean). Agents without an answer are left out. ValueError for observed above n or a share
    outside 0..1.
    """
    raw: dict[str, tuple[float, float, float, float]] = {}
    for name, cells in agents.items():
        observed = expected = n = variance = 0.0
        for k, size, p in cells:
            among(k, size, f"{name}: observed")
            share(f"{name}: expected share", p)
            observed, n = observed + k, n + size
            expected, variance = expected + size * p, variance + size * p * (1 - p)
        if n > 0:
            raw[name] = (observed, expected, n, variance)
    total = sum(n for _, _, n, _ in raw.values())
    if total == 0:
        return None
    mean = sum(observed for observed, _, _, _ in raw.values()) / total
    usable = [(o - e, variance, n) for o, e, n, variance in raw.values() if variance > 0]
    tau2, phi = overdispersion([off / sqrt(v) for off, v, _ in usable], [n * n / v for _, v, n in usable])
    return ObservedExpected({name: _against(*each, mean, tau2) for name, each in raw.items()}, mean, tau2, phi)


def _against(observed: float, expected: float, n: float, variance: float, mean: float, tau2: float) -> Against:
    off, square = (observed - expected) / n, variance / (n * n)
    drawn = mean + (tau2 / (tau2 + square) if tau2 > 0 else 0.0) * off
    shrunken = min(1.0, max(0.0, drawn))
    if variance <= 0:
        return Against(observed, expected, n, None, None, None, shrunken)
    adjusted = off / sqrt(square + tau2)
    return Against(observed, expected, n, off / sqrt(square), adjusted, normal_two_sided(adjusted), shrunken)


def overdispersion(z: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    """(tau squared, phi) of agents whose deviations have these z and inverse variances: phi = mean of z^2 winsorised at
    the 10th and 90th percentile, tau^2 = max(0, (m phi - (m-1))/(sum w - sum w^2/sum w)) (Spiegelhalter 2005). (0, 1)
    below two agents.
    """
    same_length(z=z, weights=weights)
    m = len(z)
    if m < 2:
        return 0.0, 1.0
    ordered = sorted(z)
    low, high = percentile(ordered, 0.1), percentile(ordered, 0.9)
    phi = sum(min(high, max(low, each)) ** 2 for each in z) / m
    total = sum(weights)
    room = total - sum(w * w for w in weights) / total
    return (max(0.0, (m * phi - (m - 1)) / room) if room > 0 else 0.0), phi


def percentile(ordered: Sequence[float], q: float) -> float:
    """The q-quantile of sorted values, straight between neighbours (type 7 of Hyndman & Fan 1996)."""
    at = q * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def adjusted_p(p_values: Sequence[float]) -> list[float]:
    """Benjamini-Hochberg adjusted p (q-values), in the given order: the least p_(j) m/j over j at or after its rank.

    ValueError for a p outside 0..1.
    """
    for place, p in enumerate(p_values):
        share(f"p_values[{place}]", p)
    m = len(p_values)
    adjusted = [1.0] * m
    least = 1.0
    for rank, place in sorted(enumerate(sorted(range(m), key=p_values.__getitem__), 1), reverse=True):
        least = min(least, p_values[place] * m / rank)
        adjusted[place] = least
    return adjusted


def benjamini_hochberg(p_values: Sequence[float], q: float = 0.05) -> list[bool]:
    """Which p-values stand out so that at most a share q of those that do is false on average (Benjamini & Hochberg
    1995).
    """
    share("q", q)
    return [each <= q for each in adjusted_p(p_values)]


def funnel_limits(centre: float, n: float, tau2: float = 0.0, level: float = 0.95) -> Interval:
    """Where the share of an agent with n answers lies if it is like the others: centre +/- z sqrt(centre (1-centre)/n +
    tau2), cut to 0..1.

    Spiegelhalter (2005), additive overdispersion. The whole 0..1 for n = 0.
    """
    z = critical(level)
    share("centre", centre)
    not_negative("n", n)
    not_negative("tau2", tau2)
    half = z * sqrt(centre * (1 - centre) / n + tau2) if n > 0 else inf
    return Interval(max(0.0, centre - half), min(1.0, centre + half))
