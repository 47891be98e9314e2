"""The Goodhart trap: the KPI improves while clients become less satisfied; and tickets pulled in just before the
deadline.
"""

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple

from .checks import counted, same_length
from .tails import normal_sf
from .trends import Series, mann_kendall, seasonal_mann_kendall, seasonal_sen_slope, sen_slope


class TrapTest(NamedTuple):
    """p of "not both": the larger of the one-sided p that the KPI rises and that the score falls; and both changes over
    the whole window.
    """

    p: float
    p_kpi_up: float
    p_score_down: float
    kpi_change: float
    score_change: float


class Jump(NamedTuple):
    """The deadline jump: z, one-sided p, and the jump itself, ln(just before/just after) beyond the slope around the
    deadline.
    """

    z: float
    p: float
    jump: float


def trap_test(
    kpi_values: Series, score_values: Series, *, seasonal: bool = False, period: int = 12, start: int = 0
) -> TrapTest | None:
    """Whether the KPI rose AND the score fell over the same periods; None where either has too few values to tell a
    direction.

    Intersection-union: p is the larger of two one-sided Mann-Kendall p, and needs no correction for two tests (Berger
    1982). Changes are Sen's slope times (periods - 1). ``seasonal`` compares each calendar month with its own kind
    alone (from 24 months). A period without a value is None. ValueError for lengths that differ.
    """
    same_length(kpi_values=kpi_values, score_values=score_values)
    if seasonal:
        kpi, score = (seasonal_mann_kendall(series, period, start) for series in (kpi_values, score_values))
        slopes = [seasonal_sen_slope(series, period, start) for series in (kpi_values, score_values)]
    else:
        kpi, score = mann_kendall(kpi_values), mann_kendall(score_values)
        slopes = [sen_slope(kpi_values), sen_slope(score_values)]
    kpi_slope, score_slope = slopes
    if kpi is None or score is None or kpi_slope is None or score_slope is None:
        return None
    steps = len(kpi_values) - 1
    p = max(kpi.p_up, score.p_down)
    return TrapTest(p, kpi.p_up, score.p_down, kpi_slope * steps, score_slope * steps)


def deadline_jump(a: float, b: float, c: float, d: float, *, minimum: float = 5) -> Jump | None:
    """Whether more tickets close just before the deadline than the times around it let expect; None below ``minimum``
    in any bin.

    Counts in equal bins of ln(time/target): a, b before the deadline (b next to it), c, d after it (c next to it), as
    [-.30, -.15), [-.15, 0), [0, .15), [.15, .30). With 1/2 added to each: jump = (ln b - ln c) - (ln a - ln d)/3,
    se^2 = 1/b + 1/c + (1/a + 1/d)/9, one-sided p of z = jump/se. ln a - ln d spans three bins, so a third of it is the
    slope of one; the delta method for logarithms of Poisson counts. Earliest-deadline-first work bunches too: a jump
    alone is no proof of gaming. ValueError for a negative count.
    """
    bins = (a, b, c, d)
    counted("bins", bins)
    if min(bins) < minimum:
        return None
    a, b, c, d = (count + 0.5 for count in bins)
    jump = (log(b) - log(c)) - (log(a) - log(d)) / 3
    z = jump / sqrt(1 / b + 1 / c + (1 / a + 1 / d) / 9)
    return Jump(z, normal_sf(z), jump)
