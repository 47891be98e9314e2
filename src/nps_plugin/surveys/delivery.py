"""The worker's part of asking: claim a due question, send it outside any transaction, keep what came of it.

A crash between two of these steps repeats at most that step: the claim is a lease, and every message has its own token.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from ..clock import Clock
from ..config.secret import Secret
from ..config.settings import Tenant
from ..errors import DeliveryError, trail
from ..links import token_digest
from ..model import Client, Delivery, Message, NotAskedReason, Survey, SurveyState
from ..ports import Channel
from ..store import outbox
from ..store.engine import Store
from ..store.persons import digests, is_suppressed
from ..store.tables import clients, contacts, messages, surveys
from .asking import Asking, begin_message
from .rows import survey_of

log = logging.getLogger(__name__)

#: How long a sending may take before another worker may try it.
LEASE = timedelta(minutes=10)
#: Waits between the tries on one channel; a provider's own Retry-After wins.
WAITS = tuple(timedelta(minutes=m) for m in (5, 30, 120, 360))
ATTEMPTS = 5


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
class _Claimed:
    tenant: Tenant
    channel: str
    asking: Asking
    attempt: int


def send_due(post: Post, now: datetime, limit: int) -> Counter[str]:
    """Send what is due, one claim at a time; counts of sent, retried, given_up and not_asked."""
    done: Counter[str] = Counter()
    for _ in range(limit):
        with post.store.write() as connection:
            claimed = _claim(connection, post, now)
        if claimed is None:
            break
        if isinstance(claimed, str):
            done[claimed] += 1
            continue
        try:
            channel = post.channels[claimed.tenant.name, claimed.channel]
            delivery = channel.send(post.word(claimed.tenant, claimed.asking))
        except Exception as error:  # noqa: BLE001 - whatever a channel raises, the question must not be lost
            done[_failed(post, claimed, error)] += 1
        else:
            _sent(post, claimed, delivery)
            done["sent"] += 1
    return done


def expire_due(post: Post, now: datetime) -> int:
    """Close the questions whose time to answer is over."""
    with post.store.write() as connection:
        return connection.execute(
            update(surveys)
            .where(
                surveys.c.tenant_id.in_(list(post.tenants)),
                surveys.c.state.in_([SurveyState.SCHEDULED, SurveyState.SENDING, SurveyState.SENT]),
                surveys.c.expires_at <= now,
            )
            .values(state=SurveyState.EXPIRED.value)
        ).rowcount


def _claim(connection: Connection, post: Post, now: datetime) -> _Claimed | str | None:
    """The next due question as ours for a while; None where nothing is due, "not_asked" where it falls out at the
    claim."""
    row = connection.execute(
        select(surveys)
        .where(
            surveys.c.tenant_id.in_(list(post.tenants)),
            surveys.c.state.in_([SurveyState.SCHEDULED, SurveyState.SENDING]),
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
    client = _client(contact)
    if client is None or is_suppressed(connection, tenant.name, digests(post.secrets, tenant.name, client)):
        return _not_asked(connection, row, NotAskedReason.OPTED_OUT)
    channel = _channel(post, tenant, row, client)
    if channel is None:
        return _not_asked(connection, row, NotAskedReason.NO_ADDRESS)
    survey = replace(survey_of(row, tenant.scale), expires_at=now + tenant.ask.expires_after)
    attempt = row.attempts + 1 if channel == row.channel else 1
    _survey(connection, survey).values(state="sending", due_at=now + LEASE, channel=channel, attempts=attempt).run()
    text = post.own_text(survey)
    asking = begin_message(connection, tenant, survey, contact, channel=channel, text=text, outcome="sending", now=now)
    return _Claimed(tenant=tenant, channel=channel, asking=asking, attempt=attempt)


def _channel(post: Post, tenant: Tenant, row: Any, client: Client) -> str | None:
    """The channel on which the question stands, else the next in the tenant's order that reaches the client."""
    planned: list[str] = list(row.channels)
    start = planned.index(row.channel) if row.channel in planned else 0
    for name in planned[start:]:
        channel = post.channels.get((tenant.name, name))
        if channel is not None and channel.reaches(client):
            return name
    return None


def _sent(post: Post, claimed: _Claimed, delivery: Delivery) -> None:
    survey, now = claimed.asking.survey, post.clock.now()
    with post.store.write() as connection:
        _message(connection, claimed).values(outcome="sent", reference=delivery.reference).run()
        # only a question still being sent: the ticket may have been reopened, or the client quicker than we are
        _survey(connection, survey, "sending").values(
            state="sent", sent_at=now, expires_at=now + claimed.tenant.ask.expires_after
        ).run()
        _news(connection, post, "survey_sent", survey, now, survey=survey.id, channel=claimed.channel)


def _failed(post: Post, claimed: _Claimed, error: Exception) -> str:
    """Keep a failed delivery: another try, the next channel, or given up, and visibly so."""
    survey, now, tenant = claimed.asking.survey, post.clock.now(), claimed.tenant
    known = isinstance(error, DeliveryError)
    reason = error.reason if isinstance(error, DeliveryError) else f"{type(error).__name__} in the channel's adapter"
    if not known:
        where = f"tenant {tenant.name}, channel {claimed.channel}, survey {survey.id}"
        log.error("%s: the adapter failed: %s", where, trail(error))
    final = (isinstance(error, DeliveryError) and error.final) or claimed.attempt >= tenant.ask.attempts.get(
        claimed.channel, ATTEMPTS
    )
    following = _following(survey, claimed.channel) if final else claimed.channel
    wait = timedelta(0) if final else WAITS[min(claimed.attempt, len(WAITS)) - 1]
    if isinstance(error, DeliveryError) and error.retry_after is not None and not final:
        wait = timedelta(seconds=max(0.0, error.retry_after))
    with post.store.write() as connection:
        _message(connection, claimed).values(outcome="refused" if final else "failed", detail=reason[:500]).run()
        change = _survey(connection, survey, "sending")
        if following is None:
            change.values(state="given_up", detail=reason[:500]).run()
        else:
            attempts = claimed.attempt if following == claimed.channel else 0
            change.values(state="scheduled", due_at=now + wait, channel=following, attempts=attempts).run()
        about = {"survey": survey.id, "channel": claimed.channel, "reason": reason[:500], "final": following is None}
        _news(connection, post, "delivery_failed", survey, now, **about)
    log.warning(
        "tenant %s: ticket %s: %s could not be sent over %s (%s); %s",
        tenant.name,
        survey.ticket,
        f"survey {survey.id}",
        claimed.channel,
        reason,
        "given up" if following is None else f"again over {following} in {wait}",
    )
    return "given_up" if following is None else "retried"


def _following(survey: Survey, channel: str) -> str | None:
    rest = survey.channels[survey.channels.index(channel) + 1 :]
    return rest[0] if rest else None


def _not_asked(connection: Connection, row: Any, reason: NotAskedReason) -> str:
    # a message that left over an earlier channel was asked, whatever the later channels say
    state = "given_up" if row.attempts else "not_asked"
    connection.execute(
        update(surveys)
        .where(surveys.c.tenant_id == row.tenant_id, surveys.c.survey == row.survey)
        .values(state=state, not_asked=reason.value if state == "not_asked" else None, detail=reason.value)
    )
    return state


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


@dataclass(frozen=True)
class _Change:
    """One UPDATE of one row, held together until it runs."""

    connection: Connection
    statement: Any

    def values(self, **values: Any) -> _Change:
        return replace(self, statement=self.statement.values(**values))

    def run(self) -> None:
        self.connection.execute(self.statement)


def _survey(connection: Connection, survey: Survey, state: str | None = None) -> _Change:
    statement = update(surveys).where(surveys.c.tenant_id == survey.tenant, surveys.c.survey == survey.id)
    return _Change(connection, statement if state is None else statement.where(surveys.c.state == state))


def _message(connection: Connection, claimed: _Claimed) -> _Change:
    key = (messages.c.tenant_id == claimed.tenant.name) & (
        messages.c.token_digest == token_digest(claimed.asking.token)
    )
    return _Change(connection, update(messages).where(key))


def _news(connection: Connection, post: Post, kind: str, survey: Survey, now: datetime, /, **about: Any) -> None:
    outbox.put(
        connection,
        post.subscribers(),
        kind=kind,
        tenant=survey.tenant,
        host=survey.host,
        ticket=survey.ticket,
        closure=survey.closure,
        now=now,
        **about,
    )
