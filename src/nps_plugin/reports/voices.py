"""What the counts do not hold: reasons, praise, how many were sent. Read from the facts, only for a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, distinct, func, or_, select

from ..model import AnswerState, Band, SurveyState
from ..store.tables import answer_reasons, answers, closures, comments, contacts, surveys
from .frame import Frame
from .names import vocabulary, without_names

#: how many comments are read to find some to show
READ, SHOWN = 200, 6

_COLUMNS = {"agent": "credited"}
_NAMES = ("credited", "agent", "closed_by", "last_replier")


def reasons(connection: Connection, frame: Frame) -> tuple[dict[str, int], int]:
    """How many dissatisfied answers name each reason, and how many name any."""
    given = _joined().join(
        answer_reasons,
        and_(answer_reasons.c.tenant_id == answers.c.tenant_id, answer_reasons.c.answer == answers.c.answer),
    )
    within = and_(*_where(frame), answers.c.band == Band.DISSATISFIED.value)
    each = select(answer_reasons.c.reason, func.count()).select_from(given).where(within)
    found = connection.execute(each.group_by(answer_reasons.c.reason)).all()
    whole = connection.execute(select(func.count(distinct(answers.c.answer))).select_from(given).where(within)).scalar()
    return {str(row[0]): int(row[1]) for row in found}, whole or 0


def praise(connection: Connection, frame: Frame) -> tuple[str, ...]:
    """The newest comments of satisfied answers, without names."""
    written = (
        _joined()
        .join(comments, and_(comments.c.tenant_id == answers.c.tenant_id, comments.c.answer == answers.c.answer))
        .outerjoin(contacts, and_(contacts.c.tenant_id == surveys.c.tenant_id, contacts.c.survey == surveys.c.survey))
    )
    rows = connection.execute(
        select(comments.c.text, contacts.c.name, contacts.c.email, *(closures.c[name] for name in _NAMES))
        .select_from(written)
        .where(*_where(frame), answers.c.band == Band.SATISFIED.value)
        .order_by(comments.c.at.desc(), comments.c.comment)
        .limit(READ)
    ).all()
    known = vocabulary(row[0] for row in rows)
    names = agents(connection, frame) if rows else ()
    told: list[str] = []
    for text, *own in rows:
        clean = without_names(text, [*names, *(name for name in own if name)], known)
        if clean and clean not in told:
            told.append(clean)
        if len(told) == SHOWN:
            break
    return tuple(told)


def sent(connection: Connection, frame: Frame) -> int:
    """How many closings had a question that left; those whose answer came without one (imports) count as well."""
    asked = and_(surveys.c.tenant_id == closures.c.tenant_id, *(surveys.c[n] == closures.c[n] for n in _KEY))
    left = or_(surveys.c.sent_at.is_not(None), surveys.c.state == SurveyState.ANSWERED.value)
    one = select(*(closures.c[name] for name in _KEY)).select_from(closures.join(surveys, asked))
    inside = one.where(*_scope(frame), *_closed_within(frame), left).distinct().subquery()
    return connection.execute(select(func.count()).select_from(inside)).scalar() or 0


def not_asked(connection: Connection, frame: Frame) -> dict[str, int]:
    """How many closings' clients were not asked, by reason, most first."""
    asked = and_(surveys.c.tenant_id == closures.c.tenant_id, *(surveys.c[n] == closures.c[n] for n in _KEY))
    count = func.count()
    rows = connection.execute(
        select(surveys.c.not_asked, count)
        .select_from(closures.join(surveys, asked))
        .where(*_scope(frame), *_closed_within(frame))
        .where(surveys.c.respondent == 0, surveys.c.state == SurveyState.NOT_ASKED.value)
        .group_by(surveys.c.not_asked)
        .order_by(count.desc(), surveys.c.not_asked)
    ).all()
    return {str(row[0]): int(row[1]) for row in rows}


_KEY = ("host", "ticket", "closure")


def _joined() -> Any:
    """Counted answers with their questions and closings."""
    return answers.join(
        surveys, and_(surveys.c.tenant_id == answers.c.tenant_id, surveys.c.survey == answers.c.survey)
    ).join(closures, and_(closures.c.tenant_id == surveys.c.tenant_id, *(closures.c[n] == surveys.c[n] for n in _KEY)))


def _where(frame: Frame) -> Iterable[ColumnElement[bool]]:
    within = _closed_within(frame)
    if frame.basis == "answered":
        within = [answers.c.at >= frame.since, answers.c.at < frame.until]
    return [
        answers.c.tenant_id == frame.tenant.name,
        answers.c.state == AnswerState.COUNTED.value,
        *_scope(frame),
        *within,
    ]


def _closed_within(frame: Frame) -> list[ColumnElement[bool]]:
    closed = func.coalesce(closures.c.closed_at, closures.c.recorded_at)
    return [closed >= frame.since, closed < frame.until]


def _scope(frame: Frame) -> list[ColumnElement[bool]]:
    """The closings of the slice."""
    conditions: list[ColumnElement[bool]] = [closures.c.tenant_id == frame.tenant.name]
    for name, value in frame.where.items():
        column = _COLUMNS.get(name, name)
        of = closures.c[column] if column in closures.c else closures.c.facts[name].as_string()
        conditions.append(of == value)
    return conditions


def agents(connection: Connection, frame: Frame) -> tuple[str, ...]:
    """The names of all who were credited in the window, whoever a comment is about."""
    found = select(closures.c.credited).distinct().where(closures.c.tenant_id == frame.tenant.name)
    return tuple(connection.execute(found.where(*_closed_within(frame)).limit(2000)).scalars())
