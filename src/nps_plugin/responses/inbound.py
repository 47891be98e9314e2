"""What came in over a channel: events become answers by the way of every answer, reports go back into the plan.

Each event is one transaction, and is kept by the provider's id in it, so that a replay does nothing.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..clock import Clock
from ..config.secret import Secret
from ..config.settings import Tenant
from ..errors import AnswerLocked, AnswerRefused, ScoreOffScale, SurveyCancelled, SurveyExpired, trail
from ..links import ClientLinks, is_token, rating_url, token_digest
from ..model import (
    Answered,
    AnswerOutcome,
    AnswerState,
    Blocked,
    Client,
    Commented,
    Effect,
    Event,
    Evidence,
    Grade,
    Linked,
    Moved,
    Reasoned,
    Reported,
    ReportOutcome,
    Scale,
    Scored,
    Stopped,
    SurveyState,
)
from ..ports import Channel, capabilities_of
from ..store import outbox
from ..store.addresses import reply_mark
from ..store.engine import Store
from ..store.ids import new_id
from ..store.names import with_storable
from ..store.scales import scale_of
from ..store.tables import answers, clients, comments, contacts, inbound_events, messages, surveys
from ..store.upsert import insert_or
from ..surveys.asking import WHY
from ..surveys.log import masked
from ..surveys.optout import opt_out, opt_out_client
from ..surveys.reporting import report
from ..wording.catalogue import locale_for
from ..wording.clean import kept_text
from ..wording.replies import choices_of, outcome_text, why_after, why_texts
from ..wording.texts import reason_choices
from .in_text import score_in
from .recording import COMMENT_LIMIT, Given, asked_at, take

log = logging.getLogger(__name__)

#: How long a message may be under way to its provider while something about it comes back already.
_UNDER_WAY = timedelta(minutes=10)
_EFFECTS = {Effect.CHANGED: AnswerOutcome.CHANGED, Effect.REPEATED: AnswerOutcome.THANKS}


#: States in which an answer may be expected.
_ASKED = (SurveyState.SCHEDULED, SurveyState.SENDING, SurveyState.SENT)


class Early(Exception):
    """Something came back about a message whose sending is not finished here, or before what it belongs to: the
    provider is asked to come again."""


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One event with what it is about, in its transaction."""

    connection: Connection
    tenant: Tenant
    channel: str
    event: Event
    now: datetime
    #: the rows of the message and of its survey
    message: Any = None
    survey: Any = None

    @property
    def scale(self) -> Scale:
        return scale_of(self.message.scale or self.survey.scale, self.tenant.scale)


class Inbox:
    """The events of all tenants of one ``Ratings``."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        tenants: Mapping[str, Tenant],
        channels: Mapping[tuple[str, str], Channel],
        secrets: Sequence[Secret],
        base_url: str,
        subscribers: Callable[[], Iterable[str]],
        counts: Counter[str],
    ) -> None:
        self._store, self._clock, self._tenants, self._channels = store, clock, tenants, channels
        self._secrets, self._base_url, self._subscribers, self._counts = secrets, base_url, subscribers, counts

    def take(self, tenant: str, channel: str, events: Iterable[Event]) -> list[Answered]:
        """Keep events in their order; what the client may be told of each. Raises :class:`Early`."""
        told = []
        for event in events:
            with self._store.write() as connection:
                answered = self._one(connection, self._tenants[tenant], channel, event)
            if answered is not None:
                told.append(answered)
        return told

    def reply(self, tenant: str, channel: str, told: Iterable[Answered]) -> None:
        """Tell clients, outside any transaction. Never raises: what is stored is stored."""
        speaker: Any = self._channels[tenant, channel]
        for answered in told if hasattr(speaker, "reply") else ():
            try:
                speaker.reply(answered)
            except Exception as error:  # noqa: BLE001 - the answer is stored; a reply that fails must not undo it
                self._counts["replies_failed"] += 1
                log.warning("tenant %s, channel %s: a reply failed: %s", tenant, channel, trail(error))

    def _one(self, connection: Connection, tenant: Tenant, channel: str, event: Event) -> Answered | None:
        now, event = self._clock.now(), with_storable(event)  # else a provider would come again for ever
        if not self._new(connection, tenant, channel, event, now):
            self._counts["inbound_replays"] += 1
            return None
        case = self._case(connection, tenant, channel, event, now)
        if isinstance(event, Moved):
            _move(case, self._marks(tenant, channel, event.old), event.new)
            return None
        if isinstance(event, Blocked):
            _move(case, self._marks(tenant, channel, event.address), "")
            return None
        if isinstance(event, Linked):
            return self._linked(case)
        if case.message is None:
            if isinstance(event, Stopped) and event.address and not event.token:
                # somebody who was never asked here
                kind = capabilities_of(self._channels[tenant.name, channel]).address or "telegram"
                person: dict[str, Any] = {kind: event.address}
                opt_out_client(connection, tenant, Client(**person), self._secrets[:1], now)
            return self._unknown(case)
        if isinstance(event, Reported):
            said = masked(event.reason)[:300]
            report(
                connection, tenant, case.message, outcome=ReportOutcome(event.outcome), reason=said,
                final=event.final, noticed=event.noticed, retry_after=event.retry_after,
                subscribers=self._subscribers(), now=now,
            )  # fmt: skip
            return None
        if isinstance(event, Stopped):
            opt_out(connection, tenant, case.message.client, self._secrets[:1], now)
            return self._answered(case, AnswerOutcome.STOPPED)
        if case.survey is None:
            return self._unknown(case)
        return self._heard(case)

    def _heard(self, case: _Case) -> Answered:
        """A score, reasons or words."""
        score, words, reasons = _said(case)
        added = score is None
        if added:
            score = _standing_score(case)
            if score is None and words:
                return self._without_score(case, words)
            if score is None and reasons and case.event.reference and case.survey.state in _ASKED:
                # the report of the score may still be on its way
                raise Early
            if score is None:
                return self._answered(case, AnswerOutcome.UNKNOWN)
            if not words and not reasons:
                # the client looks for other reasons to choose from
                return self._answered(case, AnswerOutcome.THANKS, score)
        given = Given(
            score=score,
            reasons=reasons,
            comment=words or None,
            channel=case.channel,
            # a tap, a key or a text comes from somebody who holds the telephone
            evidence=Evidence(agent=case.channel),
            grade=Grade.HUMAN,
            asked_at=asked_at(case.message, case.now),
            scale=case.message.scale,
        )
        try:
            with case.connection.begin_nested():
                taken = take(case.connection, case.tenant, case.survey.survey, given, self._subscribers(), case.now)
                if not added:
                    _adopt(case, taken.answer)
        except AnswerLocked:
            return self._answered(case, AnswerOutcome.LOCKED)
        except (SurveyExpired, SurveyCancelled):
            return self._answered(case, AnswerOutcome.EXPIRED)
        except ScoreOffScale:
            return self._answered(case, AnswerOutcome.UNREAD)
        except AnswerRefused as error:
            log.warning("tenant %s, channel %s: an answer was refused: %s", case.tenant.name, case.channel, error)
            return self._answered(case, AnswerOutcome.UNKNOWN)
        if added:
            return self._answered(case, AnswerOutcome.NOTED, score)
        return self._answered(case, _EFFECTS.get(taken.effect, AnswerOutcome.THANKS), score)

    def _without_score(self, case: _Case, words: str) -> Answered:
        """Words that no score starts: kept, told to the manager, and joined to the answer when one comes."""
        if case.survey.expires_at <= case.now:
            return self._answered(case, AnswerOutcome.EXPIRED)
        comment, survey = new_id(case.now), case.survey
        case.connection.execute(
            insert(comments).values(
                tenant_id=case.tenant.name, comment=comment, answer=None, survey=survey.survey, client=survey.client,
                text=words, at=case.now,
            )
        )  # fmt: skip
        outbox.put(
            case.connection, self._subscribers(), kind="comment_received", tenant=case.tenant.name, now=case.now,
            host=survey.host, ticket=survey.ticket, closure=survey.closure, survey=survey.survey, comment=comment,
            channel=case.channel,
        )  # fmt: skip
        return self._answered(case, AnswerOutcome.NOTED if isinstance(case.event, Commented) else AnswerOutcome.UNREAD)

    def _linked(self, case: _Case) -> Answered | None:
        """The address belongs to the client who opened a link that was made for it. That of a message does not do: it
        is in a mail, which is forwarded."""
        tenant, event = case.tenant, case.event
        client = ClientLinks(self._secrets, self._clock).read(tenant.name, event.token)
        known = select(clients.c.locale).filter_by(tenant_id=tenant.name, client=client)
        row = case.connection.execute(known).first()
        if row is None:
            return self._unknown(case)
        kind = capabilities_of(self._channels[tenant.name, case.channel]).address or "telegram"
        for table in (clients, contacts):
            mine = update(table).where(table.c.tenant_id == tenant.name, table.c.client == client)
            case.connection.execute(mine.values({kind: event.address}))
        locale = locale_for(row.locale, tenant.locale)
        text = outcome_text(AnswerOutcome.LINKED, locale)
        return Answered(outcome=AnswerOutcome.LINKED, event=event, address=event.address, locale=locale, text=text)

    def _unknown(self, case: _Case) -> Answered | None:
        event = case.event
        if event.reference and not event.token and not event.address and self._under_way(case):
            raise Early
        self._counts["inbound_unknown"] += 1
        kind = type(event).__name__.lower()
        log.warning(
            "tenant %s, channel %s: %s event about no message of ours; it may be of another tenant, or deleted",
            case.tenant.name, case.channel, kind,
        )  # fmt: skip
        if isinstance(event, Reported):
            return None
        locale = locale_for(case.tenant.locale)
        text = outcome_text(AnswerOutcome.UNKNOWN, locale)
        return Answered(
            outcome=AnswerOutcome.UNKNOWN, event=event, reference=event.reference, address=event.address,
            token=event.token, locale=locale, text=text,
        )  # fmt: skip

    def _answered(self, case: _Case, outcome: AnswerOutcome, score: int | None = None) -> Answered:
        locale, tenant, event = case.message.locale, case.tenant, case.event
        why, invite = "", ""
        scale = case.scale if case.survey is not None else None
        asks = scale is not None and score in why_after(tenant, scale)
        # whoever chose a reason may choose another
        open_ = outcome in (AnswerOutcome.THANKS, AnswerOutcome.CHANGED) or isinstance(event, Reasoned)
        if open_ and asks:
            why, invite = why_texts(locale)
        return Answered(
            outcome=outcome,
            event=event,
            reference=case.message.reference,
            address=event.address,
            token=event.token,
            score=score,
            locale=locale,
            text=outcome_text(outcome, locale, scale, score),
            why=why,
            reasons=choices_of(tenant, locale) if why else (),
            invite=invite,
            url=rating_url(self._base_url, tenant.name, event.token) if event.token else "",
        )

    # --- finding

    def _new(self, connection: Connection, tenant: Tenant, channel: str, event: Event, now: datetime) -> bool:
        name = f"{type(event).__name__.lower()} {event.event}"
        if len(name) > 200:
            name = f"{name[:100]} {hashlib.sha256(name.encode()).hexdigest()}"
        row = {"tenant_id": tenant.name, "channel": channel, "event": name, "at": now}
        written = insert_or(connection, inbound_events).values(**row).on_conflict_do_nothing()
        return connection.execute(written.returning(inbound_events.c.event)).first() is not None

    def _case(self, connection: Connection, tenant: Tenant, channel: str, event: Event, now: datetime) -> _Case:
        message = survey = None
        found = select(messages).where(messages.c.tenant_id == tenant.name)
        newest = found.order_by(messages.c.message.desc()).limit(1)
        here = messages.c.channel == channel
        if event.token:
            if is_token(event.token):
                message = connection.execute(found.where(messages.c.token_digest == token_digest(event.token))).first()
        elif event.reference:
            message = connection.execute(newest.where(here, messages.c.reference == event.reference)).first()
        if message is None and event.address and not event.token:
            marked = messages.c.address.in_(self._marks(tenant, channel, event.address))
            message = connection.execute(newest.where(here, marked)).first()
        if message is not None:
            survey = connection.execute(select(surveys).filter_by(tenant_id=tenant.name, survey=message.survey)).first()
        return _Case(
            connection=connection, tenant=tenant, channel=channel, event=event, now=now, message=message, survey=survey
        )

    def _marks(self, tenant: Tenant, channel: str, address: str) -> list[str]:
        country = tenant.country_of(channel)
        return [mark for secret in self._secrets if (mark := reply_mark(secret, tenant.name, address, country))]

    def _under_way(self, case: _Case) -> bool:
        """Whether a message of this channel is being sent, whose reference is not kept yet."""
        sending = select(messages.c.message).where(
            messages.c.tenant_id == case.tenant.name,
            messages.c.channel == case.channel,
            messages.c.created_at > case.now - _UNDER_WAY,
            messages.c.outcome == "sending",
        )
        return case.connection.execute(sending.limit(1)).first() is not None


def _said(case: _Case) -> tuple[int | None, str, Sequence[str]]:
    """The score, the words and the reasons of an event."""
    event = case.event
    score, words, reasons = None, "", []
    if isinstance(event, Scored) and case.message.kind == WHY:
        # the score is known: "5 days I waited" is no five
        words = event.text
    elif isinstance(event, Scored):
        score, words = (event.score, "") if event.score is not None else score_in(event.text, case.scale)
    elif isinstance(event, Reasoned):
        known = [code for code, _ in reason_choices(case.tenant, case.tenant.locale)]
        keys = case.tenant.way_of(case.channel).menu_keys
        reasons = [code for one in event.reasons if (code := keys.get(one, one)) in known]
    elif isinstance(event, Commented):
        words = event.text
    return score, kept_text(words, COMMENT_LIMIT).strip(), reasons


def _standing_score(case: _Case) -> int | None:
    counted = select(answers.c.score).filter_by(
        tenant_id=case.tenant.name, survey=case.survey.survey, state=AnswerState.COUNTED.value
    )
    score: int | None = case.connection.execute(counted).scalar()
    return score


def _adopt(case: _Case, answer: str) -> None:
    """Words that came before the score join its answer."""
    case.connection.execute(
        update(comments)
        .where(
            comments.c.tenant_id == case.tenant.name,
            comments.c.survey == case.survey.survey,
            comments.c.answer.is_(None),
        )
        .values(answer=answer)
    )


def _move(case: _Case, marks: Sequence[str], new: str) -> None:
    """Put another address (or none) in the place of one, wherever a message of this channel went to it."""
    event: Any = case.event
    old = event.old if isinstance(event, Moved) else event.address
    whose = select(messages.c.client).where(
        messages.c.tenant_id == case.tenant.name, messages.c.channel == case.channel, messages.c.address.in_(marks)
    )
    known = case.connection.execute(whose.distinct()).scalars().all()
    for table in (clients, contacts):
        for kind in ("phone", "telegram"):
            column = table.c[kind]
            case.connection.execute(
                update(table)
                .where(table.c.tenant_id == case.tenant.name, column == old)
                .where(table.c.client.in_(known) if kind == "phone" else column != "")
                .values({kind: new})
            )
