"""A client's new score against the client's own history, both on one scale; histories are histograms, worst point
first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import lgamma

from .checks import Counts, counted, positive, same_length

#: the strength where there are too few clients to measure one
DEFAULT_STRENGTH = 8.0
#: half-octave steps
GRID = tuple(round(2 ** (step / 2), 3) for step in range(-2, 17))


def rank_p(history: Counts, score_index: int) -> float:
    """The chance of a score this low by rank alone: (1 + earlier ones at or below)/(n + 1); cannot reach .05 below 19
    answers.

    The permutation p-value of a new observation. ``score_index`` counts from 0. ValueError for a score off the scale or
    a negative count.
    """
    n = _placed(history, score_index)
    return (1 + sum(history[: score_index + 1])) / (n + 1)


def dirichlet_p(history: Counts, score_index: int, prior: Counts, strength: float = DEFAULT_STRENGTH) -> float:
    """The chance of a score this low for this client: (earlier ones at or below + strength * share of all clients at or
    below)/(n + strength).

    The predictive distribution of a Dirichlet-multinomial (empirical Bayes). ``prior`` is the distribution of all
    clients' scores in the same procedure, as counts or shares. ValueError for a score off the scale, lengths that
    differ, an empty prior, a strength not above 0.
    """
    same_length(history=history, prior=prior)
    positive("strength", strength)
    n = _placed(history, score_index)
    whole = counted("prior", prior)
    if whole == 0:
        raise ValueError("prior is empty; it is how all clients of the procedure answered")
    below = sum(prior[: score_index + 1]) / whole
    return min(1.0, (sum(history[: score_index + 1]) + strength * below) / (n + strength))


def dirichlet_strength(histories: Iterable[Counts], prior: Counts, *, minimum: int = 30) -> float:
    """The likeliest strength on a grid of half octaves from 0.5 to 256; 8 with fewer than ``minimum`` clients of two
    scores or more.

    Dirichlet-multinomial likelihood with mean ``prior`` (Mosimann 1962). Points that the prior does not know are passed
    over. ValueError for lengths that differ, a negative count, an empty prior.
    """
    whole = counted("prior", prior)
    if whole == 0:
        raise ValueError("prior is empty; it is how all clients of the procedure answered")
    sizes: Counter[float] = Counter()
    cells: Counter[tuple[int, float]] = Counter()
    for history in histories:
        same_length(history=history, prior=prior)
        counted("history", history)
        known = [(k, count) for k, count in enumerate(history) if count and prior[k]]
        n = sum(count for _, count in known)
        if n >= 2:
            sizes[n] += 1
            cells.update(known)
    if sum(sizes.values()) < minimum:
        return DEFAULT_STRENGTH

    def likelihood(strength: float) -> float:
        shares = [strength * share / whole for share in prior]
        own = sum(times * (lgamma(shares[k] + count) - lgamma(shares[k])) for (k, count), times in cells.items())
        return own + sum(times * (lgamma(strength) - lgamma(strength + n)) for n, times in sizes.items())

    return max(GRID, key=likelihood)


def _placed(history: Counts, score_index: int) -> float:
    if not 0 <= score_index < len(history):
        raise ValueError(f"score_index is {score_index}; the scale has {len(history)} points, counted from 0")
    return counted("history", history)
