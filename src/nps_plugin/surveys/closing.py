"""Recording a closing: the facts frozen, the question planned or the reason kept. No network, nobody else's rows
touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, select, update

from ..config.secret import Secret
from ..config.settings import Tenant
from ..model import Client, ClosedTicket, Exclusion, KpiCheck, NotAsked, NotAskedReason, Receipt, Survey, SurveyState
from ..store.folding import queue_fold
from ..store.ids import new_id
from ..store.persons import FORGOTTEN, digests, first_sight, suppression, surrogate
from ..store.scales import scale_row
from ..store.tables import closures, contacts, surveys
from ..store.upsert import add, add_new
from ..wording.buttons import word_buttons
from ..wording.catalogue import locale_for
from .asking import begin_message
from .eligibility import in_sample, not_asked
from .facts import as_json_times, usable
from .lookup import OPEN, look_up
from .quarantine import Case, asked_lately, try_locks
from .rows import outcome_of

#: Facts that are kept under the name that the host gives them.
_SAME = (
    *("agent", "closed_by", "last_replier", "queue", "service", "priority", "contract"),
    *("reopened", "replies", "last_reply_length"),
)


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A closing ready to be written: the tidied ticket, what was checked of it, and who says that it is not asked."""

    tenant: Tenant
    closed: ClosedTicket
    kpi: KpiCheck
    problems: tuple[str, ...]
    exclusions: Sequence[Exclusion]
    secrets: Sequence[Secret]
    base_url: str
    #: a plugin's own question for a survey, for the host's message
    own_text: Callable[[Survey], str | None]
    #: the digest of how the tenant asks now
    procedure: str
    now: datetime


def record_closing(connection: Connection, closing: Closing) -> Receipt:
    """Write a closing once. A repeat gives back what stands; the first facts stay."""
    closed, tenant, now = closing.closed, closing.tenant, closing.now
    client = closed.client
    known = look_up(connection, closed, digests(closing.secrets, tenant.name, client) if client else ())
    if known.suppressed and client is not None and len(closing.secrets) > 1:
        # writes it under the newest secret too, so that an older one can be dropped once those who matter came by
        suppression(connection, tenant.name, client, closing.secrets, now)
    person = None if known.suppressed == FORGOTTEN else known.person
    fresh = None
    if person is None and client is not None and known.suppressed != FORGOTTEN:
        fresh = None if known.seen else first_sight(connection, tenant.name, client, now)
        person = fresh or surrogate(connection, tenant.name, client, now)
    # no lower than the last one known: without a reopening since, a closing is a repeat of that
    closure = closed.closure or max(known.closures, 1 + max(known.reopenings, closed.reopened or 0))
    if not add_new(connection, closures, _facts(closing, closure, person)):
        return _standing(connection, closing, closure)
    if closure > 1 and known.still_asked:
        # the host reopened without telling: the question about the earlier resolution is out of date
        cancel_open(connection, _ticket(closed), through=closure - 1, now=now)
    outcomes = [_plan(connection, closing, closure, 0, client, person, bool(known.suppressed), fresh=fresh is not None)]
    for number, other in enumerate(closed.respondents, start=1):
        why = suppression(connection, tenant.name, other, closing.secrets, now)
        key = None if why == FORGOTTEN else surrogate(connection, tenant.name, other, now)
        outcomes.append(_plan(connection, closing, closure, number, other, key, bool(why), outcomes))
    queue_fold(connection, tenant=tenant.name, host=closed.host, ticket=closed.ticket, closure=closure, now=now)
    return _receipt(closing, closure, closing.kpi, outcomes)


def cancel_open(connection: Connection, ticket: Mapping[str, str], *, through: int, now: datetime) -> int:
    """Withdraw the open questions about a ticket's closures up to that number; how many there were.

    ``ticket`` holds ``tenant_id``, ``host`` and ``ticket``.
    """
    return connection.execute(
        update(surveys)
        .filter_by(**ticket)
        .where(surveys.c.closure <= through, surveys.c.state.in_(OPEN))
        .values(state=SurveyState.CANCELLED.value, detail="reopened", state_at=now)
    ).rowcount


def _ticket(closed: ClosedTicket) -> dict[str, str]:
    return {"tenant_id": closed.tenant, "host": closed.host, "ticket": closed.ticket}


def _facts(closing: Closing, closure: int, person: str | None) -> dict[str, object]:
    closed, kpi, client = closing.closed, closing.kpi, closing.closed.client
    credited = {"assignee": closed.agent, "closer": closed.closed_by, "last_replier": closed.last_replier}
    return {name: getattr(closed, name) for name in _SAME} | {
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
    connection: Connection,
    closing: Closing,
    closure: int,
    number: int,
    client: Client | None,
    person: str | None,
    suppressed: bool,
    before: Sequence[Survey | NotAsked] = (),
    fresh: bool = False,
) -> Survey | NotAsked:
    closed, tenant, now = closing.closed, closing.tenant, closing.now
    reason = not_asked(
        tenant,
        closed,
        client,
        exclusions=closing.exclusions,
        suppressed=suppressed,
        earlier=[one for one in (closed.client, *closed.respondents)[:number] if one is not None],
        sampled=in_sample(tenant, closed, closing.secrets),
        now=now,
    )
    if reason is None and person is not None and tenant.ask.channels == ("host",):
        asked = sum(isinstance(outcome, Survey) for outcome in before)
        # whom nobody knew until this closing was never asked; another closing of theirs at once waits for our new row
        if not fresh or tenant.ask.quarantine_by != "person":
            reason = _claimed_by_host(connection, closing, closure, client, person)
        if reason is None and asked >= tenant.ask.max_contacts:
            reason = NotAsked(reason=NotAskedReason.MAX_CONTACTS)
    survey = _survey(closing, closure, reason)
    by_host = survey.state is SurveyState.SENT
    row = {
        "tenant_id": tenant.name,
        "survey": survey.id,
        "host": closed.host,
        "ticket": closed.ticket,
        "closure": closure,
        "respondent": number,
        "client": person,
        "organization": client.organization if client else "",
        "procedure": closing.procedure,
        "state": survey.state.value,
        "not_asked": None if reason is None else reason.reason.value,
        "detail": "" if reason is None else reason.detail,
        "scale": scale_row(tenant.scale),
        "channels": list(tenant.ask.channels),
        "channel": "host" if by_host else "",
        "locale": locale_for(client.locale, tenant.locale) if by_host and client else "",
        "planned_for": survey.due_at,
        "due_at": survey.expires_at if by_host else survey.due_at,
        "sent_at": now if by_host else None,
        "state_at": now,
        "expires_at": survey.expires_at,
        "attempts": 0,
    }
    add(connection, surveys, row)
    if reason is not None:
        return reason
    assert client is not None and person is not None  # noqa: S101 - not_asked() has given no_address otherwise
    contact = {name: getattr(client, name) for name in ("name", "email", "phone", "telegram", "locale", "timezone")}
    contact |= {"tenant_id": tenant.name, "survey": survey.id, "client": person, "subject": closed.subject, "at": now}
    if by_host:
        # the host words and sends its own message, so nothing of the person is kept for it
        return _with_buttons(connection, closing, survey, SimpleNamespace(**contact))
    add(connection, contacts, contact)
    return survey


def _claimed_by_host(
    connection: Connection, closing: Closing, closure: int, client: Client | None, person: str
) -> NotAsked | None:
    """What the worker decides at the claim, decided at closing where the host's own message asks at once."""
    closed, tenant = closing.closed, closing.tenant
    organization = client.organization if client else ""
    case = Case(host=closed.host, ticket=closed.ticket, closure=closure, client=person, organization=organization)
    if not try_locks(connection, tenant, case):
        return NotAsked(reason=NotAskedReason.QUARANTINE, detail="another question to this client is being sent")
    if asked_lately(connection, tenant, case, closing.now):
        return NotAsked(reason=NotAskedReason.QUARANTINE)
    return None


def _survey(closing: Closing, closure: int, reason: NotAsked | None) -> Survey:
    closed, tenant, now = closing.closed, closing.tenant, closing.now
    by_host = tenant.ask.channels == ("host",)
    due_at = now if by_host else (usable(closed.closed_at) or now) + tenant.ask.delay
    state = SurveyState.SENT if by_host else SurveyState.SCHEDULED
    return Survey(
        id=new_id(now),
        tenant=tenant.name,
        host=closed.host,
        ticket=closed.ticket,
        closure=closure,
        state=state if reason is None else SurveyState.NOT_ASKED,
        scale=tenant.scale,
        due_at=due_at,
        expires_at=max(due_at, now) + tenant.ask.expires_after,
        channels=tenant.ask.channels,
    )


def _with_buttons(connection: Connection, closing: Closing, survey: Survey, contact: Any) -> Survey:
    """The survey with links for the host's own message, whose token is written here and now."""
    tenant = closing.tenant
    asking = begin_message(
        connection,
        tenant,
        survey,
        contact,
        channel="host",
        text=closing.own_text(survey),
        outcome="sent",
        now=closing.now,
    )

    def buttons(form: str) -> str:
        return word_buttons(
            form,
            tenant=tenant,
            survey=survey,
            token=asking.token,
            base_url=closing.base_url,
            locale=asking.locale,
            question=asking.question,
        )

    return replace(survey, _buttons=buttons)


def _standing(connection: Connection, closing: Closing, closure: int) -> Receipt:
    closed = closing.closed
    key = _ticket(closed) | {"closure": closure}
    row = connection.execute(select(closures).filter_by(**key)).one()
    kpi = KpiCheck(met=row.kpi_met, worked=row.worked, elapsed=row.elapsed, target=row.target, unknown=row.kpi_unknown)
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
