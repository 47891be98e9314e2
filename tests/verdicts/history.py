"""A help-desk with some history: tickets closed and rated in the portal, a few each day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import count
from typing import Any

from tests.world import World

from nps_plugin import Client

SETTINGS: dict[str, Any] = {
    "ask": {"channels": ["host"], "quarantine": "0s"},
    "targets": {"kpi_share": 0.9, "satisfied_share": 0.8},
}
MET, MISSED = timedelta(hours=2), timedelta(hours=9)


class History:
    """Tells a world what happened. Every ticket has a client of its own unless ``client`` is named."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._numbers = count(1)

    def rated(self, *scores: int | None, took: timedelta = MET, client: Client | None = None, **facts: Any) -> None:
        """Close a ticket for each score, and rate it; None: it stays unanswered."""
        for score in scores:
            number = str(next(self._numbers))
            whose = client or Client(id=f"client {number}", email=f"c{number}@example.org")
            self.world.close(number, took=took, client=whose, **facts)
            if score is not None:
                self.world.ratings.rate("acme", number, score, by=whose.id or "client")

    def months(self, number: int, each: Callable[[int], Iterable[tuple[int, int, timedelta]]], **facts: Any) -> None:
        """So many months, each with (how many, score, how long they took)."""
        for month in range(number):
            for times, score, took in each(month):
                self.rated(*[score] * times, took=took, **facts)
            self.world.clock.advance(timedelta(days=30.5))

    def work(self) -> None:
        """The worker, until nothing is left to do."""
        while self.world.ratings.run_due().folded:
            pass
