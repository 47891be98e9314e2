"""Why did this client get this, or nothing: everything that happened to the questions about one ticket, in order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, literal, select

from ..config.settings import Tenant
from ..errors import UnknownTicket
from ..model import AnswerState, Grade, LogEntry, LogEvent, NotAskedReason, SurveyState
from ..store.tables import (
    answer_marks,
    answer_reasons,
    answers,
    call_notes,
    closures,
    comments,
    evidence,
    messages,
    reopenings,
    surveys,
)
from .asking import WHY

_ENDS = {
    SurveyState.NOT_ASKED: LogEvent.NOT_ASKED,
    SurveyState.CANCELLED: LogEvent.CANCELLED,
    SurveyState.EXPIRED: LogEvent.EXPIRED,
    SurveyState.GIVEN_UP: LogEvent.GIVEN_UP,
}
_OUTCOMES = {
    ("question", "sent"): LogEvent.SENT,
    ("reminder", "sent"): LogEvent.REMINDED,
    ("question", "delivered"): LogEvent.SENT,
    ("reminder", "delivered"): LogEvent.REMINDED,
    (WHY, "sent"): LogEvent.ASKED_WHY,
    (WHY, "delivered"): LogEvent.ASKED_WHY,
    ("question", "skipped"): LogEvent.SKIPPED,
    (WHY, "skipped"): LogEvent.SKIPPED,
    ("question", "sending"): LogEvent.SENDING,
    (WHY, "sending"): LogEvent.SENDING,
    ("reminder", "sending"): LogEvent.SENDING,
}
_HEARD = {
    AnswerState.PROVISIONAL: LogEvent.PROVISIONAL,
    AnswerState.SUSPECT: LogEvent.SUSPECT,
    AnswerState.IGNORED: LogEvent.IGNORED,
}
_ORDER = list(LogEvent)
#: Providers repeat addresses and numbers in what they say.
_ADDRESS = re.compile(r"[^\s<>\"',;:]+@[^\s<>\"',;:]+|\+?\d[\d\s().-]{5,}\d")


def read_log(connection: Connection, tenant: Tenant, ticket: str, host: str = "") -> tuple[LogEntry, ...]:
    """The entries of all closures of a ticket, oldest first. Raises ``UnknownTicket``."""
    key = {"tenant_id": tenant.name, "host": host, "ticket": ticket}
    found = list(connection.execute(select(closures).filter_by(**key).order_by(closures.c.closure)))
    again = list(connection.execute(select(reopenings).filter_by(**key)))
    if not found and not again:
        where = f" of host {host!r}" if host else ""
        raise UnknownTicket(f"tenant {tenant.name}: no closing of ticket {ticket!r}{where} is known")
    asked = {row.survey: row for row in connection.execute(select(surveys).filter_by(**key))}
    entries = [_closed(row) for row in found]
    entries += [LogEntry(at=row.at, what=LogEvent.REOPENED, closure=row.closure) for row in again]
    recorded = {row.closure: row.recorded_at for row in found}
    for row in asked.values():
        entries += _survey(row, recorded[row.closure])
    for part in (_messages, _visits, _answers, _calls):
        entries += part(connection, tenant.name, asked)
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.closure, _ORDER.index(entry.what))))


def count_not_asked(
    connection: Connection, tenant: Tenant, since: datetime | None = None, until: datetime | None = None
) -> dict[NotAskedReason, int]:
    """How many respondents were not asked, by reason, of the closings recorded from ``since`` until before
    ``until``."""
    same = [surveys.c[name] == closures.c[name] for name in ("tenant_id", "host", "ticket", "closure")]
    query = (
        select(surveys.c.not_asked, func.count().label("times"))
        .join(closures, and_(*same))
        .where(surveys.c.tenant_id == tenant.name, surveys.c.state == SurveyState.NOT_ASKED.value)
        .group_by(surveys.c.not_asked)
    )
    if since is not None:
        query = query.where(closures.c.recorded_at >= since)
    if until is not None:
        query = query.where(closures.c.recorded_at < until)
    found = {row.not_asked: row.times for row in connection.execute(query)}
    return {reason: int(found.get(reason.value, 0)) for reason in NotAskedReason}


def _closed(row: Any) -> LogEntry:
    kpi = {True: "met", False: "missed", None: f"unknown ({row.kpi_unknown})" if row.kpi_unknown else "unknown"}
    detail = f"resolution-time target {kpi[row.kpi_met]}"
    if row.problem:
        detail += f"; {row.problem}"
    return LogEntry(at=row.recorded_at, what=LogEvent.CLOSED, closure=row.closure, detail=detail)


def _survey(row: Any, recorded_at: datetime) -> Iterator[LogEntry]:
    same = {"closure": row.closure, "respondent": row.respondent, "survey": row.survey}
    state, settled = SurveyState(row.state), row.state_at or recorded_at
    # what was never planned was left out at closing
    if state is not SurveyState.NOT_ASKED or settled > recorded_at:
        detail = f"over {', then '.join(row.channels)}"
        if row.planned_for is not None:
            detail += f"; due {_time(row.planned_for)}"
        if state is SurveyState.SCHEDULED and row.due_at not in (None, row.planned_for):
            detail += f", now put off until {_time(row.due_at)}"
        yield LogEntry(at=recorded_at, what=LogEvent.PLANNED, detail=detail, **same)
    if state in _ENDS:
        said = row.not_asked or ""
        more = masked(row.detail).removeprefix(said).removeprefix(": ")
        detail = ": ".join(part for part in (said, more) if part)
        if state is SurveyState.EXPIRED:
            detail = "; ".join(part for part in (f"the time to answer ended {_time(row.expires_at)}", detail) if part)
        yield LogEntry(at=settled, what=_ENDS[state], channel=row.channel, detail=detail, **same)
    elif state is SurveyState.SENT and row.detail:
        yield LogEntry(at=settled, what=LogEvent.NOT_REMINDED, channel=row.channel, detail=masked(row.detail), **same)


def _messages(connection: Connection, tenant: str, asked: Mapping[str, Any]) -> Iterator[LogEntry]:
    # those of one moment in the order of the plan
    places = {survey: {channel: place for place, channel in enumerate(row.channels)} for survey, row in asked.items()}
    found = connection.execute(select(messages).where(_of(messages, tenant, asked)))
    for row in sorted(found, key=lambda row: (row.created_at, places[row.survey].get(row.channel, len(places)))):
        what = _OUTCOMES.get((row.kind, row.outcome), LogEvent.FAILED)
        detail = ""
        if what is LogEvent.FAILED:
            detail = f"{row.kind} {row.outcome}: {masked(row.detail)}"
        elif what is LogEvent.SKIPPED:
            detail = masked(row.detail)
        elif what is LogEvent.SENDING:
            detail = f"{row.kind} handed to the channel, which has not reported yet"
        yield _entry(asked[row.survey], at=row.created_at, what=what, channel=row.channel, detail=detail)


def _visits(connection: Connection, tenant: str, asked: Mapping[str, Any]) -> Iterator[LogEntry]:
    visits = (
        select(evidence.c.survey, evidence.c.link, func.count().label("times"), func.max(evidence.c.at).label("last"))
        .where(_of(evidence, tenant, asked), evidence.c.link != "submitted")
        .group_by(evidence.c.survey, evidence.c.link)
    )
    for row in connection.execute(visits):
        detail = f"{row.link}: {row.times} time(s), last counted here"
        yield _entry(asked[row.survey], at=row.last, what=LogEvent.VISITED, detail=detail)


def _answers(connection: Connection, tenant: str, asked: Mapping[str, Any]) -> Iterator[LogEntry]:
    in_order = answers.c.survey, answers.c.at, answers.c.answer
    given = list(connection.execute(select(answers).where(_of(answers, tenant, asked)).order_by(*in_order)))
    query = select(answer_marks).where(
        answer_marks.c.tenant_id == tenant, answer_marks.c.answer.in_([row.answer for row in given])
    )
    marks: defaultdict[str, list[Any]] = defaultdict(list)
    for mark in connection.execute(query.order_by(answer_marks.c.at, answer_marks.c.mark)):
        marks[mark.answer].append(mark)
    whose = {row.answer: asked[row.survey] for row in given}
    yield from _words(connection, tenant, whose)
    before: set[str] = set()
    for row in given:
        first = _first_state(row, marks[row.answer], row.survey in before)
        what = _HEARD.get(first, LogEvent.CHANGED if row.survey in before else LogEvent.ANSWERED)
        if first is not AnswerState.SUSPECT:
            before.add(row.survey)
        who = f"{row.source}{f' ({row.by})' if row.by else ''}"
        detail = f"score {row.score} from {who}, graded {row.grade}; {first}"
        yield _entry(asked[row.survey], at=row.at, what=what, channel=row.channel, detail=detail)
        for mark in marks[row.answer]:
            by, why = f" by {mark.by}" if mark.by else "", f": {mark.why}" if mark.why else ""
            detail = f"score {row.score} is {mark.state} now{by}{why}"
            yield _entry(asked[row.survey], at=mark.at, what=LogEvent.MARKED, detail=detail)


def _words(connection: Connection, tenant: str, whose: Mapping[str, Any]) -> Iterator[LogEntry]:
    """That reasons and comments came, and when; a comment's words stay where they are."""
    chosen: defaultdict[tuple[str, datetime], list[str]] = defaultdict(list)
    for table, said in ((answer_reasons, answer_reasons.c.reason), (comments, literal("a comment"))):
        found = select(table.c.answer, table.c.at, said.label("said"))
        mine = found.where(table.c.tenant_id == tenant, table.c.answer.in_(list(whose)))
        for row in connection.execute(mine.order_by(table.c.at, said)):
            chosen[row.answer, row.at].append(row.said)
    for (answer, at), words in chosen.items():
        yield _entry(whose[answer], at=at, what=LogEvent.EXPLAINED, detail=", ".join(words))


def _calls(connection: Connection, tenant: str, asked: Mapping[str, Any]) -> Iterator[LogEntry]:
    for row in connection.execute(select(call_notes).where(_of(call_notes, tenant, asked))):
        found = f"; found: {row.finding}" if row.finding else ""
        detail = f"{row.by} called ({row.kind}): {row.outcome}{found}"
        yield _entry(asked[row.survey], at=row.at, what=LogEvent.CALLED, detail=detail)


def _first_state(answer: Any, marks: Sequence[Any], later: bool) -> AnswerState:
    """What became of an answer when it came in; a row holds what became of it since, its marks hold the changes."""
    if not marks:
        return AnswerState(answer.state)
    if answer.grade == Grade.SCANNER:
        return AnswerState.IGNORED if later else AnswerState.PROVISIONAL
    return AnswerState.SUSPECT if marks[0].state == AnswerState.COUNTED else AnswerState.COUNTED


def _of(table: Table, tenant: str, asked: Mapping[str, Any]) -> ColumnElement[bool]:
    return and_(table.c.tenant_id == tenant, table.c.survey.in_(list(asked)))


def _entry(survey: Any, **values: Any) -> LogEntry:
    return LogEntry(closure=survey.closure, respondent=survey.respondent, survey=survey.survey, **values)


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def masked(text: str) -> str:
    """A provider's words without the addresses and numbers in them."""
    return _ADDRESS.sub("***", text)
