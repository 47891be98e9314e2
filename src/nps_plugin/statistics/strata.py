"""The same comparison inside each stratum, totalled: is it the ticket mix that makes KPI and score move together
(Simpson)?
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import NamedTuple

from .association import logit_interval, padded_theta, theta
from .checks import Counts, Table, rectangle
from .intervals import Interval
from .tails import chi2_sf, critical


class StratifiedTheta(NamedTuple):
    """theta totalled over strata, its interval, the test that the strata agree, and the share of answers in strata left
    out.

    ``variance`` is of the total; ``weights`` are each stratum's share of it in the order given, 0 for those left out: a
    client's e_c for ``cluster_theta_interval`` is the sum over strata of weight times its e_c there.
    """

    value: float
    interval: Interval
    heterogeneity: float
    heterogeneity_df: int
    heterogeneity_p: float
    dropped_share: float
    variance: float
    weights: tuple[float, ...]


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
    variances after one pseudo-observation on each side; the interval on the logit scale as in ``theta_interval``,
    around the total after one pseudo-observation on each side of all strata together (weight 1/3 at 1/2: one in each
    stratum would draw many small strata to 1/2). Heterogeneity is Cochran's Q, sum (theta_h - mean)^2/var_h around the
    mean weighted by 1/var_h, chi-square with one less degree of freedom than strata (p is 1 with one). ValueError as
    for ``theta``.
    """
    z = critical(level)
    total, weights, values, variances = 0.0, [], [], []
    for missed, met in pairs:
        found, padded = theta(missed, met), padded_theta(missed, met)
        total += sum(missed) + sum(met)
        if found is None or padded is None or padded.variance is None:
            weights.append(0.0)
            values.append(0.0)
            variances.append(1.0)
            continue
        weights.append(found.n_missed * found.n_met / (found.n_missed + found.n_met + 1))
        values.append(found.value)
        variances.append(padded.variance)
    whole = sum(weights)
    if whole == 0:
        return None
    shares = [weight / whole for weight in weights]
    value = sum(w * each for w, each in zip(shares, values, strict=True))
    variance = sum(w * w * each for w, each in zip(shares, variances, strict=True))
    interval = logit_interval((whole * value + 1 / 6) / (whole + 1 / 3), sqrt(variance), z)
    precisions = [1 / v if w else 0.0 for w, v in zip(weights, variances, strict=True)]
    mean = sum(p * each for p, each in zip(precisions, values, strict=True)) / sum(precisions)
    heterogeneity = sum(p * (each - mean) ** 2 for p, each in zip(precisions, values, strict=True))
    df = sum(w > 0 for w in weights) - 1
    heterogeneity_p = chi2_sf(heterogeneity, df) if df else 1.0
    out = sum(sum(missed) + sum(met) for (missed, met), w in zip(pairs, weights, strict=True) if not w)
    return StratifiedTheta(value, interval, heterogeneity, df, heterogeneity_p, out / total, variance, tuple(shares))


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
