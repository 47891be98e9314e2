"""Reporting: the figures of periods and slices, what changed, where to look first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from .advice import KpiAdvice
from .indicators import IndicatorReport
from .peers import PeerFigures, Peers
from .plain import Plain
from .scales import Scale
from .standings import Association, KpiFigures, Limits, ScoreFigures, Share, SliceVerdict


class Period(StrEnum):
    """How long one period of a report is, in the tenant's time zone; weeks begin on Monday."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Audience(StrEnum):
    """Who reads a report; docs/reports.md says what each sees."""

    EVERYONE = "everyone"
    MANAGER = "manager"
    AGENT = "agent"
    OPERATOR = "operator"


class Direction(StrEnum):
    """Which way a series goes, where the rules allow to say so."""

    UP = "up"
    DOWN = "down"
    NONE = "none"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, kw_only=True)
class ReportRow(Plain):
    """One line of a report: a slice over the whole window, or a period, of one procedure and scale.

    ``since`` and ``until`` are the window; ``by`` the values of the slices. ``shown`` False: too few answers for a
    share, so readers are shown "k of n". ``clustered`` False: intervals take each answer for a client of its own.
    """

    by: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    since: datetime
    until: datetime
    label: str = ""
    procedure: str = ""
    scale: str = ""
    tickets: int = 0
    asked: int = 0
    answered: int = 0
    kpi: KpiFigures
    score: ScoreFigures
    watermelon: Share
    association: Association
    peer: PeerFigures | None = None
    shown: bool = False
    #: not over yet, or answers may still come
    preliminary: bool = False
    ended: bool = True

    def flat(self) -> dict[str, Any]:
        """One flat dict of plain values: the line of a DataFrame or a spreadsheet. Shares are 0..1."""
        share, net, melon = self.score.interval, self.score.net_interval, self.watermelon.interval
        line: dict[str, Any] = {
            **self.by,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "procedure": self.procedure,
            "scale": self.scale,
            "tickets": self.tickets,
            "asked": self.asked,
            "answered": self.answered,
            "kpi_met": self.kpi.met,
            "kpi_missed": self.kpi.missed,
            "kpi_unknown": self.kpi.unknown,
            "kpi_share": self.kpi.share,
            "kpi_target": self.kpi.target,
            "satisfied": self.score.satisfied,
            "neutral": self.score.neutral,
            "dissatisfied": self.score.dissatisfied,
            "satisfied_share": self.score.share,
            "satisfied_low": share and share[0],
            "satisfied_high": share and share[1],
            "satisfied_target": self.score.target,
            "net": self.score.net,
            "net_low": net and net[0],
            "net_high": net and net[1],
            "watermelons": self.watermelon.count,
            "watermelon_share": self.watermelon.value,
            "watermelon_low": melon and melon[0],
            "watermelon_high": melon and melon[1],
            "shown": self.shown,
            "preliminary": self.preliminary,
        }
        if self.peer is not None:
            line |= {
                "expected_share": self.peer.expected,
                "shrunken_share": self.peer.shrunken,
                "mark": self.peer.mark.value,
            }
        return line


@dataclass(frozen=True, kw_only=True)
class SliceTable(Plain):
    """The rows of one slicing, ordered by name and never by score."""

    by: tuple[str, ...]
    rows: tuple[ReportRow, ...]
    #: how many there are beyond those shown
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class TrendFinding(Plain):
    """Whether a series of periods rises or falls: Mann-Kendall over at least 8 periods of at least 10 answers in one
    procedure, seasonal from 24 months. ``change`` is Sen's slope over the whole span, at most the span of the
    values, as a share."""

    series: str
    direction: Direction = Direction.INSUFFICIENT
    periods: int = 0
    p: float | None = None
    change: float | None = None
    #: calendar months are compared with themselves; else "seasonality not excluded"
    seasonal: bool = False
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class PeriodChange(Plain):
    """The last period that is over against the one before it, of one series; no arrow where ``comparable`` is False."""

    series: str
    before: Share
    after: Share
    comparable: bool = False
    difference: float | None = None
    interval: Limits = None
    #: beyond sampling noise, and beyond the usual swing of earlier periods where there are 8
    beyond_noise: bool = False
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Spot(Plain):
    """A weak or strong point: a queue, service, stage or reason. ``impact`` is volume x gap: the satisfied answers that
    are missing to the reference (or are beyond it); ``tentative``: chance may be the whole of it."""

    kind: str
    value: str
    label: str = ""
    answered: int = 0
    share: Share
    #: what it is held against: its target, else the share of all
    reference: float | None = None
    impact: float = 0.0
    tentative: bool = True
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class ReasonFigures(Plain):
    """How many of the dissatisfied answers that gave a reason name this one."""

    code: str
    text: str
    share: Share


@dataclass(frozen=True, kw_only=True)
class Denominators(Plain):
    """From closings to answers: every share in a report is of one of these. ``sent`` None: not known of this basis."""

    closings: int = 0
    eligible: int = 0
    sent: int | None = None
    answered: int = 0
    #: closings whose client was not asked, by the code of the reason
    not_asked: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class Way(Plain):
    """One way of asking (a procedure) in the window; ``changes``: what differs from the one before, where known."""

    procedure: str
    closings: int = 0
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReportDetails(Plain):
    """Everything that the page of a report shows, read in one snapshot."""

    verdict: SliceVerdict
    #: of the answers that the verdict is about
    scale: Scale
    denominators: Denominators = Denominators()
    periods: tuple[ReportRow, ...] = ()
    #: oldest first
    ways: tuple[Way, ...] = ()
    tables: tuple[SliceTable, ...] = ()
    trends: tuple[TrendFinding, ...] = ()
    changes: tuple[PeriodChange, ...] = ()
    weak: tuple[Spot, ...] = ()
    strong: tuple[Spot, ...] = ()
    reasons: tuple[ReasonFigures, ...] = ()
    praise: tuple[str, ...] = ()
    #: agents against their peers; None where they are not asked for
    peers: Peers | None = None
    #: the time after which clients become unhappy (see Ratings.kpi_advice); None: not asked for or too little data
    advice: KpiAdvice | None = None
    #: what clients say of the indicators that were agreed on; None: nothing of the kind
    indicators: IndicatorReport | None = None
    notes: tuple[str, ...] = ()
