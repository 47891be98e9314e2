"""Which answer counts, decided from what stands: the rules of hearing, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..model import AnswerState, Effect, Evidence


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An answer that stands, with the circumstances in which it was given."""

    id: str
    score: int
    state: AnswerState
    at: datetime
    evidence: Evidence


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What is to be done: the effect, the state of a new answer (None: no new one), the answer that words go to."""

    effect: Effect
    state: AnswerState | None = None
    #: the standing answer that is meant (a repeat) or gives way (a change)
    about: str | None = None


#: The answer stands and can no longer change.
LOCKED = None


def rule(
    standing: Sequence[Standing], score: int, evidence: Evidence, *, now: datetime, edit_window: timedelta
) -> Ruling | None:
    """The ruling on a score that comes in, or ``LOCKED``.

    The first answer counts. An equal score is a repeat at any time. A different one within the edit window (from the
    first answer) is a change when it comes from the same agent string and address class, else suspect, and out of the
    counts until somebody rules; after the window it is refused.
    """
    counted = next((answer for answer in standing if answer.state is AnswerState.COUNTED), None)
    if counted is None:
        return Ruling(effect=Effect.RECORDED, state=AnswerState.COUNTED)
    if counted.score == score:
        return Ruling(effect=Effect.REPEATED, about=counted.id)
    for answer in standing:
        if answer.state is AnswerState.SUSPECT and answer.score == score and answer.evidence == evidence:
            return Ruling(effect=Effect.REPEATED, about=answer.id)
    if now > min(answer.at for answer in standing) + edit_window:
        return LOCKED
    if counted.evidence == evidence:
        return Ruling(effect=Effect.CHANGED, state=AnswerState.COUNTED, about=counted.id)
    return Ruling(effect=Effect.SUSPECT, state=AnswerState.SUSPECT)
