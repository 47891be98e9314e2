"""What clients say of the indicators that were agreed on: the whole, a slice, and how the score goes with each.

Read from the facts: nothing here enters the counts, a score or a verdict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import log
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, select

from ..config import Tenant
from ..model import (
    INDICATORS,
    AnswerState,
    Audience,
    Band,
    Fulfilled,
    Impact,
    IndicatorFigures,
    IndicatorReport,
    IndicatorSlice,
    Share,
)
from ..responses.indicators import stands
from ..responses.voices import list_voices
from ..statistics import (
    Interval,
    adjusted_p,
    cluster_interval,
    cluster_theta_interval,
    critical,
    effective_clusters,
    newcombe,
    normal_two_sided,
    stratified_theta,
    t_critical,
    t_sf,
    theta,
    theta_weights,
    wider,
    wilson,
)
from ..store.tables import answers, closures, indicator_answers, surveys
from ..wording.catalogue import locale_for
from ..wording.indicator_texts import criterion_text, impact_sentence, indicator_text
from .frame import Frame
from .names import vocabulary, without_names
from .voices import agents

#: Slices that the question itself has: a further respondent's own, where the ticket's client has another.
_OWN = ("level", "organization", "client")
_COLUMNS = {"agent": "credited"}
#: A difference that chance gives more often than this, among so many looked at, is tentative.
CHANCE = 0.05


class Said(NamedTuple):
    """How often one client, under one way of asking, said one thing of an indicator with one sort of score."""

    indicator: str
    value: str
    #: None: unknown, so each answer is taken for a client of its own
    client: str | None
    level: str
    channel: str
    scale: str
    satisfied: bool
    slice: str
    n: int


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which answers, by when their tickets were closed or when they were given."""

    since: datetime | None = None
    until: datetime | None = None
    basis: str = "closed"
    where: Mapping[str, str]
    #: ``where`` as whoever asked named it
    shown: Mapping[str, str]
    #: the slice by which the indicators are told once more; "" for none
    by: str = "level"


def read_indicators(connection: Connection, tenant: Tenant, wanted: Wanted, locale: str = "") -> IndicatorReport:
    """The figures of every indicator in the slice, and the voices beside them."""
    locale = locale_for(locale or tenant.locale)
    procedure, said, apart = _read(connection, tenant, wanted)
    voices = list_voices(connection, tenant, since=wanted.since, until=wanted.until, where=wanted.where)
    slices: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        slices[one.slice].append(one)
    told = wanted.by and (len(slices) > 1 or any(slices))
    return IndicatorReport(
        tenant=tenant.name,
        procedure=procedure,
        by=wanted.by,
        where=dict(wanted.shown),
        since=wanted.since,
        until=wanted.until,
        whole=_ranked(_figures(tenant, said, locale, impact=True)),
        slices=tuple(
            IndicatorSlice(value=value, figures=tuple(_figures(tenant, slices[value], locale)))
            for value in (sorted(slices) if told else ())
        ),
        apart=apart,
        voices=voices,
    )


def for_page(connection: Connection, frame: Frame, locale: str) -> IndicatorReport | None:
    """The indicators of a report; None where nothing was said of any. Voices are told to the manager alone, without
    names."""
    # by level, or by the slice of the report where it names no person
    by = frame.by[0] if len(frame.by) == 1 and frame.by[0] not in ("agent", "client") else "level"
    wanted = Wanted(
        since=frame.since, until=frame.until, basis=frame.basis, where=frame.where, shown=frame.shown, by=by
    )
    found = read_indicators(connection, frame.tenant, wanted, locale)
    if frame.audience is Audience.MANAGER and found.voices:
        # the words of what was agreed on are no names
        common = (one.text.lower() for one in found.whole)
        names, known = agents(connection, frame), vocabulary([*(one.text for one in found.voices), *common])
        told = (replace(one, text=without_names(one.text, names, known)) for one in found.voices)
        found = replace(found, voices=tuple(told))
    else:
        found = replace(found, voices=())
    return found if found.procedure or found.voices else None


# --- reading


def _read(connection: Connection, tenant: Tenant, wanted: Wanted) -> tuple[str, list[Said], int]:
    """The newest procedure that has answers to indicators, what was said under it, and how much under others."""
    same = (closures.c[name] == surveys.c[name] for name in ("tenant_id", "host", "ticket", "closure"))
    joined = (
        indicator_answers.join(answers, _same(answers, indicator_answers, "answer"))
        .join(surveys, _same(surveys, answers, "survey"))
        .join(closures, and_(*same))
    )
    columns = [
        indicator_answers.c.indicator,
        indicator_answers.c.value,
        surveys.c.client,
        surveys.c.level,
        answers.c.channel,
        surveys.c.scale["name"].as_string(),
        answers.c.band,
        surveys.c.procedure,
        *([_column(wanted.by)] if wanted.by else ()),
    ]
    at = answers.c.at if wanted.basis == "answered" else func.coalesce(closures.c.closed_at, closures.c.recorded_at)
    query = (
        select(*columns, func.count().label("n"), func.max(surveys.c.survey).label("newest"))
        .select_from(joined)
        .where(indicator_answers.c.tenant_id == tenant.name, stands())
        .where(answers.c.state == AnswerState.COUNTED.value)
        .where(*(_column(name) == value for name, value in wanted.where.items()))
        .group_by(*columns)
    )
    if wanted.since is not None:
        query = query.where(at >= wanted.since)
    if wanted.until is not None:
        query = query.where(at < wanted.until)
    rows = connection.execute(query).all()
    if not rows:
        return "", [], 0
    procedure = max(rows, key=lambda row: str(row.newest)).procedure
    said = [
        Said(*row[:6], row[6] == Band.SATISFIED.value, str(row[8] or "") if wanted.by else "", row.n)
        for row in rows
        if row.procedure == procedure
    ]
    return procedure, said, sum(row.n for row in rows) - sum(one.n for one in said)


def _same(one: Any, other: Any, name: str) -> Any:
    return and_(one.c.tenant_id == other.c.tenant_id, one.c[name] == other.c[name])


def _column(name: str) -> Any:
    if name in _OWN:
        return surveys.c[name]
    column = _COLUMNS.get(name, name)
    return closures.c[column] if column in closures.c else closures.c.facts[name].as_string()


# --- figures


def _figures(tenant: Tenant, said: Sequence[Said], locale: str, *, impact: bool = False) -> list[IndicatorFigures]:
    """One for each indicator that is agreed on or was spoken of, in the order of the configuration."""
    by: dict[str, list[Said]] = {code: [] for code in tenant.indicators}
    for one in sorted(said, key=lambda one: one.indicator):
        by.setdefault(one.indicator, []).append(one)
    found = [_one(tenant, code, some, locale, impact=impact) for code, some in by.items() if some or impact]
    return _told(found, tenant, locale) if impact else found


def _one(tenant: Tenant, code: str, said: Sequence[Said], locale: str, *, impact: bool) -> IndicatorFigures:
    counts = {value: sum(one.n for one in said if one.value == value) for value in Fulfilled}
    n, known = sum(counts.values()), tenant.indicators.get(code)
    criterion = known.criterion if known else INDICATORS.get(code, "")
    return IndicatorFigures(
        indicator=code,
        text=indicator_text(tenant, code, locale),
        criterion=criterion,
        criterion_text=criterion_text(tenant, criterion, locale),
        n=n,
        yes=counts[Fulfilled.YES],
        partly=counts[Fulfilled.PARTLY],
        no=counts[Fulfilled.NO],
        share=_share((one.client, one.n, one.n if one.value == Fulfilled.YES else 0) for one in said),
        shown=n >= tenant.minimum.shown,
        impact=_impact(said, tenant, whole=known is None or known.bands == set(Band)) if impact and said else None,
    )


def _share(groups: Iterable[tuple[str | None, int, int]]) -> Share:
    """Of (client, answers, those that count): the wider of Wilson's interval and the one clustered by client."""
    sizes, hits = _by_client(groups)
    n, k = sum(sizes), sum(hits)
    if not n:
        return Share()
    share, interval = k / n, wilson(k, n)
    squares = sum(size * size for size in sizes)
    if max(sizes) > 1:
        spread = sum((hit - size * share) ** 2 for size, hit in zip(sizes, hits, strict=True))
        found = cluster_interval(share, spread, n, squares, share * (1 - share) / n, bounds=(0, 1))
        interval = wider(interval, found.interval if found else None)
    return Share(
        count=k, n=n, value=share, interval=(interval.low, interval.high), clients=effective_clusters(n, squares)
    )


def _by_client(groups: Iterable[tuple[str | None, int, int]]) -> tuple[list[int], list[int]]:
    known: dict[str, list[int]] = {}
    strangers: list[tuple[int, int]] = []
    for client, n, k in groups:
        if client is None:
            strangers += [(1, 1)] * k + [(1, 0)] * (n - k)
        else:
            sums = known.setdefault(client, [0, 0])
            sums[0], sums[1] = sums[0] + n, sums[1] + k
    both = [*known.values(), *strangers]
    return [one[0] for one in both], [one[1] for one in both]


def _impact(said: Sequence[Said], tenant: Tenant, *, whole: bool) -> Impact:
    """The satisfied share where it is fulfilled less that where it is not, on the scale that most answers are on.

    Within each level and channel, totalled by van Elteren's weights: of two points, 2 theta - 1 is the difference of
    the shares. One such stratum alone has Newcombe's interval. The wider of it and the one clustered by client counts.
    Where it is not asked after every score (``whole`` False), the score has chosen who was asked: nothing is compared.
    """
    scales: dict[str, int] = defaultdict(int)
    for one in said:
        scales[one.scale] += one.n
    scale = max(scales, key=lambda name: (scales[name], name))
    here = [one for one in said if one.scale == scale]
    sides = [[one for one in here if (one.value == Fulfilled.YES) is good] for good in (False, True)]
    bad, good = (_share((one.client, one.n, one.n * one.satisfied) for one in side) for side in sides)
    bare = Impact(scale=scale, fulfilled=good, unfulfilled=bad)
    tables: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([0, 0], [0, 0]))
    for one in here:
        tables[one.level, one.channel][one.value == Fulfilled.YES][one.satisfied] += one.n
    total = stratified_theta(list(tables.values())) if whole else None
    if total is None:
        return bare
    used = [pair for pair, weight in zip(tables.values(), total.weights, strict=True) if weight]
    interval = total.interval
    p = normal_two_sided(_quantiles(interval, critical(0.95)))
    if len(used) == 1:
        ((missed, met),) = used
        plain = newcombe(met[1], sum(met), missed[1], sum(missed))
        if plain is not None:
            interval, p = Interval(*((limit + 1) / 2 for limit in plain.interval)), plain.p
    # a mood of one client on one side must not look like a difference: the side with fewer of them counts
    clients = min(bad.clients or 0, good.clients or 0)
    spread = _spread(here, tables, total.weights)
    if any((side.clients or 0) < side.n for side in (bad, good)) and spread is not None:
        found = cluster_theta_interval(total.value, spread, clients, total.variance)
        interval = wider(interval, found.interval if found else None)
        if found:
            p = max(p, 2 * t_sf(_quantiles(found.interval, t_critical(0.95, clients - 1)), clients - 1))
    minimum = tenant.minimum
    few = min(good.n, bad.n) < minimum.ratings or clients < minimum.clients
    low, high = (2 * limit - 1 for limit in interval)
    few = few or low <= 0 <= high
    return replace(bare, difference=2 * total.value - 1, interval=(low, high), p=p, tentative=few)


def _quantiles(interval: Interval, quantile: float) -> float:
    """How many standard errors theta lies from 1/2, on the logit scale on which its interval was made."""
    low, high = (log(limit / (1 - limit)) for limit in interval)
    return abs(low + high) / (high - low) * quantile


def _spread(
    said: Sequence[Said], tables: Mapping[tuple[str, str], tuple[list[int], list[int]]], weights: Sequence[float]
) -> float | None:
    """The sum of what each client moves theta by, squared; None where nothing can be compared."""
    moves = {}
    for (key, (bad, good)), weight in zip(tables.items(), weights, strict=True):
        found = theta(bad, good) if weight else None
        if found is not None:
            moves[key] = [[weight * each for each in side] for side in theta_weights(found)]
    influence: dict[str, float] = defaultdict(float)
    alone = 0.0
    for one in said:
        if (one.level, one.channel) in moves:
            each = moves[one.level, one.channel][one.value == Fulfilled.YES][one.satisfied]
            if one.client is None:
                alone += one.n * each * each
            else:
                influence[one.client] += one.n * each
    return alone + sum(each * each for each in influence.values()) if moves else None


def _told(found: Sequence[IndicatorFigures], tenant: Tenant, locale: str) -> list[IndicatorFigures]:
    """With every impact held against chance among all of them, and said in a sentence."""
    compared = [one.impact for one in found if one.impact is not None and one.impact.p is not None]
    # the least that stands for all: false discoveries among those looked at
    adjusted = iter(adjusted_p([one.p or 0.0 for one in compared]))
    told = []
    for one in found:
        impact = one.impact
        if impact is not None:
            chance = impact.p is None or next(adjusted) > CHANCE
            impact = replace(impact, tentative=impact.tentative or chance)
            known = tenant.indicators.get(one.indicator)
            some = known is not None and known.bands != set(Band)
            impact = replace(impact, sentence=impact_sentence(impact, locale, tenant.minimum.shown, some=some))
        told.append(replace(one, impact=impact))
    return told


def _ranked(found: Sequence[IndicatorFigures]) -> tuple[IndicatorFigures, ...]:
    """By impact, the greatest difference first; then the tentative ones; then those that cannot be compared."""

    def place(one: IndicatorFigures) -> tuple[int, float]:
        if one.impact is None or one.impact.difference is None:
            return 2, 0.0
        return int(one.impact.tentative), -one.impact.difference

    return tuple(sorted(found, key=place))
