"""Surveys between the table and the model."""

from __future__ import annotations

from typing import Any

from ..model import SCALES, NotAsked, NotAskedReason, Scale, Survey, SurveyState


def scale_row(scale: Scale) -> dict[str, Any]:
    """What is frozen of a scale with each survey, so that a later change of the configuration cannot move its bands."""
    return {
        "name": scale.name,
        "low": scale.low,
        "high": scale.high,
        "dissatisfied_to": scale.dissatisfied_to,
        "satisfied_from": scale.satisfied_from,
    }


def scale_of(row: dict[str, Any], current: Scale) -> Scale:
    """The frozen scale, with the texts of today's configuration (or the shipped ones) where the points are the same."""
    for known in (current, SCALES.get(row["name"])):
        if known is not None and scale_row(known) == row:
            return known
    return Scale(**row)


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
        due_at=row.due_at,
        expires_at=row.expires_at,
        channels=tuple(row.channels),
    )


def outcome_of(row: Any, scale: Scale) -> Survey | NotAsked:
    """The survey, or the reason that stands in its row."""
    if row.state == SurveyState.NOT_ASKED:
        return NotAsked(reason=NotAskedReason(row.not_asked), detail=row.detail)
    return survey_of(row, scale)
