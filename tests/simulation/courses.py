"""Experiments on the Goodhart trap over months."""

from __future__ import annotations

import random
from datetime import date

from nps_plugin.model import SliceVerdict, Trap

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


def judge_course(judge: Judge, course: Course, dice: random.Random) -> SliceVerdict:
    """The verdict on months in a row."""
    months = course.draw(dice)
    periods = [(date(2024 + number // 12, number % 12 + 1, 1), month) for number, month in enumerate(months)]
    return judge(together(months), periods=periods, target=AGREED)
