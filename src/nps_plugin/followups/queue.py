"""The queue of calls: what waits for an operator, read from the messages and calls themselves.

A question that waits for an operator is a message of a channel that sends nothing: it stands in the queue as long as
its survey is asked over that channel, so an answer elsewhere takes it out without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal, null, select, update

from ..config.secret import Secret, keyed_digest
from ..config.settings import Ask, Tenant
from ..model import AnswerState, CallKind, Client, Delivery, Message, SurveyState
from ..ports import OPERATOR, Capabilities
from ..store.persons import digests, is_suppressed
from ..store.tables import answers, call_notes, calls, clients, closures, contacts, messages, surveys
from ..surveys.hours import opens_at, zone_of
from ..surveys.quarantine import Case, contacts_so_far

#: Calls that are looked at to find those that an operator may have now.
SCANNED = 1000
#: Calls that are drawn at one look at the queue.
DRAWN = 200


class OperatorQueue:
    """The built-in channel "operator": a question waits for a person who calls."""

    capabilities = Capabilities(points=11, reasons=True, comments=True, pending=True)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if settings:
            from ..errors import ConfigError, ConfigProblem

            raise ConfigError([ConfigProblem(key, "the operator channel has no such key") for key in settings])

    def reaches(self, client: Client) -> bool:
        """Whoever has a telephone."""
        return bool(client.phone)

    def send(self, message: Message) -> Delivery:
        """Nothing leaves: what is handed over waits in the queue from now on."""
        return Delivery(reference=message.id)


def operator_channels(tenant: Tenant) -> list[str]:
    """The tenant's channels that are operators."""
    return [name for name in tenant.all_channels if tenant.adapter_of(name) == OPERATOR]


def waiting(connection: Connection, tenant: Tenant, now: datetime) -> Sequence[Any]:
    """What stands in the queue, the oldest first, whoever has it."""
    both = _questions(tenant, now).union_all(_whys(tenant).where(calls.c.due_at <= now)).subquery()
    return connection.execute(select(both).order_by(both.c.due_at, both.c.call).limit(SCANNED)).all()


def find(connection: Connection, tenant: Tenant, call: str, now: datetime) -> Any:
    """One call that is not over; None where there is none."""
    for query, key in (
        (_whys(tenant).where(calls.c.due_at.is_not(None)), calls.c.call),
        (_questions(tenant, now), messages.c.message),
    ):
        row = connection.execute(query.where(key == call)).first()
        if row is not None:
            return row
    return None


def open_hours(tenant: Tenant, row: Any, at: datetime) -> datetime:
    """When the client may be called, from that time on."""
    ask = plan_of(tenant, row)
    return opens_at(ask.hours.get(row.channel, ()), zone_of(row.timezone or "", tenant.timezone), at)


def plan_of(tenant: Tenant, row: Any) -> Ask:
    """The plan by which the client of a call is asked."""
    return tenant.plan_of(row.service, row.level)


def person_of(row: Any) -> Client:
    """Whom a call goes to."""
    known = (row.key or "").removeprefix("id:") if (row.key or "").startswith("id:") else ""
    return Client(id=known, name=row.name, phone=row.phone, email=row.email, telegram=row.telegram)


def suppressed(connection: Connection, tenant: Tenant, row: Any, secrets: Sequence[Secret]) -> bool:
    """Whether the client asked to be left in peace."""
    return is_suppressed(connection, tenant.name, digests(secrets, tenant.name, person_of(row)))


def contacted(connection: Connection, tenant: Tenant, row: Any) -> int:
    """How often the clients of a closure were contacted about it, by messages and by calls that asked why."""
    case_ = Case(host=row.host, ticket=row.ticket, closure=row.closure, client=row.client or "")
    asked_why = (
        select(func.count())
        .select_from(call_notes.join(surveys, _same(surveys, call_notes, "tenant_id", "survey")))
        .where(
            call_notes.c.tenant_id == tenant.name,
            call_notes.c.kind == CallKind.WHY.value,
            surveys.c.host == row.host,
            surveys.c.ticket == row.ticket,
            surveys.c.closure == row.closure,
        )
    )
    return contacts_so_far(connection, tenant, case_) + int(connection.execute(asked_why).scalar_one())


def undrawn(connection: Connection, tenant: Tenant) -> Sequence[Any]:
    """Answers of which nobody has decided yet whether an operator asks why."""
    return connection.execute(_whys(tenant).where(calls.c.due_at.is_(None)).limit(DRAWN)).all()


def draw(connection: Connection, tenant: Tenant, row: Any, secrets: Sequence[Secret], now: datetime) -> None:
    """Decide whether an operator asks why: by the share, and where the client may be called at all."""
    wanted, drawn = tenant.ask.why_call, True
    # a low key on a telephone may lead to a call by itself
    led = row.band in tenant.ask.ask_why and tenant.way_of(row.heard_over).after_low == "operator"
    if wanted is not None and wanted.share < 1 and not led:
        digest = keyed_digest(secrets[0], f"why call {tenant.name}", row.survey)
        drawn = int(digest[:16], 16) < wanted.share * 2**64
    may = (
        (led or wanted is not None)
        and drawn
        and bool(row.phone)
        and not suppressed(connection, tenant, row, secrets)
        and contacted(connection, tenant, row) < tenant.ask.max_contacts
    )
    values = {"due_at": open_hours(tenant, row, now)} if may else {"done_at": now}
    undecided = calls.c.due_at.is_(None) & calls.c.done_at.is_(None)
    connection.execute(update(calls).filter_by(tenant_id=tenant.name, call=row.call).where(undecided).values(**values))


def _questions(tenant: Tenant, now: datetime) -> Any:
    return (
        select(
            messages.c.message.label("call"),
            literal(CallKind.QUESTION.value).label("kind"),
            messages.c.created_at.label("due_at"),
            (surveys.c.attempts - 1).label("attempts"),
            messages.c.channel,
            messages.c.locale,
            messages.c.question,
            null().label("score"),
            *_common(),
            literal("").label("band"),
            literal("").label("heard_over"),
        )
        .select_from(_joined(messages.join(surveys, _same(surveys, messages, "tenant_id", "survey")), questions=True))
        .where(
            surveys.c.tenant_id == tenant.name,
            surveys.c.lane.in_(operator_channels(tenant)),
            surveys.c.state == SurveyState.SENT.value,
            surveys.c.expires_at > now,
            messages.c.channel == surveys.c.channel,
            messages.c.kind == "question",
            messages.c.outcome == "sent",
            calls.c.done_at.is_(None),
        )
    )


def _whys(tenant: Tenant) -> Any:
    channel = next(iter(operator_channels(tenant)), OPERATOR)
    counts = _same(answers, surveys, "tenant_id", "survey") & (answers.c.state == AnswerState.COUNTED.value)
    return (
        select(
            calls.c.call,
            literal(CallKind.WHY.value).label("kind"),
            calls.c.due_at,
            calls.c.attempts,
            literal(channel).label("channel"),
            func.coalesce(contacts.c.locale, clients.c.locale, "").label("locale"),
            literal("").label("question"),
            answers.c.score,
            *_common(),
            answers.c.band,
            answers.c.channel.label("heard_over"),
        )
        .select_from(
            _joined(calls.join(surveys, _same(surveys, calls, "tenant_id", "survey")), questions=False).join(
                answers, counts
            )
        )
        .where(calls.c.tenant_id == tenant.name, calls.c.kind == CallKind.WHY.value, calls.c.done_at.is_(None))
    )


def _joined(start: Any, *, questions: bool) -> Any:
    found = start.join(closures, _same(closures, surveys, "tenant_id", "host", "ticket", "closure"))
    found = found.outerjoin(contacts, _same(contacts, surveys, "tenant_id", "survey"))
    found = found.outerjoin(clients, _same(clients, surveys, "tenant_id", "client"))
    if questions:
        found = found.outerjoin(
            calls, (calls.c.tenant_id == messages.c.tenant_id) & (calls.c.call == messages.c.message)
        )
    return found


def _common() -> list[Any]:
    asked = ("survey", "host", "ticket", "closure", "respondent", "client", "level", "scale", "expires_at")
    facts = ("queue", "service", "priority", "organization", "credited", "agent", "opened_at", "closed_at", "kpi_met")
    # what was kept for this question comes before what is known of the client since; a host's own message keeps nothing
    person = [
        case((func.coalesce(contacts.c[name], "") != "", contacts.c[name]), else_=func.coalesce(clients.c[name], ""))
        for name in ("name", "phone", "email", "telegram", "timezone")
    ]
    return [
        *(surveys.c[name] for name in asked),
        *(closures.c[name] for name in facts),
        closures.c.reopened,
        *(
            column.label(name)
            for name, column in zip(("name", "phone", "email", "telegram", "timezone"), person, strict=True)
        ),
        func.coalesce(contacts.c.subject, "").label("subject"),
        clients.c.key,
        func.coalesce(calls.c.claimed_by, "").label("claimed_by"),
        calls.c.claimed_until,
    ]


def _same(one: Any, other: Any, *names: str) -> Any:
    return and_(*(one.c[name] == other.c[name] for name in names))
