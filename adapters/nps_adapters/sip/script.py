"""What is said and asked in one call, and what became of it: a machine of states that knows no telephone and no clock.

Whoever runs it tells what happened on the line and does what comes back. A :class:`Play` is over when the recording
is, a :class:`Wait` after its seconds; each replaces what was waited for before.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from .orders import Order
from .recordings import Recording

#: Seconds after a key in which further ones belong to it: they are evidence, no answer to what is asked next.
SETTLE = 0.7
#: Seconds in which a trunk says that it has heard us.
TRUNK = 6.0
#: Seconds beyond ``ring`` for one that has, and never says that it rings.
SETUP = 15.0
#: What is kept of somebody who presses and presses.
MAX_PRESSED = 40

_BUSY = (486, 600)
_REFUSED = (603, 607, 608)
_UNANSWERED = (408, 480, 487)
_NO_SUCH_NUMBER = (404, 410, 484, 604)


@dataclass(frozen=True)
class Play:
    """Play this recording instead of what is playing."""

    recording: Recording


@dataclass(frozen=True)
class Wait:
    """Let so many seconds pass. What is playing goes on."""

    seconds: float


@dataclass(frozen=True)
class Stop:
    """Nothing is to be heard now."""


@dataclass(frozen=True)
class HangUp:
    """End the call, or stop ringing."""


@dataclass(frozen=True, kw_only=True)
class Tell:
    """What is to be reported."""

    outcome: str
    key: str = ""
    pressed: str = ""
    final: bool = False
    detail: str = ""


@dataclass(frozen=True)
class Amend:
    """Everything that was pressed until now, for what was told last."""

    pressed: str


Action = Play | Wait | Stop | HangUp | Tell | Amend


class _State(Enum):
    DIALLING = auto()
    ASKING = auto()
    LISTENING = auto()
    SETTLING = auto()
    MENU = auto()
    CHOOSING = auto()
    THANKING = auto()
    DONE = auto()


class Script:
    """One call. Exactly one outcome is told, whatever happens; after ``pressed`` there may be one ``reason``."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._state = _State.DIALLING
        self._queue: deque[Recording] = deque()
        self._trunk_answers = self._rings = self._heard = self._asked_why_again = False
        self._rounds = 0
        self._score = self._pressed = ""

    def dialled(self) -> list[Action]:
        """The call is on its way."""
        return [Wait(TRUNK)]

    def progress(self, code: int) -> list[Action]:
        """The trunk said 1xx."""
        if self._state is not _State.DIALLING:
            return []
        first, self._trunk_answers = not self._trunk_answers, True
        if code >= 180 and not self._rings:
            self._rings = True
            return [Wait(self._order.ring)]
        return [Wait(self._order.ring + SETUP)] if first else []

    def answered(self) -> list[Action]:
        """Somebody took it and hears us."""
        return self._ask() if self._state is _State.DIALLING else []

    def key(self, digit: str) -> list[Action]:
        """A key was pressed."""
        if self._state in (_State.DIALLING, _State.DONE):
            return []
        self._pressed = (self._pressed + digit)[:MAX_PRESSED]
        if self._state in (_State.ASKING, _State.LISTENING):
            return self._scored(digit)
        if self._state is _State.SETTLING:
            return [Amend(self._pressed)]
        if self._state in (_State.MENU, _State.CHOOSING):
            return self._chosen(digit)
        return []

    def over(self) -> list[Action]:
        """The recording was played, or the time has passed."""
        match self._state:
            case _State.DIALLING if self._trunk_answers:
                return self._end("unanswered", detail=f"nobody took it in {self._order.ring:g} seconds")
            case _State.DIALLING:
                return self._end("failed", detail="the trunk does not answer")
            case _State.ASKING if self._queue:
                return [Play(self._queue.popleft())]
            case _State.ASKING:
                self._state, self._heard = _State.LISTENING, True
                return [Wait(self._order.wait)]
            case _State.LISTENING if self._rounds < self._order.repeat:
                return self._ask_again()
            case _State.LISTENING:
                return self._end("silence", detail="no key" if not self._pressed else "no key that is a score")
            case _State.SETTLING if self._order.menu and self._score in self._order.menu.after:
                self._state = _State.MENU
                return [Play(self._order.menu.recording)]
            case _State.MENU:
                self._state = _State.CHOOSING
                return [Wait(self._order.wait)]
            case _State.SETTLING | _State.CHOOSING:
                return self._thank()
            case _State.THANKING:
                self._state = _State.DONE
                return [HangUp()]
        return []

    def ended(self, code: int, text: str) -> list[Action]:
        """The call is over, not by us: with this last status of SIP (200 once it was taken)."""
        before, self._state = self._state, _State.DONE
        said = f"{code} {text}".strip()
        if before is _State.DIALLING:
            outcome, final = self._outcome(code)
            return [Tell(outcome=outcome, final=final, detail=said)]
        if before in (_State.ASKING, _State.LISTENING):
            outcome, when = ("silence", "after") if self._heard else ("refused", "during")
            return [Tell(outcome=outcome, pressed=self._pressed, detail=f"hung up {when} the message")]
        return []

    def failed(self, detail: str) -> list[Action]:
        """Our side cannot go on. What was told before stays told."""
        told = self._state not in (_State.DIALLING, _State.ASKING, _State.LISTENING)
        if told:
            self._state = _State.DONE
            return [HangUp()]
        return self._end("failed", detail=detail)

    def _outcome(self, code: int) -> tuple[str, bool]:
        if code in _BUSY:
            return "busy", False
        # before it rang, a 403 is the trunk's: it does not let us call
        if code in _REFUSED or (code == 403 and self._rings):
            return "refused", False
        # a 408 with nothing before it is our own waiting for a trunk that is not there
        if code in _UNANSWERED and (self._trunk_answers or code != 408):
            return "unanswered", False
        return "failed", code in _NO_SUCH_NUMBER

    def _ask(self) -> list[Action]:
        self._state = _State.ASKING
        return [Play(self._order.recording)]

    def _ask_again(self) -> list[Action]:
        self._rounds += 1
        if self._order.again is None:
            return self._ask()
        self._queue = deque([self._order.recording])
        self._state = _State.ASKING
        return [Play(self._order.again)]

    def _scored(self, digit: str) -> list[Action]:
        if digit in self._order.keys:
            self._state, self._score = _State.SETTLING, digit
            return [Stop(), Tell(outcome="pressed", key=digit, pressed=self._pressed), Wait(SETTLE)]
        # in the last round a slip of the finger is passed over: the right key may still come
        return self._ask_again() if self._rounds < self._order.repeat else []

    def _chosen(self, digit: str) -> list[Action]:
        menu = self._order.menu
        if menu is None:
            return []
        if digit in menu.keys:
            return [Tell(outcome="reason", key=digit, pressed=self._pressed), *self._thank()]
        if self._asked_why_again:
            return []
        self._asked_why_again, self._state = True, _State.MENU
        return [Play(menu.recording)]

    def _thank(self) -> list[Action]:
        if self._order.thanks is None:
            self._state = _State.DONE
            return [HangUp()]
        self._state = _State.THANKING
        return [Play(self._order.thanks)]

    def _end(self, outcome: str, *, detail: str) -> list[Action]:
        self._state = _State.DONE
        return [Tell(outcome=outcome, pressed=self._pressed, detail=detail), HangUp()]
