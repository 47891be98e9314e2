"""Reading answers with the words that came with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from ..config.settings import Tenant
from ..model import Answer, AnswerState, Band, Grade
from ..store.tables import answer_reasons, answers, comments, surveys
from ..wording.clean import clean_text


def read_answer(connection: Connection, tenant: Tenant, answer: str) -> Answer | None:
    """One answer, with its reasons in the order given and its comments below each other; None where there is none."""
    found = _read(connection, tenant, _answers(tenant).where(answers.c.answer == answer))
    return found[0] if found else None


def list_answers(
    connection: Connection,
    tenant: Tenant,
    *,
    states: Iterable[AnswerState] = (),
    ticket: str | None = None,
    host: str = "",
    limit: int = 100,
) -> tuple[Answer, ...]:
    """Answers in these states (all when none is named), of one ticket or of all; the newest first."""
    query = _answers(tenant)
    wanted = [AnswerState(state).value for state in states]
    if wanted:
        query = query.where(answers.c.state.in_(wanted))
    if ticket is not None:
        query = query.where(surveys.c.host == host, surveys.c.ticket == ticket)
    query = query.order_by(answers.c.at.desc(), answers.c.answer.desc()).limit(limit)
    return tuple(_read(connection, tenant, query))


def _answers(tenant: Tenant) -> Select[Any]:
    return (
        select(answers, surveys.c.scale, surveys.c.host, surveys.c.ticket, surveys.c.closure)
        .join(surveys, (surveys.c.tenant_id == answers.c.tenant_id) & (surveys.c.survey == answers.c.survey))
        .where(answers.c.tenant_id == tenant.name)
    )


def _read(connection: Connection, tenant: Tenant, query: Select[Any]) -> list[Answer]:
    rows: Sequence[Any] = connection.execute(query).all()
    if not rows:
        return []
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    texts: defaultdict[str, list[str]] = defaultdict(list)
    ids = [row.answer for row in rows]
    given = select(answer_reasons).where(answer_reasons.c.tenant_id == tenant.name, answer_reasons.c.answer.in_(ids))
    for row in connection.execute(given.order_by(answer_reasons.c.at, answer_reasons.c.reason)):
        reasons[row.answer].append(row.reason)
    said = select(comments).where(comments.c.tenant_id == tenant.name, comments.c.answer.in_(ids))
    for row in connection.execute(said.order_by(comments.c.at, comments.c.comment)):
        texts[row.answer].append(clean_text(row.text))
    return [
        Answer(
            id=row.answer,
            tenant=tenant.name,
            survey=row.survey,
            host=row.host,
            ticket=row.ticket,
            closure=row.closure,
            score=row.score,
            scale=row.scale["name"],
            band=Band(row.band),
            state=AnswerState(row.state),
            grade=Grade(row.grade),
            at=row.at,
            source=row.source,
            by=row.by,
            channel=row.channel,
            reasons=tuple(reasons[row.answer]),
            comment="\n\n".join(texts[row.answer]),
        )
        for row in rows
    ]
