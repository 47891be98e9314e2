"""Agents held against their peers: a reason to look, never a league table and no measure for pay."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .plain import Plain
from .standings import Limits


class PeerMark(StrEnum):
    """How an agent's satisfied share stands to that of the others on tickets of the same kind."""

    BELOW = "below"
    ABOVE = "above"
    LIKE_OTHERS = "like_others"
    #: too few answers, or of too few clients, or nobody else has such tickets
    TOO_FEW = "too_few"


@dataclass(frozen=True, kw_only=True)
class PeerFigures(Plain):
    """One agent. Shares and differences are 0..1; what cannot be computed is None.

    ``expected`` is the share that the others reach on this agent's mix of tickets, ``difference`` is ``share`` less
    that, with its 95 % interval by chance and clients alone; ``shrunken`` is the share to expect of the agent on the
    mix of all, drawn to the mean as far as its own answers are too few.
    """

    agent: str
    satisfied: int
    answered: int
    share: float | None = None
    expected: float | None = None
    difference: float | None = None
    interval: Limits = None
    #: effective clients (Kish); None where clients are unknown
    clients: float | None = None
    #: the variance of ``difference``
    variance: float | None = None
    shrunken: float | None = None
    #: two-sided p against chance, clients and the spread that all agents share; q: after Benjamini-Hochberg
    p: float | None = None
    q: float | None = None
    mark: PeerMark = PeerMark.TOO_FEW


@dataclass(frozen=True, kw_only=True)
class Peers(Plain):
    """All agents of one report, by name; never by rank.

    ``mean`` is the satisfied share of all, ``tau2`` the squared spread between agents beyond chance, ``phi`` what
    chance alone would keep at 1, ``likeness`` how alike answers of one client are (intraclass correlation, 0..1).
    ``compared`` counts the agents with enough answers; under 5 nobody is marked.
    """

    agents: tuple[PeerFigures, ...] = ()
    compared: int = 0
    mean: float | None = None
    tau2: float = 0.0
    phi: float = 1.0
    likeness: float = 0.0
