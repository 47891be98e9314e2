"""The numbers of one slice: shares, net score and link of a tally, strata totalled with fixed weights.

Every interval is the wider of its closed form and the one clustered by client. Where no client answered twice there is
nothing to cluster, and the closed form stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..config.settings import Target
from ..counts import MET, MISSED, UNKNOWN, Tally
from ..model import Association, Band, KpiFigures, Scale, ScoreFigures, Share
from ..statistics import newcombe, tipping_point
from .linking import association, fewer_clients, total_theta
from .totals import (
    ALL,
    Mean,
    Weights,
    answers_of,
    bands_of,
    inner,
    limits_of,
    mass,
    mean_interval,
    net_mean,
    share_mean,
    square,
    squares,
    summed,
    weights_for,
)

__all__ = ["Figures", "Weights", "figures", "fixed_weights", "kpi_figures", "label", "share_where"]

_NO_TARGET = Target()


class Figures(NamedTuple):
    """What a report shows of one slice. ``weights`` are the strata's fixed shares in the total, 0 where left out."""

    score: ScoreFigures
    kpi: KpiFigures
    watermelon: Share
    association: Association
    weights: tuple[float, ...]


def figures(
    tally: Tally,
    *,
    weights: Weights | None = None,
    target: Target | None = None,
    recommend: bool = False,
    crude: bool = False,
) -> Figures:
    """The score, the KPI, the watermelon share and the link of one tally.

    ``weights``: each stratum's fixed share of the questions sent (None: as sent in this tally). A stratum with under
    ten answers is left out of a total, unless it is the only one with answers. ``recommend``: the question asks whether
    the client would recommend, so that a 0-10 net score may be called NPS. ``crude``: the link with all strata thrown
    together too; else ``crude_*`` are None where there are several.
    """
    agreed = target or _NO_TARGET
    answers, met = answers_of(tally, ALL), answers_of(tally, (MET,))
    kept = weights_for(tally, weights, answers.answers)
    met_kept = weights_for(tally, weights, met.answers)
    happy, unhappy = bands_of(tally.scale)
    share, net = share_mean(tally, kept, answers, happy), net_mean(tally, kept, answers, happy, unhappy)
    of_met, link = share_mean(tally, met_kept, met, unhappy), total_theta(tally)
    score_clients = met_clients = link_clients = None
    spread = net_spread = met_spread = link_spread = 0.0
    answered = sum(answers.answers)
    independent = tally.moments is None or tally.square_total == answered
    if share is not None and net is not None:
        none = [0.0] * len(share.influence)
        (spread, net_spread, met_spread, link_spread), pairs = squares(
            tally,
            share.influence,
            net.influence,
            none if of_met is None else of_met.influence,
            none if link is None else link.influence,
        )
        score_clients = 1 / square(pairs, mass(kept, answers))
        met_clients = 1 / square(pairs, mass(met_kept, met)) if of_met is not None else None
        link_clients = fewer_clients(link, pairs) if link is not None else None
    scores = tuple(summed(tally, answers))
    satisfied, dissatisfied = inner(scores, happy), inner(scores, unhappy)
    met_points = summed(tally, met)
    return Figures(
        ScoreFigures(
            satisfied=satisfied,
            neutral=answered - satisfied - dissatisfied,
            dissatisfied=dissatisfied,
            points=scores,
            share=None if share is None else share.value,
            interval=mean_interval(share, spread, score_clients, independent),
            net=None if net is None else net.value,
            net_interval=mean_interval(net, net_spread, score_clients, independent, low=-1.0),
            net_label=label(tally.scale, recommend),
            target=agreed.satisfied_share,
            clients=score_clients,
            tipping_point=_tipping(tally, share, agreed, answered),
        ),
        kpi_figures(tally, agreed),
        Share(
            count=inner(met_points, unhappy),
            n=sum(met.answers),
            value=None if of_met is None else of_met.value,
            interval=mean_interval(of_met, met_spread, met_clients, independent),
            clients=met_clients,
        ),
        association(tally, link, link_spread, link_clients, independent, crude),
        kept,
    )


def share_where(tally: Tally, weights: Sequence[float], band: Band, kpis: tuple[int, ...]) -> Share:
    """The share of answers in this band among those with these values of the KPI, strata totalled with ``weights`` (of
    :func:`fixed_weights`, or 1 for a single stratum)."""
    wanted, of = tally.indicator((band,)), answers_of(tally, kpis)
    mean = share_mean(tally, weights, of, wanted)
    points = summed(tally, of)
    count, n = inner(points, wanted), sum(of.answers)
    if mean is None:
        return Share(count=count, n=n)
    (spread, *_), pairs = squares(tally, mean.influence, *[mean.influence] * 3)
    clients = 1 / square(pairs, mass(weights, of))
    interval = mean_interval(mean, spread, clients, tally.square_total == tally.answered)
    return Share(count=count, n=n, value=mean.value, interval=interval, clients=clients)


def fixed_weights(tally: Tally, weights: Weights | None, kpis: tuple[int, ...] = ALL) -> tuple[float, ...]:
    """The share of each stratum in a total over answers with these values of the KPI; they sum to 1, or all are 0.

    Where every stratum with enough answers has no weight, they are totalled as they were sent.
    """
    return weights_for(tally, weights, answers_of(tally, kpis).answers)


def label(scale: Scale, recommend: bool) -> str:
    """What the net score is called: "NPS" belongs to 0-10 answers to the recommend question with its own bands."""
    shape = (scale.low, scale.high, scale.dissatisfied_to, scale.satisfied_from)
    return "NPS" if recommend and shape == (0, 10, 6, 9) else "net score"


def kpi_figures(tally: Tally, target: Target | None = None) -> KpiFigures:
    """Closings by KPI: a census. The rated ones are held against the others: silence is not content."""
    met = missed = unknown = rated_met = rated_missed = 0
    for one in tally.strata:
        of_met, of_missed, of_unknown = map(sum, one.rated)
        rated_met += of_met
        rated_missed += of_missed
        met += of_met + one.unanswered[MET] + one.not_asked[MET]
        missed += of_missed + one.unanswered[MISSED] + one.not_asked[MISSED]
        unknown += of_unknown + one.unanswered[UNKNOWN] + one.not_asked[UNKNOWN]
    rated, other = rated_met + rated_missed, met + missed - rated_met - rated_missed
    found = newcombe(rated_met, rated, met - rated_met, other) if rated and other else None
    return KpiFigures(
        met=met,
        missed=missed,
        unknown=unknown,
        share=met / (met + missed) if met + missed else None,
        rated_share=rated_met / rated if rated else None,
        rated_difference=None if found is None else found.estimate,
        rated_interval=None if found is None else limits_of(found.interval),
        target=None if target is None else target.kpi_share,
    )


def _tipping(tally: Tally, share: Mean | None, target: Target, answered: int) -> float | None:
    """Where it lies in 0..1; beyond that nothing that the silent could say moves the whole over its target."""
    if share is None or target.satisfied_share is None:
        return None
    found = tipping_point(min(1.0, share.value), answered / tally.asked, target.satisfied_share)
    return found if found is not None and 0 <= found <= 1 else None
