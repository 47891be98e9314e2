"""What ``judge`` says of an export: the keys are fixed (docs/judge.md), and those of a slice are the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .plain import Plain
from .standings import Level, Limits, Link, Quadrants, SignFinding, Trap


class RefusedRow(NamedTuple):
    """A row that was not judged: its physical line (the header is 1), what stands there, and why it cannot be used."""

    row: int
    field: str
    value: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class JudgedKpi(Plain):
    """Closed tickets by KPI; ``share`` is met of met and missed, 0..1."""

    met: int
    missed: int
    unknown: int
    share: float | None
    target: float | None


@dataclass(frozen=True, kw_only=True)
class JudgedScore(Plain):
    """Answers by band; ``share`` satisfied, ``net`` satisfied minus dissatisfied, each with its 95 % interval."""

    satisfied: int
    neutral: int
    dissatisfied: int
    share: float | None
    interval: Limits
    net: float | None
    net_interval: Limits


@dataclass(frozen=True, kw_only=True)
class JudgedShare(Plain):
    """The dissatisfied among those whose KPI was met, with the 95 % interval."""

    value: float | None
    interval: Limits


@dataclass(frozen=True, kw_only=True)
class JudgedLink(Plain):
    """Whether KPI and score move together: theta, d and its 95 % interval are crude; ``simpson``: the ticket mix
    explains what they show."""

    verdict: Link
    theta: float | None
    d: float | None
    interval_d: Limits
    simpson: bool | None


@dataclass(frozen=True, kw_only=True)
class JudgedLevel(Plain):
    """KPI share and satisfied share against their targets."""

    verdict: Level


@dataclass(frozen=True, kw_only=True)
class JudgedTrap(Plain):
    """Whether the KPI rises while the score falls, month by month, and the signs that were looked for."""

    verdict: Trap
    signs: tuple[SignFinding, ...]


@dataclass(frozen=True, kw_only=True)
class Judged(Plain):
    """The figures of an export or of one slice of it. ``tickets`` = ``open`` + judged; the quadrants sum to
    ``answered``."""

    tickets: int
    open: int
    answered: int
    scale: str
    kpi: JudgedKpi
    score: JudgedScore
    quadrants: Quadrants
    watermelon_share: JudgedShare
    link: JudgedLink
    level: JudgedLevel
    trap: JudgedTrap
    headline: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class JudgedSlice(Judged):
    """One slice: those tickets whose ``by`` is ``value``."""

    by: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Judgement(Judged):
    """An export, judged. ``to_dict()`` is what ``nps-plugin judge --json`` prints."""

    slices: tuple[JudgedSlice, ...]
    refused_rows: tuple[RefusedRow, ...]
    #: for people, and not in ``to_dict()``: what was guessed, what was left out of the slices, what a file says oddly
    notes: tuple[str, ...] = field(default=(), compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Every key of docs/judge.md, JSON-ready; null where a figure cannot be computed."""
        found = super().to_dict()
        del found["notes"]
        found["refused_rows"] = [row._asdict() for row in self.refused_rows]
        return found

    @property
    def judged(self) -> int:
        """How many tickets were judged."""
        return self.tickets - self.open


@dataclass(frozen=True, kw_only=True)
class Imported(Plain):
    """What came of reading an export into the store: what was added, what was ``known`` before, what is still open."""

    closures: int
    answers: int
    known: int
    open: int
    #: closings whose clients will be asked
    asked: int = 0
    refused_rows: tuple[RefusedRow, ...] = ()
    notes: tuple[str, ...] = ()
