"""Silence is not content: how the clients who did not answer could change the picture."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from .checks import among, not_negative, share
from .intervals import Interval


class Representative(NamedTuple):
    """The R-indicator (1: all cells answer alike), the response rate, and the spread of response between cells."""

    r: float
    rate: float
    spread: float


def tipping_point(observed: float, response_rate: float, target: float) -> float | None:
    """The satisfied share among the silent at which the whole is exactly at the target: (target - rate * observed)/(1 -
    rate).

    At 0 or below nothing the silent could say brings the whole under the target; above 1 nothing brings it up. None
    where all answered. Arithmetic of the mixture (Manski 2003 bounds are its ends). ValueError outside 0..1.
    """
    _shares(observed=observed, response_rate=response_rate, target=target)
    return (target - response_rate * observed) / (1 - response_rate) if response_rate < 1 else None


def manski(observed: float, response_rate: float) -> Interval:
    """The satisfied share of all if none of the silent is satisfied, and if all are (Manski 2003): no assumption at
    all.
    """
    _shares(observed=observed, response_rate=response_rate)
    return Interval(response_rate * observed, response_rate * observed + 1 - response_rate)


def r_indicator(cells: Sequence[tuple[float, float]]) -> Representative | None:
    """How alike the cells (KPI x queue) answer, each given as (answered, asked): R = 1 - 2 S; None below two asked.

    S^2 = sum N_h (rate_h - rate)^2/(N - 1) (Schouten, Cobben & Bethlehem 2009). ValueError for answered above asked.
    """
    for answered, asked in cells:
        among(answered, asked, "answered", "asked")
    n = sum(asked for _, asked in cells)
    if n < 2:
        return None
    rate = sum(answered for answered, _ in cells) / n
    spread = sqrt(sum(asked * (answered / asked - rate) ** 2 for answered, asked in cells if asked > 0) / (n - 1))
    return Representative(1 - 2 * spread, rate, spread)


def bias_bound(found: Representative, score_sd: float) -> float | None:
    """The most by which a mean can be off through who answers: spread/rate * sd of the score; None where nobody
    answered.

    Schouten, Cobben & Bethlehem (2009), from the Cauchy-Schwarz inequality.
    """
    not_negative("score_sd", score_sd)
    return found.spread / found.rate * score_sd if found.rate > 0 else None


def post_stratified(cells: Sequence[tuple[float, float, float]], *, minimum: float = 5) -> float | None:
    """The satisfied share with each cell at its weight among all asked, each given as (satisfied, answered, asked).

    sum asked_h * satisfied_h/answered_h / sum asked_h (Cochran 1977, 5A.9); None where a cell that was asked has fewer
    than ``minimum`` answers.
    """
    for satisfied, answered, asked in cells:
        among(satisfied, answered, "satisfied", "answered")
        among(answered, asked, "answered", "asked")
    used = [cell for cell in cells if cell[2] > 0]
    if not used or any(answered < max(minimum, 1) for _, answered, _ in used):
        return None
    return sum(asked * k / n for k, n, asked in used) / sum(asked for _, _, asked in used)


def _shares(**values: float) -> None:
    for name, value in values.items():
        share(name, value)
