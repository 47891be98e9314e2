"""What a link stands for: read only, and nothing personal in it, since mails are forwarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from ..config.settings import Tenant
from ..model import AnswerState, Survey, SurveyState
from ..store.prepared import row_of
from ..store.scales import scale_of
from ..store.tables import surveys
from ..surveys.asking import WHY
from ..surveys.rows import survey_of
from .arbiter import Standing as Answered
from .arbiter import window_start
from .circumstances import standing_of
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
    #: the score already given, where the message only asks why: nobody asks for it anew
    why: int | None = None


def look(connection: Connection, tenant: Tenant, token: str, now: datetime) -> Look:
    """What the link stands for. Raises ``TokenUnknown``."""
    message = survey_by_token(connection, tenant.name, token)
    row = row_of(connection, surveys, {"tenant_id": tenant.name, "survey": message.survey})
    standing = standing_of(connection, tenant.name, message.survey)
    survey, own = survey_of(row, tenant.scale), message.scale
    stands = _standing(row, standing, tenant, now)
    if own is not None and own != row.scale:
        if any(answer.state is not AnswerState.IGNORED for answer in standing):
            # answered over a channel with another scale: this message's scores mean something else
            stands = Standing.LOCKED
        survey = replace(survey, scale=scale_of(own, tenant.scale))
    why = None
    if message.kind == WHY:
        counted = [answer.score for answer in standing if answer.state is AnswerState.COUNTED]
        # reasons and words may join an answer at any time; one that was ruled out wants none
        why = next(iter(counted), None)
        late = message.expires_at <= now
        stands = Standing.EXPIRED if late else Standing.LOCKED if why is None else Standing.CHANGEABLE
    return Look(
        tenant=tenant,
        survey=survey,
        standing=stands,
        why=why,
        locale=message.locale,
        question=message.question,
    )


def _standing(row: Any, standing: Sequence[Answered], tenant: Tenant, now: datetime) -> Standing:
    if any(answer.state is AnswerState.COUNTED for answer in standing):
        start = window_start(standing)
        return Standing.CHANGEABLE if start is None or now <= start + tenant.ask.edit_window else Standing.LOCKED
    # who was asked and opted out afterwards may still answer: the link was sent
    if row.state == SurveyState.CANCELLED:
        return Standing.CANCELLED
    if row.state == SurveyState.EXPIRED or row.expires_at <= now:
        return Standing.EXPIRED
    return Standing.OPEN
