"""Two windows of one slice held against each other; a client's scores held against the client's own earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from .plain import Plain
from .scales import Band
from .standings import KpiFigures, Limits, ScoreFigures


@dataclass(frozen=True, kw_only=True)
class WindowFigures(Plain):
    """One of the two windows: closings, those asked about, those with a score that counts, and their shares."""

    since: datetime | None = None
    until: datetime | None = None
    tickets: int = 0
    asked: int = 0
    answered: int = 0
    kpi: KpiFigures = field(default_factory=KpiFigures)
    score: ScoreFigures = field(default_factory=ScoreFigures)


@dataclass(frozen=True, kw_only=True)
class ShareChange(Plain):
    """After less before, with the 95 % interval, and whether that is larger than sampling noise."""

    estimate: float
    interval: Limits
    #: the interval leaves 0 out; and, where eight earlier months are known, the later window lies beyond their limits
    beyond_noise: bool


@dataclass(frozen=True, kw_only=True)
class Comparison(Plain):
    """Two windows of one slice. ``comparable`` is False where the way of asking changed between or within them:
    ``changes`` then names each change, and no difference is given. A difference of two windows is never a trend."""

    tenant: str
    where: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    comparable: bool
    changes: tuple[str, ...] = ()
    procedure: str = ""
    scale: str = ""
    before: WindowFigures = WindowFigures()
    after: WindowFigures = WindowFigures()
    #: the KPI share after less before: a census, it has no interval
    kpi_change: float | None = None
    #: of the satisfied share and of the net score; None below the least data on either side
    satisfied: ShareChange | None = None
    net: ShareChange | None = None
    #: whether the later window lies beyond the limits (Laney p') of eight or more earlier months; None with fewer
    beyond_limits: bool | None = None
    #: answers that are missing in each window
    lacking: tuple[int, int] = (0, 0)
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class HistoryEntry(Plain):
    """One score of a client (or of an organization: of one closing), and how it stands against those before it."""

    at: datetime
    ticket: str
    closure: int
    host: str = ""
    score: int
    scale: str
    band: Band
    procedure: str
    kpi_met: bool | None = None
    queue: str = ""
    service: str = ""
    #: how many earlier scores of the same procedure and scale it is held against
    earlier: int = 0
    #: the chance of a score this low by the client's own earlier ones; None with too few
    p: float | None = None
    #: lower than the client's own history lets expect
    alarm: bool = False


@dataclass(frozen=True, kw_only=True)
class ClientHistory(Plain):
    """All scores of a client or an organization, oldest first. ``alarm`` is that of the newest one."""

    tenant: str
    organization: str = ""
    entries: tuple[HistoryEntry, ...] = ()
    alarm: bool = False
    #: earlier scores that are missing before the newest one can be held against them
    lacking: int = 0
    sentence: str = ""
