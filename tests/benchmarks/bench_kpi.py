"""What the KPI clock costs: a ticket of 90 days against one of 1 day, side by side in one run.

    python tests/benchmarks/bench_kpi.py

It measures and prints; it asserts nothing, since seconds depend on the machine. That a long ticket takes no more steps
than a short one is held by ``tests/kpi/test_calendar_work.py``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter_ns
from typing import Any
from zoneinfo import ZoneInfo

from nps_plugin import model
from nps_plugin.config.settings import CalendarSettings, KpiRule
from nps_plugin.kpi import WorkingCalendar, check_kpi

ROUNDS = 20_000
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
SHORT, LONG = timedelta(days=1), timedelta(days=90)
RULE = KpiRule(resolve_within=timedelta(hours=4), calendar="office", priority=("1",))


def office(zone: str, country: str) -> WorkingCalendar:
    hours = ((540, 780), (840, 1080))
    return WorkingCalendar(
        CalendarSettings(hours=dict.fromkeys(range(5), hours), timezone=ZoneInfo(zone), holidays=country)
    )


def took(call: Callable[..., Any], *arguments: Any) -> int:
    began = perf_counter_ns()
    call(*arguments)
    return perf_counter_ns() - began


def percentile(sorted_times: list[int], share: float) -> float:
    """In microseconds."""
    return sorted_times[min(len(sorted_times) - 1, int(share * len(sorted_times)))] / 1000


def row(name: str, ask: Callable[[datetime, timedelta], Callable[[], Any]], rng: random.Random) -> str:
    """Both lengths in turn, in changing order, so that whatever else the machine does falls on both."""
    times: dict[timedelta, list[int]] = {SHORT: [], LONG: []}
    for number in range(ROUNDS):
        start = FIRST + timedelta(microseconds=rng.randrange(365 * 86_400 * 10**6))
        for length in (SHORT, LONG) if number % 2 else (LONG, SHORT):
            times[length].append(took(ask(start, length)))
    figures = [percentile(sorted(times[length]), share) for share in (0.5, 0.99) for length in (SHORT, LONG)]
    p50_short, p50_long, p99_short, p99_long = figures
    return (
        f"| {name} | {p50_short:.2f} | {p50_long:.2f} | {p50_long / p50_short:.2f}"
        f" | {p99_short:.2f} | {p99_long:.2f} | {p99_long / p99_short:.2f} |"
    )


def main() -> None:
    rng = random.Random(1)
    calendar = office("Europe/Moscow", "RU")
    took(calendar.worked, FIRST, FIRST + SHORT)  # imports `holidays`, once per process
    year = sorted(took(office("Europe/Moscow", "RU").worked, FIRST, FIRST + SHORT) for _ in range(50))
    calendar.worked(FIRST, FIRST + timedelta(days=700))  # the years that the rows need
    calendars = {"office": calendar}
    pauses = [
        (FIRST + timedelta(days=day), FIRST + timedelta(days=day, hours=5)) for day in rng.sample(range(450), k=20)
    ]

    def clock(start: datetime, length: timedelta) -> Callable[[], Any]:
        return lambda: calendar.worked(start, start + length)

    def clock_with_pauses(start: datetime, length: timedelta) -> Callable[[], Any]:
        return lambda: calendar.worked(start, start + length, pauses)

    def check(start: datetime, length: timedelta) -> Callable[[], Any]:
        ticket = model.ClosedTicket(tenant="acme", ticket="1", opened_at=start, closed_at=start + length, priority="1")
        return lambda: check_kpi(ticket, (RULE,), calendars)

    print(f"{ROUNDS} tickets of each length, microseconds; a year is worked out once, in {year[25] / 1000:.0f} (p50)")
    print("| what | 1 day p50 | 90 days p50 | ratio | 1 day p99 | 90 days p99 | ratio |")
    print("|---|---|---|---|---|---|---|")
    print(row("working time", clock, rng))
    print(row("working time, 20 pauses in 15 months", clock_with_pauses, rng))
    print(row("the whole check", check, rng))


if __name__ == "__main__":
    main()
