"""Whole help-desks: closed tickets in the order of time, with people, ways through the desk and scores, to be driven
through ``Ratings``. Signs of working for the clock are planted in a share of the closings."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log
from typing import Any, NamedTuple

from nps_plugin import Assignment, Client, ClosedTicket, ManualClock, Ratings, ReopenedTicket
from nps_plugin.model import SCALES, Sign

from .latent import latent
from .tenants import CONTENT

TARGET = timedelta(hours=4)


class Event(NamedTuple):
    """One thing that happens: a closing with the score that its client will give (None: silent), or a reopening."""

    at: datetime
    what: ClosedTicket | ReopenedTicket
    score: int | None = None
    signs: frozenset[Sign] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A tenant's tickets. The KPI is met by the share ``kpi`` on the host's own clock, scores follow latent.py.

    ``signs``: the share of closings, from ``planted_from`` days on, that show each sign, all of them by ``culprit``
    where that is given: ``bouncing`` is his passing on, ``not_asked_share`` his clients without an address.
    ``deadline_jump`` is the share of the just late that are closed just in time; their clients are the less content.
    """

    tenant: str = "acme"
    tickets: int = 400
    days: int = 120
    clients: int = 150
    agents: int = 6
    queues: int = 3
    scale: str = "faces-3"
    shares: tuple[float, ...] = CONTENT
    d: float = 0.0
    kpi: float = 0.9
    client_sd: float = 0.0
    answered: float = 1.0
    signs: Mapping[Sign, float] = field(default_factory=dict)
    planted_from: float = 0.0
    culprit: str = ""
    #: the number of the first ticket
    first: int = 0

    def events(self, start: datetime, dice: random.Random) -> list[Event]:
        """Everything that happens, in the order of time; closings lie evenly by chance over the days."""
        moods = [dice.gauss(0, self.client_sd) for _ in range(self.clients)]
        moments = sorted(dice.random() * self.days for _ in range(self.tickets))
        events: list[Event] = []
        for number, day in enumerate(moments, self.first):
            who = dice.randrange(self.clients)
            events += self._one(number, day, start, who, moods[who], dice)
        return sorted(events, key=lambda event: event.at)

    def _one(
        self, number: int, day: float, start: datetime, who: int, mood: float, dice: random.Random
    ) -> Iterable[Event]:
        at = start + timedelta(days=day)
        agent, queue = f"agent {dice.randrange(self.agents)}", f"queue {dice.randrange(self.queues)}"
        planted = {
            sign
            for sign, share in self.signs.items()
            if day >= self.planted_from and self.culprit in {"", agent} and dice.random() < share
        }
        ratio = self._ratio(Sign.BRUSH_OFF in planted, dice)
        if 1 <= ratio < 1.16 and Sign.DEADLINE_JUMP in planted:
            ratio, mood = dice.uniform(0.9, 1.0), mood - 2
        else:
            planted.discard(Sign.DEADLINE_JUMP)
        worked = TARGET * ratio
        still = worked * 3 if Sign.PAUSED_CLOCK in planted else timedelta(0)
        opened = at - worked - still
        email = "" if Sign.NOT_ASKED_SHARE in planted else f"c{who}@example.org"
        if Sign.ADDRESS_CHANGED in planted:
            email = f"nobody{number}@example.org"
        facts: dict[str, Any] = {
            "worked": worked,
            "target": TARGET,
            "paused": ((opened, opened + still),) if still else (),
            "client": Client(id=f"c{who}", email=email),
            "agent": agent,
            "queue": queue,
            "service": f"service {number}",
            "priority": dice.choice(["low", "high"]),
            "path": _path(agent, queue, opened, planted),
            "replies": 1 if Sign.BRUSH_OFF in planted else dice.randrange(2, 6),
            "last_reply_length": dice.randrange(5, 30)
            if Sign.BRUSH_OFF in planted
            else round(dice.lognormvariate(6, 0.5)) + 40,
        }
        ticket = ClosedTicket(tenant=self.tenant, ticket=f"T{number}", opened_at=opened, closed_at=at, **facts)
        score = self._score(ratio >= 1, mood, dice) if dice.random() < self.answered else None
        yield Event(at, ticket, score if email else None, frozenset(planted))
        if Sign.QUICK_FIX in planted:
            back = at + timedelta(days=dice.uniform(1, 6))
            yield Event(back, ReopenedTicket(tenant=self.tenant, ticket=ticket.ticket, at=back))

    def _ratio(self, brushed_off: bool, dice: random.Random) -> float:
        """Time over target: log-normal, on the missed side for its share of the tickets, from 0.11 up."""
        if brushed_off:
            return dice.uniform(0.01, 0.08)
        missed = dice.random() >= self.kpi
        while True:
            ratio = dice.lognormvariate(-0.5, 0.8)
            if (ratio > 1) is missed and ratio > 0.11:
                return ratio

    def _score(self, missed: bool, mood: float, dice: random.Random) -> int:
        cuts, shift = latent(self.shares, self.d, self.kpi, self.client_sd)
        u = dice.random() or 0.5
        point = bisect_left(cuts, mood - (shift if missed else 0.0) + log(u / (1 - u)))
        return SCALES[self.scale].points[point]


def _path(agent: str, queue: str, opened: datetime, planted: set[Sign]) -> tuple[Assignment, ...]:
    last = Assignment(agent=agent, queue=queue, at=opened + timedelta(minutes=30))
    if Sign.BOUNCING not in planted:
        return (last,)
    # put back into the queue twice: passing on that is charged to nobody else
    way = [(agent, 0), ("", 5), (agent, 10), ("", 20)]
    return (*(Assignment(agent=who, queue=queue, at=opened + timedelta(minutes=m)) for who, m in way), last)


def play(ratings: Ratings, clock: ManualClock, events: Iterable[Event]) -> int:
    """Tell the library everything, each at its time; scores come at once from the clients in the host's portal.

    Gives the number of answers that were recorded.
    """
    answers = 0
    for event in events:
        clock.set(event.at)
        if isinstance(event.what, ReopenedTicket):
            ratings.ticket_reopened(event.what.tenant, event.what.ticket, event.at)
            continue
        receipt = ratings.ticket_closed(event.what)
        if event.score is not None and receipt.survey is not None and event.what.client is not None:
            ratings.rate(event.what.tenant, event.what.ticket, event.score, event.what.client.id)
            answers += 1
    return answers
