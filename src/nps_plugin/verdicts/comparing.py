"""Two windows of one slice: comparable only where clients were asked in one and the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..counts import Counted, Stratum, Tally, read_counts
from ..model import Comparison, ShareChange, WindowFigures
from ..statistics import Interval, laney, mover
from ..store.tables import procedures
from ..wording.catalogue import locale_for, translations
from ..wording.comparison_sentences import comparison_sentence
from .figures import Figures, Weights, figures, fixed_weights, kpi_figures
from .reading import Procedures

Window = tuple[datetime | None, datetime | None]
#: names what differs between two procedures' specs
Changes = Callable[[Mapping[str, Any], Mapping[str, Any]], Iterable[object]]
#: earlier months from which on a single window is held against their limits too
LIMITS_FROM = 8


@dataclass(frozen=True)
class _Side:
    window: Window
    counted: Sequence[Counted]

    @property
    def answered(self) -> list[Counted]:
        return [one for one in self.counted if one.tally.answered]


def read_comparison(
    connection: Connection,
    tenant: Tenant,
    before: Window,
    after: Window,
    *,
    where: Mapping[str, str],
    changes: Changes,
    now: datetime,
    shown: Mapping[str, str] | None = None,
) -> Comparison:
    """Two windows, each from its first time until before its second, by the time of closing."""
    for name, (since, until) in (("before", before), ("after", after)):
        if since is not None and until is not None and since >= until:
            raise ValueError(f"{name}: it ends at {until} and begins at {since}")
    sides = [_Side(window, _read(connection, tenant, window, where)) for window in (before, after)]
    found = Comparison(
        tenant=tenant.name, where=MappingProxyType(dict(where if shown is None else shown)), comparable=True
    )
    locale = locale_for(tenant.locale)
    known = Procedures(connection, tenant, now)
    ways = list(
        dict.fromkeys((one.procedure, one.tally.scale.name) for side in sides for one in reversed(side.answered))
    )
    if len(ways) > 1:
        named = tuple(_named(connection, tenant, [name for name, _ in ways], changes, locale))
        both = [_figures_of(side, None, known) for side in sides]
        found = replace(found, comparable=False, changes=named, before=both[0], after=both[1])
    else:
        found = _compared(connection, tenant, sides, known, found, where)
    return replace(found, sentence=comparison_sentence(found, locale))


def _read(connection: Connection, tenant: Tenant, window: Window, where: Mapping[str, str]) -> list[Counted]:
    since, until = window
    return read_counts(connection, tenant, since=since, until=until, where=where, months=False)


def _named(connection: Connection, tenant: Tenant, ways: Sequence[str], changes: Changes, locale: str) -> Iterable[str]:
    """What changed from each way of asking to the next."""
    rows = connection.execute(select(procedures.c.procedure, procedures.c.spec).filter_by(tenant_id=tenant.name))
    specs = {row.procedure: row.spec for row in rows}
    different = list(dict.fromkeys(ways))
    words = translations(locale)
    for old, new in pairwise(different):
        if specs.get(old) is None or specs.get(new) is None:
            yield words.gettext("the way of asking changed, and what it was is not kept")
        else:
            yield from (str(one) for one in changes(specs[old], specs[new]))
    if len(different) == 1:
        yield words.gettext("the scale changed")


def _figures_of(side: _Side, weights: Weights | None, known: Procedures) -> WindowFigures:
    """The figures of a window. Without a score where it holds more than one way of asking: they are never pooled."""
    since, until = side.window
    whole: dict[str, Any] = {
        name: sum(getattr(one.tally, name) for one in side.counted) for name in ("tickets", "asked", "answered")
    }
    answered = side.answered
    if len(answered) == 1:
        scored = _figures(answered[0], weights, known)
        whole["score"] = scored.score
    kpis = [kpi_figures(one.tally) for one in side.counted]
    met, missed = sum(one.met for one in kpis), sum(one.missed for one in kpis)
    kpi = replace(
        kpis[0] if len(kpis) == 1 else kpi_figures(Tally(scale=known.tenant.scale)),
        met=met,
        missed=missed,
        unknown=sum(one.unknown for one in kpis),
        share=met / (met + missed) if met + missed else None,
    )
    return WindowFigures(since=since, until=until, kpi=kpi, **whole)


def _figures(counted: Counted, weights: Weights | None, known: Procedures) -> Figures:
    recommend = known.recommend(counted.procedure, counted.tally.scale)
    return figures(counted.tally, weights=weights, recommend=recommend)


def _compared(
    connection: Connection,
    tenant: Tenant,
    sides: Sequence[_Side],
    known: Procedures,
    found: Comparison,
    where: Mapping[str, str],
) -> Comparison:
    answered = [side.answered for side in sides]
    weights: dict[Stratum, float] | None = None
    way = next((one for some in answered for one in some), None)
    if way is not None:
        found = replace(found, procedure=way.procedure, scale=way.tally.scale.name)
        weights = _common(
            [some[0].tally for some in answered if some], known.weights(way.procedure, way.tally.scale).shares
        )
    before, after = (_figures_of(side, weights, known) for side in sides)
    kpi_change = None
    if before.kpi.share is not None and after.kpi.share is not None:
        kpi_change = after.kpi.share - before.kpi.share
    found = replace(found, before=before, after=after, kpi_change=kpi_change)
    least = tenant.minimum.ratings
    lacking = max(0, least - before.answered), max(0, least - after.answered)
    if any(lacking) or not weights or way is None:
        return replace(found, lacking=lacking)
    limits = _beyond_limits(connection, tenant, sides, way, weights, where)
    one, two = before.score, after.score
    return replace(
        found,
        satisfied=_difference(one.share, one.interval, two.share, two.interval, limits),
        net=_difference(one.net, one.net_interval, two.net, two.net_interval, None),
        beyond_limits=limits,
    )


def _common(tallies: Sequence[Tally], shares: Weights) -> dict[Stratum, float]:
    """The fixed weights of the strata that have enough answers in both windows: a total is of the same strata."""
    kept = [
        {one.stratum for one, weight in zip(tally.strata, fixed_weights(tally, shares or None), strict=True) if weight}
        for tally in tallies
    ]
    both = set.intersection(*kept) if kept else set()
    found = {stratum: shares.get(stratum, 0.0) for stratum in both}
    return found if sum(found.values()) > 0 else dict.fromkeys(both, 1.0)


def _difference(
    before: float | None,
    before_limits: tuple[float, float] | None,
    after: float | None,
    after_limits: tuple[float, float] | None,
    beyond_limits: bool | None,
) -> ShareChange | None:
    """MOVER on the two intervals: with one stratum and one answer a client, Newcombe's method 10."""
    if before is None or after is None or before_limits is None or after_limits is None:
        return None
    interval = mover(after, Interval(*after_limits), before, Interval(*before_limits))
    outside = interval.low > 0 or interval.high < 0
    return ShareChange(
        estimate=after - before,
        interval=(interval.low, interval.high),
        beyond_noise=outside and beyond_limits is not False,
    )


def _beyond_limits(
    connection: Connection,
    tenant: Tenant,
    sides: Sequence[_Side],
    way: Counted,
    weights: Weights,
    where: Mapping[str, str],
) -> bool | None:
    """Whether the later window lies beyond the p' limits of the months before it; None with fewer than eight."""
    since = sides[1].window[0]
    if since is None:
        return None
    earlier = [
        one
        for one in read_counts(connection, tenant, until=since, where=where, moments=False)
        if one.procedure == way.procedure and one.tally.scale == way.tally.scale
    ]
    local = since.astimezone(tenant.timezone)
    month = local.year, local.month
    months = [
        tally
        for one in earlier
        for first, tally in one.months
        if tally.answered >= tenant.minimum.ratings and (first.year, first.month) < month
    ]
    points = [(_figures_share(tally, weights), tally.answered) for tally in [*months, sides[1].answered[0].tally]]
    usable = [(min(1.0, share) * n, n) for share, n in points if share is not None]
    if len(usable) < LIMITS_FROM + 1 or points[-1][0] is None:
        return None
    chart = laney([events for events, _ in usable], [n for _, n in usable], baseline=len(usable) - 1)
    return None if chart is None else len(usable) - 1 in chart.outside


def _figures_share(tally: Tally, weights: Weights) -> float | None:
    """The satisfied share of a month over the strata that are compared; None where it has not enough of each."""
    kept = {one.stratum for one in tally.strata if one.answered}
    if not set(weights) <= kept:
        return None
    return figures(tally, weights=weights).score.share
