"""Judging: the KPI of a ticket held against the client's score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .plain import Plain
from .scales import Band
from .signs import SeenSign
from .standings import Sign
from .surveys import KpiCheck


class VerdictKind(StrEnum):
    """The verdict on one ticket. ``untargeted`` wins over ``lukewarm``."""

    CONFIRMED = "confirmed"
    WATERMELON = "watermelon"
    FORGIVEN = "forgiven"
    FAILED = "failed"
    LUKEWARM = "lukewarm"
    UNTARGETED = "untargeted"
    PENDING = "pending"
    UNANSWERED = "unanswered"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, kw_only=True)
class TicketVerdict(Plain):
    """The KPI of one closure held against what its client said.

    ``score``, ``scale`` and ``band`` are None/"" until an answer counts; with several respondents they are those of the
    answer that the tenant's rule picks (the lowest). ``sentence`` says it in the tenant's language.
    """

    tenant: str
    ticket: str
    closure: int
    kind: VerdictKind
    host: str = ""
    kpi: KpiCheck = KpiCheck()
    score: int | None = None
    scale: str = ""
    band: Band | None = None
    answered_at: datetime | None = None
    #: who is credited under the tenant's attribution
    agent: str = ""
    queue: str = ""
    service: str = ""
    #: signs that work was done for the clock (docs/traps.md), and what each was seen by
    signs: tuple[Sign, ...] = ()
    evidence: tuple[SeenSign, ...] = ()
    #: the ticket was reopened after this closure
    reopened: bool = False
    sentence: str = ""
