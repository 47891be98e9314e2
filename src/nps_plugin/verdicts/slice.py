"""The verdict on a slice: its level, its link, whether there is a trap. Pure: counts in, verdict out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil
from types import MappingProxyType
from typing import Any, NamedTuple

from ..config.settings import Minimum, Target
from ..counts import MET, MISSED, UNKNOWN, Stratum, Tally
from ..model import (
    Association,
    Band,
    Level,
    Link,
    Need,
    Quadrants,
    Share,
    SignFinding,
    SliceVerdict,
    StratumFigures,
    Trap,
    TrapFigures,
)
from ..statistics import Interval, answers_needed, chi2_sf, simpson, stratified_theta, trap_test, wilson
from ..wording.verdict_sentences import headline, notes, sentence
from .figures import Figures, figures, fixed_weights, share_where
from .linking import NEGLIGIBLE
from .totals import ALL, STRATUM_MINIMUM, Weights

#: |D| within this is no difference worth a target (the equivalence margin)
MARGIN = 0.2
#: the least change over all periods that is a trap: the KPI share up, the satisfied share down
KPI_FLOOR, SCORE_FLOOR = 0.03, -0.05
#: from so many months on the changes must also stand with each calendar month held against its own kind
SEASONAL_FROM = 24
#: a stratum counts in the periods of a trap with at least so many answers in each
PERIOD_STRATUM_MINIMUM = 5
#: a mix of channels and languages is shifted by this share of the questions, beyond chance at this p
SHIFT, SHIFT_P = 0.1, 0.01
#: more answers than this are no advice
_TOO_MANY = 100_000


class Judged(NamedTuple):
    """What one axis says, and what it lacks."""

    verdict: Any
    needs: tuple[Need, ...] = ()


def judge_slice(
    tally: Tally,
    *,
    target: Target | None = None,
    minimum: Minimum | None = None,
    weights: Weights | None = None,
    periods: Sequence[tuple[date, Tally]] = (),
    mix: Sequence[tuple[Sequence[int], Sequence[int]]] = (),
    signs: Sequence[SignFinding] = (),
    tenant: str = "",
    where: Mapping[str, str] = MappingProxyType({}),
    locale: str = "en",
    recommend: bool = False,
    **identity: Any,
) -> SliceVerdict:
    """The verdict on the closings of one slice, procedure and scale; docs/verdicts.md has the rules.

    ``weights``: each stratum's fixed share of the questions sent; None: as sent in this tally. ``periods``: the same
    slice by month (or any other period), oldest first, for the trap. ``mix``: (missed, met) answers by point for each
    cell of priority x queue, for the Simpson flag. ``signs``: findings of the same slice. ``locale`` is one that ships.
    ``recommend``: the question asks whether the client would recommend. ``identity``: further fields of the verdict as
    they are (``since``, ``until``, ``basis``, ``procedure``, ``preliminary``, ``others``).
    """
    target, minimum = target or Target(), minimum or Minimum()
    found = figures(tally, weights=weights, target=target, recommend=recommend, crude=True)
    happy_if_missed = share_where(tally, fixed_weights(tally, weights, (MISSED,)), Band.SATISFIED, (MISSED,))
    link = judge_link(found.association, minimum)
    level = judge_level(tally, found, happy_if_missed, link.verdict, target, minimum)
    trap_figures = find_trap(periods, weights, minimum)
    signs = tuple(signs)
    strata = tuple(_strata(tally, found.weights))
    verdict: dict[str, Any] = {
        "tenant": tenant,
        "where": MappingProxyType(dict(where)),
        "scale": tally.scale.name,
        "tickets": tally.tickets,
        "asked": tally.asked,
        "answered": tally.answered,
        "level": level.verdict,
        "link": link.verdict,
        "trap": judge_trap(trap_figures, signs),
        "kpi": found.kpi,
        "score": found.score,
        "quadrants": quadrants(tally),
        "watermelon_share": found.watermelon,
        "missed_satisfied": happy_if_missed,
        "association": _with_mix(found.association, mix, minimum),
        "trap_figures": trap_figures,
        "signs": signs,
        "strata": strata,
        "mix_shifted": mix_shifted(tally, weights),
        "dropped_share": _dropped(tally, found.weights),
        "needs": level.needs + link.needs,
    } | identity
    return in_words(SliceVerdict(**verdict), locale, minimum)


def in_words(verdict: SliceVerdict, locale: str, minimum: Minimum) -> SliceVerdict:
    """The same verdict, with its headline, sentence and notes in a locale that ships."""
    return replace(
        verdict,
        headline=headline(verdict, locale),
        sentence=sentence(verdict, locale, minimum.shown),
        notes=notes(verdict, locale, minimum.shown),
    )


# --- level ------------------------------------------------------------------------------------------------------------


def judge_level(
    tally: Tally, found: Figures, happy_if_missed: Share, link: Link, target: Target, minimum: Minimum
) -> Judged:
    """The KPI share, a census, against its target; the satisfied share against its own by its interval."""
    agreed, share, interval = target.satisfied_share, found.score.share, found.score.interval
    if target.kpi_share is None or agreed is None:
        return Judged(Level.NO_TARGET, (Need(of="level", what="targets"),))
    if found.kpi.share is None:
        return Judged(Level.UNDECIDED, (Need(of="level", what="kpi"),))
    counted = sum(one.answered for one, weight in zip(tally.strata, found.weights, strict=True) if weight)
    if counted < minimum.ratings or share is None or interval is None:
        most = max((one.answered for one in tally.strata), default=0)
        # answers spread over strata count for nothing until one of them has enough
        lacking = minimum.ratings - (counted or most)
        return Judged(Level.UNDECIDED, (Need(of="level", what="answers", more=max(1, lacking)),))
    if found.score.clients is not None and found.score.clients < minimum.clients:
        lacking = ceil(minimum.clients - found.score.clients)
        return Judged(Level.UNDECIDED, (Need(of="level", what="clients", more=lacking),))
    low, high = interval
    reached = found.kpi.share >= target.kpi_share
    if low >= agreed:
        if reached:
            return Judged(Level.HEALTHY)
        strict = _too_strict(happy_if_missed, link, agreed)
        return Judged(Level.TOO_STRICT if strict else Level.MISSED_BUT_HAPPY)
    if high < agreed:
        return Judged(Level.WATERMELON if reached else Level.FAILING)
    return Judged(Level.UNDECIDED, (_answers_to_decide(share, interval, agreed, counted),))


def _too_strict(happy_if_missed: Share, link: Link, target: float) -> bool:
    if happy_if_missed.interval is None or happy_if_missed.n < STRATUM_MINIMUM:
        return False
    return link is not Link.TRACKS and happy_if_missed.interval[0] >= target


def _answers_to_decide(share: float, interval: tuple[float, float], target: float, counted: int) -> Need:
    """How many more answers like these would put the interval on one side, were the share to stay as it is."""
    low, high = interval
    share = min(1.0, share)
    plain = wilson(share * counted, counted)
    # clients who answer often, and strata of unlike weight, make each answer worth less
    inflation = max(1.0, ((high - low) / (plain.high - plain.low)) ** 2)
    needed = answers_needed(share, target)
    return Need(of="level", what="precision", more=_more(needed and needed * inflation, counted))


def _more(needed: float | None, there: int) -> int | None:
    if needed is None or needed - there > _TOO_MANY:
        return None
    return max(1, ceil(needed - there))


# --- link -------------------------------------------------------------------------------------------------------------


def judge_link(found: Association, minimum: Minimum) -> Judged:
    """Whether KPI and score move together: by the 95 % interval of D, and by equivalence (90 %) where it is near 0."""
    lacking = [
        Need(of="link", what=what, more=minimum.ratings - n)
        for what, n in (("met", found.met), ("missed", found.missed))
        if n < minimum.ratings
    ]
    if not lacking and found.clients is not None and found.clients < minimum.clients:
        lacking = [Need(of="link", what="clients", more=ceil(minimum.clients - found.clients))]
    if lacking or found.d is None or found.interval_d is None or found.interval_d_90 is None:
        return Judged(Link.INSUFFICIENT, tuple(lacking))
    if found.interval_d[1] < 0:
        return Judged(Link.CONTRADICTS)
    if found.interval_d[0] > 0 and found.d >= NEGLIGIBLE:
        return Judged(Link.TRACKS)
    low, high = found.interval_d_90
    if low > -MARGIN and high < MARGIN:
        return Judged(Link.NOT_REFLECTED)
    return Judged(
        Link.INSUFFICIENT,
        (
            Need(
                of="link",
                what="precision",
                more=_answers_to_tell(found.d, found.interval_d, found.interval_d_90, found.met + found.missed),
            ),
        ),
    )


def _answers_to_tell(d: float, wide: tuple[float, float], narrow: tuple[float, float], n: int) -> int | None:
    """How many more answers, met and missed as now, would tell, were D to stay: intervals shrink with their root."""
    factors = []
    if abs(d) >= NEGLIGIBLE:
        factors.append(((d - wide[0] if d > 0 else wide[1] - d) / d) ** 2)
    if abs(d) < MARGIN:
        factors.append((max(narrow[1] - d, d - narrow[0]) / (MARGIN - abs(d))) ** 2)
    return _more(min(factors) * n, n)


def _with_mix(found: Association, mix: Sequence[tuple[Sequence[int], Sequence[int]]], minimum: Minimum) -> Association:
    """With the same comparison inside each cell of priority x queue, and the Simpson flag."""
    inside = stratified_theta(mix) if mix else None
    if inside is None or found.crude_interval_d is None or min(found.met, found.missed) < minimum.ratings:
        return found
    low, high = found.crude_interval_d
    return replace(
        found,
        simpson=simpson(Interval((low + 1) / 2, (high + 1) / 2), inside.interval),
        mix_theta=inside.value,
        mix_interval_d=(2 * inside.interval.low - 1, 2 * inside.interval.high - 1),
    )


# --- trap -------------------------------------------------------------------------------------------------------------


def find_trap(periods: Sequence[tuple[date, Tally]], weights: Weights | None, minimum: Minimum) -> TrapFigures:
    """Whether the KPI rises while the satisfied share falls over the periods with enough answers.

    The same strata count in every period, with the same weights: else a shift of channels would look like a change.
    From 24 months on the smaller of two changes counts, over all months and over the years of each calendar month, so
    that a season is no trap. The p stays that of all months: of 24, the seasonal test compares 12 pairs only and finds
    half of what it should (docs/truth.md).
    """
    strata = _steady_strata(periods, weights, minimum)
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
                kpi, score = met / (met + missed), _satisfied(tally, strata)
                usable.append(month)
        kpis.append(kpi)
        scores.append(score)
    if len(usable) < minimum.periods:
        return TrapFigures(periods=len(usable))
    found = trap_test(kpis, scores)
    if found is None:
        return TrapFigures(periods=len(usable))
    kpi_change, score_change, by_month = found.kpi_change, found.score_change, None
    if len(usable) >= SEASONAL_FROM and _monthly(periods):
        by_month = trap_test(kpis, scores, seasonal=True, start=periods[0][0].month - 1)
    if by_month is not None:
        kpi_change, score_change = min(kpi_change, by_month.kpi_change), max(score_change, by_month.score_change)
    return TrapFigures(
        periods=len(usable),
        p=found.p,
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


def _steady_strata(
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


def _satisfied(tally: Tally, strata: Mapping[Stratum, float]) -> float | None:
    happy = tally.indicator((Band.SATISFIED,))
    total = value = 0.0
    for one in tally.strata:
        weight = strata.get(one.stratum, 0.0)
        if weight and one.answered:
            satisfied = sum(n * each for row in one.rated for n, each in zip(row, happy, strict=True))
            value += weight * satisfied / one.answered
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


# --- strata and quadrants ---------------------------------------------------------------------------------------------


def quadrants(tally: Tally) -> Quadrants:
    """Answered closings by ticket verdict."""
    met, missed = tally.histogram(MET), tally.histogram(MISSED)

    def of(counts: Sequence[int], band: Band) -> int:
        return sum(n for n, one in zip(counts, tally.indicator((band,)), strict=True) if one)

    return Quadrants(
        confirmed=of(met, Band.SATISFIED),
        watermelon=of(met, Band.DISSATISFIED),
        forgiven=of(missed, Band.SATISFIED),
        failed=of(missed, Band.DISSATISFIED),
        lukewarm=of(met, Band.NEUTRAL) + of(missed, Band.NEUTRAL),
        untargeted=sum(tally.histogram(UNKNOWN)),
    )


def _strata(tally: Tally, weights: Sequence[float]) -> list[StratumFigures]:
    rows = []
    for place, (one, weight) in enumerate(zip(tally.strata, weights, strict=True)):
        alone = tuple(float(place == other) for other in range(len(tally.strata)))
        share = share_where(tally, alone if one.answered else (0.0,) * len(alone), Band.SATISFIED, ALL)
        asked = one.answered + sum(one.unanswered)
        rows.append(
            StratumFigures(
                channel=one.stratum.channel,
                language=one.stratum.language,
                answered=one.answered,
                asked=asked,
                share=share.value,
                interval=share.interval,
                weight=weight or None,
                mix=asked / tally.asked if tally.asked else None,
            )
        )
    return rows


def _dropped(tally: Tally, weights: Sequence[float]) -> float:
    left = sum(one.answered for one, weight in zip(tally.strata, weights, strict=True) if not weight)
    return left / tally.answered if tally.answered else 0.0


def mix_shifted(tally: Tally, weights: Weights | None) -> bool:
    """Whether the questions of this window were sent over other channels and languages than the weights were frozen
    with: half the sum of all differences is a tenth or more, and the chi-square test of fit does not call it chance."""
    if weights is None or not tally.asked:
        return False
    sent = {one.stratum: one.answered + sum(one.unanswered) for one in tally.strata}
    whole = sum(weights.values())
    asked = tally.asked
    if whole <= 0:
        return False
    names = [name for name in {*sent, *weights} if sent.get(name) or weights.get(name)]
    gaps = {name: sent.get(name, 0) / asked - weights.get(name, 0.0) / whole for name in names}
    if sum(map(abs, gaps.values())) / 2 < SHIFT:
        return False
    expected = {name: weights.get(name, 0.0) / whole * asked for name in names}
    # a stratum that was not there at all when the weights were frozen counts as half a question
    statistic = sum((sent.get(name, 0) - n) ** 2 / max(n, 0.5) for name, n in expected.items())
    return chi2_sf(statistic, max(1, len(names) - 1)) <= SHIFT_P
