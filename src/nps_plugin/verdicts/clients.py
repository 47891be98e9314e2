"""A client's scores in order, each held against the client's own earlier ones; the same for an organization."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from ..config.settings import Tenant
from ..counts import read_counts
from ..model import AnswerState, Band, ClientHistory, HistoryEntry, Scale
from ..statistics import DEFAULT_STRENGTH, dirichlet_p, dirichlet_strength
from ..store.scales import scale_of
from ..store.tables import answers, closures, counted, strata, surveys
from ..wording.catalogue import locale_for
from ..wording.comparison_sentences import history_sentence

#: earlier scores from which on a new one is held against them
LEAST = 3
#: an alarm at or below this chance
ALARM = 0.05
#: rows from which the spread between clients is measured; more would only take longer
_ROWS = 20_000

_Way = tuple[str, str]


def read_history(
    connection: Connection, tenant: Tenant, *, clients: Collection[str] = (), organization: str = ""
) -> ClientHistory:
    """The scores of these surrogate keys (one person), or of all closings of an organization, oldest first.

    Each is held against the earlier ones of the same procedure and scale by the predictive distribution of a
    Dirichlet-multinomial: the client's own scores, and those of all clients as the prior. Of a closing of an
    organization the score that its ticket verdict has counts, the lowest.
    """
    rows = list(_rows(connection, tenant, clients, organization))
    entries: list[HistoryEntry] = []
    own: dict[_Way, list[int]] = {}
    priors: dict[_Way, tuple[tuple[int, ...], float]] = {}
    for row in rows:
        scale = scale_of(row.scale, tenant.scale)
        way = row.procedure, scale.name
        history = own.setdefault(way, [0] * len(scale.points))
        place, earlier, p = row.score - scale.low, sum(history), None
        if earlier >= LEAST:
            if way not in priors:
                priors[way] = _prior(connection, tenant, row.procedure, scale, organization=bool(organization))
            prior, strength = priors[way]
            p = dirichlet_p(history, place, prior, strength) if sum(prior) else None
        entries.append(_entry(row, scale, earlier, p))
        history[place] += 1
    last = entries[-1] if entries else None
    found = ClientHistory(
        tenant=tenant.name,
        organization=organization,
        entries=tuple(entries),
        alarm=last is not None and last.alarm,
        lacking=0 if last is None else max(0, LEAST - last.earlier),
    )
    return replace(found, sentence=history_sentence(found, locale_for(tenant.locale)))


def _entry(row: Any, scale: Scale, earlier: int, p: float | None) -> HistoryEntry:
    return HistoryEntry(
        at=row.at,
        host=row.host,
        ticket=row.ticket,
        closure=row.closure,
        score=row.score,
        scale=scale.name,
        band=Band(row.band),
        procedure=row.procedure,
        kpi_met=row.kpi_met,
        queue=row.queue,
        service=row.service,
        earlier=earlier,
        p=p,
        alarm=p is not None and p <= ALARM,
    )


def _rows(connection: Connection, tenant: Tenant, clients: Collection[str], organization: str) -> Iterator[Any]:
    same = (closures.c[name] == surveys.c[name] for name in ("tenant_id", "host", "ticket", "closure"))
    bands = {Band.DISSATISFIED: 0, Band.NEUTRAL: 1, Band.SATISFIED: 2}
    lowest = case(*((answers.c.band == band.value, place) for band, place in bands.items()), else_=3)
    wanted = closures.c.organization == organization if organization else surveys.c.client.in_(list(clients))
    query = (
        select(
            *(closures.c[name] for name in ("host", "ticket", "closure", "kpi_met", "queue", "service")),
            answers.c.at,
            answers.c.score,
            answers.c.band,
            surveys.c.procedure,
            surveys.c.scale,
        )
        .select_from(surveys.join(closures, and_(*same)).join(answers, _its_answer()))
        .where(surveys.c.tenant_id == tenant.name, wanted)
        .order_by(answers.c.at, answers.c.answer)
    )
    if not organization:
        yield from connection.execute(query)
        return
    # several respondents of one closing: the ticket verdict's, the lowest band and then the first respondent's
    rows = connection.execute(query.add_columns(lowest.label("place"), surveys.c.respondent)).all()
    chosen: dict[tuple[str, str, int], Any] = {}
    for row in sorted(rows, key=lambda row: (row.place, row.respondent)):
        chosen.setdefault((row.host, row.ticket, row.closure), row)
    yield from (row for row in rows if chosen[row.host, row.ticket, row.closure] is row)


def _its_answer() -> Any:
    counts = answers.c.state == AnswerState.COUNTED.value
    return and_(answers.c.tenant_id == surveys.c.tenant_id, answers.c.survey == surveys.c.survey, counts)


def _prior(
    connection: Connection, tenant: Tenant, procedure: str, scale: Scale, *, organization: bool
) -> tuple[tuple[int, ...], float]:
    """How all clients answered in this procedure, and how alike the clients are (the strength of that as a prior)."""
    scores = [0] * len(scale.points)
    for one in read_counts(connection, tenant, moments=False, months=False):
        if one.procedure == procedure and one.tally.scale == scale:
            scores = [a + b for a, b in zip(scores, one.tally.scores, strict=True)]
    prior = tuple(scores)
    histories = _histories(connection, tenant, procedure, scale, organization)
    return prior, dirichlet_strength(histories, prior) if sum(prior) else DEFAULT_STRENGTH


def _histories(
    connection: Connection, tenant: Tenant, procedure: str, scale: Scale, organization: bool
) -> Sequence[Sequence[int]]:
    """The scores of clients (organizations), as far as they are folded: for how alike they are, that is enough."""
    who = counted.c.organization if organization else counted.c.client
    points = len(scale.points)
    query = (
        select(who.label("who"), counted.c.cell, func.count().label("n"))
        .select_from(
            counted.join(strata, (strata.c.tenant_id == counted.c.tenant_id) & (strata.c.stratum == counted.c.stratum))
        )
        .where(
            counted.c.tenant_id == tenant.name,
            who.is_not(None),
            who != "",
            counted.c.cell < 3 * points,
            strata.c.procedure == procedure,
            strata.c.low == scale.low,
            strata.c.points == points,
        )
        .group_by(who, counted.c.cell)
        .order_by(who)
        .limit(_ROWS)
    )
    found: dict[str, list[int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.who, [0] * points)[row.cell % points] += row.n
    return list(found.values())
