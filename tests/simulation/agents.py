"""Reports of many agents: an ordinary spread between them, kinds of tickets of unequal difficulty, clients that come
again, and, where wanted, one who is really bad."""

from __future__ import annotations

import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

from nps_plugin.verdicts.peers import PeerCounts

from .latent import below, expit, solve


@dataclass(frozen=True, kw_only=True)
class Team:
    """``agents`` agents with ``answers`` each on average. Logit of satisfaction = level + agent + kind + client.

    ``share`` is that of an ordinary agent on the ordinary kind. The bad agents come last in the alphabet and reach
    ``bad_share`` instead. ``own_mix``: each agent has kinds of its own in the main, so that raw shares deceive.
    ``uneven``: some have three times the answers of others.
    """

    agents: int = 60
    answers: int = 60
    share: float = 0.85
    spread: float = 0.3
    kinds: tuple[float, ...] = (0.0, -1.0)
    own_mix: bool = True
    bad: int = 0
    bad_share: float = 0.55
    #: clients of one agent, how different they are, and how unequal: that of rank r in proportion to 1/r^skew
    clients: int = 0
    client_sd: float = 0.0
    skew: float = 0.0
    uneven: bool = True

    def report(self, dice: random.Random) -> list[PeerCounts]:
        """One report."""
        level = solve(lambda x: below(x, self.client_sd), self.share)
        worse = solve(lambda x: below(x, self.client_sd), self.bad_share)
        return [
            self._agent(f"agent {number:02}", worse if number >= self.agents - self.bad else level, dice)
            for number in range(self.agents)
        ]

    def _agent(self, name: str, level: float, dice: random.Random) -> PeerCounts:
        level += dice.gauss(0, self.spread)
        mix = [dice.random() if self.own_mix else 0.5 for _ in self.kinds]
        clients = [dice.gauss(0, self.client_sd) for _ in range(self.clients)]
        sizes = list(accumulate(1 / rank**self.skew for rank in range(1, self.clients + 1)))
        cells = {kind: [0, 0] for kind in range(len(self.kinds))}
        by_client: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        for _ in range(round(self.answers * (dice.uniform(0.5, 1.5) if self.uneven else 1))):
            kind = dice.choices(range(len(mix)), mix)[0]
            client = bisect(sizes, dice.random() * sizes[-1]) if sizes else -1
            happy = dice.random() < expit(level + self.kinds[kind] + (clients[client] if sizes else 0.0))
            for counts in (cells[kind], by_client[client]):
                counts[0] += happy
                counts[1] += 1
        return counted(name, {kind: (k, n) for kind, (k, n) in cells.items()}, by_client.values() if sizes else None)


def counted(name: str, cells: dict[int, tuple[int, int]], clients: Iterable[Iterable[int]] | None = None) -> PeerCounts:
    """An agent's counts from (satisfied, answered) by kind and, where clients are known, by client."""
    counts = PeerCounts(agent=name, cells=dict(cells))
    if clients is None:
        return counts
    pairs = [tuple(pair) for pair in clients]
    mean = sum(k for k, _ in pairs) / max(1, sum(n for _, n in pairs))
    return replace(
        counts,
        square_total=float(sum(n * n for _, n in pairs)),
        square_off=sum((k - n * mean) ** 2 for k, n in pairs),
    )
