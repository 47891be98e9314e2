"""Claiming: which question is due, whether it may be asked now, and making it ours for the time of a sending.

All that can change between a closing and its question is decided here, so that what holds is what stands at the asking.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from ..clock import Clock
from ..config.secret import Secret
from ..config.settings import Tenant
from ..errors import trail
from ..model import AnswerState, Client, Message, NotAskedReason, Survey, SurveyState
from ..ports import Channel
from ..store.engine import Store
from ..store.folding import queue_fold
from ..store.persons import digests, is_suppressed
from ..store.tables import answers, clients, contacts, messages, surveys
from .asking import Asking, begin_message
from .hours import opens_at, zone_of
from .quarantine import NOTICED, Case, asked_lately, contacts_so_far, try_locks, was_contacted
from .rows import survey_of

log = logging.getLogger(__name__)

#: How long a sending may take before another worker may try it.
LEASE = timedelta(minutes=10)
#: Tries on one channel, unless ``ask.attempts`` says otherwise.
ATTEMPTS = 5
#: How long a question waits while another transaction decides about the same client.
BUSY = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class Post:
    """What sending needs: the tenants that are enabled, their channels, and whom to tell."""

    store: Store
    clock: Clock
    tenants: Mapping[str, Tenant]
    channels: Mapping[tuple[str, str], Channel]
    secrets: Sequence[Secret]
    subscribers: Callable[[], Iterable[str]]
    word: Callable[[Tenant, Asking], Message]
    own_text: Callable[[Survey], str | None]


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A message that is ours to send: the ``attempt``-th on that channel."""

    tenant: Tenant
    channel: str
    asking: Asking
    attempt: int


@dataclass(frozen=True, kw_only=True)
class _Due:
    """A survey's row under our lock, with what is known of its client (None: forgotten)."""

    connection: Connection
    post: Post
    tenant: Tenant
    row: Any
    contact: Any
    client: Client | None
    now: datetime

    @property
    def case(self) -> Case:
        row = self.row
        return Case(
            host=row.host,
            ticket=row.ticket,
            closure=row.closure,
            client=row.client or "",
            organization=row.organization,
        )

    def change(self, **values: Any) -> None:
        row = self.row
        self.connection.execute(
            update(surveys).where(surveys.c.tenant_id == row.tenant_id, surveys.c.survey == row.survey).values(**values)
        )

    def count(self) -> None:
        """Queue that the closure counts otherwise now: its question leaves, or is not asked."""
        row = self.row
        queue_fold(
            self.connection,
            tenant=row.tenant_id,
            host=row.host,
            ticket=row.ticket,
            closure=row.closure,
            now=self.now,
        )


def claim(connection: Connection, post: Post, now: datetime) -> Claimed | str | None:
    """The next due message as ours for a while; None where nothing is due, else a word for what became of it:
    not_asked, given_up, postponed, not_reminded."""
    row = connection.execute(
        select(surveys)
        .where(
            surveys.c.tenant_id.in_(list(post.tenants)),
            surveys.c.state.in_([SurveyState.SCHEDULED, SurveyState.SENDING, SurveyState.SENT]),
            surveys.c.due_at <= now,
            surveys.c.expires_at > now,
        )
        .order_by(surveys.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    tenant = post.tenants[row.tenant_id]
    contact = connection.execute(
        select(contacts, clients.c.key)
        .join(
            clients,
            (clients.c.tenant_id == contacts.c.tenant_id) & (clients.c.client == contacts.c.client),
            isouter=True,
        )
        .where(contacts.c.tenant_id == row.tenant_id, contacts.c.survey == row.survey)
    ).first()
    due = _Due(
        connection=connection,
        post=post,
        tenant=tenant,
        row=row,
        contact=contact,
        client=_client(contact),
        now=now,
    )
    return _reminder(due) if row.state == SurveyState.SENT else _question(due)


def _question(due: _Due) -> Claimed | str:
    tenant, row, now = due.tenant, due.row, due.now
    if due.client is None or _suppressed(due, due.client):
        return _drop(due, NotAskedReason.OPTED_OUT)
    if row.state == SurveyState.SENDING and row.attempts >= tenant.ask.attempts.get(row.channel, ATTEMPTS):
        # every worker that sent it died: what kills them must not go on for ever
        due.change(state=SurveyState.GIVEN_UP.value, state_at=now, detail="no worker outlived the sending")
        log.error("tenant %s: survey %s: no worker outlived its sending; given up", tenant.name, row.survey)
        return SurveyState.GIVEN_UP.value
    channel, opens = _channel(due, due.client)
    if channel is None:
        return _drop(due, NotAskedReason.NO_ADDRESS)
    if opens > now:
        return _postpone(due, opens)
    if not try_locks(due.connection, tenant, due.case):
        return _postpone(due, now + BUSY)
    if asked_lately(due.connection, tenant, due.case, now):
        return _drop(due, NotAskedReason.QUARANTINE)
    if contacts_so_far(due.connection, tenant, due.case) >= tenant.ask.max_contacts:
        return _drop(due, NotAskedReason.MAX_CONTACTS)
    survey = replace(survey_of(row, tenant.scale), expires_at=now + tenant.ask.expires_after)
    attempt = row.attempts + 1 if channel == row.channel else 1
    asking = _begin(due, survey, channel, "question")
    # sent_at from now on: another question to the same client must see this one while it is under way
    due.change(
        state=SurveyState.SENDING.value,
        state_at=now,
        sent_at=now,
        due_at=now + LEASE,
        channel=channel,
        locale=asking.locale,
        attempts=attempt,
    )
    due.count()
    return Claimed(tenant=tenant, channel=channel, asking=asking, attempt=attempt)


def _reaches(channel: Channel, client: Client, where: str) -> bool:
    try:
        return bool(channel.reaches(client))
    except Exception as error:  # noqa: BLE001 - one adapter's fault must not stop the worker for every tenant
        log.error("%s: the adapter cannot say whether it reaches a client: %s", where, trail(error))  # noqa: TRY400
        return False


def _channel(due: _Due, client: Client) -> tuple[str | None, datetime]:
    """The channel on which the question stands, else the next in the tenant's order that reaches the client; and from
    when it may be used."""
    row = due.row
    planned: list[str] = list(row.channels)
    start = planned.index(row.channel) if row.channel in planned else 0
    for name in planned[start:]:
        channel = due.post.channels.get((row.tenant_id, name))
        if channel is not None and _reaches(channel, client, f"tenant {row.tenant_id}, channel {name}"):
            opens = _opens(due, name, client)
            if opens < row.expires_at:
                return name, opens
    return None, due.now


def _reminder(due: _Due) -> Claimed | str:
    """The one reminder of a question that left and was not answered. It has its own token and prolongs nothing."""
    tenant, row, now = due.tenant, due.row, due.now
    if tenant.ask.remind_after is None:
        return _leave(due, "")
    if due.client is None or _suppressed(due, due.client):
        return _leave(due, NotAskedReason.OPTED_OUT.value)
    if _answered_once(due):
        return _leave(due, "answered, and the answer withdrawn")
    channel = due.post.channels.get((tenant.name, row.channel))
    if channel is None or not _reaches(channel, due.client, f"tenant {tenant.name}, channel {row.channel}"):
        return _leave(due, NotAskedReason.NO_ADDRESS.value)
    tries = due.connection.execute(
        select(messages.c.outcome).filter_by(tenant_id=tenant.name, survey=row.survey, kind="reminder")
    )
    outcomes = list(tries.scalars())
    if set(outcomes) & set(NOTICED):
        # a worker died while it sent the reminder: it may have left, and nobody is reminded twice
        return _leave(due, "")
    opens = _opens(due, row.channel, due.client)
    if opens > now:
        return _postpone(due, opens)
    if not try_locks(due.connection, tenant, due.case):
        return _postpone(due, now + BUSY)
    if contacts_so_far(due.connection, tenant, due.case) >= tenant.ask.max_contacts:
        return _leave(due, NotAskedReason.MAX_CONTACTS.value)
    asking = _begin(due, survey_of(row, tenant.scale), row.channel, "reminder")
    due.change(due_at=now + LEASE)
    return Claimed(tenant=tenant, channel=row.channel, asking=asking, attempt=len(outcomes) + 1)


def _answered_once(due: _Due) -> bool:
    """Whether an answer counted that was ruled out since: nobody is told that they have not answered who did."""
    found = select(answers.c.answer).filter_by(
        tenant_id=due.tenant.name, survey=due.row.survey, state=AnswerState.WITHDRAWN.value
    )
    return due.connection.execute(found.limit(1)).first() is not None


def _begin(due: _Due, survey: Survey, channel: str, kind: str) -> Asking:
    return begin_message(
        due.connection,
        due.tenant,
        survey,
        due.contact,
        channel=channel,
        text=due.post.own_text(survey),
        outcome="sending",
        now=due.now,
        kind=kind,
    )


def _opens(due: _Due, channel: str, client: Client) -> datetime:
    zone = zone_of(client.timezone, due.tenant.timezone)
    return opens_at(due.tenant.ask.hours.get(channel, ()), zone, due.now)


def _suppressed(due: _Due, client: Client) -> bool:
    return is_suppressed(due.connection, due.tenant.name, digests(due.post.secrets, due.tenant.name, client))


def _postpone(due: _Due, until: datetime) -> str:
    due.change(due_at=until)
    return "postponed"


def _leave(due: _Due, why: str) -> str:
    """No reminder, or no other one: nothing is left to do until the survey runs out."""
    values: dict[str, Any] = {"due_at": due.row.expires_at}
    if why:
        values |= {"detail": f"not reminded: {why}", "state_at": due.now}
    due.change(**values)
    return "not_reminded"


def _drop(due: _Due, reason: NotAskedReason) -> str:
    # what the client noticed of an earlier try was asked, whatever stands in the way of the next one
    contacted = was_contacted(due.connection, due.tenant, due.row.survey)
    state = SurveyState.GIVEN_UP if contacted else SurveyState.NOT_ASKED
    due.change(
        state=state.value,
        not_asked=None if contacted else reason.value,
        detail=reason.value,
        state_at=due.now,
        sent_at=due.row.sent_at if contacted else None,
    )
    due.count()
    return state.value


def _client(contact: Any) -> Client | None:
    if contact is None:
        return None
    known = (contact.key or "").removeprefix("id:") if (contact.key or "").startswith("id:") else ""
    return Client(
        id=known,
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        telegram=contact.telegram,
        locale=contact.locale,
        timezone=contact.timezone,
    )
