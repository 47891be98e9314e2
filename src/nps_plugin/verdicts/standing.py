"""Standings: the last verdict on the whole, on each agent, queue and service, kept for whoever looks at a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import Connection

from ..config.settings import Tenant
from ..model import (
    Association,
    KpiFigures,
    Level,
    Link,
    Need,
    Quadrants,
    ScoreFigures,
    Share,
    Sign,
    SignFinding,
    SliceVerdict,
    Standing,
    StandingChanged,
    StratumFigures,
    Trap,
    TrapFigures,
)
from ..store import outbox, standing
from ..store.engine import Store
from .reading import Procedures, read_slice

T = TypeVar("T")

#: a standing is that of the closings of so many calendar months, the one that runs included
MONTHS = 12
#: a slice below this many closings is judged again at once, a larger one rests in proportion: judging takes its time
_SMALL = 1000
_REST = timedelta(milliseconds=20)
#: what is no news as the first standing of a slice: nothing could be said before either
_SILENT = (Level.UNDECIDED, Level.NO_TARGET), (Link.INSUFFICIENT,), (Trap.INSUFFICIENT, Trap.NONE)


def slice_of(where: Mapping[str, str]) -> tuple[str, str]:
    """(dimension, value) of a slice of which a standing is kept; raises ``ValueError`` for any other."""
    if not where:
        return "total", ""
    if len(where) == 1 and (dimension := next(iter(where))) in standing.DIMENSIONS[1:]:
        return dimension, where[dimension]
    raise ValueError(
        f"standing: one of {', '.join(standing.DIMENSIONS[1:])}, or none for the whole; got"
        f" {', '.join(map(str, where))!s:.80}. verdict() judges any slice"
    )


def read_standing(connection: Connection, tenant: Tenant, where: Mapping[str, str]) -> SliceVerdict | None:
    """The last verdict on a slice; None before its first one. One look-up, whatever the number of answers."""
    kept = standing.find(connection, tenant.name, *slice_of(where))
    return None if kept is None or not kept.level else restore(kept.verdict)


def judge_due(
    store: Store,
    tenants: Mapping[str, Tenant],
    subscribers: Mapping[str, bool] | Iterable[str],
    now: datetime,
    limit: int,
) -> int:
    """Judge at most ``limit`` slices of each of these tenants of which something was folded since their verdict; how
    much news there is of it.

    Verdict and news are one transaction. News is written where level, link or trap changed.
    """
    with store.read() as connection:
        names = standing.tenants_changed(connection, now)
    return sum(_judge_some(store, tenants[name], subscribers, now, limit) for name in names if name in tenants)


def _judge_some(
    store: Store, tenant: Tenant, subscribers: Mapping[str, bool] | Iterable[str], now: datetime, limit: int
) -> int:
    with store.read() as connection:
        due = standing.changed(connection, tenant.name, now, limit)
        known = Procedures(connection, tenant, now)
        judged = [(kept, _judge(connection, tenant, kept, known)) for kept in due]
    told = 0
    for kept, verdict in judged:
        rest = _REST * verdict.tickets if verdict.tickets >= _SMALL else timedelta(0)
        with store.write() as connection:
            if standing.keep(connection, tenant.name, kept, verdict.to_dict(), now, now + rest):
                told += _tell(connection, subscribers, kept, verdict, now)
    return told


def _judge(connection: Connection, tenant: Tenant, kept: standing.Kept, known: Procedures) -> SliceVerdict:
    where = {} if kept.dimension == "total" else {kept.dimension: kept.value}
    today = known.now.astimezone(tenant.timezone)
    month = today.year * 12 + today.month - MONTHS
    since = datetime(month // 12, month % 12 + 1, 1, tzinfo=tenant.timezone)
    return read_slice(connection, tenant, since=since, where=where, now=known.now, known=known)


def _tell(
    connection: Connection,
    subscribers: Mapping[str, bool] | Iterable[str],
    kept: standing.Kept,
    verdict: SliceVerdict,
    now: datetime,
) -> bool:
    before = Standing(level=Level(kept.level), link=Link(kept.link), trap=Trap(kept.trap)) if kept.level else None
    after = Standing(level=verdict.level, link=verdict.link, trap=verdict.trap)
    if before == after or (before is None and _silent(after)):
        return False
    outbox.put(
        connection,
        subscribers,
        kind="standing_changed",
        tenant=verdict.tenant,
        # what orders the news of one kind is the ticket; here it is the slice
        host=kept.dimension,
        ticket=kept.value,
        closure=0,
        now=now,
        where=dict(verdict.where),
        before=None if before is None else before.to_dict(),
        after=after.to_dict(),
        headline=verdict.headline,
        sentence=verdict.sentence,
    )
    return True


def standing_news(head: Mapping[str, Any], about: Mapping[str, Any]) -> StandingChanged:
    """The news as it was written: a standing is told as it was judged, each change of it once."""
    before = None if about["before"] is None else _standing(about["before"])
    return StandingChanged(
        **head,
        where=MappingProxyType(dict(about["where"])),
        before=before,
        after=_standing(about["after"]),
        headline=about["headline"],
        sentence=about["sentence"],
    )


def _standing(kept: Mapping[str, Any]) -> Standing:
    return Standing(level=Level(kept["level"]), link=Link(kept["link"]), trap=Trap(kept["trap"]))


def _silent(first: Standing) -> bool:
    return all(value in silent for value, silent in zip((first.level, first.link, first.trap), _SILENT, strict=True))


# --- from JSON and back


def restore(kept: Mapping[str, Any]) -> SliceVerdict:
    """The verdict that was put away by ``to_dict()``."""
    parts: dict[str, Any] = {
        "where": MappingProxyType(dict(kept["where"])),
        "since": _time(kept["since"]),
        "until": _time(kept["until"]),
        "level": Level(kept["level"]),
        "link": Link(kept["link"]),
        "trap": Trap(kept["trap"]),
        "kpi": _made(KpiFigures, kept["kpi"]),
        "score": _made(ScoreFigures, kept["score"]),
        "quadrants": _made(Quadrants, kept["quadrants"]),
        "watermelon_share": _made(Share, kept["watermelon_share"]),
        "missed_satisfied": _made(Share, kept["missed_satisfied"]),
        "association": _made(Association, kept["association"]),
        "trap_figures": _made(TrapFigures, kept["trap_figures"]),
        "signs": tuple(map(_sign, kept["signs"])),
        "strata": tuple(_made(StratumFigures, one) for one in kept["strata"]),
        "needs": tuple(_made(Need, one) for one in kept["needs"]),
        "others": tuple(map(restore, kept["others"])),
    }
    return _made(SliceVerdict, kept, **parts)


def _sign(kept: Mapping[str, Any]) -> SignFinding:
    baseline = kept["baseline"]
    return _made(
        SignFinding,
        kept,
        sign=Sign(kept["sign"]),
        share=_made(Share, kept["share"]),
        baseline=None if baseline is None else _made(Share, baseline),
    )


def _made(kind: type[T], kept: Mapping[str, Any], **parts: Any) -> T:
    """A part from its plain values; lists are tuples. What an older release kept may lack fields of this one."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    values = {name: tuple(it) if isinstance(it, list) else it for name, it in kept.items() if name in names}
    return kind(**values | parts)


def _time(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
