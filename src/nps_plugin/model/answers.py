"""Hearing: answers, their states, and the evidence that a person gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from .indicators import Fulfilled
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


class Grade(StrEnum):
    """What the circumstances say of who answered; see docs/hearing.md."""

    HUMAN = "human"
    UNCLEAR = "unclear"
    SCANNER = "scanner"


class Effect(StrEnum):
    """What recording an answer, or ruling on one, did."""

    #: the answer counts
    RECORDED = "recorded"
    #: it counts in place of the visitor's earlier one
    CHANGED = "changed"
    #: it was said before; nothing but new words was added
    REPEATED = "repeated"
    #: it differs from the one that counts, and comes from elsewhere: kept, out of the counts, until somebody rules
    SUSPECT = "suspect"
    #: it looks like a scanner's: kept, out of the counts, until a person confirms it or somebody rules
    PROVISIONAL = "provisional"
    #: a person said the same as the provisional answer, which counts now
    CONFIRMED = "confirmed"
    #: it looks like a scanner's and came later than another: kept, out of the counts
    IGNORED = "ignored"
    #: it is out of the counts, and so much is kept of its survey already that it was not
    DROPPED = "dropped"
    #: a ruling made it count
    ACCEPTED = "accepted"
    #: a ruling took it out of the counts
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Evidence(Plain):
    """What a visit left: the agent string and the class (network) of the address, never the address itself."""

    agent: str = ""
    address: str = ""
    #: the request said that nobody has asked for the page yet
    prefetch: bool = False


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
    ticket: str = ""
    closure: int = 0
    host: str = ""
    #: client, portal, operator or import: by which way the score came
    source: str = "client"
    #: the person who entered it, where that is not the client
    by: str = ""
    channel: str = ""
    grade: Grade = Grade.UNCLEAR
    reasons: tuple[str, ...] = ()
    #: what the client said of the indicators that were agreed on; never part of the score
    indicators: Mapping[str, Fulfilled] = field(default_factory=lambda: MappingProxyType({}))
    #: without the characters that reorder text; the store keeps it as it was written
    comment: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Recorded(Plain):
    """What ``record_answer`` gives back: the answer as stored, the verdict that now stands, and what the call did."""

    answer: Answer
    verdict: TicketVerdict
    effect: Effect = Effect.RECORDED
