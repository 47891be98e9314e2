"""The link that is sent where a low key on the telephone leads to one: its page opens at the reasons of that score.

It is one further message, over the next channel of the plan that reaches the client. It counts in ``max_contacts``,
stands in the log, and is sent once: a crash may lose it, and never repeats it.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, exists, func, or_, select, update

from ..config.settings import Tenant
from ..errors import DeliveryError, trail
from ..model import AnswerState, Client, Delivery, NotAskedReason, SurveyState
from ..ports import OPERATOR, capabilities_of
from ..store.addresses import reply_mark
from ..store.call_tables import LINK
from ..store.persons import digests, is_suppressed
from ..store.tables import answer_reasons, answers, calls, clients, closures, comments, contacts, messages, surveys
from ..store.upsert import add
from ..wording.catalogue import locale_for
from ..wording.replies import why_line
from .asking import WHY, Asking, new_message
from .choosing import ADDRESS_TAKEN, full_until, open_there, opens_on, reaches
from .delivery import LONGEST_DOWN, without_person
from .due import Due, Post
from .log import masked
from .quarantine import contacts_so_far, try_locks
from .reporting import ATTEMPTS, told_wait, wait_after
from .rows import survey_of
from .statements import NOTICED

log = logging.getLogger(__name__)

#: How long a sending may take before another worker looks at it again.
_LEASE = timedelta(minutes=10)
_BUSY = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class _Claimed:
    """A link that is ours to send."""

    tenant: Tenant
    channel: str
    call: str
    attempt: int
    asking: Asking


def send_whys(post: Post, now: datetime, limit: int) -> Counter[str]:
    """Send the links that are due; counts of sent, retried and skipped."""
    done: Counter[str] = Counter()
    for _ in range(limit):
        with post.store.write() as connection:
            claimed = _claim(connection, post, now)
        if claimed is None:
            break
        if isinstance(claimed, _Claimed):
            claimed = _send(post, claimed)
        done[claimed] += 1
    return done


def _claim(connection: Connection, post: Post, now: datetime) -> _Claimed | str | None:
    row = connection.execute(_due(post, now)).first()
    if row is None:
        return None
    due = _about(connection, post, row, now)
    sent = select(messages.c.outcome).filter_by(tenant_id=due.tenant.name, survey=row.survey, kind=WHY)
    if set(connection.execute(sent).scalars()) & set(NOTICED):
        # a worker died while it sent it: it may have left
        return _end(due)
    low = row.given is not None and survey_of(row, due.tenant.scale).scale.band(row.given) in due.tenant.ask.ask_why
    if row.state != SurveyState.ANSWERED or row.told or not low or row.expires_at <= now:
        # withdrawn or changed since, or the client has said why already, or the link would lead nowhere
        return _end(due)
    if due.client is None or is_suppressed(
        connection, due.tenant.name, digests(post.secrets, row.tenant_id, due.client)
    ):
        return _end(due)
    name = _channel(due, due.client)
    if name is None:
        return _skip(due, row.answered_over, NotAskedReason.NO_ADDRESS)
    can = capabilities_of(post.channels[due.tenant.name, name])
    if can.address and not can.several and open_there(due, name, getattr(due.client, can.address)):
        # what is sent back would be taken for words about this score: the link waits until that question is over
        return _put_off(due, now + ADDRESS_TAKEN)
    until = max(opens_on(due, name, due.client), full_until(due, name))
    if until > now:
        return _put_off(due, until)
    if not try_locks(connection, due.tenant, due.case):
        return _put_off(due, now + _BUSY)
    if contacts_so_far(connection, due.tenant, due.case) >= due.tenant.ask.max_contacts:
        return _skip(due, name, NotAskedReason.MAX_CONTACTS)
    _put_off(due, now + _LEASE)
    asking = _begin(due, name, "sending")
    return _Claimed(tenant=due.tenant, channel=name, call=row.call, attempt=row.tries + 1, asking=asking)


def _due(post: Post, now: datetime) -> Any:
    counted = and_(
        answers.c.tenant_id == calls.c.tenant_id,
        answers.c.survey == calls.c.survey,
        answers.c.state == AnswerState.COUNTED.value,
    )
    mine = {kind: and_(kind.c.tenant_id == calls.c.tenant_id, kind.c.answer == answers.c.answer) for kind in _WORDS}
    told = or_(*(exists().where(condition) for condition in mine.values()))
    of_survey = and_(surveys.c.tenant_id == calls.c.tenant_id, surveys.c.survey == calls.c.survey)
    closure = ("tenant_id", "host", "ticket", "closure")
    return (
        select(
            surveys,
            calls.c.call,
            calls.c.attempts.label("tries"),
            closures.c.service,
            answers.c.score.label("given"),
            answers.c.channel.label("answered_over"),
            case((told, True), else_=False).label("told"),
        )
        .select_from(calls.join(surveys, of_survey).outerjoin(answers, counted))
        .join(closures, and_(*(surveys.c[name] == closures.c[name] for name in closure)))
        .where(
            calls.c.tenant_id.in_(list(post.tenants)),
            calls.c.kind == LINK,
            calls.c.done_at.is_(None),
            calls.c.due_at <= now,
        )
        .order_by(calls.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=calls)
    )


_WORDS = (answer_reasons, comments)


def _about(connection: Connection, post: Post, row: Any, now: datetime) -> Due:
    tenant = post.tenants[row.tenant_id]
    person = and_(clients.c.tenant_id == contacts.c.tenant_id, clients.c.client == contacts.c.client)
    contact = connection.execute(
        select(contacts, clients.c.key, clients.c.telegram.label("linked"))
        .join(clients, person, isouter=True)
        .where(contacts.c.tenant_id == row.tenant_id, contacts.c.survey == row.survey)
    ).first()
    client = None
    if contact is not None and contact.key is not None:
        names = ("name", "email", "phone", "locale", "timezone")
        client = Client(
            id=contact.key.removeprefix("id:") if contact.key.startswith("id:") else "",
            telegram=contact.telegram or contact.linked or "",
            **{name: getattr(contact, name) for name in names},
        )
    return Due(
        connection=connection, post=post, tenant=tenant, row=row, contact=contact, client=client, service=row.service,
        ask=tenant.plan_of(row.service, row.level), now=now,
    )  # fmt: skip


def _channel(due: Due, client: Client) -> str | None:
    """The next channel of the plan that can carry a link to the client, past those that refused it."""
    tenant = due.tenant
    planned: list[str] = list(due.row.channels)
    start = planned.index(due.row.answered_over) + 1 if due.row.answered_over in planned else 0
    refused = select(messages.c.channel).filter_by(
        tenant_id=tenant.name, survey=due.row.survey, kind=WHY, outcome="refused"
    )
    past = set(due.connection.execute(refused).scalars())
    for name in planned[start:]:
        channel = due.post.channels.get((tenant.name, name))
        speaks = capabilities_of(channel).needs_recording or tenant.adapter_of(name) == OPERATOR
        if channel is None or speaks or name in past:
            continue
        if reaches(channel, client, f"tenant {tenant.name}, channel {name}"):
            return name
    return None


def _begin(due: Due, channel: str, outcome: str, detail: str = "") -> Asking:
    survey = survey_of(due.row, due.tenant.scale)
    locale = locale_for(due.contact.locale, due.tenant.locale)
    can = capabilities_of(due.post.channels.get((due.tenant.name, channel)))
    address = getattr(due.client, can.address) if can.address else ""
    asking, row = new_message(
        due.tenant, survey, due.contact, channel=channel, text=why_line(survey.scale, due.row.given, locale),
        outcome=outcome, now=due.now, kind=WHY, service=due.service, level=due.row.level, detail=detail,
        address=reply_mark(due.post.secrets[0], due.tenant.name, address, due.tenant.country_of(channel)),
        once=_once(due) if can.pending and outcome == "sending" else "",
    )  # fmt: skip
    # the score stands on the scale that it was given on, whatever that of this channel is
    add(due.connection, messages, row | {"scale": due.row.scale})
    client = due.client or asking.client
    return replace(asking, scale=survey.scale, score=due.row.given, client=client)


def _once(due: Due) -> str:
    """The same as before where nobody knows what became of the last try: the provider may have had it."""
    settled = select(func.count()).select_from(messages).filter_by(
        tenant_id=due.tenant.name, survey=due.row.survey, kind=WHY
    ).where(messages.c.outcome.not_in(("sending", "down")))  # fmt: skip
    return f"{due.row.survey}-why-{due.connection.execute(settled).scalar_one() + 1}"


def _send(post: Post, claimed: _Claimed) -> str:
    tenant, where = claimed.tenant.name, f"tenant {claimed.tenant.name}, channel {claimed.channel}"
    outcome, detail, reference, down = "sent", "", "", False
    wait: timedelta | None = None
    try:
        given: object = post.channels[tenant, claimed.channel].send(post.word(claimed.tenant, claimed.asking))
        reference = given.reference[:500] if isinstance(given, Delivery) else ""
    except DeliveryError as error:
        down = error.down and not error.final and not error.noticed
        outcome = "refused" if error.final else "down" if down else "failed"
        detail = masked(without_person(error.reason, claimed.asking.client))[:500]
        usual = _wait_down(post, claimed) if down else wait_after(claimed.attempt)
        wait = timedelta(0) if error.final else told_wait(error.retry_after, usual)
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises, the others are still sent
        outcome, detail = "failed", f"{type(error).__name__} in the channel's adapter"
        wait = wait_after(claimed.attempt)
        log.error("%s: the adapter failed: %s", where, trail(error))  # noqa: TRY400
    now = post.clock.now()
    with post.store.write() as connection:
        message = update(messages).filter_by(tenant_id=tenant, message=claimed.asking.id)
        kept = case((messages.c.outcome == "sending", outcome), else_=messages.c.outcome)
        # where it may have arrived, it keeps the name by which the provider knows it
        kept_by = {"reference": reference} if reference else {}
        connection.execute(message.values(outcome=kept, detail=detail, **kept_by))
        if wait is None or (claimed.attempt >= ATTEMPTS and not down):
            values: dict[str, Any] = {"done_at": now}
        else:
            values = {"due_at": now + wait}
        # a provider that is down is no attempt at the client
        values["attempts"] = claimed.attempt - down
        connection.execute(update(calls).filter_by(tenant_id=tenant, call=claimed.call).values(**values))
    if wait is not None:
        log.warning("%s: the link of survey %s could not be sent (%s)", where, claimed.asking.survey.id, detail)
    return "sent" if wait is None else "given_up" if "done_at" in values else "retried"


def _wait_down(post: Post, claimed: _Claimed) -> timedelta:
    """How long a link waits for a provider that is down: longer each time, as a question does."""
    tried = select(func.count()).select_from(messages).filter_by(
        tenant_id=claimed.tenant.name, survey=claimed.asking.survey.id, channel=claimed.channel, kind=WHY
    )  # fmt: skip
    with post.store.read() as connection:
        return min(wait_after(connection.execute(tried).scalar_one()), LONGEST_DOWN)


def _put_off(due: Due, until: datetime) -> str:
    _change(due, due_at=until)
    return "postponed"


def _end(due: Due) -> str:
    _change(due, done_at=due.now)
    return "skipped"


def _skip(due: Due, channel: str, why: NotAskedReason) -> str:
    """Nothing is sent, and the log says why."""
    _begin(due, channel, "skipped", why.value)
    return _end(due)


def _change(due: Due, **values: Any) -> None:
    due.connection.execute(update(calls).filter_by(tenant_id=due.tenant.name, call=due.row.call).values(**values))
