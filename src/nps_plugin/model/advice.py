"""Advice: which points of a scale are of use, and from what resolution time on clients become unhappy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from .plain import Plain
from .standings import Limits


class Alike(StrEnum):
    """Whether what follows after two neighbouring points differs."""

    SAME = "same"
    DIFFERENT = "different"
    #: surely different, and surely by too little to matter
    NEGLIGIBLE = "negligible"
    NOT_ENOUGH = "not_enough"


class ScaleSays(StrEnum):
    """What ``ScaleAdvice`` advises."""

    #: each point is of use, or so few points are asked that nothing can be left out
    KEEP = "keep"
    #: points that nothing in the configuration tells apart; there are too few ratings to say whether clients do
    UNUSED = "unused"
    #: points that nothing in the configuration tells apart, though what follows after them differs
    USE = "use"
    #: fewer points would tell as much
    FEWER = "fewer"


@dataclass(frozen=True, kw_only=True)
class OutcomeDifference(Plain):
    """How an outcome differs between two neighbouring points: the upper one's share less the lower one's, with its 95 %
    interval. For ``next_score`` that is the share of satisfied next scores, and p is of any difference at all (G2)."""

    outcome: str
    difference: float | None = None
    interval: Limits = None
    p: float | None = None
    alike: Alike = Alike.NOT_ENOUGH


@dataclass(frozen=True, kw_only=True)
class Neighbours(Plain):
    """Two neighbouring points. ``used_by``: the settings that treat them differently ("bands", "ask_why", "why_call");
    empty: the difference is taken into account nowhere."""

    lower: int
    upper: int
    used_by: tuple[str, ...] = ()
    #: ratings of the lower and of the upper one
    ratings: tuple[int, int] = (0, 0)
    outcomes: tuple[OutcomeDifference, ...] = ()
    alike: Alike = Alike.NOT_ENOUGH


@dataclass(frozen=True, kw_only=True)
class FewerPoints(Plain):
    """The best way to make the scale one of ``points`` points: which of its points would be one, and what share of the
    information about each outcome that keeps (None: this outcome tells nothing of the points)."""

    points: int
    groups: tuple[tuple[int, ...], ...]
    kept: Mapping[str, float | None] = field(default_factory=lambda: MappingProxyType({}))
    #: all merged neighbours are the same on two outcomes or more, and at least 95 % is kept of each
    enough: bool = False


@dataclass(frozen=True, kw_only=True)
class ScaleAdvice(Plain):
    """Whether each point of a tenant's scale is of use; docs/advice.md has the rules. Stored answers are never changed.

    ``unused``: groups of points that nothing in the configuration tells apart. Without 200 ratings ``neighbours`` have
    no outcomes and ``fewer`` is empty.
    """

    tenant: str
    scale: str
    points: tuple[int, ...]
    says: ScaleSays = ScaleSays.KEEP
    unused: tuple[tuple[int, ...], ...] = ()
    neighbours: tuple[Neighbours, ...] = ()
    ratings: int = 0
    #: as many equally used points would say as much (exp of the entropy)
    effective_points: float | None = None
    fewer: tuple[FewerPoints, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TimeBin(Plain):
    """Rated closings that took from ``since`` until under ``until`` (None: no end), the share of them with a satisfied
    client, what the falling curve makes of it, and the 95 % band of that curve."""

    since: timedelta
    until: timedelta | None
    answers: int
    satisfied: int
    share: float | None = None
    fitted: float | None = None
    band: Limits = None


class TimeSays(StrEnum):
    """What one clock's curve says of the satisfied share over the resolution time."""

    #: from ``at`` on it is under its target
    VISIBLE = "visible"
    #: no such time is visible: it stays at or over its target, or the answers do not show where it falls under it
    NOT_VISIBLE = "not_visible"
    #: it surely reaches its target at no time, however soon, and is surely under it from ``high`` on
    ALWAYS_UNDER = "always_under"
    NOT_ENOUGH = "not_enough"
    NO_TARGET = "no_target"


@dataclass(frozen=True, kw_only=True)
class ClockAdvice(Plain):
    """The satisfied share over resolution times by one clock: ``worked`` (the SLA clock) or ``elapsed`` (the client's).

    ``at``: from this time on the satisfied share is under its target, ``low`` and ``high`` its 95 % interval (None: the
    answers do not end it). ``tau_b``: Kendall's tau-b of time and score (below 0: the longer, the less satisfied).
    """

    clock: str
    says: TimeSays = TimeSays.NOT_ENOUGH
    answers: int = 0
    curve: tuple[TimeBin, ...] = ()
    at: timedelta | None = None
    low: timedelta | None = None
    high: timedelta | None = None
    tau_b: float | None = None
    tau_b_se: float | None = None
    tau_b_interval: Limits = None
    #: of all closings, rated or not, the share that took no longer than ``at``
    closed_by_then: float | None = None
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class KpiAdvice(Plain):
    """From what resolution time on clients become unhappy, held against the resolution-time target in force.

    ``target`` is the one that most closings had (``target_share`` of those with any), ``within_target`` the share of
    all closings with a target that met theirs. ``satisfied_target``: the satisfied share that is agreed.
    """

    tenant: str
    where: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    scale: str = ""
    satisfied_target: float | None = None
    closings: int = 0
    answers: int = 0
    #: effective clients (Kish) behind the answers
    clients: float | None = None
    target: timedelta | None = None
    target_share: float | None = None
    within_target: float | None = None
    worked: ClockAdvice = ClockAdvice(clock="worked")
    elapsed: ClockAdvice = ClockAdvice(clock="elapsed")
    sentences: tuple[str, ...] = ()
