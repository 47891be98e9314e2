"""Is the difference between 4 and 5 taken into account anywhere, and do clients who choose them differ in anything?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from ..config.advice import taken_into_account, unused_differences
from ..config.settings import Tenant
from ..counts import client_back, read_counts, reopened_soon
from ..model import Alike, Band, FewerPoints, Neighbours, OutcomeDifference, Scale, ScaleAdvice, ScaleSays
from ..statistics import effective_points, g2, kept_information, newcombe
from ..store.tables import closures
from ..wording.advice_sentences import scale_sentences
from .sign_counts import scored

#: Ratings in all, and of each level compared, that it takes to compare.
RATINGS, OF_A_POINT = 200, 30
#: Shares whose difference lies within this are the same for every practical purpose.
MARGIN = 0.05
#: Outcomes on which merged neighbours must be the same, and the share of information that must be kept.
OUTCOMES, KEPT = 2, 0.95
Table = Sequence[Sequence[int]]


@dataclass(frozen=True, kw_only=True)
class ScaleCounts:
    """Ratings by point, lowest first, and what came after them: (no, yes) by point whether the ticket was soon
    ``reopened`` and whether the client was soon ``back``, and point by point the client's ``next_score``."""

    ratings: Sequence[int]
    reopened: Table = ()
    back: Table = ()
    next_score: Table = ()

    @property
    def outcomes(self) -> dict[str, Table]:
        """The tables that are there, by name."""
        tables = {"reopened": self.reopened, "back": self.back, "next_score": self.next_score}
        return {name: table for name, table in tables.items() if any(map(sum, table))}


def advise_scale(
    scale: Scale,
    counts: ScaleCounts,
    *,
    used_by: Mapping[tuple[int, int], Sequence[str]] | None = None,
    tenant: str = "",
    locale: str = "en",
) -> ScaleAdvice:
    """Advice from counts; docs/advice.md has the rules (methods: Goodman 1981 on merging categories).

    ``used_by``: the settings that tell two neighbouring points apart; without it, the bands of the scale.
    """
    if used_by is None:
        used_by = {(a, b): ("bands",) if scale.band(a) is not scale.band(b) else () for a, b in pairwise(scale.points)}
    total = sum(counts.ratings)
    enough = total >= RATINGS
    outcomes = counts.outcomes if enough else {}
    neighbours = tuple(
        _neighbours(scale, counts, outcomes, pair, tuple(used_by[pair])) for pair in pairwise(scale.points)
    )
    fewer = _fewer(scale, outcomes, neighbours) if enough else ()
    unused = unused_differences(scale)
    advice = ScaleAdvice(
        tenant=tenant,
        scale=scale.name,
        points=scale.points,
        says=_says(unused, neighbours, fewer),
        unused=unused,
        neighbours=neighbours,
        ratings=total,
        effective_points=effective_points(counts.ratings),
        fewer=fewer,
    )
    return replace(advice, sentences=scale_sentences(advice, locale, needed=RATINGS))


def read_scale_advice(connection: Connection, tenant: Tenant, now: datetime) -> ScaleAdvice:
    """The advice on a tenant's scale, from the answers on it under the newest procedure."""
    scale = tenant.scale
    points = scale.points
    used = {pair: taken_into_account(tenant, scale, *pair) for pair in pairwise(points)}
    return advise_scale(
        scale, read_scale_counts(connection, tenant, now), used_by=used, tenant=tenant.name, locale=tenant.locale
    )


def read_scale_counts(connection: Connection, tenant: Tenant, now: datetime) -> ScaleCounts:
    """What came after each score. Whether a ticket was reopened or the client came back is counted of closings that are
    old enough for it (``signs.quick_fix_within``)."""
    scale = tenant.scale
    size = len(scale.points)
    procedure = next(
        (
            one.procedure
            for one in read_counts(connection, tenant, moments=False, months=False)
            if one.tally.scale.name == scale.name and one.tally.answered
        ),
        None,
    )
    empty = [[0] * 2 for _ in range(size)]
    if procedure is None:
        return ScaleCounts(ratings=[0] * size)
    ratings = [0] * size
    reopened, back = [list(row) for row in empty], [list(row) for row in empty]
    following = [[0] * size for _ in range(size)]
    for score, old, is_reopened, is_back, after, n in connection.execute(_query(connection, tenant, procedure, now)):
        at = score - scale.low
        ratings[at] += n
        if old:
            reopened[at][is_reopened] += n
            back[at][is_back] += n
        if after is not None:
            following[at][after - scale.low] += n
    return ScaleCounts(ratings=ratings, reopened=reopened, back=back, next_score=following)


def _query(connection: Connection, tenant: Tenant, procedure: str, now: datetime) -> Any:
    heard = scored(tenant, tenant.scale, procedure)
    same = and_(*(closures.c[name] == heard.c[name] for name in ("host", "ticket", "closure")))
    dialect, c = connection.dialect.name, closures.c
    after = func.lead(heard.c.score).over(partition_by=c.client, order_by=(c.closed_at, c.host, c.ticket, c.closure))
    rows = (
        select(
            heard.c.score,
            case((c.closed_at <= now - tenant.signs.quick_fix_within, 1), else_=0).label("old"),
            case((reopened_soon(dialect, tenant), 1), else_=0).label("reopened"),
            case((client_back(dialect, tenant), 1), else_=0).label("back"),
            case((c.client.is_not(None), after)).label("after"),
        )
        .select_from(closures.join(heard, same))
        .where(c.tenant_id == tenant.name)
        .subquery()
    )
    return select(*rows.c, func.count()).group_by(*rows.c)


def _neighbours(
    scale: Scale,
    counts: ScaleCounts,
    outcomes: Mapping[str, Table],
    pair: tuple[int, int],
    used_by: tuple[str, ...],
) -> Neighbours:
    lower, upper = (point - scale.low for point in pair)
    ratings = (counts.ratings[lower], counts.ratings[upper])
    satisfied = [index for index, point in enumerate(scale.points) if scale.band(point) is Band.SATISFIED]
    found = [
        _difference(name, table[lower], table[upper], satisfied if name == "next_score" else (1,))
        for name, table in outcomes.items()
    ]
    return Neighbours(
        lower=pair[0],
        upper=pair[1],
        used_by=used_by,
        ratings=ratings,
        outcomes=tuple(found),
        alike=_together([one.alike for one in found]),
    )


def _difference(name: str, lower: Sequence[int], upper: Sequence[int], yes: Sequence[int]) -> OutcomeDifference:
    """Two rows of an outcome: the same where the 90 % interval lies within the margin, different where the 95 % one
    leaves 0 out; both: negligible."""
    sizes = sum(lower), sum(upper)
    if min(sizes) < OF_A_POINT:
        return OutcomeDifference(outcome=name)
    events = [sum(row[column] for column in yes) for row in (upper, lower)]
    wide = newcombe(events[0], sizes[1], events[1], sizes[0])
    narrow = newcombe(events[0], sizes[1], events[1], sizes[0], 0.90)
    if wide is None or narrow is None:
        return OutcomeDifference(outcome=name)
    p = g2([lower, upper]).p if len(lower) > 2 else wide.p
    same = narrow.interval.low > -MARGIN and narrow.interval.high < MARGIN
    different = p <= 0.05 if len(lower) > 2 else not wide.interval.contains(0.0)
    if same:
        alike = Alike.NEGLIGIBLE if different and len(lower) == 2 else Alike.DIFFERENT if different else Alike.SAME
    else:
        alike = Alike.DIFFERENT if different else Alike.NOT_ENOUGH
    low, high = wide.interval
    return OutcomeDifference(outcome=name, difference=wide.estimate, interval=(low, high), p=p, alike=alike)


def _together(found: Sequence[Alike]) -> Alike:
    if Alike.DIFFERENT in found:
        return Alike.DIFFERENT
    if sum(one in (Alike.SAME, Alike.NEGLIGIBLE) for one in found) < OUTCOMES:
        return Alike.NOT_ENOUGH
    return Alike.NEGLIGIBLE if Alike.NEGLIGIBLE in found else Alike.SAME


def _fewer(scale: Scale, outcomes: Mapping[str, Table], neighbours: Sequence[Neighbours]) -> tuple[FewerPoints, ...]:
    """The best merging of neighbours to 3 and to 2 points: the one whose worst outcome keeps most."""
    size = len(scale.points)
    alike = [one.alike in (Alike.SAME, Alike.NEGLIGIBLE) for one in neighbours]
    found = []
    for points in (3, 2):
        if points >= size:
            continue
        ways = [_groups(size, cuts) for cuts in combinations(range(1, size), points - 1)]
        scores = [{name: kept_information(table, groups) for name, table in outcomes.items()} for groups in ways]
        best = max(range(len(ways)), key=lambda way: _worth(scores[way], ways[way], scale))
        merged = [alike[place] for group in ways[best] for place in group[:-1]]
        told = [kept for kept in scores[best].values() if kept is not None]
        found.append(
            FewerPoints(
                points=points,
                groups=tuple(tuple(scale.points[place] for place in group) for group in ways[best]),
                kept=scores[best],
                enough=bool(outcomes) and all(merged) and all(kept >= KEPT for kept in told),
            )
        )
    return tuple(found)


def _groups(size: int, cuts: Sequence[int]) -> list[list[int]]:
    return [list(range(start, end)) for start, end in pairwise((0, *cuts, size))]


def _worth(kept: Mapping[str, float | None], groups: Sequence[Sequence[int]], scale: Scale) -> tuple[float, float, int]:
    told = [value for value in kept.values() if value is not None] or [1.0]
    # of ways that keep as much, the one that splits no band
    split = sum(scale.band(scale.points[a[-1]]) is scale.band(scale.points[b[0]]) for a, b in pairwise(groups))
    return round(min(told), 9), round(sum(told), 9), -split


def _says(unused: Sequence[Sequence[int]], neighbours: Sequence[Neighbours], fewer: Sequence[FewerPoints]) -> ScaleSays:
    if any(one.enough for one in fewer):
        return ScaleSays.FEWER
    if not unused:
        return ScaleSays.KEEP
    differ = any(one.alike is Alike.DIFFERENT and not one.used_by for one in neighbours)
    return ScaleSays.USE if differ else ScaleSays.UNUSED
