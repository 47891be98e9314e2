"""Periods of a report: where they begin and end, and how far their answers are in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nps_plugin import ReportRefused
from nps_plugin.model import Period
from nps_plugin.reports.periods import period_of, span_label, span_tick, spans

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
MONTH = timedelta(days=29)


@pytest.mark.parametrize(
    ("period", "firsts"),
    [
        ("week", [date(2026, 3, 23), date(2026, 3, 30)]),
        ("month", [date(2026, 3, 1), date(2026, 4, 1)]),
        ("quarter", [date(2026, 1, 1), date(2026, 4, 1)]),
        ("year", [date(2025, 1, 1), date(2026, 1, 1)]),
    ],
)
def test_the_running_period_is_the_last(period, firsts):
    found = spans(period_of(period), 2, BERLIN, NOW, MONTH)
    assert [span.first for span in found] == firsts
    assert [span.ended for span in found] == [True, False]
    assert found[0].until == found[1].since


def test_a_period_is_cut_at_local_midnight_also_where_the_clock_changes():
    march = spans(Period.MONTH, 2, BERLIN, NOW, MONTH)[0]
    assert march.since.astimezone(UTC) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert march.until.astimezone(UTC) == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_the_day_is_the_tenants_and_not_that_of_utc():
    late = datetime(2026, 3, 31, 23, tzinfo=UTC)
    assert spans(Period.MONTH, 1, BERLIN, late, MONTH)[0].first == date(2026, 4, 1)
    assert spans(Period.MONTH, 1, ZoneInfo("UTC"), late, MONTH)[0].first == date(2026, 3, 1)


def test_a_period_is_final_once_its_questions_have_expired():
    found = spans(Period.MONTH, 3, BERLIN, NOW, MONTH)
    assert [span.final for span in found] == [True, False, False]


def test_months_go_back_over_the_turn_of_years():
    found = spans(Period.MONTH, 26, BERLIN, NOW, MONTH)
    assert found[0].first == date(2024, 3, 1)
    assert len({span.first for span in found}) == 26


@pytest.mark.parametrize("last", [0, -1, 261, 1.5, True, "12", None])
def test_how_many_periods_is_a_whole_number(last):
    with pytest.raises(ReportRefused, match="1 to 260"):
        spans(Period.MONTH, last, BERLIN, NOW, MONTH)


def test_an_unknown_period_is_named():
    with pytest.raises(ReportRefused, match=r"'fortnight'.*week, month, quarter, year"):
        period_of("fortnight")


@pytest.mark.parametrize(
    ("period", "first", "en", "ru"),
    [
        (Period.WEEK, date(2026, 3, 30), "30 Mar 2026", "30 мар 2026 г"),
        (Period.MONTH, date(2026, 3, 1), "March 2026", "март 2026"),
        (Period.QUARTER, date(2026, 4, 1), "Q2 2026", "2-й квартал 2026"),
        (Period.YEAR, date(2026, 1, 1), "2026", "2026"),
    ],
)
def test_periods_have_names_in_both_languages(period, first, en, ru):
    assert span_label(period, first, "en") == en
    assert span_label(period, first, "ru").startswith(ru.removesuffix(" г"))


def test_on_an_axis_a_year_stands_only_at_its_turn():
    assert span_tick(Period.MONTH, date(2026, 1, 1), "en") == "Jan 26"
    assert span_tick(Period.MONTH, date(2026, 3, 1), "en") == "Mar"
    assert span_tick(Period.MONTH, date(2026, 3, 1), "en", with_year=True) == "Mar 26"
