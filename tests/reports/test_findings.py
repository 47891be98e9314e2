"""Trends, changes, weak and strong points: what the rules allow to be said, and what not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nps_plugin.config.settings import Minimum
from nps_plugin.model import Association, Direction, KpiFigures, Period, ReportRow, ScoreFigures, Share
from nps_plugin.reports.findings import changes, last_procedure, reason_spot, spots, trends
from nps_plugin.statistics import wilson

START = datetime(2024, 1, 1, tzinfo=UTC)
FALLING = [0.90, 0.88, 0.87, 0.85, 0.84, 0.82, 0.80, 0.79]


def row(at: int, share: float, n: int = 100, *, procedure: str = "p", kpi: float = 0.9, **more: Any) -> ReportRow:
    satisfied = round(share * n)
    interval = wilson(satisfied, n) if n else None
    return ReportRow(
        since=START + timedelta(days=30 * at),
        until=START + timedelta(days=30 * (at + 1)),
        procedure=procedure,
        scale="faces-3",
        tickets=n * 2,
        asked=n * 2,
        answered=n,
        kpi=KpiFigures(met=round(2 * n * kpi), missed=2 * n - round(2 * n * kpi), share=kpi if n else None),
        score=ScoreFigures(
            satisfied=satisfied,
            dissatisfied=n - satisfied,
            share=satisfied / n if n else None,
            interval=interval and (interval.low, interval.high),
            target=more.pop("target", None),
        ),
        watermelon=Share(count=n - satisfied, n=n, value=1 - share if n else None, interval=(0.0, 1.0) if n else None),
        association=Association(),
        shown=n >= 5,
        **more,
    )


def series(values: list[float], **more: Any) -> list[ReportRow]:
    return [row(at, value, **more) for at, value in enumerate(values)]


def trend_of(rows: list[ReportRow], of: str = "satisfied", period: Period = Period.MONTH) -> Any:
    return next(one for one in trends(rows, period, Minimum()) if one.series == of)


def test_eight_falling_periods_are_a_trend():
    found = trend_of(series(FALLING))
    assert found.direction is Direction.DOWN
    assert found.change == pytest.approx(-0.11, abs=0.01)
    assert not found.seasonal


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(series(FALLING[:7]), id="seven periods"),
        pytest.param([*series(FALLING[:7]), row(7, 0.79, 9)], id="the eighth has nine answers"),
        pytest.param(series(FALLING[:1], procedure="old") + series(FALLING)[1:], id="another way of asking before"),
        pytest.param([*series(FALLING[:7]), row(7, 0.79, ended=False)], id="the eighth is not over"),
        pytest.param([*series(FALLING[:7]), row(7, 0.0, 0, procedure="")], id="the eighth is empty"),
        pytest.param([], id="nothing"),
    ],
)
def test_less_than_that_is_no_trend(rows):
    assert trend_of(rows).direction is Direction.INSUFFICIENT


def test_noise_is_no_trend():
    assert trend_of(series([0.8, 0.85, 0.79, 0.84, 0.81, 0.83, 0.8, 0.82])).direction is Direction.NONE


def test_from_24_months_on_each_calendar_month_is_held_against_itself():
    season = [0.9 - 0.02 * (at % 12) for at in range(24)]
    assert trend_of(series(season)).direction is Direction.NONE
    assert trend_of(series(season)).seasonal
    assert not trend_of(series(season), period=Period.WEEK).seasonal


def test_a_fall_over_two_years_is_seen_although_three_months_are_better_than_the_year_before():
    falling = [0.9 - 0.005 * at for at in range(24)]
    falling[12:15] = [one + 0.01 for one in falling[:3]]
    found = trend_of(series(falling, n=1000))
    assert (found.direction, found.seasonal) == (Direction.DOWN, True)
    assert found.change == pytest.approx(-0.115, abs=0.01)


def test_what_every_period_has_decides_and_not_a_stratum_that_falls_out_of_the_total():
    rows = series(FALLING)
    steady = {row.since: {"satisfied": 0.8 + 0.001 * (at % 2)} for at, row in enumerate(rows)}
    found = {one.series: one for one in trends(rows, Period.MONTH, Minimum(), steady)}
    assert found["satisfied"].direction is Direction.NONE
    assert found["watermelon"].direction is Direction.UP


def test_after_one_step_no_more_is_told_than_happened():
    found = trend_of(series([0.3, 0.31, 0.32, 0.3, 0.9, 0.97, 0.98, 1.0]))
    assert found.direction is Direction.UP
    assert found.change == pytest.approx(0.70)


def test_the_kpi_has_a_trend_of_its_own():
    rows = [row(at, 0.8, kpi=0.80 + 0.01 * at) for at in range(8)]
    assert trend_of(rows, "kpi").direction is Direction.UP
    assert trend_of(rows).direction is Direction.NONE


def test_a_period_without_closings_keeps_its_place():
    rows = [*series(FALLING[:4]), row(4, 0, 0, procedure=""), *series(FALLING)[4:]]
    assert [one.answered for one in last_procedure(rows)] == [100] * 4 + [0] + [100] * 4


def test_a_large_change_between_two_periods_is_told_and_a_small_one_is_not():
    small = changes([row(0, 0.80), row(1, 0.76)], Minimum())[0]
    large = changes([row(0, 0.80), row(1, 0.50)], Minimum())[0]
    assert (small.comparable, small.beyond_noise) == (True, False)
    assert large.beyond_noise
    assert large.difference == pytest.approx(-0.30)
    assert large.interval[0] < -0.30 < large.interval[1] < 0


def test_where_periods_swing_anyway_a_change_must_be_beyond_that_too():
    swinging = [0.5, 0.9] * 4
    assert not changes(series([*swinging, 0.5]), Minimum())[0].beyond_noise
    assert changes(series([*[0.9] * 7, 0.89, 0.5]), Minimum())[0].beyond_noise


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row(0, 0.8, 9), row(1, 0.2)], id="too few before"),
        pytest.param([row(0, 0.8), row(1, 0.2, 9)], id="too few after"),
    ],
)
def test_too_few_answers_are_not_compared(rows):
    assert not changes(rows, Minimum())[0].comparable


def test_nothing_is_compared_over_a_change_of_asking_or_with_a_running_period():
    assert changes([row(0, 0.8, procedure="old"), row(1, 0.2)], Minimum()) == []
    assert changes([row(0, 0.8), row(1, 0.2, ended=False)], Minimum()) == []


def queue(name: str, share: float, n: int, target: float | None = 0.8) -> tuple[str, ReportRow]:
    return "queue", row(0, share, n, by={"queue": name}, target=target)


def test_points_stand_by_volume_times_gap_and_not_by_share():
    weak, strong = spots([queue("small", 0.5, 30), queue("large", 0.7, 1000), queue("good", 0.9, 500)], None, Minimum())
    assert [(one.value, round(one.impact)) for one in weak] == [("large", 100), ("small", 9)]
    assert [one.value for one in strong] == ["good"]
    assert not weak[0].tentative


def test_what_chance_may_explain_is_tentative():
    weak, _ = spots([queue("few", 0.6, 8), queue("near", 0.77, 100), queue("sure", 0.5, 200)], None, Minimum())
    assert {one.value: one.tentative for one in weak} == {"few": True, "near": True, "sure": False}


def test_of_many_slices_some_lie_below_by_chance():
    alone, _ = spots([queue("low", 0.70, 80)], None, Minimum())
    among, _ = spots([queue("low", 0.70, 80), *(queue(f"q{i}", 0.8, 80) for i in range(40))], None, Minimum())
    assert not alone[0].tentative
    assert among[0].tentative


def test_without_a_target_the_gap_is_to_the_share_of_all():
    weak, strong = spots([queue("a", 0.6, 100, None), queue("b", 0.9, 100, None)], 0.75, Minimum())
    assert [(one.value, one.reference) for one in (*weak, *strong)] == [("a", 0.75), ("b", 0.75)]


def test_slices_with_a_handful_of_answers_are_no_points():
    assert spots([queue("a", 0.0, 4)], 0.8, Minimum()) == ([], [])


def test_a_reason_weighs_as_many_answers_as_name_it():
    spot = reason_spot("speed", "It took too long", Share(count=7, n=9, value=7 / 9, interval=(0.4, 0.9)), Minimum())
    assert spot.impact == 7
    assert spot.tentative
