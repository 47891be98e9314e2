"""What is kept of visits and answers, and read again to grade and to arbitrate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from ..model import AnswerState, Evidence, Grade
from ..store.ids import new_id
from ..store.names import storable
from ..store.tables import answer_marks, answers
from ..store.tables import evidence as evidences
from .arbiter import Standing, Visitor
from .reading import by_answer
from .screening import MEMORY, Visit

#: Visits that are looked at; more come only from machines, and their last ones say so.
VISITS = 200


def keep_evidence(
    connection: Connection,
    tenant: str,
    survey: str,
    client: str | None,
    link: str,
    evidence: Evidence,
    now: datetime,
    *,
    answer: str | None = None,
    score: int | None = None,
) -> None:
    """Append one visit: which link, when, the class of the address, the agent string, the score that it carried."""
    connection.execute(
        insert(evidences).values(
            tenant_id=tenant,
            evidence=new_id(now),
            survey=survey,
            client=client,
            answer=answer,
            link=link,
            at=now,
            address=storable(evidence.address)[:64],
            agent=storable(evidence.agent)[:300],
            score=score,
        )
    )


def visits_of(connection: Connection, tenant: str, survey: str, now: datetime) -> list[Visit]:
    """The latest visits to a survey's links, as far back as screening looks."""
    rows = connection.execute(
        select(evidences, answers.c.grade)
        # its time tells the visit that brought the answer from one that confirmed it
        .outerjoin(
            answers,
            (answers.c.tenant_id == evidences.c.tenant_id)
            & (answers.c.answer == evidences.c.answer)
            & (answers.c.at == evidences.c.at),
        )
        .where(
            evidences.c.tenant_id == tenant,
            evidences.c.survey == survey,
            evidences.c.at >= now - MEMORY,
        )
        .order_by(evidences.c.at.desc(), evidences.c.evidence.desc())
        .limit(VISITS)
    )
    return [
        Visit(
            link=row.link,
            at=row.at,
            agent=row.agent,
            address=row.address,
            score=row.score,
            grade=None if row.grade is None else Grade(row.grade),
        )
        for row in rows
    ]


def standing_of(connection: Connection, tenant: str, survey: str) -> list[Standing]:
    """Every answer of a survey, the first one first, with who gave and confirmed it."""
    key = {"tenant_id": tenant, "survey": survey}
    rows = connection.execute(select(answers).filter_by(**key).order_by(answers.c.at, answers.c.answer)).all()
    if not rows:
        return []
    ids = [row.answer for row in rows]
    given = by_answer(connection, tenant, evidences, ids, evidences.c.survey == survey)
    counted = by_answer(connection, tenant, answer_marks, ids, answer_marks.c.state == AnswerState.COUNTED.value)
    return [
        Standing(
            id=row.answer,
            score=row.score,
            state=AnswerState(row.state),
            grade=Grade(row.grade),
            at=row.at,
            visitors=_visitors(row, given[row.answer]),
            counted_at=counted[row.answer][0].at if counted[row.answer] else None,
        )
        for row in rows
    ]


def _visitors(row: Any, evidence: Sequence[Any]) -> frozenset[Visitor]:
    """Who may change the answer. Of a scanner's answer that a person confirmed, only the person."""
    given = [Visitor(agent=one.agent, address=one.address, source=row.source, by=row.by) for one in evidence]
    if not given:
        # the evidence is deleted after a while, and the answer is nobody's then
        return frozenset([Visitor(source=row.source, by=row.by)])
    scanner = row.grade == Grade.SCANNER
    return frozenset(given[1:] if scanner and len(given) > 1 else given)
