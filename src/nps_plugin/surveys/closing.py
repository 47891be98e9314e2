"""Recording a closing: the facts frozen, the question planned or the reason kept. No network, nobody else's rows touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from ..config.secret import Secret
from ..config.settings import Tenant
from ..model import Client, ClosedTicket, Exclusion, KpiCheck, NotAsked, Receipt, Survey, SurveyState
from ..store.ids import new_id
from ..store.persons import digests, is_suppressed, surrogate
from ..store.tables import closures, contacts, reopenings, surveys
from ..store.upsert import insert_or
from .eligibility import not_asked
from .facts import as_json_times, usable
from .rows import outcome_of, scale_row

#: States in which a question can still be withdrawn.
OPEN = (SurveyState.SCHEDULED, SurveyState.SENDING, SurveyState.SENT)


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A closing ready to be written: the tidied ticket, what was checked of it, and who says that it is not asked."""

    tenant: Tenant
    closed: ClosedTicket
    kpi: KpiCheck
    problems: tuple[str, ...]
    exclusions: Sequence[Exclusion]
    secrets: Sequence[Secret]
    now: datetime


def record_closing(connection: Connection, closing: Closing) -> Receipt:
    """Write a closing once. A repeat gives back what stands; the first facts stay."""
    closed, tenant, now = closing.closed, closing.tenant, closing.now
    person = surrogate(connection, tenant.name, closed.client, now) if closed.client else None
    closure = closed.closure or _next_closure(connection, closed)
    written = connection.execute(
        insert_or(connection, closures)
        .values(_facts(closing, closure, person))
        .on_conflict_do_nothing()
        .returning(closures.c.closure)
    ).first()
    if written is None:
        return _standing(connection, closing, closure)
    if closure > 1:
        # the host reopened without telling: the question about the earlier resolution is out of date
        cancel_open(connection, closed, before=closure)
    outcomes = [
        _plan(connection, closing, closure, number, client, person if number == 0 else None)
        for number, client in enumerate((closed.client, *closed.respondents))
    ]
    return _receipt(closing, closure, closing.kpi, outcomes)


def cancel_open(connection: Connection, closed: ClosedTicket, *, before: int) -> int:
    """Withdraw the open questions about closures before that number; how many there were."""
    return connection.execute(
        update(surveys)
        .where(
            surveys.c.tenant_id == closed.tenant,
            surveys.c.host == closed.host,
            surveys.c.ticket == closed.ticket,
            surveys.c.closure < before,
            surveys.c.state.in_(OPEN),
        )
        .values(state=SurveyState.CANCELLED.value, detail="reopened")
    ).rowcount


def _next_closure(connection: Connection, closed: ClosedTicket) -> int:
    known = connection.execute(
        select(func.max(reopenings.c.closure)).where(
            reopenings.c.tenant_id == closed.tenant,
            reopenings.c.host == closed.host,
            reopenings.c.ticket == closed.ticket,
        )
    ).scalar()
    return 1 + max(known or 0, closed.reopened or 0)


def _facts(closing: Closing, closure: int, person: str | None) -> dict[str, object]:
    closed, kpi, client = closing.closed, closing.kpi, closing.closed.client
    credited = {"assignee": closed.agent, "closer": closed.closed_by, "last_replier": closed.last_replier}
    same = ("agent", "closed_by", "last_replier", "queue", "service", "priority", "contract")
    same += ("reopened", "replies", "last_reply_length")
    return {name: getattr(closed, name) for name in same} | {
        "tenant_id": closed.tenant,
        "host": closed.host,
        "ticket": closed.ticket,
        "closure": closure,
        "client": person,
        "opened_at": usable(closed.opened_at),
        "closed_at": usable(closed.closed_at),
        "recorded_at": closing.now,
        "kpi_met": kpi.met,
        "worked": kpi.worked,
        "elapsed": kpi.elapsed,
        "target": kpi.target,
        "kpi_unknown": kpi.unknown,
        "credited": credited[closing.tenant.attribution],
        "organization": client.organization if client else "",
        "level": client.level if client else "",
        "path": [[step.agent, step.queue, step.at.isoformat() if step.at else None] for step in closed.path],
        "paused": as_json_times(closed.paused),
        "tags": list(closed.tags),
        "facts": dict(closed.facts),
        "problem": "; ".join(closing.problems),
    }


def _plan(
    connection: Connection, closing: Closing, closure: int, number: int, client: Client | None, person: str | None
) -> Survey | NotAsked:
    closed, tenant, now = closing.closed, closing.tenant, closing.now
    suppressed = False
    if client is not None and client.key:
        suppressed = is_suppressed(connection, tenant.name, digests(closing.secrets, tenant.name, client))
    reason = not_asked(tenant, closed, client, exclusions=closing.exclusions, suppressed=suppressed, now=now)
    if client is not None and person is None:
        person = surrogate(connection, tenant.name, client, now)
    due_at = (usable(closed.closed_at) or now) + tenant.ask.delay
    state = SurveyState.SCHEDULED if reason is None else SurveyState.NOT_ASKED
    survey = Survey(
        id=new_id(now),
        tenant=tenant.name,
        host=closed.host,
        ticket=closed.ticket,
        closure=closure,
        state=state,
        scale=tenant.scale,
        due_at=due_at,
        expires_at=max(due_at, now) + tenant.ask.expires_after,
        channels=tenant.ask.channels,
    )
    connection.execute(
        insert(surveys).values(
            tenant_id=tenant.name,
            survey=survey.id,
            host=closed.host,
            ticket=closed.ticket,
            closure=closure,
            respondent=number,
            client=person,
            state=state.value,
            not_asked=None if reason is None else reason.reason.value,
            detail="" if reason is None else reason.detail,
            scale=scale_row(tenant.scale),
            channels=list(tenant.ask.channels),
            due_at=survey.due_at,
            expires_at=survey.expires_at,
        )
    )
    if reason is not None:
        return reason
    assert client is not None and person is not None  # noqa: S101 - not_asked() has given no_address otherwise
    _keep_contact(connection, survey, person, client, closed.subject)
    return survey


def _keep_contact(connection: Connection, survey: Survey, person: str, client: Client, subject: str) -> None:
    same = ("name", "email", "phone", "telegram", "locale", "timezone")
    connection.execute(
        insert(contacts).values(
            tenant_id=survey.tenant,
            survey=survey.id,
            client=person,
            subject=subject,
            **{name: getattr(client, name) for name in same},
        )
    )


def _standing(connection: Connection, closing: Closing, closure: int) -> Receipt:
    closed = closing.closed
    key = {"tenant_id": closed.tenant, "host": closed.host, "ticket": closed.ticket, "closure": closure}
    row = connection.execute(select(closures).filter_by(**key)).one()
    kpi = KpiCheck(
        met=row.kpi_met, worked=row.worked, elapsed=row.elapsed, target=row.target, unknown=row.kpi_unknown
    )
    rows = connection.execute(select(surveys).filter_by(**key).order_by(surveys.c.respondent))
    return _receipt(closing, closure, kpi, [outcome_of(survey, closing.tenant.scale) for survey in rows], repeated=True)


def _receipt(
    closing: Closing, closure: int, kpi: KpiCheck, outcomes: Sequence[Survey | NotAsked], *, repeated: bool = False
) -> Receipt:
    first = outcomes[0]
    return Receipt(
        recorded=True,
        problem="; ".join(closing.problems) or None,
        closure=closure,
        repeated=repeated,
        kpi=kpi,
        survey=first if isinstance(first, Survey) else None,
        not_asked=first if isinstance(first, NotAsked) else None,
        others=tuple(outcomes[1:]),
    )


