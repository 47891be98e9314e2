"""What changed, what goes which way, where to look first: from the rows of a report (rules: docs/reports.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import dropwhile, takewhile
from math import erfc, inf, sqrt
from types import MappingProxyType

from ..config.settings import Minimum
from ..model import Direction, Period, PeriodChange, ReportRow, Share, Spot, TrendFinding
from ..statistics import (
    Interval,
    benjamini_hochberg,
    laney,
    mann_kendall,
    mover,
    seasonal_mann_kendall,
    seasonal_sen_slope,
    sen_slope,
)
from ..verdicts.periods import SEASONAL_FROM, with_season

LEVEL = 0.05
#: how many points are shown
WEAK, STRONG = 5, 3

Value = Callable[[ReportRow], float | None]
#: the shares of one period, by series
Steady = Mapping[str, float | None]
_NOTHING: Mapping[datetime, Steady] = MappingProxyType({})

SERIES: dict[str, Value] = {
    "satisfied": lambda row: row.score.share,
    "kpi": lambda row: row.kpi.share,
    "watermelon": lambda row: row.watermelon.value,
}


def last_procedure(periods: Sequence[ReportRow]) -> list[ReportRow]:
    """The periods that are over and in one way of asking, up to the last: trends and changes never bridge a break.

    A period without closings keeps its place in time.
    """
    over = [row for row in periods if row.ended]
    newest = next(((row.procedure, row.scale) for row in reversed(over) if row.tickets), None)
    same = list(
        takewhile(lambda row: not row.tickets or (row.procedure, row.scale) == newest, reversed(over)),
    )[::-1]
    return list(dropwhile(lambda row: not row.tickets, same))


def trends(
    periods: Sequence[ReportRow], period: Period, minimum: Minimum, steady: Mapping[datetime, Steady] = _NOTHING
) -> list[TrendFinding]:
    """Mann-Kendall for each series, over periods with enough answers of the newest procedure.

    ``steady``: by the beginning of a period, its shares over the strata that all periods have; they take the place of
    the printed ones, whose strata may change from period to period. From 24 months on a trend must be seen over all
    months, and in the years of each calendar month (``verdicts.periods.with_season``, as for a trap).
    """
    rows = last_procedure(periods)
    found = []
    for series, value in SERIES.items():
        values = [
            steady.get(row.since, {}).get(series, value(row)) if row.answered >= minimum.ratings else None
            for row in rows
        ]
        known = [one for one in values if one is not None]
        whole, slope = mann_kendall(values), sen_slope(values)
        change = _over(values, slope)
        if len(known) < minimum.periods or whole is None or change is None:
            found.append(TrendFinding(series=series, periods=len(known), change=change))
            continue
        p, seasonal = whole.p, None
        if period is Period.MONTH and len(known) >= SEASONAL_FROM:
            seasonal, slope = seasonal_mann_kendall(values), seasonal_sen_slope(values)
        if seasonal is not None and slope is not None:
            p = with_season(p, seasonal.p_up if whole.s > 0 else seasonal.p_down)
            change = _over(values, slope)
        direction = Direction.NONE
        if p <= LEVEL and change:
            direction = Direction.UP if whole.s > 0 else Direction.DOWN
        found.append(
            TrendFinding(
                series=series, direction=direction, periods=len(known), p=p, change=change,
                seasonal=seasonal is not None,
            )
        )  # fmt: skip
    return found


def _over(values: Sequence[float | None], slope: float | None) -> float | None:
    """The change over the whole span by Sen's slope; at most what lies between the lowest and the highest value, since
    after one step the line through all periods is steeper than what happened."""
    known = [one for one in values if one is not None]
    if slope is None:
        return None
    span = max(known) - min(known)
    return min(max(slope * (len(values) - 1), -span), span)


def changes(periods: Sequence[ReportRow], minimum: Minimum) -> list[PeriodChange]:
    """The last period that is over against the one before it: the satisfied share and the watermelon share."""
    rows = last_procedure(periods)
    if len(rows) < 2:
        return []
    before, after = rows[-2:]
    return [
        _changed("satisfied", _satisfied(before), _satisfied(after), minimum, [_satisfied(row) for row in rows]),
        _changed("watermelon", before.watermelon, after.watermelon, minimum, [row.watermelon for row in rows]),
    ]


def _changed(series: str, before: Share, after: Share, minimum: Minimum, all_of_them: Sequence[Share]) -> PeriodChange:
    comparable = min(before.n, after.n) >= minimum.ratings
    if before.value is None or before.interval is None or after.value is None or after.interval is None:
        return PeriodChange(series=series, before=before, after=after)
    if not comparable:
        return PeriodChange(series=series, before=before, after=after)
    interval = mover(after.value, Interval(*after.interval), before.value, Interval(*before.interval))
    beyond = not interval.low <= 0 <= interval.high
    earlier = len(all_of_them) - 1
    if beyond and earlier >= minimum.periods:
        # two neighbours differ by chance more often than it seems: the usual swing from period to period counts too
        chart = laney([one.count for one in all_of_them], [one.n for one in all_of_them], baseline=earlier)
        beyond = chart is None or earlier in chart.outside
    return PeriodChange(
        series=series,
        before=before,
        after=after,
        comparable=True,
        difference=after.value - before.value,
        interval=(interval.low, interval.high),
        beyond_noise=beyond,
    )


def spots(
    rows: Iterable[tuple[str, ReportRow]], overall: float | None, minimum: Minimum
) -> tuple[list[Spot], list[Spot]]:
    """Weak and strong points among slices of one name each, the ones with the largest impact first.

    ``rows``: (name of the slice, its row). The gap is to the slice's target, else to the share of all. A point is
    tentative where its interval holds the reference, where it has too few answers, or where so many slices were looked
    at that some would stand out by chance (Benjamini-Hochberg at 5 %).
    """
    found: list[tuple[Spot, float]] = []
    for kind, row in rows:
        reference = overall if row.score.target is None else row.score.target
        share = _satisfied(row)
        if reference is None or share.value is None or not row.shown or not row.by[kind]:
            continue
        p = _p(share, reference) if row.answered >= minimum.ratings else 1.0
        impact = row.answered * abs(reference - share.value)
        spot = Spot(
            kind=kind, value=row.by[kind], label=row.by[kind], answered=row.answered, share=share,
            reference=reference, impact=impact,
        )  # fmt: skip
        found.append((spot, p))
    firm = benjamini_hochberg([p for _, p in found], LEVEL) if found else []
    judged = [_with(spot, tentative=not sure) for (spot, _), sure in zip(found, firm, strict=True)]
    judged.sort(key=lambda spot: (-spot.impact, spot.kind, spot.value))
    weak = [one for one in judged if one.share.value is not None and one.share.value < (one.reference or 0)]
    strong = [one for one in judged if one not in weak and one.impact > 0]
    return weak, strong


def reason_spot(code: str, text: str, share: Share, minimum: Minimum) -> Spot:
    """A reason as a weak point: each dissatisfied answer that names it is a satisfied one missing."""
    return Spot(
        kind="reason", value=code, label=text, answered=share.n, share=share, impact=float(share.count),
        tentative=share.n < minimum.ratings,
    )  # fmt: skip


def _satisfied(row: ReportRow) -> Share:
    return Share(
        count=row.score.satisfied, n=row.answered, value=row.score.share, interval=row.score.interval,
        clients=row.score.clients,
    )  # fmt: skip


def _p(share: Share, reference: float) -> float:
    """Two-sided, from the half of the interval on the side of the reference: below 5 % just where it lies outside."""
    if share.value is None or share.interval is None:
        return 1.0
    half = share.interval[1] - share.value if share.value < reference else share.value - share.interval[0]
    z = abs(share.value - reference) / (half / 1.959964) if half > 0 else inf
    return erfc(z / sqrt(2))


def _with(spot: Spot, *, tentative: bool) -> Spot:
    return Spot(**{**vars(spot), "tentative": tentative})
