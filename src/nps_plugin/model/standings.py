"""Judging slices: what many answers say about an agent, queue, service, client or period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from .plain import Plain


class Level(StrEnum):
    """The KPI share held against its target, and the satisfied share against its own (docs/verdicts.md)."""

    HEALTHY = "healthy"
    WATERMELON = "watermelon"
    TOO_STRICT = "too_strict"
    MISSED_BUT_HAPPY = "missed_but_happy"
    FAILING = "failing"
    UNDECIDED = "undecided"
    NO_TARGET = "no_target"


class Link(StrEnum):
    """Whether the KPI and client scores move together."""

    TRACKS = "tracks"
    CONTRADICTS = "contradicts"
    NOT_REFLECTED = "not_reflected"
    INSUFFICIENT = "insufficient"


class Trap(StrEnum):
    """Whether the KPI rises while the score falls, or single signs of working for the clock are seen."""

    TRAP = "trap"
    SIGNS_ONLY = "signs_only"
    NONE = "none"
    INSUFFICIENT = "insufficient"


class Sign(StrEnum):
    """A sign that work is done for the clock and not for the client."""

    BRUSH_OFF = "brush_off"
    BOUNCING = "bouncing"
    QUICK_FIX = "quick_fix"
    PAUSED_CLOCK = "paused_clock"
    DEADLINE_JUMP = "deadline_jump"
    NOT_ASKED_SHARE = "not_asked_share"
    ADDRESS_CHANGED = "address_changed"


#: (low, high) of a two-sided 95 % interval unless said otherwise; None where it cannot be computed
Limits = tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Standing(Plain):
    """How a slice stands: its three verdicts."""

    level: Level
    link: Link
    trap: Trap


@dataclass(frozen=True, kw_only=True)
class Share(Plain):
    """A share with its 95 % interval: ``count`` of ``n``. ``value`` and ``interval`` None: nothing to divide by.

    Where strata are totalled with fixed weights ``value`` is the weighted share, and not ``count / n``.
    """

    count: int = 0
    n: int = 0
    value: float | None = None
    interval: Limits = None
    #: Kish's effective number of clients behind it; None where clients are unknown
    clients: float | None = None


@dataclass(frozen=True, kw_only=True)
class KpiFigures(Plain):
    """Closings by KPI. A census: ``share`` of met among met and missed has no interval. ``rated_share`` is that of the
    closings that were answered: silence is not content."""

    met: int = 0
    missed: int = 0
    unknown: int = 0
    share: float | None = None
    rated_share: float | None = None
    #: rated_share minus share of the others, with the Newcombe interval
    rated_difference: float | None = None
    rated_interval: Limits = None
    target: float | None = None


@dataclass(frozen=True, kw_only=True)
class ScoreFigures(Plain):
    """Answers by band, the satisfied share (CSAT) and the net score, each with its interval, and its target."""

    satisfied: int = 0
    neutral: int = 0
    dissatisfied: int = 0
    #: answers by point of the scale, lowest first
    points: tuple[int, ...] = ()
    share: float | None = None
    interval: Limits = None
    net: float | None = None
    net_interval: Limits = None
    #: "NPS" for 0-10 answers to the recommend question alone, else "net score"
    net_label: str = "net score"
    target: float | None = None
    clients: float | None = None
    #: the satisfied share of the silent under which the verdict would fall; None where there is no such
    tipping_point: float | None = None


@dataclass(frozen=True, kw_only=True)
class Quadrants(Plain):
    """Answered closings by ticket verdict; they sum to ``answered``."""

    confirmed: int = 0
    watermelon: int = 0
    forgiven: int = 0
    failed: int = 0
    lukewarm: int = 0
    untargeted: int = 0


@dataclass(frozen=True, kw_only=True)
class Association(Plain):
    """KPI against score: theta = P(score met > score missed) + P(tie)/2, d = 2 theta - 1, with 95 and 90 % intervals.

    ``theta``, ``d`` and their intervals are totalled over the strata; ``crude_*`` are not.
    """

    missed: int = 0
    met: int = 0
    theta: float | None = None
    d: float | None = None
    interval_d: Limits = None
    interval_d_90: Limits = None
    crude_theta: float | None = None
    crude_d: float | None = None
    crude_interval_d: Limits = None
    #: the crude and the case-mix-adjusted (priority x queue) intervals disagree
    simpson: bool | None = None
    mix_theta: float | None = None
    mix_interval_d: Limits = None
    clients: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrapFigures(Plain):
    """What the trap was looked for in: ``periods`` that count (enough answers), the p-value of "not both", and how much
    the KPI share and the satisfied share changed over all of them (Sen's slope). None where too few periods count."""

    periods: int = 0
    p: float | None = None
    kpi_change: float | None = None
    score_change: float | None = None
    #: each calendar month was held against its own kind alone; else a season may look like a change
    seasonal: bool = False


@dataclass(frozen=True, kw_only=True)
class Need(Plain):
    """What is missing for a verdict: ``more`` of ``what``, for the axis ``of`` ("level", "link").

    ``what``: answers, clients, met, missed (answers about such tickets), precision (there is enough to judge, and the
    interval is too wide: answers), kpi, targets. ``more`` None: not a number, or so close that none will decide.
    """

    of: str
    what: str
    more: int | None = None


@dataclass(frozen=True, kw_only=True)
class SignFinding(Plain):
    """One sign on a slice: its share against that of before (or of peers), by the rules of docs/traps.md."""

    sign: Sign
    share: Share
    #: what it is held against, and how it differs from it
    baseline: Share | None = None
    difference: float | None = None
    interval: Limits = None
    p: float | None = None
    #: beyond noise, after Benjamini-Hochberg within the slice
    found: bool = False
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class StratumFigures(Plain):
    """One stratum shown apart. ``weight`` is its fixed share in the total; None: left out (under 10 answers)."""

    channel: str
    language: str
    answered: int
    asked: int
    share: float | None
    interval: Limits
    weight: float | None
    #: its share of the questions sent in this window; held against ``weight`` for a shift of the mix
    mix: float | None = None


@dataclass(frozen=True, kw_only=True)
class SliceVerdict(Plain):
    """What the answers of one slice say, on two axes and about traps; docs/verdicts.md has the rules.

    Denominators: ``tickets`` all closings, ``asked`` those with somebody asked, ``answered`` those with a score that
    counts. Shares are 0..1. A figure that cannot be computed is None.
    """

    tenant: str
    where: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    since: datetime | None = None
    until: datetime | None = None
    basis: str = "closed"
    procedure: str = ""
    scale: str = ""
    tickets: int = 0
    asked: int = 0
    answered: int = 0
    level: Level = Level.NO_TARGET
    link: Link = Link.INSUFFICIENT
    trap: Trap = Trap.INSUFFICIENT
    kpi: KpiFigures = KpiFigures()
    score: ScoreFigures = ScoreFigures()
    quadrants: Quadrants = Quadrants()
    watermelon_share: Share = Share()
    #: the satisfied share where the KPI was missed; what tells a target that is too strict
    missed_satisfied: Share = Share()
    association: Association = Association()
    trap_figures: TrapFigures = TrapFigures()
    signs: tuple[SignFinding, ...] = ()
    strata: tuple[StratumFigures, ...] = ()
    #: the mix of channels and languages differs from the one that the weights were frozen with
    mix_shifted: bool = False
    #: the share of answers in strata that were left out of the total
    dropped_share: float = 0.0
    #: answers may still come for this window, or its weights are not frozen yet
    preliminary: bool = False
    #: what is missing for a level and a link, where they cannot be told
    needs: tuple[Need, ...] = ()
    headline: str = ""
    sentence: str = ""
    #: further sentences: what the shares leave open, what to keep in mind
    notes: tuple[str, ...] = ()
    #: other procedures and scales in the window, each judged apart, newest first
    others: tuple[SliceVerdict, ...] = ()
