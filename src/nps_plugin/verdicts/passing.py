"""Passing on: who gave a ticket away, as its path tells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ..model import Assignment


class Holder(NamedTuple):
    """Who held a ticket: an agent, "" where only the queue is known."""

    agent: str
    queue: str


def hand_overs(path: Sequence[Assignment | Holder]) -> tuple[Holder, ...]:
    """Who passed the ticket on, once for each time.

    To pass on is to give away: an agent to another one or to nobody, or a queue that nobody held it in to another
    queue. To take a ticket from a queue is not, nor is to take it along to another queue.
    """
    given: list[Holder] = []
    for before, after in pairwise(path):
        held = bool(before.agent)
        if (before.agent != after.agent) if held else (before.queue != after.queue):
            given.append(Holder(before.agent, before.queue))
    return tuple(given)


def read_path(kept: Sequence[Sequence[str | None]]) -> tuple[Holder, ...]:
    """The stations of a path as it is kept: ``[[agent, queue, time], ...]``."""
    return tuple(Holder(one[0] or "", one[1] or "") for one in kept)
