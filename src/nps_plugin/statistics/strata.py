"""The same comparison inside each stratum, totalled: is it the ticket mix that makes KPI and score move together
(Simpson)?
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import NamedTuple

from .association import padded_theta, theta
from .checks import Counts, Table, rectangle
from .intervals import Interval
from .tails import chi2_sf, critical


class StratifiedTheta(NamedTuple):
    """theta totalled over strata, its interval, the test that the strata agree, and the share of answers in strata left
    out.
    """

    value: float
    interval: Interval
    heterogeneity: float
    heterogeneity_df: int
    heterogeneity_p: float
    dropped_share: float


class Cmh(NamedTuple):
    """Cochran-Mantel-Haenszel: statistic (1 degree of freedom) and p; the common odds ratio with its interval; the odds
    ratio of the pooled table.

    Odds ratios are None where they have no value (a zero in the denominator), the interval where an odds ratio is 0 or
    has none.
    """

    statistic: float
    p: float
    odds_ratio: float | None
    interval: Interval | None
    crude_odds_ratio: float | None


def stratified_theta(pairs: Sequence[tuple[Counts, Counts]], level: float = 0.95) -> StratifiedTheta | None:
    """theta over strata, each given as (missed, met) histograms; None where no stratum has both.

    Weights n_missed n_met/(n_missed + n_met + 1) (van Elteren 1960); variance sum w^2 var_h/(sum w)^2 with DeLong
    variances after one pseudo-observation on each side; value +/- z se, cut to 0..1; heterogeneity sum (theta_h -
    value)^2/var_h, chi-square with one less degree of freedom than strata (p is 1 with one stratum). ValueError as for
    ``theta``.
    """
    z = critical(level)
    kept, dropped, weights, total = [], 0.0, 0.0, 0.0
    for missed, met in pairs:
        found, padded = theta(missed, met), padded_theta(missed, met)
        n = sum(missed) + sum(met)
        total += n
        if found is None or padded is None or padded.variance is None:
            dropped += n
            continue
        weight = found.n_missed * found.n_met / (found.n_missed + found.n_met + 1)
        kept.append((weight, found.value, padded.variance))
        weights += weight
    if not kept:
        return None
    value = sum(weight * each for weight, each, _ in kept) / weights
    half = z * sqrt(sum(weight * weight * variance for weight, _, variance in kept)) / weights
    heterogeneity = sum((each - value) ** 2 / variance for _, each, variance in kept)
    df = len(kept) - 1
    p = chi2_sf(heterogeneity, df) if df else 1.0
    return StratifiedTheta(
        value, Interval(max(0.0, value - half), min(1.0, value + half)), heterogeneity, df, p, dropped / total
    )


def simpson(crude: Interval, stratified: Interval) -> bool:
    """Whether the ticket mix explains the crude theta: both intervals on opposite sides of 1/2, or the crude one
    excludes 1/2 and the stratified not.
    """
    above, below = crude.low > 0.5, crude.high < 0.5
    return (above and stratified.low <= 0.5) or (below and stratified.high >= 0.5)


def cmh(tables: Sequence[Table], level: float = 0.95, *, continuity: bool = False) -> Cmh | None:
    """The Cochran-Mantel-Haenszel test over 2x2 tables [[a, b], [c, d]]; None where no table can tell (an empty row or
    column in each).

    statistic (|sum a - E| - 1/2 where ``continuity``)^2 / sum var, hypergeometric variance (Mantel & Haenszel 1959);
    odds ratio sum(ad/n)/sum(bc/n) with the variance of its logarithm of Robins, Breslow & Greenland (1986). ValueError
    unless every table is 2x2.
    """
    z = critical(level)
    off = variance = r = s = pr = ps_qr = qs = 0.0
    sums = [0.0] * 4
    for place, table in enumerate(tables):
        if len(table) != 2 or any(len(row) != 2 for row in table):
            raise ValueError(f"tables[{place}] is not 2x2")
        n = rectangle(table)
        (a, b), (c, d) = table
        sums = [old + new for old, new in zip(sums, (a, b, c, d), strict=True)]
        if n <= 1:
            continue
        off += a - (a + b) * (a + c) / n
        variance += (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1))
        r_h, s_h, p_h = a * d / n, b * c / n, (a + d) / n
        r, s = r + r_h, s + s_h
        pr, ps_qr, qs = pr + p_h * r_h, ps_qr + p_h * s_h + (1 - p_h) * r_h, qs + (1 - p_h) * s_h
    if variance <= 0:
        return None
    statistic = max(0.0, abs(off) - (0.5 if continuity else 0.0)) ** 2 / variance
    interval = None
    if r > 0 and s > 0:
        half = z * sqrt(pr / (2 * r * r) + ps_qr / (2 * r * s) + qs / (2 * s * s))
        interval = Interval(exp(log(r / s) - half), exp(log(r / s) + half))
    crude = sums[0] * sums[3] / (sums[1] * sums[2]) if sums[1] * sums[2] > 0 else None
    return Cmh(statistic, chi2_sf(statistic, 1), r / s if s > 0 else None, interval, crude)
