"""Scales as they are kept: frozen with each survey."""

from __future__ import annotations

from typing import Any

from ..model import SCALES, Scale


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
