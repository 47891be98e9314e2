"""Calls that an operator makes: to ask the question, or to learn why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .answers import Recorded
from .comparisons import ClientHistory
from .log import LogEntry
from .messages import Choice, Point
from .plain import Plain
from .scales import Scale


class CallKind(StrEnum):
    """What a call is for."""

    #: the question itself, for which no answer is there yet
    QUESTION = "question"
    #: after an answer: why it is what it is
    WHY = "why"


class CallOutcome(StrEnum):
    """What came of one try."""

    REACHED = "reached"
    #: busy, or nobody took it
    BUSY = "busy"
    #: the client wants to be called at another time
    LATER = "later"
    #: the client does not want to speak about it
    REFUSED = "refused"


class Finding(StrEnum):
    """What a call that asked why found."""

    OUR_FAULT = "our_fault"
    #: nothing was wrong; the client now knows what to expect
    EXPECTATION_CORRECTED = "expectation_corrected"


@dataclass(frozen=True, kw_only=True)
class Call(Plain):
    """A call in the queue. Nothing in it says who the client is."""

    id: str
    tenant: str
    kind: CallKind
    ticket: str
    closure: int
    survey: str
    #: since when it may be made
    due_at: datetime
    host: str = ""
    queue: str = ""
    service: str = ""
    #: how often the client was tried
    attempts: int = 0
    #: the score of which it asks why
    score: int | None = None
    scale: str = ""
    #: who has it, and until when
    claimed_by: str = ""
    claimed_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CallNote(Plain):
    """What came of one try. ``cause`` and ``suggestion`` are what the client said, and go when the person does."""

    at: datetime
    by: str
    kind: CallKind
    outcome: CallOutcome
    reason: str = ""
    cause: str = field(default="", repr=False)
    suggestion: str = field(default="", repr=False)
    finding: Finding | None = None
    later: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CallScript(Plain):
    """What the operator sees. ``name``, ``phone``, ``subject``, ``lines`` and the histories are there only for the
    operator who has the call."""

    call: Call
    #: the client's language, in which ``lines``, ``points``, ``reasons`` and ``indicators`` are
    locale: str
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)
    #: what to say, in order
    lines: tuple[str, ...] = field(default=(), repr=False)
    scale: Scale
    points: tuple[Point, ...] = ()
    reasons: tuple[Choice, ...] = ()
    #: what to ask beside the score, each to be answered with yes, partly or no
    indicators: tuple[Choice, ...] = ()
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    kpi_met: bool | None = None
    agent: str = ""
    organization: str = ""
    priority: str = ""
    reopened: int | None = None
    client_history: ClientHistory | None = None
    company_history: ClientHistory | None = None
    #: everything that happened to the questions about this ticket, and the calls so far
    log: tuple[LogEntry, ...] = ()
    notes: tuple[CallNote, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CallDone(Plain):
    """What ``calls.done`` gives back. ``recorded`` where a score was entered; ``next``: retried, given_up or ""
    where the call is over."""

    note: CallNote
    recorded: Recorded | None = None
    next: str = ""
