"""Which answer counts, decided from what stands: the rules of hearing, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..model import AnswerState, Effect, Grade


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who said it, as far as it can be told: two answers of equal visitors are taken for one person's."""

    agent: str = ""
    address: str = ""
    source: str = "client"
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An answer that stands, with the circumstances in which it was given."""

    id: str
    score: int
    state: AnswerState
    grade: Grade
    at: datetime
    #: who gave it, and who confirmed it
    visitors: frozenset[Visitor] = frozenset()
    #: when it came to count by a mark, where it did not from the beginning
    counted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Coming:
    """A score that comes in."""

    score: int
    visitor: Visitor
    grade: Grade
    #: reasons or a comment came with it
    worded: bool = False


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What is to be done: the effect, the state of a new answer (None: no new one), the answer that words go to."""

    effect: Effect
    state: AnswerState | None = None
    #: the standing answer that is meant: repeated, confirmed, or standing where this one is dropped
    about: str | None = None
    #: the standing answers that give way
    supersedes: tuple[str, ...] = ()


#: So many suspect answers of one survey are kept, and so many ignored ones: whoever has a link could add to them for
#: ever. Of each score the first is kept all the same, so that what a person said can be accepted.
BESIDE = 20
#: The answer stands and can no longer change.
LOCKED = None


def window_start(standing: Sequence[Standing]) -> datetime | None:
    """When the edit window began: the first time that an answer counted; None while none has.

    A withdrawn answer was none. What a scanner said begins no window until it counts.
    """
    began = [
        answer.counted_at if answer.grade is Grade.SCANNER else answer.at
        for answer in standing
        if answer.state not in (AnswerState.WITHDRAWN, AnswerState.IGNORED)
    ]
    return min((at for at in began if at is not None), default=None)


def rule(standing: Sequence[Standing], coming: Coming, *, now: datetime, edit_window: timedelta) -> Ruling | None:
    """The ruling on a score that comes in, or ``LOCKED``.

    The first answer counts, unless it is graded a scanner's: then it is provisional until a person says the same, or
    gives way to what a person says. Once one counts: an equal score is a repeat at any time; a scanner's is ignored; a
    different one within the edit window is a change when the same visitor sends it, else suspect, and out of the counts
    until somebody rules; after the window it is refused.
    """
    counted = next((answer for answer in standing if answer.state is AnswerState.COUNTED), None)
    scanner = coming.grade is Grade.SCANNER
    if counted is None:
        return _first([one for one in standing if one.state is AnswerState.PROVISIONAL], standing, coming)
    if counted.score == coming.score and not (scanner and coming.worded):
        return Ruling(effect=Effect.REPEATED, about=counted.id)
    if scanner:
        return _ignored(standing, coming, counted)
    if (said := _said(standing, coming, AnswerState.SUSPECT)) is not None:
        return Ruling(effect=Effect.REPEATED, about=said)
    start = window_start(standing)
    if start is not None and now > start + edit_window:
        return LOCKED
    if coming.visitor in counted.visitors:
        return Ruling(effect=Effect.CHANGED, state=AnswerState.COUNTED, supersedes=(counted.id,))
    return _beside(standing, coming, counted, Ruling(effect=Effect.SUSPECT, state=AnswerState.SUSPECT))


def _first(provisional: Sequence[Standing], standing: Sequence[Standing], coming: Coming) -> Ruling:
    """Nothing counts yet."""
    same = next((answer for answer in provisional if answer.score == coming.score), None)
    if coming.grade is Grade.SCANNER:
        if same is not None:
            return Ruling(effect=Effect.REPEATED, about=same.id)
        if provisional:
            return _ignored(standing, coming, provisional[0])
        return Ruling(effect=Effect.PROVISIONAL, state=AnswerState.PROVISIONAL)
    if same is not None:
        return Ruling(effect=Effect.CONFIRMED, about=same.id)
    gone = tuple(answer.id for answer in provisional)
    return Ruling(effect=Effect.RECORDED, state=AnswerState.COUNTED, supersedes=gone)


def _ignored(standing: Sequence[Standing], coming: Coming, stands: Standing) -> Ruling:
    said = _said(standing, coming, AnswerState.IGNORED)
    if said is not None:
        return Ruling(effect=Effect.IGNORED, about=said)
    return _beside(standing, coming, stands, Ruling(effect=Effect.IGNORED, state=AnswerState.IGNORED))


def _beside(standing: Sequence[Standing], coming: Coming, stands: Standing, ruling: Ruling) -> Ruling:
    """The ruling, while there is room for one more answer in its state."""
    kept = [one.score for one in standing if one.state is ruling.state]
    # who stands by name is no passer-by with a link
    if coming.visitor.source == "client" and len(kept) >= BESIDE and coming.score in kept:
        return Ruling(effect=Effect.DROPPED, about=stands.id)
    return ruling


def _said(standing: Sequence[Standing], coming: Coming, state: AnswerState) -> str | None:
    """The answer by which this visitor said the same before, in such a state."""
    found = (one for one in standing if one.state is state and one.score == coming.score)
    return next((one.id for one in found if coming.visitor in one.visitors), None)
