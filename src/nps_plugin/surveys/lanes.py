"""Whose turn it is: in a round each channel of each tenant is a lane, and the lanes share the worker's time."""

from __future__ import annotations

from datetime import datetime, timedelta

from .due import Post
from .statements import due_lanes

#: A message that took less costs its lane one turn.
QUICK = timedelta(milliseconds=250)
#: A slower one costs as many turns as mails would have had in its time: such a time each.
TURN = timedelta(milliseconds=20)
#: How often a round that takes long looks for what has come due meanwhile.
LOOK_AGAIN = timedelta(seconds=1)
#: How long a round sends: verdicts are to be told and counts to be kept in between.
SPELL = timedelta(seconds=30)


class Lanes:
    """The lanes in which something is due. Whichever was charged least comes next, then whichever was due longest; so a
    channel whose provider answers after a second gets one turn for fifty of a quick one, and none is left out."""

    def __init__(self, post: Post, now: datetime) -> None:
        self.now = now
        self._post = post
        self._charged: dict[tuple[str, str], int] = {}
        self._resting: set[tuple[str, str]] = set()
        self._last: tuple[str, str] | None = None
        self._mark = self._next_look = post.clock.now()
        self._end = self._mark + SPELL
        self._open: list[tuple[str, str]] = []

    def next(self) -> tuple[str, str] | None:
        """The lane to claim from; None where nothing is due in any, or the round is over."""
        at = self._post.clock.now()
        if self._last is not None:
            # what its message took, the claim and the sending
            took = at - self._mark
            self._charged[self._last] += 1 if took < QUICK else took // TURN
        self._mark, self._last = at, None
        if at >= self._end:
            return None
        if at >= self._next_look:
            self._find(at)
        return min(self._open, key=self._charged.__getitem__, default=None)

    def charge(self, lane: tuple[str, str]) -> None:
        """It has this turn."""
        self._last = lane

    def close(self, lane: tuple[str, str]) -> None:
        """Nothing is due in it."""
        self._open.remove(lane)

    def rest(self, lane: tuple[str, str]) -> None:
        """Leave it out of this round."""
        self._resting.add(lane)

    def look(self) -> None:
        """Look again at the next turn: something went from one lane to another."""
        self._next_look = self._mark

    def _find(self, at: datetime) -> None:
        self.now, self._next_look = max(self.now, at), at + LOOK_AGAIN
        with self._post.store.read() as connection:
            found = due_lanes(connection, self.now)
        # also those of channels that are configured no more: their questions go on to the next of their plan
        self._open = [lane for lane in found if lane not in self._resting and lane[0] in self._post.tenants]
        # whoever comes late takes part from now on, and gets nothing for the time before
        least = min((self._charged[lane] for lane in self._open if lane in self._charged), default=0)
        for lane in self._open:
            self._charged.setdefault(lane, least)
