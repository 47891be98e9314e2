"""What becomes of a message after a channel took it: its report, and the way on where it failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from ..config.settings import Tenant
from ..model import ReportOutcome, SurveyState
from ..store import outbox
from ..store.folding import queue_fold
from ..store.tables import closures, messages, surveys

#: Tries on one channel, unless ``ask.attempts`` says otherwise.
ATTEMPTS = 5
#: Waits between the tries on one channel; a provider's own Retry-After wins.
WAITS = tuple(timedelta(minutes=m) for m in (5, 30, 120, 360))
#: A longer Retry-After is not believed; seconds.
_LONGEST_WAIT = 7 * 86400
#: Outcomes of which a report may still tell otherwise.
OPEN = ("sending", "sent", "delivered", "down")
#: Which outcomes the client noticed, unless the report says.
_NOTICED = (ReportOutcome.UNANSWERED, ReportOutcome.SILENCE, ReportOutcome.REFUSED)


def told_wait(seconds: float | None, usual: timedelta) -> timedelta:
    """The provider's own Retry-After, where it is a number to be believed."""
    return usual if seconds is None or not 0 <= seconds <= _LONGEST_WAIT else timedelta(seconds=seconds)


def wait_after(attempt: int) -> timedelta:
    """How long to wait after that try, from 1."""
    return WAITS[max(0, min(attempt, len(WAITS)) - 1)]


def following(channels: Sequence[str], channel: str) -> str | None:
    """The channel after that one in a plan."""
    rest = channels[channels.index(channel) + 1 :] if channel in channels else ()
    return rest[0] if rest else None


def report(
    connection: Connection,
    tenant: Tenant,
    message: Any,
    *,
    outcome: ReportOutcome,
    reason: str,
    subscribers: Iterable[str],
    now: datetime,
    final: bool = False,
    noticed: bool | None = None,
    retry_after: float | None = None,
    ends: bool = False,
) -> str:
    """Keep what a provider says of a message (its row), once: "" where it was said before or changes nothing, else
    delivered, retried, given_up or noted (the question is answered or over, or it was a reminder).

    ``reason`` is kept and shown: without addresses. ``ends``: nobody asks again, over no channel.
    """
    ours = messages.c.tenant_id == tenant.name, messages.c.token_digest == message.token_digest
    survey = connection.execute(
        select(surveys).filter_by(tenant_id=tenant.name, survey=message.survey).with_for_update()
    ).first()
    if outcome is ReportOutcome.DELIVERED:
        change = update(messages).where(*ours, messages.c.outcome.in_(("sending", "sent"))).values(outcome="delivered")
        return "delivered" if connection.execute(change).rowcount else ""
    heard = outcome in _NOTICED if noticed is None else noticed
    said = f"{outcome}: {reason}" if reason else outcome.value
    kept = "unanswered" if heard else "refused" if final else "failed"
    change = update(messages).where(*ours, messages.c.outcome.in_(OPEN)).values(outcome=kept, detail=said[:500])
    if not connection.execute(change).rowcount:
        return ""
    if survey is None:
        return "noted"
    if message.kind == "reminder":
        # a reminder goes once, or not at all
        return _change(connection, survey, detail=f"not reminded: {said}"[:500], state_at=now)
    # what seemed not to have arrived did, and nothing was tried since: that was a try, like any other
    arrived = message.outcome == "down" and survey.state == SurveyState.SCHEDULED
    asking = arrived or survey.state in (SurveyState.SENT, SurveyState.SENDING)
    if not asking or survey.channel != message.channel or _newer(connection, message):
        return "noted"
    return _go_on(
        connection, tenant, survey, said, final, retry_after, subscribers, now,
        ends=ends, heard=heard, spent=survey.attempts + arrived,
    )  # fmt: skip


def _go_on(
    connection: Connection,
    tenant: Tenant,
    survey: Any,
    said: str,
    final: bool,
    retry_after: float | None,
    subscribers: Iterable[str],
    now: datetime,
    *,
    spent: int,
    ends: bool = False,
    heard: bool = False,
) -> str:
    key = {name: getattr(survey, name) for name in ("tenant_id", "host", "ticket", "closure")}
    service = connection.execute(select(closures.c.service).filter_by(**key)).scalar() or ""
    tries = tenant.plan_of(service, survey.level).attempts.get(survey.channel, ATTEMPTS)
    last = final or spent >= tries
    lane = following(list(survey.channels), survey.channel) if last else survey.channel
    lane = None if ends else lane
    wait = timedelta(0) if last else told_wait(retry_after, wait_after(spent))
    if lane is None:
        # whoever was asked and refused was asked, and is left in peace as long as everybody else
        sent_at = survey.sent_at if ends and heard else None
        _change(connection, survey, state=SurveyState.GIVEN_UP.value, detail=said[:500], state_at=now, sent_at=sent_at)
    else:
        attempts = 0 if last else spent
        _change(
            connection, survey, state=SurveyState.SCHEDULED.value, state_at=now, sent_at=None, due_at=now + wait,
            channel=lane, lane=lane, attempts=attempts,
        )  # fmt: skip
    where = {"host": survey.host, "ticket": survey.ticket, "closure": survey.closure}
    queue_fold(connection, tenant=tenant.name, now=now, **where)
    about = {"survey": survey.survey, "channel": survey.channel, "reason": said[:500], "final": lane is None}
    outbox.put(connection, subscribers, kind="delivery_failed", tenant=tenant.name, now=now, **where, **about)
    return "given_up" if lane is None else "retried"


def _change(connection: Connection, survey: Any, **values: Any) -> str:
    key = {"tenant_id": survey.tenant_id, "survey": survey.survey}
    connection.execute(update(surveys).filter_by(**key).values(**values))
    return "noted"


def _newer(connection: Connection, message: Any) -> bool:
    """Whether the survey was asked again since: what an older message came to is no news of the newer one."""
    found = select(messages.c.message).where(
        messages.c.tenant_id == message.tenant_id,
        messages.c.survey == message.survey,
        messages.c.kind == "question",
        messages.c.outcome != "skipped",
        messages.c.message > message.message,
    )
    return connection.execute(found.limit(1)).first() is not None
