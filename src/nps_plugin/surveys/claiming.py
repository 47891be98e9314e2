"""Claiming: which question is due, whether it may be asked now, and making it ours for the time of a sending.

All that can change between a closing and its question is decided here, so that what holds is what stands at the asking.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from ..config.settings import Tenant
from ..model import AnswerState, Client, NotAskedReason, ReportOutcome, Survey, SurveyState
from ..ports import OPERATOR, capabilities_of
from ..store.addresses import reply_mark
from ..store.persons import digests, is_suppressed
from ..store.scales import scale_row
from ..store.tables import answers, messages
from .asking import Asking, begin_message
from .choosing import channel_for, full_until, opens_on, passed_over, reaches, unrecorded
from .due import Claimed, Due, Post
from .quarantine import asked_and_contacts, contacts_so_far, try_locks, was_contacted
from .reporting import ATTEMPTS, report
from .rows import survey_of
from .statements import NOTICED, about_client, next_due

log = logging.getLogger(__name__)

__all__ = ["Claimed", "Post", "claim"]

#: How long a sending may take before another worker may try it.
LEASE = timedelta(minutes=10)
#: How long a question waits while another transaction decides about the same client.
BUSY = timedelta(seconds=10)


def claim(connection: Connection, post: Post, now: datetime, lane: tuple[str, str]) -> Claimed | str | None:
    """The next due message of a lane (a tenant's channel) as ours for a while; None where nothing is due, else a word
    for what became of it: not_asked, given_up, retried, postponed, moved (to another lane), not_reminded."""
    row = next_due(connection, *lane, now)
    if row is None:
        return None
    tenant = post.tenants[row.tenant_id]
    about = about_client(connection, row)
    due = Due(
        connection=connection,
        post=post,
        tenant=tenant,
        row=row,
        contact=about,
        client=_client(about),
        service=about.service,
        ask=tenant.plan_of(about.service, row.level),
        now=now,
    )
    if row.state != SurveyState.SENT:
        return _question(due)
    return unreported(due) or _reminder(due)


def unreported(due: Due) -> str | None:
    """The way on where a channel that was to report what became of a message did not; None where all is well."""
    channel = due.post.channels.get((due.tenant.name, due.row.channel))
    within = capabilities_of(channel).report_within
    if within is None:
        return None
    newest = select(messages).filter_by(tenant_id=due.tenant.name, survey=due.row.survey, channel=due.row.channel)
    message = due.connection.execute(newest.order_by(messages.c.message.desc()).limit(1)).first()
    if message is None or message.outcome != "sent":
        return None
    if message.created_at + within > due.now:
        return _postpone(due, message.created_at + within)
    log.warning("%s, channel %s: no report came within %s", due.where, due.row.channel, within)
    # it may have rung: what is not known counts as noticed
    return report(
        due.connection, due.tenant, message, outcome=ReportOutcome.FAILED, reason="no report came", noticed=True,
        subscribers=due.post.subscribers(), now=due.now,
    )  # fmt: skip


def _question(due: Due) -> Claimed | str:
    tenant, row, now = due.tenant, due.row, due.now
    if due.client is None or _suppressed(due, due.client):
        return _drop(due, NotAskedReason.OPTED_OUT)
    if row.state == SurveyState.SENDING and row.attempts >= max(2, due.ask.attempts.get(row.channel, ATTEMPTS)):
        # every worker that sent it died: what kills them must not go on for ever; that one died says little
        due.change(state=SurveyState.GIVEN_UP.value, state_at=now, detail="no worker outlived the sending")
        due.count()
        log.error("tenant %s: survey %s: no worker outlived its sending; given up", tenant.name, row.survey)
        return SurveyState.GIVEN_UP.value
    found = channel_for(due, due.client)
    if isinstance(found, NotAskedReason):
        return _drop(due, found, unrecorded(due) if found is NotAskedReason.NO_RECORDING else "")
    channel, opens = found
    if opens > now or channel != row.lane:
        # the lane of another channel has its own turn
        _postpone(due, opens, lane=channel)
        return "postponed" if opens > now else "moved"
    full = full_until(due, channel)
    if full > now:
        return _postpone(due, full)
    if not try_locks(due.connection, tenant, due.case):
        return _postpone(due, now + BUSY)
    asked, contacted = asked_and_contacts(due.connection, tenant, due.case, now)
    if asked:
        return _drop(due, NotAskedReason.QUARANTINE)
    if contacted >= tenant.ask.max_contacts:
        return _drop(due, NotAskedReason.MAX_CONTACTS)
    survey = replace(survey_of(row, tenant.scale), expires_at=now + tenant.ask.expires_after)
    if row.scale != scale_row(tenant.scale) and row.scale in _own_scales(tenant):
        # the channel that failed before had a scale of its own
        survey = replace(survey, scale=tenant.scale)
    attempt = row.attempts + 1 if channel == row.channel else 1
    for name in passed_over(due, due.client, channel):
        # so that the log says why nobody called
        _begin(due, survey, name, "question", 1, outcome="skipped", detail=unrecorded(due))
    asking = _begin(due, survey, channel, "question", attempt)
    # sent_at from now on: another question to the same client must see this one while it is under way
    due.change(
        state=SurveyState.SENDING.value,
        state_at=now,
        sent_at=now,
        due_at=now + LEASE,
        channel=channel,
        locale=asking.locale,
        attempts=attempt,
        scale=scale_row(asking.scale),
    )
    due.count()
    return Claimed(tenant=tenant, channel=channel, asking=asking, attempt=attempt, level=row.level)


def _own_scales(tenant: Tenant) -> list[dict[str, Any]]:
    return [scale_row(way.scale) for way in tenant.ways.values() if way.scale is not None]


def _reminder(due: Due) -> Claimed | str:
    """The one reminder of a question that left and was not answered. It has its own token and prolongs nothing."""
    tenant, row, now = due.tenant, due.row, due.now
    if tenant.ask.remind_after is None:
        return _leave(due, "")
    if row.sent_at is not None and row.sent_at + tenant.ask.remind_after > now:
        return _postpone(due, row.sent_at + tenant.ask.remind_after)
    if due.client is None or _suppressed(due, due.client):
        return _leave(due, NotAskedReason.OPTED_OUT.value)
    if _answered_once(due):
        return _leave(due, "answered, and the answer withdrawn")
    if tenant.adapter_of(row.channel) == OPERATOR:
        # the call itself still waits for its operator
        return _leave(due, "")
    channel = due.post.channels.get((tenant.name, row.channel))
    if channel is None or not reaches(channel, due.client, f"tenant {tenant.name}, channel {row.channel}"):
        return _leave(due, NotAskedReason.NO_ADDRESS.value)
    tries = due.connection.execute(
        select(messages.c.outcome).filter_by(tenant_id=tenant.name, survey=row.survey, kind="reminder")
    )
    outcomes = list(tries.scalars())
    if set(outcomes) & set(NOTICED):
        # a worker died while it sent the reminder: it may have left, and nobody is reminded twice
        return _leave(due, "")
    opens = max(opens_on(due, row.channel, due.client), full_until(due, row.channel))
    if opens > now:
        return _postpone(due, opens)
    if not try_locks(due.connection, tenant, due.case):
        return _postpone(due, now + BUSY)
    if contacts_so_far(due.connection, tenant, due.case) >= tenant.ask.max_contacts:
        return _leave(due, NotAskedReason.MAX_CONTACTS.value)
    asking = _begin(due, survey_of(row, tenant.scale), row.channel, "reminder", len(outcomes) + 1)
    due.change(due_at=now + LEASE)
    return Claimed(tenant=tenant, channel=row.channel, asking=asking, attempt=len(outcomes) + 1)


def _answered_once(due: Due) -> bool:
    """Whether an answer counted that was ruled out since: nobody is told that they have not answered who did."""
    found = select(answers.c.answer).filter_by(
        tenant_id=due.tenant.name, survey=due.row.survey, state=AnswerState.WITHDRAWN.value
    )
    return due.connection.execute(found.limit(1)).first() is not None


def _begin(due: Due, survey: Survey, channel: str, kind: str, attempt: int, **more: str) -> Asking:
    can = capabilities_of(due.post.channels[due.tenant.name, channel])
    address = getattr(due.client, can.address) if can.address else ""
    asking = begin_message(
        due.connection,
        due.tenant,
        survey,
        due.contact,
        channel=channel,
        text=due.post.own_text(survey),
        now=due.now,
        kind=kind,
        service=due.service,
        level=due.row.level,
        attempt=attempt,
        address=reply_mark(due.post.secrets[0], due.tenant.name, address, due.tenant.country_of(channel)),
        **{"outcome": "sending", "once": _once(due) if can.pending else "", **more},
    )
    # with the address that the client connected, where the host knows none
    return asking if due.client is None else replace(asking, client=due.client)


def _once(due: Due) -> str:
    """The same as before where nobody knows what became of the last try: the provider may have had it."""
    settled = select(func.count()).select_from(messages).filter_by(tenant_id=due.tenant.name, survey=due.row.survey)
    known = messages.c.outcome.not_in(("sending", "down"))
    return f"{due.row.survey}-{due.connection.execute(settled.where(known)).scalar_one() + 1}"


def _suppressed(due: Due, client: Client) -> bool:
    return is_suppressed(due.connection, due.tenant.name, digests(due.post.secrets, due.tenant.name, client))


def _postpone(due: Due, until: datetime, lane: str | None = None) -> str:
    due.change(due_at=until, lane=due.row.lane if lane is None else lane)
    return "postponed"


def _leave(due: Due, why: str) -> str:
    """No reminder, or no other one: nothing is left to do until the survey runs out."""
    values: dict[str, Any] = {"due_at": due.row.expires_at}
    if why:
        values |= {"detail": f"not reminded: {why}", "state_at": due.now}
    due.change(**values)
    return "not_reminded"


def _drop(due: Due, reason: NotAskedReason, more: str = "") -> str:
    # what the client noticed of an earlier try was asked, whatever stands in the way of the next one
    contacted = was_contacted(due.connection, due.tenant, due.row.survey)
    state = SurveyState.GIVEN_UP if contacted else SurveyState.NOT_ASKED
    due.change(
        state=state.value,
        not_asked=None if contacted else reason.value,
        detail=more or reason.value,
        state_at=due.now,
        sent_at=due.row.sent_at if contacted else None,
    )
    due.count()
    return state.value


def _client(contact: Any) -> Client | None:
    # no contact, or one without its person: written by a closing that was in flight while they were forgotten
    if contact.key is None:
        return None
    known = contact.key.removeprefix("id:") if contact.key.startswith("id:") else ""
    return Client(
        id=known,
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        telegram=contact.telegram or contact.linked or "",
        locale=contact.locale,
        timezone=contact.timezone,
    )
