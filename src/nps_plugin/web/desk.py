"""What the pages ask of the library behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..config.settings import Tenant
from ..links import Nonces
from ..model import Evidence, Recorded, Survey


class Standing(StrEnum):
    """What a link can still do."""

    OPEN = "open"
    #: answered, and the answer may still change
    CHANGEABLE = "changeable"
    #: answered, and the edit window is over
    LOCKED = "locked"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the page may know of a link: never a name, an address or a comment, since mails are forwarded."""

    tenant: Tenant
    survey: Survey
    standing: Standing
    locale: str
    #: the question in that language, as the message asked it
    question: str


class Desk(Protocol):
    """The library as the pages see it. Nothing but ``record``, ``opt_out`` and ``visited`` writes."""

    nonces: Nonces

    def look(self, tenant: str, token: str) -> Look:
        """What the link stands for. Raises ``UnknownTenant`` or ``TokenUnknown``."""
        ...

    def tenant(self, name: str) -> Tenant | None:
        """An enabled tenant's settings, for its colours on a page about an unknown link."""
        ...

    def visited(self, tenant: str, token: str, link: str, evidence: Evidence) -> None:
        """Append a visit row. Never raises: a page is shown even when it cannot be counted."""
        ...

    def record(
        self, tenant: str, token: str, score: str, *, reasons: Sequence[str], comment: str | None, evidence: Evidence
    ) -> Recorded:
        """Store an answer, or reasons and comment with the score that stands. Raises ``AnswerRefused``."""
        ...

    def opt_out(self, tenant: str, token: str) -> None:
        """Ask the person behind this link no more. Repeats are no-ops. Raises ``TokenUnknown``."""
        ...

    def after_answer(self) -> Callable[[], None]:
        """What to run once the response is sent: offers the news to subscribers in this process."""
        ...
