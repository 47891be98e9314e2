"""What the worker did in one round."""

from __future__ import annotations

from dataclasses import dataclass

from .plain import Plain


@dataclass(frozen=True, kw_only=True)
class WorkDone(Plain):
    """Counts of one ``run_due``. ``waiting`` is news whose subscriber is not loaded in this process."""

    sent: int = 0
    retried: int = 0
    given_up: int = 0
    not_asked: int = 0
    expired: int = 0
    told: int = 0
    waiting: int = 0
    failed_tellings: int = 0

    @property
    def anything(self) -> bool:
        """Whether this round changed anything."""
        return any(
            (self.sent, self.retried, self.given_up, self.not_asked, self.expired, self.told, self.failed_tellings)
        )
