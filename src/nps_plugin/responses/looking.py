"""What a link stands for: read only, and nothing personal in it, since mails are forwarded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, select

from ..config.settings import Tenant
from ..model import AnswerState, Survey, SurveyState
from ..store.tables import answers, surveys
from ..surveys.rows import survey_of
from .recording import survey_by_token


class Standing(StrEnum):
    """What a link can still do."""

    OPEN = "open"
    #: answered, and the answer may still change
    CHANGEABLE = "changeable"
    #: answered, and the edit window is over
    LOCKED = "locked"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the page may know of a link: never a name, an address or a comment."""

    tenant: Tenant
    survey: Survey
    standing: Standing
    locale: str
    #: the question in that language, as the message asked it
    question: str


def look(connection: Connection, tenant: Tenant, token: str, now: datetime) -> Look:
    """What the link stands for. Raises ``TokenUnknown``."""
    message = survey_by_token(connection, tenant.name, token)
    row = connection.execute(select(surveys).filter_by(tenant_id=tenant.name, survey=message.survey)).one()
    first = connection.execute(
        select(func.min(answers.c.at)).where(
            answers.c.tenant_id == tenant.name,
            answers.c.survey == message.survey,
            answers.c.state.in_([AnswerState.COUNTED, AnswerState.SUPERSEDED, AnswerState.PROVISIONAL]),
        )
    ).scalar()
    return Look(
        tenant=tenant,
        survey=survey_of(row, tenant.scale),
        standing=_standing(row.state, row.expires_at, first, tenant, now),
        locale=message.locale,
        question=message.question,
    )


def _standing(state: str, expires_at: datetime, answered: datetime | None, tenant: Tenant, now: datetime) -> Standing:
    if answered is not None:
        return Standing.CHANGEABLE if now <= answered + tenant.ask.edit_window else Standing.LOCKED
    if state in (SurveyState.CANCELLED, SurveyState.NOT_ASKED):
        return Standing.CANCELLED
    if state == SurveyState.EXPIRED or expires_at <= now:
        return Standing.EXPIRED
    return Standing.OPEN
