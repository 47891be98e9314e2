"""Experiments on the Goodhart trap over months."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from nps_plugin.config import Minimum
from nps_plugin.counts import Tally
from nps_plugin.model import Direction, Period, ReportRow, SliceVerdict, Trap
from nps_plugin.reports.findings import trends
from nps_plugin.verdicts import figures

from .tables import Check, Judge, Table, many, rate
from .tenants import (
    AGREED,
    Course,
    seeded,
    together,
)

_MOVES: dict[str, dict[str, float]] = {
    "nothing happens": {},
    "nothing, months differ (sd .15)": {"month_sd": 0.15},
    "nothing, months differ (sd .30)": {"month_sd": 0.30},
    "the KPI alone rises": {"kpi_moves": 2.0},
    "the score alone falls": {"satisfied_moves": -2.0},
    "opposite seasons (.3)": {"season": 0.3},
    "opposite seasons (.6)": {"season": 0.6},
    "both rise": {"kpi_moves": 2.0, "satisfied_moves": 2.0},
    "trap": {"kpi_moves": 1.0, "satisfied_moves": -1.0},
    "trap, months differ (sd .15)": {"kpi_moves": 1.0, "satisfied_moves": -1.0, "month_sd": 0.15},
}
_POWER = {(8, 30): ".34", (12, 30): ".58", (24, 30): ".87", (8, 100): ".71", (12, 100): ".92", (24, 100): ".995"}


def traps(judge: Judge, size: int = 1) -> Table:
    """The Goodhart trap over months."""
    rows, checks = [], []
    count = many(size, 25, 400)
    for name, moves in _MOVES.items():
        cells, false, tenants = [], 0, 0
        for months, answers in _POWER:
            hits = 0
            for number in range(count):
                course = Course(months=months, answers=answers, closings=4 * answers, **moves)  # type: ignore[arg-type]
                dice = seeded(f"trap {name} {months} {answers}", number)
                hits += judge_course(judge, course, dice).trap is Trap.TRAP
            cells.append(rate(hits, count))
            # a season cannot be told from a trend before two years are over
            if "season" not in moves or months >= 24:
                false, tenants = false + hits, tenants + count
        rows.append((name, *cells))
        if not name.startswith("trap"):
            checks.append(Check(what=f"false trap, {name}", measured=false / tenants, tenants=tenants, bound=0.05))
    rows.append(("methods: trap", *_POWER.values()))
    return Table(
        title="Goodhart trap over months",
        note="Share of tenants called a trap. From first to last month a trap moves KPI and score by 1 on the logit"
        " scale (KPI about .78 to .90, satisfied .87 to .71), what moves alone by 2. Methods: nothing happens"
        " .001-.003, the KPI alone rises <= .05. Opposite seasons: KPI up and score down in one half of the year and"
        " the other way round in the other; bounded from 24 months.",
        columns=("truth", *(f"{months} months, {answers} answers" for months, answers in _POWER)),
        rows=tuple(rows),
        checks=tuple(checks),
    )


_TRENDS: dict[str, dict[str, float]] = {
    "nothing happens": {},
    "nothing, months differ (sd .30)": {"month_sd": 0.30},
    "a season (.3)": {"season": 0.3},
    "a season (.6)": {"season": 0.6},
    "falls": {"satisfied_moves": -1.0},
    "falls, in a season (.3)": {"satisfied_moves": -1.0, "season": 0.3},
}


def report_trends(judge: Judge, size: int = 1) -> Table:
    """The trend of the satisfied share that a report tells."""
    rows, checks = [], []
    count = many(size, 25, 600)
    for name, moves in _TRENDS.items():
        cells, false, tenants = [], 0, 0
        for months, answers in _POWER:
            hits = 0
            for number in range(count):
                course = Course(months=months, answers=answers, closings=answers, **moves)  # type: ignore[arg-type]
                hits += told(course.draw(seeded(f"trend {name} {months} {answers}", number))) is not Direction.NONE
            cells.append(rate(hits, count))
            if "season" not in moves or months >= 24:
                false, tenants = false + hits, tenants + count
        rows.append((name, *cells))
        if not name.startswith("falls"):
            checks.append(Check(what=f"false trend, {name}", measured=false / tenants, tenants=tenants, bound=0.05))
    return Table(
        title="Trends in a report",
        note="Share of tenants whose satisfied share is said to rise or to fall, two-sided at 5 %. What falls does so"
        " by 1 on the logit scale (.87 to .71). Seasons are bounded from 24 months.",
        columns=("truth", *(f"{months} months, {answers} answers" for months, answers in _POWER)),
        rows=tuple(rows),
        checks=tuple(checks),
    )


def told(months: Sequence[Tally]) -> Direction:
    """What a report says of the satisfied share of months in a row."""
    rows = []
    for number, tally in enumerate(months):
        found = figures(tally)
        since = datetime(2024 + number // 12, number % 12 + 1, 1, tzinfo=UTC)
        rows.append(
            ReportRow(
                since=since, until=since + timedelta(days=28), procedure="p", scale=tally.scale.name,
                tickets=tally.tickets, asked=tally.asked, answered=tally.answered, kpi=found.kpi, score=found.score,
                watermelon=found.watermelon, association=found.association, shown=True,
            )
        )  # fmt: skip
    return next(one.direction for one in trends(rows, Period.MONTH, Minimum()) if one.series == "satisfied")


def judge_course(judge: Judge, course: Course, dice: random.Random) -> SliceVerdict:
    """The verdict on months in a row."""
    months = course.draw(dice)
    periods = [(date(2024 + number // 12, number % 12 + 1, 1), month) for number, month in enumerate(months)]
    return judge(together(months), periods=periods, target=AGREED)
