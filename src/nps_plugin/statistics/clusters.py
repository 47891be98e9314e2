"""Several answers of one client are not several clients: variances clustered by client (or organisation).

Naive intervals of 100 answers by 10 clients cover 72 % instead of 95 %; these cover 92 to 95 % from 8 effective clients
up.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from math import inf, sqrt
from typing import NamedTuple

from .association import Theta, logit_interval, theta_weights
from .checks import not_negative, positive
from .intervals import Interval
from .tails import t_critical


class Clustered(NamedTuple):
    """An estimate with the variance of the estimate, the effective number of clients, and its interval."""

    estimate: float
    variance: float
    effective: float
    interval: Interval


class ClusterSums(NamedTuple):
    """What the clustered variance of a mean needs: answers, clients, mean, sum of n_c^2, sum of e_c^2 with e_c = S_c -
    n_c mean.
    """

    n: int
    clients: int
    mean: float
    sum_n_sq: float
    sum_e_sq: float


def effective_clusters(n: float, sum_sq: float) -> float:
    """Kish's effective number of clients, n^2 / sum of n_c^2: as many equal ones carry as much; 0 without an answer
    (Kish 1965).
    """
    not_negative("n", n)
    not_negative("sum_sq", sum_sq)
    return n * n / sum_sq if sum_sq > 0 else 0.0


def cluster_variance(sum_e_sq: float, n: float, effective: float) -> float | None:
    """The variance of a mean: (sum of e_c^2)/n^2 * Ce/(Ce - 1); None with one effective client or fewer.

    e_c = S_c - n_c * mean is what client c adds (Cochran 1977, ratio estimator; Liang & Zeger 1986, with Ce for the
    number of clients). Where the e_c are already shares of the whole (theta, weighted strata), n is 1.
    """
    not_negative("sum_e_sq", sum_e_sq)
    positive("n", n)
    if not 1 < effective < inf:
        return None
    return sum_e_sq / (n * n) * effective / (effective - 1)


def cluster_interval(
    estimate: float,
    sum_e_sq: float,
    n: float,
    sum_n_sq: float,
    iid_variance: float,
    level: float = 0.95,
    *,
    bounds: tuple[float, float] | None = None,
) -> Clustered | None:
    """The interval of a mean of answers: estimate +/- t sqrt(variance), t with Ce - 1 degrees of freedom; None with Ce
    <= 1 or no answer.

    ``iid_variance`` is the variance of the estimate were all answers independent (V/n); the larger of the two counts.
    ``bounds`` cut the interval to what the value can be: (0, 1) for a share, (-1, 1) for a net score.
    """
    effective = effective_clusters(n, sum_n_sq)
    variance = cluster_variance(sum_e_sq, n, effective) if n > 0 else None
    return None if variance is None else _mean(estimate, max(variance, iid_variance), effective, level, bounds)


def weighted_cluster_interval(
    estimate: float,
    sum_e_sq: float,
    effective: float,
    iid_variance: float,
    level: float = 0.95,
    *,
    bounds: tuple[float, float] | None = None,
) -> Clustered | None:
    """As ``cluster_interval`` where e_c is already a share of the estimate: a total of strata with fixed weights W_h,
    e_c = sum over h of W_h (S_ch - n_ch mean_h)/n_h, is one mean of weighted answers. None with Ce <= 1."""
    variance = cluster_variance(sum_e_sq, 1, effective)
    return None if variance is None else _mean(estimate, max(variance, iid_variance), effective, level, bounds)


def _mean(
    estimate: float, variance: float, effective: float, level: float, bounds: tuple[float, float] | None
) -> Clustered:
    half = t_critical(level, effective - 1) * sqrt(variance)
    low, high = bounds or (-inf, inf)
    interval = Interval(max(low, estimate - half), min(high, estimate + half))
    return Clustered(estimate, variance, effective, interval)


def cluster_theta_interval(
    theta: float, sum_e_sq: float, effective: float, delong_variance: float, level: float = 0.95
) -> Clustered | None:
    """The interval of theta clustered by client, on the logit scale, t with Ce - 1 degrees of freedom; None with Ce <=
    1, or theta 0 or 1.

    e_c = sum over its met answers of (P_k - theta)/n_met, less the sum over its missed ones of (Q_k - (1 -
    theta))/n_missed (``theta_weights``; the idea of Obuchowski 1997 with the factor Ce/(Ce - 1)); the larger of this
    variance and DeLong's counts. Print the ``wider`` of this and ``theta_interval``.
    """
    variance = cluster_variance(sum_e_sq, 1, effective)
    if variance is None or not 0 < theta < 1:
        return None
    variance = max(variance, delong_variance)
    interval = logit_interval(theta, sqrt(variance), t_critical(level, effective - 1))
    return Clustered(theta, variance, effective, interval)


def sums_by_cluster(answers: Iterable[tuple[Hashable, float]]) -> ClusterSums | None:
    """The sums that ``cluster_interval`` takes, from pairs of client and value (0/1, or +1/0/-1); None without an
    answer.
    """
    sizes: dict[Hashable, int] = {}
    totals: dict[Hashable, float] = {}
    for client, value in answers:
        sizes[client] = sizes.get(client, 0) + 1
        totals[client] = totals.get(client, 0.0) + value
    n = sum(sizes.values())
    if n == 0:
        return None
    mean = sum(totals.values()) / n
    sum_e_sq = sum((totals[client] - size * mean) ** 2 for client, size in sizes.items())
    return ClusterSums(n, len(sizes), mean, sum(size * size for size in sizes.values()), sum_e_sq)


def theta_sum_by_cluster(found: Theta, answers: Iterable[tuple[Hashable, bool, int]]) -> float:
    """The sum of e_c^2 that ``cluster_theta_interval`` takes, from (client, target met, index of the point) of each
    answer behind ``found``.
    """
    missed, met = theta_weights(found)
    influence: dict[Hashable, float] = {}
    for client, was_met, point in answers:
        influence[client] = influence.get(client, 0.0) + (met if was_met else missed)[point]
    return sum(e * e for e in influence.values())
