"""A share that only falls (or only rises) with time: its isotonic fit, a band around it, and where it falls under a
target.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import ceil
from typing import NamedTuple

from .checks import Counts, among, same_length, share
from .intervals import Interval
from .shares import wilson


class Crossing(NamedTuple):
    """The edge from which the fitted share is under the target, and between which edges this lies; ``high`` None: not
    surely by the last edge.

    ``visible``: the data show both the share at or over the target at first and under it at last.
    """

    at: float
    low: float
    high: float | None
    visible: bool


def isotonic(successes: Counts, totals: Counts, *, decreasing: bool = True) -> list[float] | None:
    """The likeliest shares of ordered bins that never rise (or never fall); None without an answer.

    Pool adjacent violators (Ayer et al. 1955; Barlow et al. 1972). A bin without answers takes the value of its left
    neighbour, at the start of its right one. ValueError for lengths that differ or successes above totals.
    """
    _bins(successes, totals)
    if not decreasing:
        fitted = isotonic(successes[::-1], totals[::-1])
        return None if fitted is None else fitted[::-1]
    blocks: list[tuple[float, float, int]] = []  # successes, total, bins
    for k, n in zip(successes, totals, strict=True):
        block = (float(k), float(n), 1)
        # a block without answers joins its neighbour; a rise is pooled: k1/n1 <= k2/n2 without dividing
        while blocks and (blocks[-1][1] == 0 or block[1] == 0 or blocks[-1][0] * block[1] <= block[0] * blocks[-1][1]):
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    if not blocks or blocks[-1][1] == 0:
        return None
    return [k / n for k, n, bins in blocks for _ in range(bins)]


def isotonic_band(
    successes: Counts, totals: Counts, level: float = 0.95, *, decreasing: bool = True, window: float | None = None
) -> list[Interval] | None:
    """A pointwise band for the true falling (or rising) shares of the bins, never narrower than the fit; None without
    an answer.

    For a falling share the bins from i to the right have at most the share of i, so the lower Wilson limit of their
    pooled share bounds it from below; the bins up to i bound it from above likewise. How many are pooled is fixed by
    the totals alone (the fewest that hold ``window`` answers, n^(2/3) and at least 20 unless given, the rate of the
    isotonic estimate), so pooling does not follow the outcome. Then each limit is loosened to be monotone.
    Conservative: each bin is covered at least at ``level``, answers being independent. Our own construction from Wilson
    (1927), after the monotone bands of Duembgen (2003); held to its coverage by a test.
    """
    _bins(successes, totals)
    if not decreasing:
        turned = isotonic_band(successes[::-1], totals[::-1], level, window=window)
        return None if turned is None else turned[::-1]
    fitted = isotonic(successes, totals)
    if fitted is None:
        return None
    enough = max(20, ceil(sum(totals) ** (2 / 3))) if window is None else window
    lows = [wilson(k, n, level).low for k, n in _pooled(successes, totals, enough)]
    highs = [wilson(k, n, level).high for k, n in _pooled(successes[::-1], totals[::-1], enough)][::-1]
    low_limits = list(accumulate(map(min, lows, fitted), min))
    high_limits = list(accumulate(map(max, highs[::-1], fitted[::-1]), max))[::-1]
    return [Interval(low, high) for low, high in zip(low_limits, high_limits, strict=True)]


def crossing(
    edges: Sequence[float],
    successes: Counts,
    totals: Counts,
    target: float,
    level: float = 0.95,
    *,
    window: float | None = None,
) -> Crossing | None:
    """The first bin edge from which the fitted share is under the target; None where the fit never is ("no such time is
    visible").

    Bin i lies between edges i and i + 1. The interval inverts ``isotonic_band``: low is the left edge of the first bin
    whose lower limit is under the target, high that of the first whose upper limit is. A fit that is under the target
    from the start answers with the first edge. ValueError unless there is one edge more than bins and edges rise.
    """
    share("target", target)
    if len(edges) != len(totals) + 1:
        raise ValueError(f"edges has {len(edges)}, totals has {len(totals)}; there is one edge more than bins")
    if any(b <= a for a, b in pairwise(edges)):
        raise ValueError("edges do not rise")
    fitted, band = isotonic(successes, totals), isotonic_band(successes, totals, level, window=window)
    if fitted is None or band is None:
        return None
    at = _first_under(edges, fitted, target)
    low = _first_under(edges, [each.low for each in band], target)
    high = _first_under(edges, [each.high for each in band], target)
    if at is None or low is None:
        return None
    return Crossing(at, low, high, low > edges[0] and high is not None)


def _first_under(edges: Sequence[float], values: Sequence[float], target: float) -> float | None:
    return next((edge for edge, value in zip(edges, values, strict=False) if value < target), None)


def _pooled(successes: Counts, totals: Counts, enough: float) -> list[tuple[float, float]]:
    """For each bin the sums over the fewest bins from it to the right that hold enough answers, or all that are
    left.
    """
    ks, ns = [0.0, *accumulate(successes)], [0.0, *accumulate(totals)]
    found, end = [], 0
    for start in range(len(totals)):
        end = max(end, start + 1)
        while end < len(totals) and ns[end] - ns[start] < enough:
            end += 1
        n = ns[end] - ns[start]
        # sums of fractional counts may be rounded apart
        found.append((min(ks[end] - ks[start], n), n))
    return found


def _bins(successes: Counts, totals: Counts) -> None:
    same_length(successes=successes, totals=totals)
    for k, n in zip(successes, totals, strict=True):
        among(k, n, "a success count", "its total")
