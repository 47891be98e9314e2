"""Hearing: answers, their states, and the evidence that a person gave them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from .plain import Plain
from .scales import Band

if TYPE_CHECKING:
    from .verdicts import TicketVerdict


class AnswerState(StrEnum):
    """Whether an answer counts. Nothing is overwritten: a state changes by a mark that says when, by whom and why."""

    COUNTED = "counted"
    PROVISIONAL = "provisional"
    SUSPECT = "suspect"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    IGNORED = "ignored"


class Effect(StrEnum):
    """What recording an answer did."""

    RECORDED = "recorded"
    CHANGED = "changed"
    REPEATED = "repeated"
    SUSPECT = "suspect"


@dataclass(frozen=True, kw_only=True)
class Evidence(Plain):
    """What a visit left: the agent string and the class (network) of the address, never the address itself."""

    agent: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer(Plain):
    """One score given to one survey, with the words that came with it so far."""

    id: str
    tenant: str
    survey: str
    score: int
    scale: str
    band: Band
    state: AnswerState
    at: datetime
    #: client, operator, import, ... : who is behind the score
    source: str = "client"
    #: the person who entered it, where that is not the client
    by: str = ""
    channel: str = ""
    reasons: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Recorded(Plain):
    """What ``record_answer`` gives back: the answer as stored, the verdict that now stands, and what the call did."""

    answer: Answer
    verdict: TicketVerdict
    effect: Effect = Effect.RECORDED
