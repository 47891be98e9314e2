"""Recording an answer: one row added, its words and circumstances beside it, the news of it written with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..config.settings import Tenant
from ..errors import AnswerLocked, SurveyCancelled, SurveyExpired, TokenUnknown, UnknownReason, UnknownSurvey
from ..links import is_token, token_digest
from ..model import Answer, AnswerState, Band, Effect, Evidence, Recorded, SurveyState
from ..store import outbox
from ..store.ids import new_id
from ..store.scales import scale_of
from ..store.tables import answer_marks, answer_reasons, answers, comments, messages, surveys
from ..store.tables import evidence as evidences
from ..store.upsert import insert_or
from ..verdicts import read_verdict
from ..wording.texts import reason_choices
from .arbiter import LOCKED, Standing, rule
from .reading import read_answer

#: A longer comment is cut here; pages say so beforehand.
COMMENT_LIMIT = 10_000


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer as it comes in, from whatever way it comes."""

    score: object
    reasons: Sequence[str] = ()
    comment: str | None = field(default=None, repr=False)
    source: str = "client"
    by: str = ""
    channel: str = ""
    evidence: Evidence = field(default_factory=Evidence)


def survey_by_token(connection: Connection, tenant: str, token: str) -> Any:
    """The message row of a token, with its survey. Raises ``TokenUnknown``; another tenant's token is unknown here."""
    row = None
    if is_token(token):
        row = connection.execute(select(messages).filter_by(tenant_id=tenant, token_digest=token_digest(token))).first()
    if row is None:
        raise TokenUnknown(f"tenant {tenant}: no message has this link; it may be cut short, or the survey was deleted")
    return row


def record(
    connection: Connection, tenant: Tenant, survey_id: str, given: Given, subscribers: Iterable[str], now: datetime
) -> Recorded:
    """Record one answer, or the words that come with the score that stands. Raises ``AnswerRefused`` or
    ``UnknownSurvey``."""
    row = connection.execute(
        select(surveys).filter_by(tenant_id=tenant.name, survey=survey_id).with_for_update()
    ).first()
    if row is None:
        raise UnknownSurvey(f"tenant {tenant.name}: there is no survey {survey_id!r}")
    scale = scale_of(row.scale, tenant.scale)
    score = scale.check(given.score)
    _check_reasons(tenant, given.reasons)
    standing = _standing(connection, tenant.name, survey_id)
    if row.state == SurveyState.CANCELLED and not standing:
        raise SurveyCancelled(f"ticket {row.ticket} was reopened; its client is asked again when it is resolved")
    if row.state != SurveyState.ANSWERED and row.expires_at <= now:
        raise SurveyExpired(f"survey {survey_id}: the time to answer ended at {row.expires_at.isoformat()}")
    ruling = rule(standing, score, given.evidence, now=now, edit_window=tenant.ask.edit_window)
    if ruling is LOCKED:
        raise AnswerLocked(
            f"survey {survey_id} is answered, and an answer may change for {tenant.ask.edit_window} only"
        )
    answer_id = ruling.about
    if ruling.effect is Effect.CHANGED and ruling.about is not None:
        _mark(connection, tenant.name, ruling.about, AnswerState.SUPERSEDED, now, "changed by the client")
    if ruling.state is not None:
        answer_id = _add(connection, tenant.name, row, scale.band(score), score, ruling.state, given, now)
    assert answer_id is not None  # noqa: S101 - a ruling has an answer to point to or makes one
    words = _add_words(connection, tenant.name, row.client, answer_id, given, now)
    heard = ruling.effect in (Effect.RECORDED, Effect.CHANGED)
    if heard:
        connection.execute(
            update(surveys)
            .filter_by(tenant_id=tenant.name, survey=survey_id)
            .values(state=SurveyState.ANSWERED.value, not_asked=None)
        )
    tell = [kind for kind, due in (("answer_recorded", heard or words), ("verdict_reached", heard)) if due]
    for kind in tell:
        outbox.put(
            connection,
            subscribers,
            kind=kind,
            tenant=tenant.name,
            host=row.host,
            ticket=row.ticket,
            closure=row.closure,
            now=now,
            survey=survey_id,
            answer=answer_id,
        )
    verdict = read_verdict(connection, tenant, row.ticket, row.host, row.closure)
    return Recorded(answer=_answer(connection, tenant, answer_id), verdict=verdict, effect=ruling.effect)


def visit(connection: Connection, tenant: str, token: str, link: str, evidence: Evidence, now: datetime) -> None:
    """Append a visit to the page; nothing else is touched."""
    row = survey_by_token(connection, tenant, token)
    _add_evidence(connection, tenant, row.survey, row.client, None, link, evidence, now)


def _answer(connection: Connection, tenant: Tenant, answer_id: str) -> Answer:
    answer = read_answer(connection, tenant, answer_id)
    assert answer is not None  # noqa: S101 - it was written in this transaction
    return answer


def _check_reasons(tenant: Tenant, reasons: Sequence[str]) -> None:
    known = [code for code, _ in reason_choices(tenant, tenant.locale)]
    unknown = [reason for reason in reasons if reason not in known]
    if unknown:
        raise UnknownReason(f"tenant {tenant.name}: no reason {unknown[0]!r:.60}; there are {', '.join(known)}")


def _standing(connection: Connection, tenant: str, survey: str) -> list[Standing]:
    rows = connection.execute(
        select(answers, evidences.c.agent, evidences.c.address)
        .outerjoin(evidences, (evidences.c.tenant_id == answers.c.tenant_id) & (evidences.c.answer == answers.c.answer))
        .where(
            answers.c.tenant_id == tenant,
            answers.c.survey == survey,
            answers.c.state.in_(
                [AnswerState.COUNTED, AnswerState.SUSPECT, AnswerState.PROVISIONAL, AnswerState.SUPERSEDED]
            ),
        )
        .order_by(answers.c.at, answers.c.answer)
    )
    return [
        Standing(
            id=row.answer,
            score=row.score,
            state=AnswerState(row.state),
            at=row.at,
            evidence=Evidence(agent=row.agent or "", address=row.address or ""),
        )
        for row in rows
    ]


def _add(
    connection: Connection,
    tenant: str,
    survey: Any,
    band: Band,
    score: int,
    state: AnswerState,
    given: Given,
    now: datetime,
) -> str:
    answer = new_id(now)
    connection.execute(
        insert(answers).values(
            tenant_id=tenant,
            answer=answer,
            survey=survey.survey,
            score=score,
            band=band.value,
            state=state.value,
            at=now,
            source=given.source,
            by=given.by,
            channel=given.channel,
        )
    )
    _add_evidence(connection, tenant, survey.survey, survey.client, answer, "submitted", given.evidence, now)
    return answer


def _mark(connection: Connection, tenant: str, answer: str, state: AnswerState, now: datetime, why: str) -> None:
    connection.execute(update(answers).filter_by(tenant_id=tenant, answer=answer).values(state=state.value))
    connection.execute(
        insert(answer_marks).values(
            tenant_id=tenant, answer=answer, mark=new_id(now), state=state.value, at=now, why=why
        )
    )


def _add_words(
    connection: Connection, tenant: str, client: str | None, answer: str, given: Given, now: datetime
) -> bool:
    """Add reasons and a comment that are not there yet; whether anything was added."""
    added = False
    for reason in given.reasons:
        row = insert_or(connection, answer_reasons).values(tenant_id=tenant, answer=answer, reason=reason, at=now)
        written = row.on_conflict_do_nothing().returning(answer_reasons.c.reason)
        added = connection.execute(written).first() is not None or added
    text = (given.comment or "").replace("\x00", "").strip()[:COMMENT_LIMIT]
    if not text:
        return added
    there = connection.execute(select(comments.c.text).filter_by(tenant_id=tenant, answer=answer)).scalars()
    if text in set(there):
        return added
    connection.execute(
        insert(comments).values(tenant_id=tenant, comment=new_id(now), answer=answer, client=client, text=text, at=now)
    )
    return True


def _add_evidence(
    connection: Connection,
    tenant: str,
    survey: str,
    client: str | None,
    answer: str | None,
    link: str,
    evidence: Evidence,
    now: datetime,
) -> None:
    connection.execute(
        insert(evidences).values(
            tenant_id=tenant,
            evidence=new_id(now),
            survey=survey,
            client=client,
            answer=answer,
            link=link,
            at=now,
            address=evidence.address[:64],
            agent=evidence.agent[:300],
        )
    )
