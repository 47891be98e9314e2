"""Signs on a slice as counts: of how many closings each can be told, and how many have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select, true

from ..config.settings import Tenant
from ..counts import SignCounts, read_signs
from ..counts.signs import (
    ADDRESS,
    ADDRESS_K,
    ALONE,
    ASKED_K,
    BACK,
    BOUNCING,
    BRUSH_K,
    CLOSED,
    NOT_ASKED,
    PASSES_K,
    PAUSED,
    PAUSED_K,
)
from ..model import AnswerState, Scale, Sign
from ..store.tables import answers, closures, surveys

#: (seen, known): closings with the sign, and closings of which it can be told at all
Count = tuple[int, int]
_KEY = ("host", "ticket", "closure")
_COLUMNS = {"agent": "credited"}


@dataclass(frozen=True, kw_only=True)
class Window:
    """Closings with a closing time from ``since`` until before ``until`` (None: open), of one slice."""

    since: datetime | None
    until: datetime | None
    where: Mapping[str, str]

    def conditions(self, tenant: Tenant) -> list[Any]:
        """What a row of ``nps_closure`` fulfils to be in it."""
        found = [closures.c.tenant_id == tenant.name, closures.c.closed_at.is_not(None)]
        if self.since is not None:
            found.append(closures.c.closed_at >= self.since)
        if self.until is not None:
            found.append(closures.c.closed_at < self.until)
        return found + [_dimension(name) == value for name, value in self.where.items()]


@dataclass(frozen=True, kw_only=True)
class JumpCounts:
    """Closings around their deadline, and the scores (by point, lowest first) of those just before it (bin b) and of
    those from half of the target up to there."""

    bins: tuple[int, int, int, int]
    near: tuple[int, ...] = ()
    early: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The signs on one slice."""

    counts: Mapping[Sign, Count]
    jump: JumpCounts


def read_sign_counts(
    connection: Connection, tenant: Tenant, window: Window, *, by: str = "", now: datetime, short: int | None
) -> dict[str, Seen]:
    """For each value of ``by`` ("" without): how many closings have each sign, of how many it can be told of.

    ``short``: see ``signs.short_reply``. Quick fixes are counted of closings that are old enough for one. By agent,
    ``bouncing`` counts the tickets that an agent held, and of those passed on too often the ones that it passed on;
    who is not asked is counted by agent alone.
    """
    found = read_signs(
        connection,
        tenant,
        since=window.since,
        until=window.until,
        where=window.where,
        by=by,
        old=now - tenant.signs.quick_fix_within,
        short=short,
    )
    return {value: _seen(one, by == "agent", short) for value, one in found.items()}


def _seen(one: SignCounts, agent: bool, short: int | None) -> Seen:
    counts: dict[Sign, Count] = {}
    if one.of(CLOSED):
        counts = {
            Sign.QUICK_FIX: (one.of(BACK) - one.fresh_back, one.of(CLOSED) - one.fresh),
            Sign.PAUSED_CLOCK: (one.of(PAUSED), one.of(PAUSED_K)),
            Sign.ADDRESS_CHANGED: (one.of(ADDRESS), one.of(ADDRESS_K)),
        }
        if short is not None:
            counts[Sign.BRUSH_OFF] = (one.brushed, one.of(BRUSH_K))
        if agent:
            counts[Sign.NOT_ASKED_SHARE] = (one.of(NOT_ASKED), one.of(ASKED_K))
        else:
            counts[Sign.BOUNCING] = (one.of(BOUNCING), one.of(PASSES_K))
    if agent and (held := one.of(ALONE) + one.held):
        counts[Sign.BOUNCING] = (one.passed, held)
    a, b, c, d = one.deadline
    return Seen(counts=counts, jump=JumpCounts(bins=(a, b, c, d), near=tuple(one.near), early=tuple(one.early)))


def scored(tenant: Tenant, scale: Scale, procedure: str | None = None) -> Any:
    """The score that counts of each closure that was asked on this scale (under this procedure): the lowest of its
    respondents'."""
    s, a = surveys.c, answers.c
    same = [s.scale[name].as_integer() == getattr(scale, name) for name in ("low", "high")]
    return (
        select(*(s[name] for name in _KEY), func.min(a.score).label("score"))
        .select_from(surveys.join(answers, and_(a.tenant_id == s.tenant_id, a.survey == s.survey)))
        .where(s.tenant_id == tenant.name, a.state == AnswerState.COUNTED.value)
        .where(s.scale["name"].as_string() == scale.name, *same)
        .where(true() if procedure is None else s.procedure == procedure)
        .group_by(*(s[name] for name in _KEY))
        .subquery()
    )


def _dimension(name: str) -> Any:
    column = _COLUMNS.get(name, name)
    return closures.c[column] if column in closures.c else closures.c.facts[name].as_string()
