"""What happened to the questions about a ticket, for whoever asks why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .plain import Plain


class LogEvent(StrEnum):
    """What can happen to a closure and its questions."""

    CLOSED = "closed"
    PLANNED = "planned"
    NOT_ASKED = "not_asked"
    SKIPPED = "skipped"
    SENDING = "sending"
    SENT = "sent"
    REMINDED = "reminded"
    FAILED = "failed"
    VISITED = "visited"
    ANSWERED = "answered"
    CHANGED = "changed"
    PROVISIONAL = "provisional"
    SUSPECT = "suspect"
    IGNORED = "ignored"
    MARKED = "marked"
    ASKED_WHY = "asked_why"
    EXPLAINED = "explained"
    CALLED = "called"
    REOPENED = "reopened"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    GIVEN_UP = "given_up"
    NOT_REMINDED = "not_reminded"


@dataclass(frozen=True, kw_only=True)
class LogEntry(Plain):
    """One thing that happened, with no address and no comment in it.

    ``respondent`` is 0 for the ticket's client, 1.. for the further respondents, None where the whole closure is meant.
    """

    at: datetime
    what: LogEvent
    closure: int
    respondent: int | None = None
    #: the survey's id, and the channel, where there is one
    survey: str = ""
    channel: str = ""
    #: the reason, the outcome, the score, in plain English
    detail: str = ""
