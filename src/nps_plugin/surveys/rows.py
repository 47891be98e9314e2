"""Surveys between the table and the model."""

from __future__ import annotations

from typing import Any

from ..model import NotAsked, NotAskedReason, Scale, Survey, SurveyState
from ..store.scales import scale_of


def survey_of(row: Any, scale: Scale) -> Survey:
    """A survey from its row."""
    return Survey(
        id=row.survey,
        tenant=row.tenant_id,
        host=row.host,
        ticket=row.ticket,
        closure=row.closure,
        state=SurveyState(row.state),
        scale=scale_of(row.scale, scale),
        due_at=row.due_at or row.expires_at,
        expires_at=row.expires_at,
        channels=tuple(row.channels),
    )


def outcome_of(row: Any, scale: Scale) -> Survey | NotAsked:
    """The survey, or the reason that stands in its row."""
    if row.state == SurveyState.NOT_ASKED:
        return NotAsked(reason=NotAskedReason(row.not_asked), detail=row.detail)
    return survey_of(row, scale)
