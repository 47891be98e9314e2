"""The net score: satisfied minus dissatisfied, of all answers; ranges -1..1 (NPS is the same on 0-10)."""

from __future__ import annotations

from math import ceil, sqrt
from typing import NamedTuple

from .checks import counted, inside, positive
from .intervals import Difference, Interval
from .tails import critical, normal_quantile, normal_two_sided

Counts3 = tuple[float, float, float]


class NetScore(NamedTuple):
    """The net score, the variance of one answer's +1/0/-1, the standard error of the score, and the number of
    answers.
    """

    value: float
    variance: float
    se: float
    n: float


def net_score(d: float, p: float, r: float) -> NetScore | None:
    """The net score of d dissatisfied, p neutral and r satisfied answers; None without an answer.

    value = (r - d)/n, variance = (r + d)/n - value^2, se = sqrt(variance/n) (the moments of -1/0/+1). ValueError for a
    negative count.
    """
    n = counted("counts", (d, p, r))
    if n == 0:
        return None
    value = (r - d) / n
    variance = max(0.0, (r + d) / n - value * value)
    return NetScore(value, variance, sqrt(variance / n), n)


def score_interval(d: float, p: float, r: float, level: float = 0.95) -> Interval:
    """The score interval of the net score: every t that the score test does not refuse; the whole -1..1 without an
    answer.

    With q the likeliest share of dissatisfied given t, 2n q^2 + (2n t - (r-d) t - d - r) q - d t (1-t) = 0, the limits
    solve |r - d - n t| = z sqrt(n (2q + t(1-t))) (Tango 1998; May & Johnson 1997; recommended for the net score by
    Rocks 2016). ValueError for a negative count.
    """
    z = critical(level)
    n = counted("counts", (d, p, r))
    if n == 0:
        return Interval(-1.0, 1.0)
    return Interval(-_upper(r, d, n, z), _upper(d, r, n, z))


def _upper(d: float, r: float, n: float, z: float) -> float:
    """The upper limit by Newton's steps on (n t - r + d)^2 - z^2 n (2q + t - t^2), inside a bracket that each step
    narrows.
    """
    if r == n:
        return 1.0
    net, square, slope = r - d, z * z * n, 2 * n - r + d
    low, high = net / n, 1.0
    # a first guess: the adjusted Wald limit
    t = (net + z * sqrt(max(0.0, d + r + 1.5 - (net * net) / (n + 3)))) / (n + 3)
    for _ in range(100):
        if not low < t < high:
            t = (low + high) / 2
        b = slope * t - d - r
        root = sqrt(b * b + 8 * n * d * t * (1 - t)) if b * b + 8 * n * d * t * (1 - t) > 0 else 0.0
        # the same root of the quadratic, written so that nothing cancels
        q = (root - b) / (4 * n) if b < 0 else (2 * d * t * (1 - t) / (root + b) if root + b > 0 else 0.0)
        over = n * t - net
        value = over * over - square * (2 * q + t - t * t)
        if value > 0:
            high = t
        else:
            low = t
        steep = -(slope * q - d * (1 - 2 * t)) / root if root > 0 else 0.0
        gradient = 2 * n * over - square * (2 * steep + 1 - 2 * t)
        new = t - value / gradient if gradient > 0 else (low + high) / 2
        if abs(new - t) <= 1e-14 or high - low <= 1e-14:
            return min(1.0, max(net / n, new if low <= new <= high else t))
        t = new
    return t


def adjusted_wald(d: float, p: float, r: float, level: float = 0.95) -> Interval:
    """The adjusted Wald interval of the net score, cut to -1..1; the whole -1..1 without an answer.

    3/4, 3/2 and 3/4 of an answer are added to d, p and r, then value +/- z se (Rocks 2016; Sauro & Lewis). Holes below
    ten answers: ``score_interval`` is what is printed. ValueError for a negative count.
    """
    z = critical(level)
    if counted("counts", (d, p, r)) == 0:
        return Interval(-1.0, 1.0)
    value, square = _padded((d, p, r))
    half = z * sqrt(square)
    return Interval(max(-1.0, value - half), min(1.0, value + half))


def net_difference(before: Counts3, after: Counts3, level: float = 0.95) -> Difference | None:
    """How the net score changed between two independent periods, each given as (d, p, r); None where either has no
    answer.

    The estimate is the plain difference. Interval and p are adjusted Wald: both samples padded by 3/4, 3/2, 3/4,
    difference +/- z se, cut to -2..2, p two-sided (Rocks 2016; Sauro & Lewis), so the interval is centred a little
    nearer to 0 than the estimate.
    """
    z = critical(level)
    one, two = net_score(*before), net_score(*after)
    if one is None or two is None:
        return None
    (value1, square1), (value2, square2) = _padded(before), _padded(after)
    shift, se = value2 - value1, sqrt(square1 + square2)
    interval = Interval(max(-2.0, shift - z * se), min(2.0, shift + z * se))
    return Difference(two.value - one.value, interval, normal_two_sided(shift / se))


def _padded(counts: Counts3) -> tuple[float, float]:
    """Value and squared standard error after padding."""
    d, p, r = counts[0] + 0.75, counts[1] + 1.5, counts[2] + 0.75
    n = d + p + r
    value = (r - d) / n
    return value, ((r + d) / n - value * value) / n


def sample_size(variance: float, margin: float, level: float = 0.95) -> int:
    """How many answers make the adjusted Wald interval of a net score ``margin`` wide to each side: V z^2/h^2 - 3, at
    least 1 (Sauro & Lewis).

    ``variance`` is that of one answer (0..1); ValueError for a margin that is not above 0.
    """
    positive("margin", margin)
    counted("variance", (variance,))
    return max(1, ceil(variance * critical(level) ** 2 / margin**2 - 3))


def sample_size_difference(v1: float, v2: float, delta: float, level: float = 0.95, power: float = 0.8) -> int:
    """How many answers in each period find a change of ``delta``: (V1 + V2)(z_level + z_power)^2/delta^2 - 3, at least
    1 (Sauro & Lewis).
    """
    positive("delta", delta)
    counted("variances", (v1, v2))
    inside("power", power)
    both = critical(level) + normal_quantile(power)
    return max(1, ceil((v1 + v2) * both**2 / delta**2 - 3))
