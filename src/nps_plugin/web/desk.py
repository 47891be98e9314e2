"""What the pages ask of the library behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ..links import Nonces
from ..model import Effect, Evidence
from ..responses.looking import Look, Standing

__all__ = ["Desk", "Look", "Standing"]


class Desk(Protocol):
    """The library as the pages see it. Nothing but ``record``, ``opt_out`` and ``visited`` writes."""

    nonces: Nonces
    #: addresses or networks of our own proxies, whose X-Forwarded-For is believed
    trusted_proxies: tuple[str, ...]

    def look(self, tenant: str, token: str) -> Look:
        """What the link stands for. Raises ``UnknownTenant`` or ``TokenUnknown``."""
        ...

    def visited(self, tenant: str, token: str, link: str, evidence: Evidence, score: int | None = None) -> None:
        """Append a visit row. Never raises: a page is shown even when it cannot be counted.

        ``link``: sent (it carried a score), opened, prefetched, decoy, submitted (and not recorded).
        """
        ...

    def record(
        self,
        tenant: str,
        token: str,
        score: str,
        *,
        reasons: Sequence[str],
        indicators: Mapping[str, str],
        comment: str | None,
        evidence: Evidence,
    ) -> Effect:
        """Store an answer, or reasons, indicators and comment with the score that stands, and the visit with it.

        Raises ``AnswerRefused``.
        """
        ...

    def opt_out(self, tenant: str, token: str) -> None:
        """Ask the person behind this link no more. Repeats are no-ops. Raises ``TokenUnknown``."""
        ...

    def after_answer(self) -> Callable[[], None]:
        """What to run once the response is sent: offers the news to subscribers in this process."""
        ...
