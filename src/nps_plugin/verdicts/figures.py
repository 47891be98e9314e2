"""The numbers of one slice: shares, net score and link of a tally, strata totalled with fixed weights.

Every interval is the wider of its closed form and the one clustered by client. Where no client answered twice there is
nothing to cluster, and the closed form stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt
from typing import NamedTuple

from ..config.settings import Target
from ..counts import MET, MISSED, UNKNOWN, Stratum, Tally
from ..model import Association, Band, KpiFigures, Limits, Scale, ScoreFigures, Share
from ..statistics import Interval, critical, newcombe, score_interval, t_critical, tipping_point, wider, wilson
from ..statistics.association import logit_interval, padded_theta, theta, theta_weights

#: a stratum below this is left out of a total
STRATUM_MINIMUM = 10
#: |D| below this is negligible (Romano and others 2006)
NEGLIGIBLE = 0.147
_ALL = (MET, MISSED, UNKNOWN)

Weights = Mapping[Stratum, float]


class Figures(NamedTuple):
    """What a report shows of one slice. ``weights`` are the strata's fixed shares in the total, 0 where left out."""

    score: ScoreFigures
    kpi: KpiFigures
    watermelon: Share
    association: Association
    weights: tuple[float, ...]


class _Mean(NamedTuple):
    """A weighted mean over strata: its value, closed interval, variance with independent answers; for each cell of the
    tally how much one answer moves it, and how much it weighs."""

    value: float
    closed: Interval
    variance: float
    influence: list[float]
    mass: list[float]


def figures(
    tally: Tally, *, weights: Weights | None = None, target: Target | None = None, recommend: bool = False
) -> Figures:
    """The score, the KPI, the watermelon share and the link of one tally.

    ``weights``: each stratum's fixed share of the questions sent (None: as sent in this tally). A stratum with under
    ten answers is left out of a total, unless it is the only one with answers. ``recommend``: the question asks whether
    the client would recommend, so that a 0-10 net score may be called NPS.
    """
    agreed = target or Target()
    kept = fixed_weights(tally, weights, _ALL)
    happy, unhappy = tally.indicator((Band.SATISFIED,)), tally.indicator((Band.DISSATISFIED,))
    share = _share(tally, kept, happy, _ALL)
    net = _share(tally, kept, tuple(up - down for up, down in zip(happy, unhappy, strict=True)), _ALL)
    of_met = _share(tally, fixed_weights(tally, weights, (MET,)), unhappy, (MET,))
    link = _link(tally)
    linear = [one for mean in (share, of_met) if mean is not None for one in (mean.influence, mean.mass)]
    if net is not None:
        linear.append(net.influence)
    if link is not None:
        linear += [link.influence, link.mass_missed, link.mass_met]
    squares = iter(_quadratics(tally, linear))
    spread, clients = _next(squares, share)
    met_spread, met_clients = _next(squares, of_met)
    net_spread = next(squares) if net is not None else None
    link_spread, link_clients = _next_sides(squares, link)
    independent = tally.square_total == tally.answered
    score = _score(
        tally.scores,
        happy,
        unhappy,
        share=None if share is None else share.value,
        interval=_interval(share, spread, clients, independent),
        net=None if net is None else net.value,
        net_interval=_interval(net, net_spread, clients, independent, low=-1.0),
        net_label=label(tally.scale, recommend),
        target=agreed.satisfied_share,
        clients=clients,
        tipping_point=_tipping(tally, share, agreed),
    )
    return Figures(
        score,
        kpi_figures(tally, agreed),
        _as_share(tally, of_met, unhappy, (MET,), _interval(of_met, met_spread, met_clients, independent), met_clients),
        _association(tally, link, link_spread, link_clients, independent),
        kept,
    )


def share_where(tally: Tally, weights: Sequence[float], bands: Iterable[Band], kpis: Sequence[int]) -> Share:
    """The share of answers in these bands among those with these values of the KPI, strata totalled with ``weights``
    (of :func:`fixed_weights`, or 1 for a single stratum)."""
    wanted = tally.indicator(bands)
    mean = _share(tally, weights, wanted, kpis)
    spread, clients = _next(_quadratics(tally, [] if mean is None else [mean.influence, mean.mass]), mean)
    interval = _interval(mean, spread, clients, tally.square_total == tally.answered)
    return _as_share(tally, mean, wanted, kpis, interval, clients)


def fixed_weights(tally: Tally, weights: Weights | None, kpis: Sequence[int]) -> tuple[float, ...]:
    """The share of each stratum in a total over answers with these values of the KPI; they sum to 1, or all are 0.

    Where every stratum with enough answers has no weight, they are totalled as they were sent.
    """
    counts = [sum(sum(one.rated[kpi]) for kpi in kpis) for one in tally.strata]
    single = sum(map(bool, counts)) == 1
    enough = [n > 0 if single else n >= STRATUM_MINIMUM for n in counts]
    sent = [(one.answered + sum(one.unanswered)) * keep for one, keep in zip(tally.strata, enough, strict=True)]
    wanted: Sequence[float] = sent
    if weights is not None:
        fixed = [weights.get(one.stratum, 0.0) * keep for one, keep in zip(tally.strata, enough, strict=True)]
        wanted = fixed if sum(fixed) > 0 else sent
    total = sum(wanted)
    return tuple(each / total if total > 0 else 0.0 for each in wanted)


def label(scale: Scale, recommend: bool) -> str:
    """What the net score is called: "NPS" belongs to 0-10 answers to the recommend question with its own bands."""
    shape = (scale.low, scale.high, scale.dissatisfied_to, scale.satisfied_from)
    return "NPS" if recommend and shape == (0, 10, 6, 9) else "net score"


def kpi_figures(tally: Tally, target: Target | None = None) -> KpiFigures:
    """Closings by KPI: a census. The rated ones are held against the others: silence is not content."""
    met, missed, unknown = tally.kpi()
    rated_met, rated_missed, _ = tally.kpi(rated=True)
    rated, other = rated_met + rated_missed, met + missed - rated_met - rated_missed
    found = newcombe(rated_met, rated, met - rated_met, other) if rated and other else None
    return KpiFigures(
        met=met,
        missed=missed,
        unknown=unknown,
        share=met / (met + missed) if met + missed else None,
        rated_share=rated_met / rated if rated else None,
        rated_difference=None if found is None else found.estimate,
        rated_interval=None if found is None else _limits(found.interval),
        target=None if target is None else target.kpi_share,
    )


def _score(scores: tuple[int, ...], happy: Sequence[int], unhappy: Sequence[int], **rest: object) -> ScoreFigures:
    satisfied = sum(n for n, one in zip(scores, happy, strict=True) if one)
    dissatisfied = sum(n for n, one in zip(scores, unhappy, strict=True) if one)
    return ScoreFigures(
        satisfied=satisfied,
        neutral=sum(scores) - satisfied - dissatisfied,
        dissatisfied=dissatisfied,
        points=scores,
        **rest,  # type: ignore[arg-type]
    )


def _share(tally: Tally, weights: Sequence[float], values: Sequence[int], kpis: Sequence[int]) -> _Mean | None:
    """The weighted mean of 0/1, or of +1/0/-1, over the answers with these values of the KPI."""
    points = tally.points
    width = 3 * points
    influence, mass = [0.0] * (width * len(tally.strata)), [0.0] * (width * len(tally.strata))
    value = variance = below = above = 0.0
    closed: Interval | None = None
    for number, (one, weight) in enumerate(zip(tally.strata, weights, strict=True)):
        if weight == 0:
            continue
        counts = [sum(column) for column in zip(*(one.rated[kpi] for kpi in kpis), strict=True)]
        n = sum(counts)
        up = sum(count for count, each in zip(counts, values, strict=True) if each > 0)
        down = sum(count for count, each in zip(counts, values, strict=True) if each < 0)
        mean = (up - down) / n
        closed = score_interval(down, n - up - down, up) if min(values) < 0 else wilson(up, n)
        value += weight * mean
        variance += weight * weight * max(0.0, (up + down) / n - mean * mean) / n
        below += (weight * (mean - closed.low)) ** 2
        above += (weight * (closed.high - mean)) ** 2
        each_weighs = weight / n
        for kpi in kpis:
            at = number * width + kpi * points
            for point, each in enumerate(values, start=at):
                influence[point] = each_weighs * (each - mean)
                mass[point] = each_weighs
    if closed is None:
        return None
    if max(weights) < 1:
        # MOVER for a weighted sum (Zou & Donner 2008)
        closed = Interval(value - sqrt(below), value + sqrt(above))
    return _Mean(value, closed, variance, influence, mass)


def _interval(
    mean: _Mean | None, spread: float | None, clients: float | None, independent: bool, low: float = 0.0
) -> Limits:
    """The wider of the closed form and value +/- t sqrt(variance), t with Ce - 1 degrees of freedom."""
    if mean is None:
        return None
    found = mean.closed
    if not independent and spread is not None and clients is not None and clients > 1:
        variance = max(spread * clients / (clients - 1), mean.variance)
        half = _t(0.95, clients - 1) * sqrt(variance)
        found = wider(found, Interval(mean.value - half, mean.value + half))
    # both ends hold the estimate: rounding may put a limit of 0 or 1 beside it
    return max(low, min(found.low, mean.value)), min(1.0, max(found.high, mean.value))


def _as_share(
    tally: Tally,
    mean: _Mean | None,
    values: Sequence[int],
    kpis: Sequence[int],
    interval: Limits,
    clients: float | None,
) -> Share:
    counts = [sum(column) for column in zip(*(tally.histogram(kpi) for kpi in kpis), strict=True)]
    count = sum(n for n, one in zip(counts, values, strict=True) if one)
    return Share(
        count=count, n=sum(counts), value=None if mean is None else mean.value, interval=interval, clients=clients
    )


def _tipping(tally: Tally, share: _Mean | None, target: Target) -> float | None:
    """Where it lies in 0..1; beyond that nothing that the silent could say moves the whole over its target."""
    if share is None or target.satisfied_share is None or not tally.asked:
        return None
    found = tipping_point(min(1.0, share.value), tally.answered / tally.asked, target.satisfied_share)
    return found if found is not None and 0 <= found <= 1 else None


# --- the link ---------------------------------------------------------------------------------------------------------


class _Theta(NamedTuple):
    """theta totalled over strata by van Elteren weights; padded for its interval; answers on either side."""

    value: float
    padded: float
    padded_variance: float
    #: DeLong's, without padding; None where a side has one answer
    variance: float | None
    missed: int
    met: int
    influence: list[float]
    mass_missed: list[float]
    mass_met: list[float]


def _link(tally: Tally, *, crude: bool = False) -> _Theta | None:
    """Strata with an empty side say nothing and are left out; ``crude``: all strata thrown together."""
    points = tally.points
    width = 3 * points
    pairs = [(one.rated[MISSED], one.rated[MET]) for one in tally.strata]
    if crude:
        pairs = [(tally.histogram(MISSED), tally.histogram(MET))]
    found = []
    for number, (missed, met) in enumerate(pairs):
        plain, padded = theta(missed, met), padded_theta(missed, met)
        if plain is not None and padded is not None:
            weight = plain.n_missed * plain.n_met / (plain.n_missed + plain.n_met + 1)
            found.append((number, weight, plain, padded))
    if not found:
        return None
    total = sum(weight for _, weight, _, _ in found)
    influence, mass_missed, mass_met = ([0.0] * (width * len(tally.strata)) for _ in range(3))
    value = shifted = shifted_variance = variance = 0.0
    known = True
    for number, weight, plain, padded in found:
        part = weight / total
        value += part * plain.value
        shifted += part * padded.value
        shifted_variance += part * part * (padded.variance or 0.0)
        variance += part * part * (plain.variance or 0.0)
        known = known and plain.variance is not None
        of_missed, of_met = theta_weights(plain)
        for stratum in range(len(tally.strata)) if crude else (number,):
            for kpi, moves, mass in ((MISSED, of_missed, mass_missed), (MET, of_met, mass_met)):
                at = stratum * width + kpi * points
                influence[at : at + points] = [part * each for each in moves]
                mass[at : at + points] = [1.0] * points
    return _Theta(
        value,
        shifted,
        shifted_variance,
        variance if known else None,
        int(sum(plain.n_missed for _, _, plain, _ in found)),
        int(sum(plain.n_met for _, _, plain, _ in found)),
        influence,
        mass_missed,
        mass_met,
    )


def _theta_interval(
    link: _Theta, spread: float | None, clients: float | None, independent: bool, level: float
) -> Interval:
    """Of D, on the logit scale: the wider of the padded DeLong form and the clustered one."""
    found = logit_interval(link.padded, sqrt(link.padded_variance), critical(level))
    if not independent and spread is not None and clients is not None and clients > 1 and 0 < link.value < 1:
        variance = max(spread * clients / (clients - 1), link.variance or 0.0)
        found = wider(found, logit_interval(link.value, sqrt(variance), _t(level, clients - 1)))
    return Interval(2 * found.low - 1, 2 * found.high - 1)


def _association(
    tally: Tally, link: _Theta | None, spread: float | None, clients: float | None, independent: bool
) -> Association:
    met, missed, _ = tally.kpi(rated=True)
    if link is None:
        return Association(missed=missed, met=met)
    limits, narrower = (_theta_interval(link, spread, clients, independent, level) for level in (0.95, 0.90))
    of_all, of_all_limits = link, limits
    if len(tally.strata) > 1:
        crude = _link(tally, crude=True)
        if crude is not None:
            of_all = crude
            own = _quadratics(tally, [crude.influence, crude.mass_missed, crude.mass_met])
            own_spread, own_clients = _next_sides(iter(own), crude)
            of_all_limits = _theta_interval(crude, own_spread, own_clients, independent, 0.95)
    return Association(
        missed=link.missed,
        met=link.met,
        theta=link.value,
        d=2 * link.value - 1,
        interval_d=_limits(limits),
        interval_d_90=_limits(narrower),
        crude_theta=of_all.value,
        crude_d=2 * of_all.value - 1,
        crude_interval_d=_limits(of_all_limits),
        clients=clients,
    )


# --- sums over clients ------------------------------------------------------------------------------------------------


def _quadratics(tally: Tally, rows: Sequence[Sequence[float]]) -> list[float]:
    """For each row of weights by cell: the sum over clients of their weighted answers, squared."""
    if tally.moments is None:
        counts = [n for one in tally.strata for of_kpi in one.rated for n in of_kpi]
        return [sum(n * w * w for n, w in zip(counts, row, strict=True) if n) for row in rows]
    sums = [0.0] * len(rows)
    for number, row in enumerate(rows):
        sums[number] = sum([count * row[i] * row[j] for (i, j), count in tally.moments.entries.items()])
    return sums


def _next(squares: Iterable[float], mean: _Mean | None) -> tuple[float | None, float | None]:
    """The next two sums: of the influences, and Kish's effective clients from that of the masses."""
    if mean is None:
        return None, None
    source = iter(squares)
    spread, square = next(source), next(source)
    return spread, 1 / square if square > 0 else None


def _next_sides(squares: Iterator[float], link: _Theta | None) -> tuple[float | None, float | None]:
    """The next three sums: of the influences, and the effective clients of the side that has fewer.

    Were the missed targets those of one client, its mood would make a link, and the spread between clients would not
    tell: the missed answers of that client differ from their own mean by nothing.
    """
    if link is None:
        return None, None
    spread, missed, met = next(squares), next(squares), next(squares)
    return spread, min(link.missed**2 / missed, link.met**2 / met) if missed > 0 and met > 0 else None


def _t(level: float, df: float) -> float:
    """The t of a two-sided interval: the Cornish-Fisher series of Abramowitz & Stegun 26.7.5, within 3e-7 from ten
    degrees of freedom up, so that a report of thousands of rows does not wait for exact quantiles."""
    if df < 10:
        return t_critical(level, df)
    x = critical(level)
    y = x * x
    terms = (
        x * (((((27 * y + 339) * y + 930) * y - 1782) * y - 765) * y + 17955) / 368640,
        x * ((((79 * y + 776) * y + 1482) * y - 1920) * y - 945) / 92160,
        x * (((3 * y + 19) * y + 17) * y - 15) / 384,
        x * ((5 * y + 16) * y + 3) / 96,
        x * (y + 1) / 4,
    )
    found = 0.0
    for term in terms:
        found = (found + term) / df
    return x + found


def _limits(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high
