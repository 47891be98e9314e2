"""The worker's part of asking: claim a due message, send it outside any transaction, keep what came of it.

A crash between two of these steps repeats at most that step: the claim is a lease, and every message has its own token.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, update

from ..errors import DeliveryError, trail
from ..links import token_digest
from ..model import Client, Delivery, Survey, SurveyState
from ..store import outbox
from ..store.folding import queue_fold
from ..store.tables import messages, surveys
from .claiming import ATTEMPTS, Claimed, Post, claim
from .log import masked

log = logging.getLogger(__name__)
#: A longer Retry-After is not believed; seconds.
_LONGEST_WAIT = 7 * 86400

#: Waits between the tries on one channel; a provider's own Retry-After wins.
WAITS = tuple(timedelta(minutes=m) for m in (5, 30, 120, 360))


def send_due(post: Post, now: datetime, limit: int) -> Counter[str]:
    """Send what is due, one claim at a time; counts of sent, reminded, retried, given_up and not_asked, and of what was
    postponed or not_reminded."""
    done: Counter[str] = Counter()
    for _ in range(limit):
        with post.store.write() as connection:
            claimed = claim(connection, post, now)
        if claimed is None:
            break
        if isinstance(claimed, str):
            done[claimed] += 1
            continue
        try:
            channel = post.channels[claimed.tenant.name, claimed.channel]
            delivery = _handed_over(claimed, channel.send(post.word(claimed.tenant, claimed.asking)))
        except Exception as error:  # noqa: BLE001 - whatever a channel raises, the question must not be lost
            done[_failed(post, claimed, error)] += 1
        else:
            done[_sent(post, claimed, delivery)] += 1
    return done


def _handed_over(claimed: Claimed, delivery: object) -> Delivery:
    """What the channel gave back, fit to keep: the message left, and a fault in its receipt must not send another."""
    if isinstance(delivery, Delivery) and isinstance(delivery.reference, str):
        return Delivery(reference=delivery.reference[:500])
    log.error("tenant %s, channel %s: send() gave back no Delivery", claimed.tenant.name, claimed.channel)
    return Delivery()


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
            .values(state=SurveyState.EXPIRED.value, state_at=now)
        ).rowcount


def _sent(post: Post, claimed: Claimed, delivery: Delivery) -> str:
    survey, now, ask = claimed.asking.survey, post.clock.now(), claimed.tenant.ask
    with post.store.write() as connection:
        _message(connection, claimed).values(outcome="sent", reference=delivery.reference).run()
        if claimed.asking.reminder:
            _survey(connection, survey, "sent").values(due_at=survey.expires_at).run()
            return "reminded"
        expires_at = now + ask.expires_after
        # only a question still being sent: the ticket may have been reopened, or the client quicker than we are
        _survey(connection, survey, "sending").values(
            state="sent",
            state_at=now,
            sent_at=now,
            due_at=expires_at if ask.remind_after is None else now + ask.remind_after,
            expires_at=expires_at,
        ).run()
        _news(connection, post, "survey_sent", survey, now, survey=survey.id, channel=claimed.channel)
    return "sent"


def _failed(post: Post, claimed: Claimed, error: Exception) -> str:
    """Keep a failed delivery: another try, the next channel, or given up, and visibly so."""
    survey, now, tenant = claimed.asking.survey, post.clock.now(), claimed.tenant
    known = isinstance(error, DeliveryError)
    reason = error.reason if isinstance(error, DeliveryError) else f"{type(error).__name__} in the channel's adapter"
    # providers repeat addresses and numbers, and what is kept and logged of a failure outlives the person's own rows
    reason = masked(_without(reason, claimed.asking.client))[:500]
    if not known:
        where = f"tenant {tenant.name}, channel {claimed.channel}, survey {survey.id}"
        log.error("%s: the adapter failed: %s", where, trail(error))
    final = (isinstance(error, DeliveryError) and error.final) or claimed.attempt >= tenant.ask.attempts.get(
        claimed.channel, ATTEMPTS
    )
    following = _following(claimed) if final else claimed.channel
    wait = timedelta(0) if final else WAITS[min(claimed.attempt, len(WAITS)) - 1]
    if isinstance(error, DeliveryError) and error.retry_after is not None and not final:
        wait = _told(error.retry_after, wait)
    outcome = "refused" if final else "failed"
    if isinstance(error, DeliveryError) and error.noticed:
        outcome = "unanswered"
    with post.store.write() as connection:
        _message(connection, claimed).values(outcome=outcome, detail=reason).run()
        if claimed.asking.reminder:
            _reminder_failed(connection, survey, now, None if following is None else now + wait, reason)
        else:
            _question_failed(connection, claimed, now, following, wait, reason)
            about = {"survey": survey.id, "channel": claimed.channel, "reason": reason, "final": following is None}
            _news(connection, post, "delivery_failed", survey, now, **about)
    log.warning(
        "tenant %s: ticket %s: %s could not be sent over %s (%s); %s",
        tenant.name,
        survey.ticket,
        f"{'the reminder of ' if claimed.asking.reminder else ''}survey {survey.id}",
        claimed.channel,
        reason,
        "given up" if following is None else f"again over {following} in {wait}",
    )
    if claimed.asking.reminder:
        return "retried" if following else "not_reminded"
    return "given_up" if following is None else "retried"


def _told(seconds: float, usual: timedelta) -> timedelta:
    """The provider's own Retry-After, where it is a number to be believed."""
    return timedelta(seconds=seconds) if 0 <= seconds <= _LONGEST_WAIT else usual


def _question_failed(
    connection: Connection, claimed: Claimed, now: datetime, following: str | None, wait: timedelta, reason: str
) -> None:
    survey = claimed.asking.survey
    change = _survey(connection, survey, "sending").values(state_at=now, sent_at=None)
    if following is None:
        changed = change.values(state="given_up", detail=reason).run()
    else:
        attempts = claimed.attempt if following == claimed.channel else 0
        changed = change.values(state="scheduled", due_at=now + wait, channel=following, attempts=attempts).run()
        if following != claimed.channel:
            queue_fold(
                connection,
                tenant=survey.tenant,
                host=survey.host,
                ticket=survey.ticket,
                closure=survey.closure,
                now=now,
            )
    if not changed:
        # withdrawn meanwhile: nothing left, so nobody is in quarantine for it
        _survey(connection, survey, "cancelled").values(sent_at=None).run()


def _reminder_failed(
    connection: Connection, survey: Survey, now: datetime, again: datetime | None, reason: str
) -> None:
    change = _survey(connection, survey, "sent")
    if again is None:
        change = change.values(due_at=survey.expires_at, detail=f"not reminded: {reason}", state_at=now)
    else:
        change = change.values(due_at=again)
    change.run()


def _following(claimed: Claimed) -> str | None:
    # a reminder goes the way of its question, or not at all
    if claimed.asking.reminder:
        return None
    channels = claimed.asking.survey.channels
    rest = channels[channels.index(claimed.channel) + 1 :]
    return rest[0] if rest else None


@dataclass(frozen=True)
class _Change:
    """One UPDATE of one row, held together until it runs."""

    connection: Connection
    statement: Any

    def values(self, **values: Any) -> _Change:
        return replace(self, statement=self.statement.values(**values))

    def run(self) -> int:
        """Execute it; how many rows it changed."""
        return self.connection.execute(self.statement).rowcount


def _survey(connection: Connection, survey: Survey, state: str | None = None) -> _Change:
    statement = update(surveys).where(surveys.c.tenant_id == survey.tenant, surveys.c.survey == survey.id)
    return _Change(connection, statement if state is None else statement.where(surveys.c.state == state))


def _message(connection: Connection, claimed: Claimed) -> _Change:
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


def _without(text: str, client: Client) -> str:
    """The text without what is known of a person: the name, the addresses, a mailbox without its domain."""
    words = {client.name, client.email, client.email.partition("@")[0], client.phone, client.telegram}
    for word in sorted(words, key=len, reverse=True):
        # shorter ones stand in every word
        if len(word) >= 3:
            text = re.sub(re.escape(word), "***", text, flags=re.IGNORECASE)
    return text
