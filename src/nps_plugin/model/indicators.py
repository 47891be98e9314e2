"""Indicators: what was agreed with clients beforehand, asked one by one after the score and never mixed into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from .plain import Plain
from .standings import Limits, Share


class Fulfilled(StrEnum):
    """What a client says of an indicator."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


#: The shipped indicators, each with its criterion; a tenant takes what it agreed on (docs/indicators.md).
INDICATORS: Mapping[str, str] = MappingProxyType(
    {
        "no_errors": "quality",
        "stays_fixed": "quality",
        "cause_removed": "quality",
        "first_reply_quick": "speed",
        "fixed_quickly": "speed",
        "on_time": "speed",
        "knows_the_subject": "competence",
        "understood_at_once": "competence",
        "courteous": "attitude",
        "willing_to_help": "attitude",
        "kept_informed": "information",
        "clear_answers": "information",
        "easy_to_reach": "access",
        "asked_once": "access",
        "solved": "result",
        "fits_my_work": "result",
    }
)
#: The criteria of the shipped indicators, in their order.
CRITERIA: tuple[str, ...] = tuple(dict.fromkeys(INDICATORS.values()))


@dataclass(frozen=True, kw_only=True)
class Impact(Plain):
    """How the satisfied share differs between answers that call an indicator fulfilled and those that do not (partly
    or not at all), on one scale. What goes together need not be cause and effect.

    Compared within each client level and channel, and totalled. ``tentative``: too few answers or clients on one side,
    or chance may be the whole of it, with so many indicators looked at.
    """

    scale: str
    #: the satisfied among the answers that say yes
    fulfilled: Share
    #: and among the others
    unfulfilled: Share
    #: None: no level and channel has both
    difference: float | None = None
    interval: Limits = None
    p: float | None = None
    tentative: bool = True
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class IndicatorFigures(Plain):
    """What clients say of one indicator. ``share``: the answers that say yes, with their interval; ``shown`` False: too
    few for a share, so readers are shown "k of n"."""

    indicator: str
    text: str
    criterion: str
    criterion_text: str
    n: int = 0
    yes: int = 0
    partly: int = 0
    no: int = 0
    share: Share
    shown: bool = False
    #: None: no answer, or one of a slice
    impact: Impact | None = None


@dataclass(frozen=True, kw_only=True)
class IndicatorSlice(Plain):
    """The indicators of one level, or of another slice, by its value; "" where it has none."""

    value: str
    figures: tuple[IndicatorFigures, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Voice(Plain):
    """What somebody said without a ticket: in an interview, a focus group. Outside all verdicts and shares.

    ``indicators``: how many said yes, partly and no. ``text`` is "" once its time is over or its person forgotten.
    """

    id: str
    tenant: str
    source: str
    at: datetime
    by: str
    text: str = field(default="", repr=False)
    score: int | None = None
    scale: str = ""
    indicators: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    level: str = ""
    organization: str = ""
    participants: int = 1
    slices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: when it was taken out, by whom and why; None: it stands
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_why: str = ""


@dataclass(frozen=True, kw_only=True)
class IndicatorReport(Plain):
    """The indicators of a tenant or a slice, under the newest procedure that has any; see docs/indicators.md.

    ``whole`` is ordered by impact, those that are not tentative first; ``slices`` by value. ``apart``: answers to
    indicators under older procedures, which are in no figure here. ``voices`` stand beside it all, in none of them.
    """

    tenant: str
    procedure: str = ""
    by: str = ""
    where: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    since: datetime | None = None
    until: datetime | None = None
    whole: tuple[IndicatorFigures, ...] = ()
    slices: tuple[IndicatorSlice, ...] = ()
    apart: int = 0
    voices: tuple[Voice, ...] = ()
