"""The worker's part of asking: claim a due message, send it outside any transaction, keep what came of it.

A crash between two of these steps repeats at most that step: the claim is a lease, and every message has its own token.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from ..errors import DeliveryError, trail
from ..links import token_digest
from ..model import Client, Delivery, Survey, SurveyState
from ..ports import Connected, capabilities_of
from ..store import outbox
from ..store.folding import queue_fold
from ..store.tables import messages, surveys
from ..store.upsert import change
from .claiming import Claimed, Post, claim
from .lanes import Lanes
from .log import masked
from .reporting import ATTEMPTS, told_wait, wait_after
from .reporting import following as following_channel
from .statements import mark_sent

log = logging.getLogger(__name__)
#: So often in a row a provider is found down before its channel rests for the round.
DOWN = 2
#: So many claims for each message that a round may send.
TURNS = 10
#: The longest wait for a provider that is down: when it is back, the client is not to wait for hours.
LONGEST_DOWN = timedelta(hours=2)


def send_due(post: Post, now: datetime, limit: int) -> Counter[str]:
    """Send what is due, one claim at a time; counts of sent, reminded, retried, given_up and not_asked, and of what was
    postponed or not_reminded.

    Each channel of each tenant is a lane, and whichever has had least of the round's time comes next: neither two
    hundred calls nor another tenant's thousand mails hold up a mail. A channel whose provider is down rests for the
    round.
    """
    done: Counter[str] = Counter()
    lanes = Lanes(post, now)
    # what a rate puts off is no work done, and a long queue of it must neither use up the round nor make it endless
    left, turns = limit, limit * TURNS
    downs: Counter[tuple[str, str]] = Counter()
    sent: tuple[Claimed, Delivery] | None = None
    with ExitStack() as rounds:
        opened: set[tuple[str, str]] = set()
        while left > 0 and turns > 0 and (lane := _turn(post, lanes, sent)) is not None:
            turns -= 1
            claimed, sent = _next(post, lanes.now, lane, sent), None
            if claimed is None:
                lanes.close(lane)
                continue
            lanes.charge(lane)
            if isinstance(claimed, str):
                done[claimed] += 1
                left -= claimed not in ("postponed", "moved")
                if claimed in ("moved", "retried"):
                    lanes.look()
                continue
            left -= 1
            key = claimed.tenant.name, claimed.channel
            try:
                channel = post.channels[key]
                if key not in opened and isinstance(channel, Connected):
                    rounds.enter_context(_round(channel, claimed))
                opened.add(key)
                delivery = _handed_over(claimed, channel.send(post.word(claimed.tenant, claimed.asking)))
            except Exception as error:  # noqa: BLE001 - whatever a channel raises, the question must not be lost
                downs[key] += isinstance(error, DeliveryError) and error.down
                done[_failed(post, claimed, error)] += 1
                if downs[key] >= DOWN:
                    lanes.rest(key)
                lanes.look()
            else:
                downs[key] = 0
                sent = claimed, delivery
                done["reminded" if claimed.asking.reminder else "sent"] += 1
        _keep(post, sent)
    return done


def _turn(post: Post, lanes: Lanes, sent: tuple[Claimed, Delivery] | None) -> tuple[str, str] | None:
    """Whose turn it is; where that cannot be told, what was sent is kept."""
    try:
        return lanes.next()
    except Exception:  # raised again: what has left must not leave once more, whatever is wrong
        _keep(post, sent)
        raise


def _keep(post: Post, sent: tuple[Claimed, Delivery] | None) -> None:
    if sent is not None:
        with post.store.write() as connection:
            _sent(connection, post, *sent)


def _next(
    post: Post, now: datetime, lane: tuple[str, str], sent: tuple[Claimed, Delivery] | None
) -> Claimed | str | None:
    """Keep what was sent, and claim what comes next, in one transaction; where claiming fails, the former is kept."""
    try:
        with post.store.write() as connection:
            if sent is not None:
                _sent(connection, post, *sent)
            return claim(connection, post, now, lane)
    except Exception:  # raised again: what has left must not leave once more, whatever is wrong with the next one
        _keep(post, sent)
        raise


@contextmanager
def _round(channel: Connected, claimed: Claimed) -> Iterator[None]:
    """A channel's round, whose beginning and end undo nothing that was sent in it."""
    where = f"tenant {claimed.tenant.name}, channel {claimed.channel}"
    with ExitStack() as stack:
        try:
            stack.enter_context(channel.round())
        except Exception as error:  # noqa: BLE001 - each message then has its own connection
            log.error("%s: round() failed: %s", where, trail(error))  # noqa: TRY400
        yield
        try:
            stack.close()
        except Exception as error:  # noqa: BLE001 - what was sent is sent
            log.error("%s: the end of a round failed: %s", where, trail(error))  # noqa: TRY400


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


def _sent(connection: Connection, post: Post, claimed: Claimed, delivery: Delivery) -> None:
    survey, now, ask = claimed.asking.survey, post.clock.now(), claimed.tenant.ask
    mark_sent(connection, claimed.tenant.name, claimed.asking.token, delivery.reference)
    ours = {"tenant_id": survey.tenant, "survey": survey.id}
    if claimed.asking.reminder:
        change(connection, surveys, {**ours, "state": "sent"}, due_at=survey.expires_at)
        return
    expires_at = now + ask.expires_after
    due_at = expires_at if ask.remind_after is None else now + ask.remind_after
    within = capabilities_of(post.channels[claimed.tenant.name, claimed.channel]).report_within
    # only a question still being sent: the ticket may have been reopened, or the client quicker than we are
    change(
        connection,
        surveys,
        {**ours, "state": "sending"},
        state="sent",
        state_at=now,
        sent_at=now,
        due_at=due_at if within is None else min(due_at, now + within),
        expires_at=expires_at,
    )
    _news(connection, post, "survey_sent", survey, now, survey=survey.id, channel=claimed.channel)


def _failed(post: Post, claimed: Claimed, error: Exception) -> str:
    """Keep a failed delivery: another try, the next channel, or given up, and visibly so."""
    survey, now, tenant = claimed.asking.survey, post.clock.now(), claimed.tenant
    known = isinstance(error, DeliveryError)
    reason = error.reason if isinstance(error, DeliveryError) else f"{type(error).__name__} in the channel's adapter"
    # providers repeat addresses and numbers, and what is kept and logged of a failure outlives the person's own rows
    reason = masked(without_person(reason, claimed.asking.client))[:500]
    if not known:
        where = f"tenant {tenant.name}, channel {claimed.channel}, survey {survey.id}"
        log.error("%s: the adapter failed: %s", where, trail(error))
    down = isinstance(error, DeliveryError) and error.down and not error.final and not error.noticed
    tries = tenant.plan_of(claimed.asking.service, claimed.level).attempts.get(claimed.channel, ATTEMPTS)
    final = (isinstance(error, DeliveryError) and error.final) or (claimed.attempt >= tries and not down)
    following = _following(claimed) if final else claimed.channel
    wait = timedelta(0) if final else _wait(post, claimed, error, down)
    # where it may have arrived all the same, a report may still tell what became of it
    outcome = "refused" if final else "down" if down else "failed"
    if isinstance(error, DeliveryError) and error.noticed:
        outcome = "unanswered"
    with post.store.write() as connection:
        _message(connection, claimed).values(outcome=outcome, detail=reason).run()
        if claimed.asking.reminder:
            _reminder_failed(connection, survey, now, None if following is None else now + wait, reason)
        else:
            _question_failed(connection, claimed, now, following, wait, reason, counts=not down)
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


def _wait(post: Post, claimed: Claimed, error: Exception, down: bool) -> timedelta:
    """How long to wait for the next try: as the provider says, else longer each time."""
    usual = wait_after(claimed.attempt)
    if down:
        with post.store.read() as connection:
            failed = select(func.count()).select_from(messages)
            before = failed.filter_by(
                tenant_id=claimed.tenant.name, survey=claimed.asking.survey.id, channel=claimed.channel
            )
            usual = min(wait_after(connection.execute(before).scalar_one()), LONGEST_DOWN)
    return told_wait(getattr(error, "retry_after", None), usual)


def _question_failed(
    connection: Connection,
    claimed: Claimed,
    now: datetime,
    following: str | None,
    wait: timedelta,
    reason: str,
    *,
    counts: bool = True,
) -> None:
    survey = claimed.asking.survey
    change = _survey(connection, survey, "sending").values(state_at=now, sent_at=None)
    if following is None:
        changed = change.values(state="given_up", detail=reason).run()
    else:
        # a provider that is down is no attempt at the client
        attempts = claimed.attempt - (not counts) if following == claimed.channel else 0
        changed = change.values(
            state="scheduled", due_at=now + wait, channel=following, lane=following, attempts=attempts
        ).run()
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
    return following_channel(claimed.asking.survey.channels, claimed.channel)


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


def without_person(text: str, client: Client) -> str:
    """The text without what is known of a person: the name, the addresses, a mailbox without its domain."""
    words = {client.name, client.email, client.email.partition("@")[0], client.phone, client.telegram}
    for word in sorted(words, key=len, reverse=True):
        # shorter ones stand in every word
        if len(word) >= 3:
            text = re.sub(re.escape(word), "***", text, flags=re.IGNORECASE)
    return text
