"""Where the time comes from, so that tests need not wait for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved; for tests and demonstrations."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The time at which the clock stands, aware, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move the clock forward (or back, by a negative delta) and return the new time."""
        self._now += by
        return self._now

    def set(self, to: datetime) -> datetime:
        """Put the clock at an aware time and return it in UTC."""
        self._now = to.astimezone(UTC)
        return self._now
