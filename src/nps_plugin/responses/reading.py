"""Reading answers with the words that came with them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..model import Answer, AnswerState, Band
from ..store.tables import answer_reasons, answers, comments, surveys


def read_answer(connection: Connection, tenant: Tenant, answer: str) -> Answer | None:
    """One answer, with its reasons in the order given and its comments below each other; None where there is none."""
    row = connection.execute(
        select(answers, surveys.c.scale)
        .join(surveys, (surveys.c.tenant_id == answers.c.tenant_id) & (surveys.c.survey == answers.c.survey))
        .where(answers.c.tenant_id == tenant.name, answers.c.answer == answer)
    ).first()
    if row is None:
        return None
    key = {"tenant_id": tenant.name, "answer": answer}
    reasons = select(answer_reasons.c.reason).filter_by(**key).order_by(answer_reasons.c.at, answer_reasons.c.reason)
    texts = select(comments.c.text).filter_by(**key).order_by(comments.c.at, comments.c.comment)
    return Answer(
        id=answer,
        tenant=tenant.name,
        survey=row.survey,
        score=row.score,
        scale=row.scale["name"],
        band=Band(row.band),
        state=AnswerState(row.state),
        at=row.at,
        source=row.source,
        by=row.by,
        channel=row.channel,
        reasons=tuple(connection.execute(reasons).scalars()),
        comment="\n\n".join(connection.execute(texts).scalars()),
    )
