"""What comes back over a channel: a tap, a key, a text, a report. An adapter makes events of what its provider sends;
the core makes answers of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .http import Response
from .messages import Choice
from .plain import Plain


@dataclass(frozen=True, kw_only=True)
class Event(Plain):
    """One thing that happened at a provider's.

    ``event`` is the provider's own id of it: the same id of the same kind again is a replay, and does nothing. Without
    one, make it of what is always sent, such as the reference and the state. ``at`` is aware; now, where the provider
    does not say.

    What it is about is named by one of three: ``token`` (:attr:`Message.token`), ``reference`` (what ``send`` gave
    back), or the client's ``address`` as the host has it, which means the open question there.
    """

    event: str
    at: datetime
    token: str = field(default="", repr=False)
    reference: str = ""
    address: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Scored(Event):
    """The client chose. ``score`` where a button or a key was pressed; else ``text``, as it was written: the value must
    start it ("5, great" is 5, "55" is none on a scale to 5), and what follows is a comment."""

    score: int | None = None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Reasoned(Event):
    """The client said why, by codes of :class:`Choice` or keys of ``Message.menu_keys``; they join the answer that
    stands."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Commented(Event):
    """The client wrote something that is no score; it joins the answer that stands."""

    text: str = field(repr=False)


class ReportOutcome(StrEnum):
    """What a provider says of a message after it took it."""

    DELIVERED = "delivered"
    FAILED = "failed"
    #: the telephone rang, and nobody took it
    UNANSWERED = "unanswered"
    BUSY = "busy"
    #: somebody took it and pressed nothing
    SILENCE = "silence"
    #: the client asks to be called at another time
    LATER = "later"
    #: the client would not: hung up, rejected the call
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Reported(Event):
    """What became of a message: delivered, or the plan goes on. ``final``: another try on this channel would not help.

    ``noticed``: the client noticed it, such as a telephone that rang; None: as the outcome says (``failed`` and
    ``busy`` are not noticed). ``reason`` is told to people, without addresses.
    """

    outcome: ReportOutcome
    reason: str = ""
    final: bool = False
    noticed: bool | None = None
    #: seconds until the next try may come, where the provider said so
    retry_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class Linked(Event):
    """``address`` (a chat) belongs to the client of ``token`` from now on."""


@dataclass(frozen=True, kw_only=True)
class Blocked(Event):
    """Nothing reaches ``address`` any more: the client blocked us there, or the number is no more."""


@dataclass(frozen=True, kw_only=True)
class Moved(Event):
    """``old`` has become ``new``, such as a chat that was migrated."""

    old: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Stopped(Event):
    """The client asks not to be asked again: "STOP" in a short message."""


@dataclass(frozen=True, kw_only=True)
class Received(Plain):
    """What a request or a poll held. ``response`` is what the provider wants to hear; None for an empty 200.

    ``cursor`` is for a channel that is polled: it is handed to the next ``poll`` once these events are kept.
    """

    events: tuple[Event, ...] = ()
    response: Response | None = None
    cursor: str = ""


class AnswerOutcome(StrEnum):
    """What became of an event that a client may be told of."""

    #: the score is stored
    THANKS = "thanks"
    #: it took the place of the client's earlier one
    CHANGED = "changed"
    #: reasons or words joined the answer
    NOTED = "noted"
    #: no score starts the text: it is kept as a comment without a score
    UNREAD = "unread"
    #: answered, and the time in which that may change is over
    LOCKED = "locked"
    #: the time to answer is over, or the question was withdrawn
    EXPIRED = "expired"
    #: it belongs to no question
    UNKNOWN = "unknown"
    LINKED = "linked"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Answered(Plain):
    """What the client may be told of an event, in the language of the message. Handed to ``reply`` after commit.

    ``text`` says what became of it. Where why is asked, ``why`` asks and ``reasons`` are the choices; ``invite`` asks
    for a comment. Empty texts are not to be said.
    """

    outcome: AnswerOutcome
    #: the event that it answers, as the adapter gave it
    event: Event
    #: what ``send`` gave back for the message, where it is known
    reference: str = ""
    #: the client's address on this channel
    address: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    score: int | None = None
    locale: str = "en"
    text: str = ""
    why: str = ""
    reasons: tuple[Choice, ...] = ()
    invite: str = ""
    #: the rating page of the message
    url: str = field(default="", repr=False)
