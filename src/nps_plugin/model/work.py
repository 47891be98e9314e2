"""What the worker did in one round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .plain import Plain


@dataclass(frozen=True, kw_only=True)
class WorkDone(Plain):
    """Counts of one ``run_due``. ``waiting`` is news whose subscriber is not loaded in this process, ``ended`` news
    that will not be told, since its subscriber was removed."""

    sent: int = 0
    reminded: int = 0
    retried: int = 0
    given_up: int = 0
    not_asked: int = 0
    expired: int = 0
    told: int = 0
    waiting: int = 0
    ended: int = 0
    failed_tellings: int = 0
    #: changes of closings that went into the counts
    folded: int = 0
    #: rows deleted by age, see ``[retention]``
    cleaned: int = 0

    @property
    def anything(self) -> bool:
        """Whether this round changed anything."""
        return any(count for name, count in vars(self).items() if name != "waiting")


@dataclass(frozen=True, kw_only=True)
class Rebuilt(Plain):
    """What building anew found: whether what stood was ``equal`` (what waits to be folded is not held against it), how
    many rows were not, and how many closures are counted."""

    equal: bool
    differences: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class Untold(Plain):
    """What the outbox holds for one subscriber: news untold, how much of it failed before, and what was ended."""

    subscriber: str
    #: a process handed the subscriber over, instead of the configuration naming it
    given: bool
    untold: int
    failed: int
    ended: int
    #: when the oldest untold news was written
    since: datetime | None
