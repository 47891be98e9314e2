"""What an operator does with a call: have it for a while, see what to say, enter what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from ..clock import Clock
from ..config.secret import Secret
from ..config.settings import Tenant
from ..errors import CallRefused, CallTaken, UnknownCall
from ..model import (
    Call,
    CallDone,
    CallKind,
    CallNote,
    CallOutcome,
    CallScript,
    Evidence,
    Finding,
    ReportOutcome,
)
from ..responses.indicators import checked
from ..responses.recording import Given, add_indicators, lock_survey, take
from ..store.engine import Store
from ..store.ids import new_id
from ..store.names import fitting, storable
from ..store.scales import scale_of
from ..store.tables import call_notes, calls, messages
from ..store.upsert import insert_or
from ..surveys.reporting import ATTEMPTS, report, wait_after
from ..wording.clean import kept_text
from ..wording.texts import reason_choices
from .queue import contacted, draw, find, open_hours, plan_of, suppressed, undrawn, waiting
from .scripts import script_of

#: How long a call is an operator's own.
LEASE = timedelta(minutes=30)
#: The furthest time at which a client may ask to be called.
LATEST = timedelta(days=7)
#: Characters of what is noted.
NOTE_LIMIT = 4000


class Calls:
    """The operator's queue, ``ratings.calls``; see docs/calls.md. Every method raises ``UnknownTenant``.

    ``operator`` is who calls, as the host knows them: never the ticket's own agent.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        secrets: Sequence[Secret],
        tenant: Callable[[str], Tenant],
        subscribers: Callable[[], Iterable[str]],
        offer: Callable[[], None],
    ) -> None:
        self._store, self._clock, self._secrets = store, clock, secrets
        self._tenant, self._subscribers, self._offer = tenant, subscribers, offer

    def due(self, tenant: str, operator: str, limit: int = 20) -> tuple[Call, ...]:
        """The calls that this operator may make now, the oldest first: free ones, and those that the operator has.

        Nothing in them says who the client is.
        """
        settings, now = self._tenant(tenant), self._clock.now()
        who = _named(operator)
        self._draw(settings, now)
        with self._store.read() as connection:
            rows = waiting(connection, settings, now)
        mine = (
            row
            for row in rows
            if not _is_agent(row, who)
            and (not _held(row, now) or row.claimed_by == who)
            and open_hours(settings, row, now) <= now
        )
        return tuple(_call(settings, row, now) for row, _ in zip(mine, range(max(0, limit)), strict=False))

    def claim(self, tenant: str, call: str, operator: str) -> Call:
        """Have a call for half an hour; again, for half an hour more. Of two operators at once one gets it.

        Raises ``UnknownCall``, ``CallTaken`` where another operator has it, ``CallRefused`` for the ticket's own agent
        and for a client who does not want to be asked any more.
        """
        settings, now, who = self._tenant(tenant), self._clock.now(), _named(operator)
        with self._store.write() as connection:
            row = _open(connection, settings, call, now)
            _refuse_agent(settings, row, who)
            left_alone = suppressed(connection, settings, row, self._secrets)
            if left_alone:
                self._end(connection, settings, row, now)
            else:
                _take_hold(connection, settings, row, who, now)
                row = _open(connection, settings, call, now)
        if left_alone:
            raise CallRefused(f"tenant {tenant}: the client of call {call} does not want to be asked any more")
        return _call(settings, row, now)

    def release(self, tenant: str, call: str, operator: str) -> None:
        """Give a call back to the queue. Nothing happens where the operator does not have it."""
        settings, who = self._tenant(tenant), _named(operator)
        mine = update(calls).filter_by(tenant_id=settings.name, call=storable(call), claimed_by=who)
        with self._store.write() as connection:
            connection.execute(mine.where(calls.c.done_at.is_(None)).values(claimed_by="", claimed_until=None))

    def script(self, tenant: str, call: str, operator: str = "") -> CallScript:
        """What to say and what is known: the ticket, what happened so far and, for the operator who has the call, the
        client's name, telephone and history. Raises ``UnknownCall``, ``CallRefused`` for the ticket's own agent."""
        settings, now, who = self._tenant(tenant), self._clock.now(), operator.strip()
        with self._store.read() as connection:
            row = _open(connection, settings, call, now)
            _refuse_agent(settings, row, who)
            mine = bool(who) and _held(row, now) and row.claimed_by == who
            return script_of(connection, settings, row, _call(settings, row, now), mine=mine)

    def done(
        self,
        tenant: str,
        call: str,
        operator: str,
        outcome: CallOutcome | str,
        *,
        score: int | str | None = None,
        cause: str = "",
        reason: str = "",
        suggestion: str = "",
        finding: Finding | str | None = None,
        later: datetime | None = None,
        indicators: Mapping[str, Any] | None = None,
        evidence: Evidence | None = None,
    ) -> CallDone:
        """Enter what came of a call that the operator has.

        ``reached``: with the ``score`` that the client named, or, of a call that asks why, with ``cause`` (a text, or
        the code of a reason; ``reason`` where there are both) and ``finding``; a score there only where the client
        wants another one, and by the same rules as any second answer. ``indicators``: as in ``record_answer``; what
        the client said before stands. ``busy`` and ``later`` (with the time) put the call back by the plan, ``refused``
        ends it.

        Raises ``UnknownCall``, ``CallTaken``, ``CallRefused`` for what does not fit together, and ``AnswerRefused`` as
        ``record_answer`` does; nothing is stored then.
        """
        settings, now, who = self._tenant(tenant), self._clock.now(), _named(operator)
        with self._store.write() as connection:
            row = _open(connection, settings, call, now)
            said = _said(settings, row, outcome, score, cause, reason, suggestion, finding, later, now)
            # first the survey, then its calls: everybody takes them in this order
            lock_survey(connection, settings, row.survey)
            _check_held(connection, settings, row, who)
            _refuse_agent(settings, row, who)
            given = Given(
                score=score,
                reasons=(said.reason,) if said.reason else (),
                indicators=_of_indicators(settings, row, said, indicators),
                comment=said.cause or None,
                source="operator",
                by=who,
                channel=row.channel,
                evidence=evidence or Evidence(),
            )
            recorded = None
            if score is not None:
                taken = take(connection, settings, row.survey, given, self._subscribers(), now)
                recorded = taken.ledger.recorded(taken.answer, taken.effect)
            elif given.indicators:
                add_indicators(connection, settings, row.survey, given, self._subscribers(), now)
            note = _note(connection, settings, row, said, who, now)
            step = self._question if row.kind == CallKind.QUESTION else self._why
            following = step(connection, settings, row, said, now)
        if recorded is not None or given.indicators or following:
            self._offer()
        return CallDone(note=note, recorded=recorded, next=following)

    def _draw(self, tenant: Tenant, now: datetime) -> None:
        with self._store.read() as connection:
            if not undrawn(connection, tenant):
                return
        with self._store.write() as connection:
            for row in undrawn(connection, tenant):
                draw(connection, tenant, row, self._secrets, now)

    def _question(self, connection: Connection, tenant: Tenant, row: Any, said: _Said, now: datetime) -> str:
        """The way on of a question: its message gets a report, as from any channel that reports later."""
        _close(connection, tenant, row.call, now)
        if said.finding is not None:
            # why was asked and answered in this very call
            _close(connection, tenant, row.survey, now)
        outcome, reason = _REPORTS[said.outcome]
        wait = None if said.later is None else (said.later - now).total_seconds()
        return self._report(
            connection, tenant, row, now, outcome=outcome, reason=reason, noticed=True, retry_after=wait,
            ends=said.outcome is CallOutcome.REFUSED,
        )  # fmt: skip

    def _why(self, connection: Connection, tenant: Tenant, row: Any, said: _Said, now: datetime) -> str:
        attempts = row.attempts + 1
        again = said.outcome in (CallOutcome.BUSY, CallOutcome.LATER)
        tries = plan_of(tenant, row).attempts.get(row.channel, ATTEMPTS)
        spent = attempts >= tries or contacted(connection, tenant, row) >= tenant.ask.max_contacts
        if not again or spent:
            _close(connection, tenant, row.call, now, attempts=attempts)
            return "given_up" if again else ""
        due_at = said.later or open_hours(tenant, row, now + wait_after(attempts))
        values = {"due_at": due_at, "attempts": attempts, "claimed_by": "", "claimed_until": None}
        connection.execute(update(calls).filter_by(tenant_id=tenant.name, call=row.call).values(**values))
        return "retried"

    def _end(self, connection: Connection, tenant: Tenant, row: Any, now: datetime) -> None:
        """The client opted out since the call was planned."""
        _ours(connection, tenant, row, now)
        _close(connection, tenant, row.call, now)
        if row.kind == CallKind.QUESTION:
            outcome, reason = ReportOutcome.FAILED, "the client does not want to be asked"
            self._report(connection, tenant, row, now, outcome=outcome, reason=reason, noticed=False, ends=True)

    def _report(self, connection: Connection, tenant: Tenant, row: Any, now: datetime, **said: Any) -> str:
        message = connection.execute(select(messages).filter_by(tenant_id=tenant.name, message=row.call)).one()
        following = report(connection, tenant, message, subscribers=self._subscribers(), now=now, **said)
        return following if following in ("retried", "given_up") else ""


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What an operator entered, checked."""

    outcome: CallOutcome
    reason: str = ""
    cause: str = field(default="", repr=False)
    suggestion: str = field(default="", repr=False)
    finding: Finding | None = None
    later: datetime | None = None


_REPORTS = {
    CallOutcome.REACHED: (ReportOutcome.DELIVERED, ""),
    CallOutcome.BUSY: (ReportOutcome.BUSY, "an operator called"),
    CallOutcome.LATER: (ReportOutcome.LATER, "the client asks for another time"),
    CallOutcome.REFUSED: (ReportOutcome.REFUSED, "the client told the operator"),
}


def _said(
    tenant: Tenant,
    row: Any,
    outcome: CallOutcome | str,
    score: object,
    cause: str,
    reason: str,
    suggestion: str,
    finding: Finding | str | None,
    later: datetime | None,
    now: datetime,
) -> _Said:
    """What was entered, or ``CallRefused`` naming what does not fit."""
    where = f"tenant {tenant.name}, call {row.call}"
    try:
        result, found = CallOutcome(outcome), None if not finding else Finding(finding)
    except ValueError as error:
        there = f"outcomes: {', '.join(CallOutcome)}; findings: {', '.join(Finding)}"
        raise CallRefused(f"{where}: {error}; {there}") from None
    text, hint = (kept_text(words, NOTE_LIMIT).strip() for words in (cause, suggestion))
    known = [code for code, _ in reason_choices(tenant, tenant.locale)]
    if reason and reason not in known:
        raise CallRefused(f"{where}: no reason {reason!r:.60}; there are {', '.join(known)}")
    code = reason or (text if text in known else "")
    text = "" if text == code else text
    reached = result is CallOutcome.REACHED
    if not reached and (score is not None or found is not None):
        raise CallRefused(f"{where}: a score and a finding come from a client who was reached, not from {result}")
    if reached and row.kind == CallKind.QUESTION and score is None:
        raise CallRefused(f"{where}: reached needs the score that the client named; else the outcome is refused")
    if reached and row.kind == CallKind.WHY and not ((text or code) and found):
        raise CallRefused(f"{where}: a call that asks why needs the cause, and a finding: {', '.join(Finding)}")
    if (result is CallOutcome.LATER) is (later is None):
        raise CallRefused(f"{where}: later, and only later, needs the time at which the client wants to be called")
    if later is not None:
        if later.tzinfo is None:
            raise CallRefused(f"{where}: the time of later has no time zone")
        if not now < later <= now + LATEST or (row.kind == CallKind.QUESTION and later >= row.expires_at):
            raise CallRefused(f"{where}: later must lie ahead, within {LATEST.days} days and the time to answer")
    return _Said(outcome=result, reason=code, cause=text, suggestion=hint, finding=found, later=later)


def _of_indicators(tenant: Tenant, row: Any, said: _Said, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if given and said.outcome is not CallOutcome.REACHED:
        raise CallRefused(
            f"tenant {tenant.name}, call {row.call}: what is said of indicators comes from a client who was reached,"
            f" not from {said.outcome}"
        )
    return checked(tenant, given)


def _note(connection: Connection, tenant: Tenant, row: Any, said: _Said, who: str, now: datetime) -> CallNote:
    values = {
        "at": now,
        "by": who,
        "kind": row.kind,
        "outcome": said.outcome.value,
        "reason": said.reason,
        "cause": said.cause,
        "suggestion": said.suggestion,
        "finding": said.finding.value if said.finding else "",
        "later": said.later,
    }
    key = {"tenant_id": tenant.name, "note": new_id(now), "call": row.call, "survey": row.survey, "client": row.client}
    connection.execute(insert(call_notes).values(**key, **values))
    kind = CallKind(row.kind)
    return CallNote(**{**values, "kind": kind, "outcome": said.outcome, "finding": said.finding})


def _named(operator: str) -> str:
    name = fitting(operator.strip())
    if not name:
        raise CallRefused("operator: who calls must be named")
    return name


def _open(connection: Connection, tenant: Tenant, call: str, now: datetime) -> Any:
    row = find(connection, tenant, storable(call), now)
    if row is None:
        raise UnknownCall(f"tenant {tenant.name}: no call {call!r:.60} waits; it may be over, or answered elsewhere")
    return row


def _is_agent(row: Any, who: str) -> bool:
    return who.casefold() in {name.strip().casefold() for name in (row.credited, row.agent)} - {""}


def _refuse_agent(tenant: Tenant, row: Any, who: str) -> None:
    if _is_agent(row, who):
        raise CallRefused(
            f"tenant {tenant.name}: {who!r:.80} is the agent of ticket {row.ticket!r:.80}, so another person has to"
            " call its client"
        )


def _held(row: Any, now: datetime) -> bool:
    return bool(row.claimed_by) and row.claimed_until is not None and row.claimed_until > now


def _ours(connection: Connection, tenant: Tenant, row: Any, now: datetime) -> None:
    """The row of a question's call, which exists from its first claim on."""
    made = {"tenant_id": tenant.name, "call": row.call, "kind": row.kind, "survey": row.survey, "client": row.client}
    new = insert_or(connection, calls).values(**made, created_at=now, due_at=row.due_at, attempts=row.attempts)
    connection.execute(new.on_conflict_do_nothing())


def _take_hold(connection: Connection, tenant: Tenant, row: Any, who: str, now: datetime) -> None:
    """One statement decides who has it, so that of two at once one is too late."""
    _ours(connection, tenant, row, now)
    free = or_(calls.c.claimed_until.is_(None), calls.c.claimed_until <= now, calls.c.claimed_by == who)
    hold = update(calls).filter_by(tenant_id=tenant.name, call=row.call).where(free, calls.c.done_at.is_(None))
    if not connection.execute(hold.values(claimed_by=who, claimed_until=now + LEASE)).rowcount:
        raise CallTaken(f"tenant {tenant.name}: another operator has call {row.call}")


def _check_held(connection: Connection, tenant: Tenant, row: Any, who: str) -> None:
    """An operator who spoke longer than the lease still has the call, unless another one took it meanwhile."""
    of = select(calls.c.claimed_by).filter_by(tenant_id=tenant.name, call=row.call)
    mine = connection.execute(of.where(calls.c.done_at.is_(None)).with_for_update()).scalar()
    if mine is None:
        raise CallRefused(f"tenant {tenant.name}: call {row.call} must be claimed before anything is entered")
    if mine != who:
        other = "another operator has" if mine else "nobody has"
        error = CallTaken if mine else CallRefused
        raise error(f"tenant {tenant.name}: {other} call {row.call}; claim it first")


def _close(connection: Connection, tenant: Tenant, call: str, now: datetime, **values: Any) -> None:
    of = update(calls).filter_by(tenant_id=tenant.name, call=call).where(calls.c.done_at.is_(None))
    connection.execute(of.values(done_at=now, claimed_by="", claimed_until=None, **values))


def _call(tenant: Tenant, row: Any, now: datetime) -> Call:
    held = _held(row, now)
    return Call(
        id=row.call,
        tenant=tenant.name,
        kind=CallKind(row.kind),
        host=row.host,
        ticket=row.ticket,
        closure=row.closure,
        survey=row.survey,
        due_at=row.due_at,
        queue=row.queue,
        service=row.service,
        attempts=row.attempts,
        score=row.score,
        scale=scale_of(row.scale, tenant.scale).name,
        claimed_by=row.claimed_by if held else "",
        claimed_until=row.claimed_until if held else None,
    )
