"""Change over periods: Mann-Kendall, Sen's slope, their seasonal forms, and Laney's p' chart.

Values are one per period in order; None stands for a period without a value and keeps its place in time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import inf, isfinite, sqrt
from typing import NamedTuple

from .checks import among, same_length
from .intervals import Interval
from .tails import normal_sf

Series = Sequence[float | None]
#: up to here, and without ties, p-values are exact
EXACT_UP_TO = 10


class Trend(NamedTuple):
    """Mann-Kendall: S, its variance, z, two-sided p, one-sided p of a rise and of a fall, Kendall's tau (a), whether p
    is exact.
    """

    s: int
    variance: float
    z: float
    p: float
    p_up: float
    p_down: float
    tau: float
    exact: bool


class Laney(NamedTuple):
    """A p' chart: the overall share, the spread beyond binomial (1: none), limits for each period, places of those
    outside (from 0).
    """

    centre: float
    sigma_z: float
    limits: list[Interval]
    outside: list[int]


def mann_kendall(values: Series) -> Trend | None:
    """Whether values rise or fall over the periods; None below two values.

    S = sum over pairs of sign(later - earlier), variance [n(n-1)(2n+5) - sum t(t-1)(2t+5)]/18 over ties t, z = (S -
    sign S)/sqrt(variance) (Mann 1945; Kendall 1975). Up to ten values without ties the p-values are exact: Mahonian
    numbers count the orders with each S. The one-sided p are P(S or more) and P(S or less), so they may both exceed
    1/2. ValueError for a value that is not finite.
    """
    series = _known(values)
    if len(series) < 2:
        return None
    s, variance, pairs = _kendall([value for _, value in series])
    n = len(series)
    if n <= EXACT_UP_TO and len({value for _, value in series}) == n:
        p_up, p_down = _exact_tail(n, s), _exact_tail(n, -s)
        return Trend(s, variance, _z(s, variance), min(1.0, 2 * min(p_up, p_down)), p_up, p_down, s / pairs, exact=True)
    return _normal(s, variance, pairs)


def seasonal_mann_kendall(values: Series, period: int = 12, start: int = 0) -> Trend | None:
    """Mann-Kendall inside each season (calendar month), S and variances summed; None where no season has two values.

    Hirsch, Slack & Smith (1982). ``start`` is the season of the first value, for the caller's book-keeping: the sums do
    not depend on it. ValueError for a period below 1 or a value that is not finite.
    """
    parts = [_kendall([value for _, value in season]) for season in _seasons(values, period, start) if len(season) > 1]
    if not parts:
        return None
    return _normal(sum(s for s, _, _ in parts), sum(variance for _, variance, _ in parts), sum(n for _, _, n in parts))


def sen_slope(values: Series) -> float | None:
    """The median slope over all pairs of periods, per period (Sen 1968); None below two values."""
    return _median(_slopes(_known(values)))


def seasonal_sen_slope(values: Series, period: int = 12, start: int = 0) -> float | None:
    """The median slope over pairs of the same season, per period and not per year (Hirsch, Slack & Smith 1982); None
    without such a pair.
    """
    return _median([slope for season in _seasons(values, period, start) for slope in _slopes(season)])


def laney(
    events: Sequence[float], sizes: Sequence[float], *, baseline: int | None = None, sigma_z: float | None = None
) -> Laney | None:
    """Which periods lie outside the p' limits; None where all shares are 0 or all are 1, or fewer than two periods have
    answers.

    z_i = (p_i - pbar)/sqrt(pbar (1-pbar)/n_i), sigma_z = mean |z_i - z_(i-1)|/1.128, limits pbar +/- 3 sigma_i sigma_z,
    cut to 0..1 (Laney 2002). ``baseline``: centre and sigma_z come from that many first periods alone, so that a new
    one is held against the earlier. ``sigma_z=1`` gives the plain p chart, which at help-desk volumes alarms far too
    often. A period of size 0 has limits 0..1 and is passed over. ValueError for lengths that differ or events above
    sizes.
    """
    same_length(events=events, sizes=sizes)
    for k, n in zip(events, sizes, strict=True):
        among(k, n, "an event count", "its size")
    known = [(k, n) for k, n in zip(events[:baseline], sizes[:baseline], strict=True) if n > 0]
    n_all = sum(n for _, n in known)
    centre = sum(k for k, _ in known) / n_all if n_all else 0.0
    if len(known) < 2 or not 0 < centre < 1:
        return None
    unit = sqrt(centre * (1 - centre))
    if sigma_z is None:
        z = [(k / n - centre) * sqrt(n) / unit for k, n in known]
        sigma_z = sum(abs(b - a) for a, b in pairwise(z)) / (len(z) - 1) / 1.128
    limits, outside = [], []
    for i, (k, n) in enumerate(zip(events, sizes, strict=True)):
        half = 3 * sigma_z * unit / sqrt(n) if n > 0 else inf
        limits.append(Interval(max(0.0, centre - half), min(1.0, centre + half)))
        if n > 0 and abs(k / n - centre) > half:
            outside.append(i)
    return Laney(centre, sigma_z, limits, outside)


def _known(values: Series) -> list[tuple[int, float]]:
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    for place, value in known:
        if not isfinite(value):
            raise ValueError(f"values[{place}] is {value}; a period without a value is None")
    return known


def _seasons(values: Series, period: int, start: int) -> list[list[tuple[int, float]]]:
    if period < 1:
        raise ValueError(f"period is {period}; a year has at least one season")
    seasons: list[list[tuple[int, float]]] = [[] for _ in range(period)]
    for place, value in _known(values):
        seasons[(place + start) % period].append((place, value))
    return seasons


def _kendall(values: Sequence[float]) -> tuple[int, float, int]:
    """S, its variance with ties, and the number of pairs."""
    n = len(values)
    s = sum((b > a) - (b < a) for i, a in enumerate(values) for b in values[i + 1 :])
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(values).values())
    return s, (n * (n - 1) * (2 * n + 5) - ties) / 18, n * (n - 1) // 2


def _z(s: int, variance: float) -> float:
    return (s - (s > 0) + (s < 0)) / sqrt(variance) if variance > 0 else 0.0


def _normal(s: int, variance: float, pairs: int) -> Trend:
    root = sqrt(variance)
    p_up, p_down = (normal_sf((s - 1) / root), normal_sf((-s - 1) / root)) if root > 0 else (1.0, 1.0)
    return Trend(s, variance, _z(s, variance), min(1.0, 2 * min(p_up, p_down)), p_up, p_down, s / pairs, exact=False)


@lru_cache(maxsize=16)
def _mahonian(n: int) -> tuple[int, ...]:
    """How many orders of n values have 0, 1, 2, ... inversions: the coefficients of (1)(1+q)(1+q+q^2)... (MacMahon
    1913).
    """
    counts = [1]
    for size in range(2, n + 1):
        counts = [sum(counts[max(0, k - size + 1) : k + 1]) for k in range(len(counts) + size - 1)]
    return tuple(counts)


def _exact_tail(n: int, s: int) -> float:
    """P(S or more) over all orders of n different values: S is the pairs less twice the inversions."""
    counts = _mahonian(n)
    most = (n * (n - 1) // 2 - s) // 2
    return sum(counts[: most + 1]) / sum(counts)


def _slopes(series: Sequence[tuple[int, float]]) -> list[float]:
    return [(b - a) / (j - i) for at, (i, a) in enumerate(series) for j, b in series[at + 1 :]]


def _median(values: list[float]) -> float | None:
    if not values:
        return None
    values.sort()
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
