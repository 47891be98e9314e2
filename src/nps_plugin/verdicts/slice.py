"""The verdict on a slice: its level, its link, whether there is a trap. Pure: counts in, verdict out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil
from types import MappingProxyType
from typing import Any, NamedTuple

from ..config.settings import Minimum, Target
from ..counts import MET, MISSED, UNKNOWN, Tally
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
)
from ..statistics import Interval, answers_needed, chi2_sf, simpson, stratified_theta, wilson
from ..wording.verdict_sentences import headline, notes, sentence
from .figures import Figures, figures, fixed_weights, share_where
from .linking import NEGLIGIBLE
from .periods import find_trap, judge_trap
from .totals import ALL, STRATUM_MINIMUM, Weights

#: |D| within this is no difference worth a target (the equivalence margin)
MARGIN = 0.2
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
        return Judged(Level.UNDECIDED, (_clients_needed("level", found.score.clients, minimum),))
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


def _clients_needed(axis: str, there: float, minimum: Minimum) -> Need:
    return Need(of=axis, what="clients", more=max(1, ceil(round(minimum.clients - there, 1))))


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
        lacking = [_clients_needed("link", found.clients, minimum)]
    if lacking or found.d is None or found.interval_d is None or found.interval_d_90 is None:
        return Judged(Link.INSUFFICIENT, tuple(lacking))
    if found.interval_d[1] < 0 and found.d <= -NEGLIGIBLE:
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
    """With the same comparison inside each cell of priority x queue, and the Simpson flag.

    The cells must also say something else than all tickets together: where there are few answers in many cells, their
    interval is wide for lack of data, and holds 1/2 and the crude value too (a false flag in a third of such slices).
    """
    inside = stratified_theta(mix) if mix else None
    if inside is None or found.crude_interval_d is None or min(found.met, found.missed) < minimum.ratings:
        return found
    low, high = found.crude_interval_d
    explained = simpson(Interval((low + 1) / 2, (high + 1) / 2), inside.interval)
    return replace(
        found,
        simpson=explained and found.crude_theta is not None and not inside.interval.contains(found.crude_theta),
        mix_theta=inside.value,
        mix_interval_d=(2 * inside.interval.low - 1, 2 * inside.interval.high - 1),
    )


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
        asked = one.answered + sum(one.unanswered)
        if not asked:
            # nobody was asked: no channel, nothing to weigh
            continue
        alone = tuple(float(place == other) for other in range(len(tally.strata)))
        share = share_where(tally, alone if one.answered else (0.0,) * len(alone), Band.SATISFIED, ALL)
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
