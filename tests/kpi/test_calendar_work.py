"""A long ticket costs no more than a short one: counted in steps of the interpreter, which no busy machine changes."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

from nps_plugin.config.settings import CalendarSettings
from nps_plugin.kpi import WorkingCalendar

DAY = timedelta(days=1)


def steps(call: Callable[[], Any]) -> int:
    """The lines, calls and returns that a call executes, all Python frames below it included."""
    counted = 0

    def trace(_frame: FrameType, _event: str, _arg: Any) -> Any:
        nonlocal counted
        counted += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return counted


def warm_calendar() -> WorkingCalendar:
    hours = ((540, 780), (840, 1080))
    calendar = WorkingCalendar(
        CalendarSettings(hours=dict.fromkeys(range(5), hours), timezone=ZoneInfo("Europe/Berlin"), holidays="DE")
    )
    calendar.worked(datetime(2024, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC))
    return calendar


def test_the_counter_counts_a_walk() -> None:
    def walk(length: int) -> int:
        return sum(step for step in range(length))

    assert steps(lambda: walk(900)) > 50 * steps(lambda: walk(10))


def test_ninety_days_take_the_steps_of_one() -> None:
    calendar, rng = warm_calendar(), random.Random(90)
    starts = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(86_400 * 365)) for _ in range(50)]
    short = sum(steps(lambda s=start: calendar.worked(s, s + DAY)) for start in starts)  # type: ignore[misc]
    long = sum(steps(lambda s=start: calendar.worked(s, s + 90 * DAY)) for start in starts)  # type: ignore[misc]
    assert long <= 1.25 * short


def test_a_year_is_worked_out_once() -> None:
    start = datetime(2025, 3, 1, tzinfo=UTC)
    cold = WorkingCalendar(CalendarSettings(hours={0: ((540, 1080),)}, timezone=ZoneInfo("Europe/Berlin")))
    first = steps(lambda: cold.worked(start, start + DAY))
    again = steps(lambda: cold.worked(start + 30 * DAY, start + 120 * DAY))
    assert first > 20 * again
