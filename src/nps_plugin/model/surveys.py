"""Asking: the survey of a closure, why there is none, and what the host gets back at closing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from .plain import Plain
from .scales import Scale


class SurveyState(StrEnum):
    """Where a survey stands."""

    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    ANSWERED = "answered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    GIVEN_UP = "given_up"
    NOT_ASKED = "not_asked"


class NotAskedReason(StrEnum):
    """Why a client is not asked. The first group is final at closing, the second is decided when the survey is
    claimed."""

    EXCLUDED = "excluded"
    SAMPLED_OUT = "sampled_out"
    OPTED_OUT = "opted_out"
    DUPLICATE = "duplicate"
    TOO_OLD = "too_old"
    NO_CONSENT = "no_consent"
    INTERNAL_CLIENT = "internal_client"

    QUARANTINE = "quarantine"
    MAX_CONTACTS = "max_contacts"
    NO_ADDRESS = "no_address"
    NO_RECORDING = "no_recording"


@dataclass(frozen=True, kw_only=True)
class NotAsked(Plain):
    """Why there is no survey: a countable reason, and what a plugin or rule said of it."""

    reason: NotAskedReason
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Exclusion(Plain):
    """What ``nps_exclude_from_survey`` returns to keep a ticket's client from being asked."""

    why: str


@dataclass(frozen=True, kw_only=True)
class KpiCheck(Plain):
    """Resolution time against its target.

    ``met`` is None where time or target is unknown (``unknown`` says which and why). ``worked`` is the time on the SLA
    clock, ``elapsed`` the calendar time that the client lived through, ``target`` what was promised.
    """

    met: bool | None = None
    worked: timedelta | None = None
    elapsed: timedelta | None = None
    target: timedelta | None = None
    unknown: str = ""


@dataclass(frozen=True, kw_only=True)
class Survey(Plain):
    """The question to one person about one closure."""

    id: str
    tenant: str
    ticket: str
    closure: int
    state: SurveyState
    scale: Scale
    due_at: datetime
    expires_at: datetime
    host: str = ""
    channels: tuple[str, ...] = ()
    #: set only where the host itself asks (``channels = ["host"]``)
    _buttons: Callable[[str], str] | None = field(default=None, repr=False, compare=False)

    def buttons(self, form: str = "html") -> str:
        """The question with one link per score, ready for the host's own message, as ``"html"`` or ``"text"``.

        Raises ``ValueError`` where the tenant's plan of channels is not ``["host"]``, since the client would be asked
        twice.
        """
        if self._buttons is None:
            raise ValueError(
                f'tenant {self.tenant}: buttons for the host\'s own message need ask.channels = ["host"];'
                f" this survey goes by {', '.join(self.channels) or 'no channel'}, or the closing is a repeat"
            )
        if form not in ("html", "text"):
            raise ValueError(f'buttons: {form!r} is neither "html" nor "text"')
        return self._buttons(form)


@dataclass(frozen=True, kw_only=True)
class Receipt(Plain):
    """What ``ticket_closed`` gives back. It never raises: ``recorded`` and ``problem`` say how it went.

    Where the closing was recorded, exactly one of ``survey`` and ``not_asked`` is set (for the ticket's client;
    ``others``
    holds the same for the further respondents). ``problem`` also names facts that could not be read; the closing
    stands.
    """

    recorded: bool
    problem: str | None = None
    closure: int | None = None
    #: this resolution was known already; the first facts stay
    repeated: bool = False
    kpi: KpiCheck | None = None
    survey: Survey | None = None
    not_asked: NotAsked | None = None
    others: tuple[Survey | NotAsked, ...] = ()
