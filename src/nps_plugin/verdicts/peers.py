"""Agents against their peers: on the same kinds of tickets, beyond chance, clients and the spread that all share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from ..config import Minimum
from ..counts import Tally
from ..model import Band, PeerFigures, PeerMark, Peers
from ..statistics import adjusted_p, critical, effective_clusters, normal_two_sided, overdispersion

#: Agents with enough answers that it takes to compare at all.
LEAST_AGENTS = 5
#: The share of false ones among those that are marked.
FALSE_SHARE = 0.05


@dataclass(frozen=True, kw_only=True)
class PeerCounts:
    """One agent's answers: (satisfied, answered) by kind of ticket (queue, priority, stratum: whatever is hashable).

    ``square_total`` is the sum over clients of n_c^2 and ``square_off`` that of (S_c - n_c * mean)^2, n_c answers of
    client c and S_c satisfied ones; None where clients are unknown and each answer stands for one of its own.
    """

    agent: str
    cells: Mapping[Hashable, tuple[int, int]]
    square_total: float | None = None
    square_off: float = 0.0


class _Own(NamedTuple):
    satisfied: int
    answered: int
    #: what remains of the answers once those of the same kind that nobody else has are taken off
    comparable: float
    off: float
    variance: float
    clients: float | None


def peer_counts(agent: str, whole: Tally, cells: Mapping[Hashable, Tally]) -> PeerCounts:
    """One agent's counts from its tally (with moments, for its clients) and from those of its kinds of tickets.

    The strata are told apart within each kind: channels and languages are never pooled.
    """
    satisfied = whole.indicator([Band.SATISFIED])
    by_kind: dict[Hashable, tuple[int, int]] = {}
    for kind, tally in cells.items():
        for one in tally.strata:
            if one.answered:
                happy = sum(n for row in one.rated for n, wanted in zip(row, satisfied, strict=True) if wanted)
                by_kind[kind, one.stratum] = (happy, one.answered)
    if whole.moments is None or not whole.answered:
        return PeerCounts(agent=agent, cells=by_kind)
    mean = sum(n for n, wanted in zip(whole.scores, satisfied, strict=True) if wanted) / whole.answered
    weights = [[[wanted - mean for wanted in satisfied]] * 3] * len(whole.strata)
    return PeerCounts(agent=agent, cells=by_kind, square_total=whole.square_total, square_off=whole.quadratic(weights))


def judge_peers(agents: Iterable[PeerCounts], *, minimum: Minimum | None = None, q: float = FALSE_SHARE) -> Peers:
    """Every agent's satisfied share against that of the others on tickets of the same kind.

    difference = sum (O - E) / sum n (1 - f) over kinds, E = n * share of the kind, f the agent's part of its answers
    (the Mantel-Haenszel risk difference; its null variance is sum n p (1-p) (1-f) / (sum n (1-f))^2). The variance
    grows by 1 + (sum n_c^2/n - 1) * likeness for clients that come again (Kish), likeness being one for all agents. An
    agent stands out by z = difference / sqrt(variance + tau^2), tau^2 the additive overdispersion of Spiegelhalter
    (2005), after Benjamini and Hochberg at ``q``. It takes 5 agents with ``minimum.ratings`` answers of
    ``minimum.clients`` effective clients each; agents are sorted by name.
    """
    least = minimum or Minimum()
    counts = sorted(agents, key=lambda one: one.agent)
    happy, sizes = Counter[Hashable](), Counter[Hashable]()
    for one in counts:
        for kind, (satisfied, answered) in one.cells.items():
            happy[kind] += satisfied
            sizes[kind] += answered
    whole = sum(sizes.values())
    if not whole:
        return Peers(agents=tuple(PeerFigures(agent=one.agent, satisfied=0, answered=0) for one in counts))
    mean, likeness = sum(happy.values()) / whole, _likeness(counts)
    own = [_own(one, happy, sizes, likeness) for one in counts]
    enough = [_enough(one, least) for one in own]
    compared = [one for one, take in zip(own, enough, strict=True) if take]
    tau2, phi = overdispersion(
        [one.off / sqrt(one.variance) for one in compared], [1 / one.variance for one in compared]
    )
    p_values = [normal_two_sided(one.off / sqrt(one.variance + tau2)) for one in compared]
    tested = iter(zip(p_values, adjusted_p(p_values), strict=True))
    marked = len(compared) >= LEAST_AGENTS
    return Peers(
        agents=tuple(
            _figures(one.agent, of, mean, tau2, next(tested) if take else None, q if marked else 0.0)
            for one, of, take in zip(counts, own, enough, strict=True)
        ),
        compared=len(compared),
        mean=mean,
        tau2=tau2,
        phi=phi,
        likeness=likeness,
    )


def _likeness(agents: Iterable[PeerCounts]) -> float:
    """The intraclass correlation of one client's answers within an agent, pooled: what sum e_c^2 has over n v, held
    against the most that it could have, (sum n_c^2 - n) v (moment estimator; the mean's own part is taken out as
    Ce/(Ce-1))."""
    over = most = 0.0
    for one in agents:
        satisfied, n = (sum(column) for column in zip(*one.cells.values(), strict=True)) if one.cells else (0, 0)
        clients = effective_clusters(n, one.square_total or 0)
        if one.square_total is None or n < 2 or clients <= 1:
            continue
        variance = satisfied * (n - satisfied) / n / (n - 1)
        over += one.square_off * clients / (clients - 1) - n * variance
        most += (one.square_total - n) * variance
    return min(1.0, max(0.0, over / most)) if most > 0 else 0.0


def _own(one: PeerCounts, happy: Mapping[Hashable, int], sizes: Mapping[Hashable, int], likeness: float) -> _Own:
    satisfied = answered = 0
    comparable = off = variance = 0.0
    for kind, (k, n) in one.cells.items():
        satisfied, answered = satisfied + k, answered + n
        p, others = happy[kind] / sizes[kind], 1 - n / sizes[kind]
        comparable += n * others
        off += k - n * p
        variance += n * p * (1 - p) * others
    clients = None if one.square_total is None else effective_clusters(answered, one.square_total)
    repeats = 1 + (one.square_total / answered - 1) * likeness if one.square_total and answered else 1.0
    if comparable <= 0:
        return _Own(satisfied, answered, 0.0, 0.0, 0.0, clients)
    return _Own(
        satisfied, answered, comparable, off / comparable, variance * repeats / (comparable * comparable), clients
    )


def _enough(one: _Own, least: Minimum) -> bool:
    """Half of the answers at least must be of kinds that others have too, or they would be judged by a few."""
    return (
        one.answered >= least.ratings
        and (one.clients is None or one.clients >= least.clients)
        and one.comparable >= max(1.0, one.answered / 2)
        and one.variance > 0
    )


def _figures(
    agent: str, own: _Own, mean: float, tau2: float, tested: tuple[float, float] | None, q: float
) -> PeerFigures:
    share = own.satisfied / own.answered if own.answered else None
    if share is None or own.comparable <= 0:
        return PeerFigures(
            agent=agent, satisfied=own.satisfied, answered=own.answered, share=share, clients=own.clients
        )
    # off * comparable / answered is (O - E)/n: how far the agent lies from the mean of all, of which it is a part
    drawn = tau2 / (tau2 + own.variance) if tau2 > 0 else 0.0
    half = critical(0.95) * sqrt(own.variance)
    mark = PeerMark.TOO_FEW
    if tested and q:
        mark = PeerMark.LIKE_OTHERS if tested[1] > q else (PeerMark.BELOW if own.off < 0 else PeerMark.ABOVE)
    return PeerFigures(
        agent=agent,
        satisfied=own.satisfied,
        answered=own.answered,
        share=share,
        expected=min(1.0, max(0.0, share - own.off)),
        difference=own.off,
        interval=(max(-1.0, own.off - half), min(1.0, own.off + half)),
        clients=own.clients,
        variance=own.variance,
        shrunken=min(1.0, max(0.0, mean + drawn * own.off * own.comparable / own.answered)),
        p=tested[0] if tested else None,
        q=tested[1] if tested else None,
        mark=mark,
    )
