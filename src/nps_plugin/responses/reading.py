"""Reading answers with the words that came with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from ..config.settings import Tenant
from ..model import Answer, AnswerState, Band, Fulfilled, Grade
from ..store.tables import answer_reasons, answers, comments, indicator_answers, surveys
from ..wording.clean import clean_text
from .indicators import stands


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


def by_answer(
    connection: Connection, tenant: str, table: Table, ids: Sequence[str], *where: Any
) -> defaultdict[str, list[Any]]:
    """What a table holds beside these answers, by answer, in the order in which it came."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    query = select(table).where(table.c.tenant_id == tenant, table.c.answer.in_(ids), *where)
    for row in connection.execute(query.order_by(table.c.at, *table.primary_key)):
        found[row.answer].append(row)
    return found


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
    ids = [row.answer for row in rows]
    reasons, texts = (by_answer(connection, tenant.name, table, ids) for table in (answer_reasons, comments))
    said = by_answer(connection, tenant.name, indicator_answers, ids, stands())
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
            reasons=tuple(one.reason for one in reasons[row.answer]),
            indicators={one.indicator: Fulfilled(one.value) for one in said[row.answer]},
            comment="\n\n".join(clean_text(one.text) for one in texts[row.answer]),
        )
        for row in rows
    ]
