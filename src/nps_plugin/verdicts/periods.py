"""The trap: whether over the periods the KPI share rises while the satisfied share falls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from ..config.settings import Minimum
from ..counts import Stratum, Tally
from ..model import Band, SignFinding, Trap, TrapFigures
from ..statistics import trap_test
from .totals import ALL, Weights

#: the least change over all periods that is a trap: the KPI share up, the satisfied share down
KPI_FLOOR, SCORE_FLOOR = 0.03, -0.05
#: from so many months on a change must also be seen with each calendar month held against its own kind, at this
#: one-sided p: 24 months are 12 such pairs, and a stricter test of them finds half of what it should (docs/truth.md)
SEASONAL_FROM, SEASONAL_P = 24, 0.2
#: a stratum counts in the periods of a trap with at least so many answers in each
PERIOD_STRATUM_MINIMUM = 5


def find_trap(periods: Sequence[tuple[date, Tally]], weights: Weights | None, minimum: Minimum) -> TrapFigures:
    """Whether the KPI rises while the satisfied share falls over the periods with enough answers.

    The same strata count in every period, with the same weights: else a shift of channels would look like a change.
    From 24 months on both must also be seen in the years of each calendar month (:func:`with_season`), and of the two
    changes the smaller one counts, so that a season is no trap.
    """
    strata = steady_strata(periods, weights, minimum)
    kpis: list[float | None] = []
    scores: list[float | None] = []
    usable = []
    for month, tally in _in_places(periods):
        kpi = score = None
        if tally is not None:
            met, missed, _ = tally.kpi()
            there = {one.stratum: one for one in tally.strata}
            answers = sum(there[name].answered for name in strata if name in there)
            if met + missed and answers >= minimum.ratings and all(name in there for name in strata):
                kpi, score = met / (met + missed), steady_share(tally, strata, Band.SATISFIED)
                usable.append(month)
        kpis.append(kpi)
        scores.append(score)
    if len(usable) < minimum.periods:
        return TrapFigures(periods=len(usable))
    found = trap_test(kpis, scores)
    if found is None:
        return TrapFigures(periods=len(usable))
    p, kpi_change, score_change, by_month = found.p, found.kpi_change, found.score_change, None
    if len(usable) >= SEASONAL_FROM and _monthly(periods):
        by_month = trap_test(kpis, scores, seasonal=True, start=periods[0][0].month - 1)
    if by_month is not None:
        p = with_season(p, by_month.p)
        kpi_change, score_change = min(kpi_change, by_month.kpi_change), max(score_change, by_month.score_change)
    return TrapFigures(
        periods=len(usable),
        p=p,
        kpi_change=kpi_change,
        score_change=score_change,
        seasonal=by_month is not None,
    )


def judge_trap(found: TrapFigures, signs: Sequence[SignFinding]) -> Trap:
    """Both must change beyond chance and by enough to matter (an intersection-union test needs no correction)."""
    if found.p is not None and found.kpi_change is not None and found.score_change is not None:
        large = found.kpi_change >= KPI_FLOOR and found.score_change <= SCORE_FLOOR
        if found.p <= 0.05 and large:
            return Trap.TRAP
    if any(one.found for one in signs):
        return Trap.SIGNS_ONLY
    return Trap.INSUFFICIENT if found.p is None else Trap.NONE


def with_season(p: float, by_month: float) -> float:
    """The p of a change over all months, unless that of each calendar month against its own kind (one-sided, the same
    direction) says that it may be a season."""
    return p if by_month <= SEASONAL_P else max(p, by_month)


def steady_strata(
    periods: Sequence[tuple[date, Tally]], weights: Weights | None, minimum: Minimum
) -> dict[Stratum, float]:
    """The strata with enough answers in every period that could count, with their fixed weights."""
    counts: dict[Stratum, list[int]] = {}
    sent: dict[Stratum, float] = {}
    large = [tally for _, tally in periods if tally.answered >= minimum.ratings]
    for tally in large:
        for one in tally.strata:
            counts.setdefault(one.stratum, []).append(one.answered)
            sent[one.stratum] = sent.get(one.stratum, 0.0) + one.answered + sum(one.unanswered)
    if weights is not None:
        sent = {name: weights.get(name, 0.0) for name in sent if weights.get(name, 0.0) > 0} or sent
    steady = {
        name: weight
        for name, weight in sent.items()
        if len(counts[name]) == len(large) and min(counts[name]) >= PERIOD_STRATUM_MINIMUM
    }
    if not steady and sent:
        heaviest = max(sent, key=lambda name: sent[name])
        steady = {heaviest: sent[heaviest]}
    return steady


def steady_share(
    tally: Tally, strata: Mapping[Stratum, float], band: Band, kpis: tuple[int, ...] = ALL
) -> float | None:
    """The share of a band among the answers with these values of the KPI, over these strata with their weights; None
    where one of them has none."""
    wanted, there = tally.indicator((band,)), {one.stratum: one for one in tally.strata}
    total = value = 0.0
    for name, weight in strata.items():
        rows = [there[name].rated[kpi] for kpi in kpis] if name in there else []
        answers = sum(map(sum, rows))
        if not answers:
            return None
        value += weight * sum(n * each for row in rows for n, each in zip(row, wanted, strict=True)) / answers
        total += weight
    return value / total if total else None


def _monthly(periods: Sequence[tuple[date, Tally]]) -> bool:
    return all(first.day == 1 for first, _ in periods)


def _in_places(periods: Sequence[tuple[date, Tally]]) -> list[tuple[date, Tally | None]]:
    """The periods in order; where they are months, one that has no closings keeps its place in time."""
    if not periods or not _monthly(periods):
        return list(periods)
    by_month = {(first.year * 12 + first.month - 1): (first, tally) for first, tally in periods}
    months = range(min(by_month), max(by_month) + 1)
    return [by_month.get(month, (date(month // 12, month % 12 + 1, 1), None)) for month in months]
