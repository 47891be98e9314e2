"""Working time, in plain examples and against a minute counter that knows nothing of the calendar's ways."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps_plugin.config.settings import CalendarSettings
from nps_plugin.errors import ConfigError
from nps_plugin.kpi import WorkingCalendar, calendars_of

quick = settings(deadline=None, derandomize=True, database=None, max_examples=120)

HOUR, DAY, NONE = timedelta(hours=1), timedelta(days=1), timedelta(0)
MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
ALL_DAY = ((0, 1440),)

#: Zones with days around which their clocks change or days are holidays.
PLACES: dict[str, tuple[date, ...]] = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25), date(2025, 12, 31), date(1996, 10, 27)),
    "Europe/Moscow": (date(2011, 3, 27), date(2014, 10, 26), date(2026, 1, 1), date(2026, 5, 9)),
    "America/Sao_Paulo": (date(2018, 11, 4), date(2018, 2, 18), date(2006, 11, 5)),  # midnight skipped, repeated
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),  # half an hour
    "Asia/Kathmandu": (date(2026, 1, 1), date(1986, 1, 1)),  # +05:45, and the quarter of an hour that led to it
    "Pacific/Apia": (date(2011, 12, 30),),  # a day that never was
    "America/St_Johns": (date(2007, 3, 11), date(2007, 11, 4)),  # -03:30, changes at 00:01
    "UTC": (date(2024, 2, 29),),
}


def office(
    zone: str | ZoneInfo = "UTC", hours: tuple[tuple[int, int], ...] = ((540, 1080),), days: int = 5, country: str = ""
) -> WorkingCalendar:
    return WorkingCalendar(
        CalendarSettings(hours=dict.fromkeys(range(days), hours), timezone=ZoneInfo(str(zone)), holidays=country)
    )


@cache
def free_days(country: str) -> frozenset[date]:
    place, _, part = country.partition("-")
    found = holidays.country_holidays(place, subdiv=part or None, years=range(1984, 2040)) if country else ()
    return frozenset(found)


def minutes_counted(
    cal: CalendarSettings, start: datetime, end: datetime, paused: list[tuple[datetime, datetime]]
) -> int:
    """Looks at the wall clock once a minute, as a person would."""
    counted, now, free = 0, start.astimezone(UTC), free_days(cal.holidays)
    stops = [(since.astimezone(UTC), until.astimezone(UTC)) for since, until in paused]
    while now < end:
        wall = now.astimezone(cal.timezone)
        minute = wall.hour * 60 + wall.minute
        open_now = any(opens <= minute < closes for opens, closes in cal.hours.get(wall.weekday(), ()))
        if open_now and wall.date() not in free and not any(since <= now < until for since, until in stops):
            counted += 1
        now += timedelta(minutes=1)
    return counted


@st.composite
def day_hours(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = st.one_of(st.integers(0, 1440), st.sampled_from([0, 1, 60, 120, 150, 180, 540, 780, 840, 1080, 1380, 1440]))
    cuts = sorted(draw(st.sets(edges, min_size=0, max_size=6)))
    return tuple(zip(cuts[0::2], cuts[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[CalendarSettings, date]:
    zone = draw(st.sampled_from(sorted(PLACES)))
    hours = draw(st.dictionaries(st.integers(0, 6), st.one_of(day_hours(), st.just(ALL_DAY)), min_size=3))
    country = draw(st.sampled_from(["", "RU", "DE", "DE-BY"]))
    some_day = st.one_of(st.sampled_from(PLACES[zone]), st.dates(date(1990, 1, 1), date(2035, 1, 1)))
    return CalendarSettings(hours=hours, timezone=ZoneInfo(zone), holidays=country), draw(some_day)


def moments_around(day: date, minutes: int) -> st.SearchStrategy[datetime]:
    noon = datetime.combine(day, time(12), UTC)
    return st.integers(-minutes, minutes).map(lambda offset: noon + timedelta(minutes=offset))


@given(st.data())
@quick
def test_working_time_is_what_a_minute_counter_counts(data: st.DataObject) -> None:
    cal, day = data.draw(calendars())
    moments = moments_around(day, 4 * 1440)
    start, end = sorted(data.draw(st.tuples(moments, moments)))
    paused = [tuple(sorted(pair)) for pair in data.draw(st.lists(st.tuples(moments, moments), max_size=4))]
    spoken = [(since.astimezone(cal.timezone), until) for since, until in paused]
    worked = WorkingCalendar(cal).worked(start.astimezone(cal.timezone), end, spoken)
    assert worked == timedelta(minutes=minutes_counted(cal, start, end, spoken))


@given(st.data())
@settings(quick, max_examples=12)
def test_a_long_ticket_over_new_year_is_what_a_minute_counter_counts(data: st.DataObject) -> None:
    cal, _ = data.draw(calendars())
    start = data.draw(moments_around(date(2025, 11, 20), 5000))
    end = start + timedelta(minutes=data.draw(st.integers(50 * 1440, 60 * 1440)))
    assert WorkingCalendar(cal).worked(start, end) == timedelta(minutes=minutes_counted(cal, start, end, []))


@given(st.data())
@quick
def test_time_adds_up_to_the_microsecond(data: st.DataObject) -> None:
    cal, day = data.draw(calendars())
    calendar = WorkingCalendar(cal)
    around = datetime.combine(day, time(12), UTC)
    moments = st.datetimes(
        (around - 400 * DAY).replace(tzinfo=None), (around + 400 * DAY).replace(tzinfo=None), timezones=st.just(UTC)
    )
    first, middle, last = sorted(data.draw(st.tuples(moments, moments, moments)))
    paused = [tuple(sorted(pair)) for pair in data.draw(st.lists(st.tuples(moments, moments), max_size=3))]
    whole = calendar.worked(first, last, paused)
    assert whole == calendar.worked(first, middle, paused) + calendar.worked(middle, last, paused)
    # more time never makes less work, and work never exceeds the time there was
    assert NONE <= calendar.worked(first, middle, paused) <= whole <= last - first
    assert whole <= calendar.worked(first, last, paused[:1]) <= calendar.worked(first, last)


@given(st.data())
@quick
def test_what_is_worked_and_what_is_paused_make_up_the_whole(data: st.DataObject) -> None:
    cal, day = data.draw(calendars())
    calendar = WorkingCalendar(cal)
    moments = moments_around(day, 200_000)
    first, since, until, last = sorted(data.draw(st.tuples(moments, moments, moments, moments)))
    paused = calendar.worked(since, until)
    assert calendar.worked(first, last, [(since, until)]) + paused == calendar.worked(first, last)


class TestPlainWords:
    def test_from_friday_evening_to_monday_morning_nobody_works(self) -> None:
        friday, monday = datetime(2026, 11, 20, 18, 0, tzinfo=MOSCOW), datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW)
        assert office(MOSCOW).worked(friday, monday) == NONE
        assert office(MOSCOW).worked(friday - HOUR, monday + HOUR) == 2 * HOUR

    def test_a_working_day_is_nine_hours_and_a_week_five_of_them(self) -> None:
        monday = datetime(2026, 11, 16, tzinfo=MOSCOW)
        assert office(MOSCOW).worked(monday, monday + DAY) == 9 * HOUR
        assert office(MOSCOW).worked(monday, monday + 7 * DAY) == 45 * HOUR

    def test_the_hours_are_those_of_the_calendars_zone_whatever_zone_the_times_are_in(self) -> None:
        start = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)  # 09:00 in Moscow
        assert office(MOSCOW).worked(start, datetime(2026, 11, 16, 20, 0, tzinfo=ZoneInfo("Asia/Tokyo"))) == 5 * HOUR

    def test_lunch_is_not_worked_and_weekdays_may_differ(self) -> None:
        cal = CalendarSettings(hours={0: ((540, 780), (840, 1080)), 4: ((540, 960),)}, timezone=MOSCOW)
        monday, friday = datetime(2026, 11, 16, tzinfo=MOSCOW), datetime(2026, 11, 20, tzinfo=MOSCOW)
        calendar = WorkingCalendar(cal)
        assert calendar.worked(monday, monday + DAY) == 8 * HOUR
        assert calendar.worked(monday.replace(hour=12, minute=30), monday.replace(hour=14, minute=30)) == HOUR
        assert calendar.worked(monday + DAY, friday) == NONE
        assert calendar.worked(friday, friday + DAY) == 7 * HOUR

    def test_a_night_shift_runs_through_midnight(self) -> None:
        nights = office(MOSCOW, ((0, 360), (1320, 1440)), days=7)
        evening = datetime(2026, 11, 16, 20, 0, tzinfo=MOSCOW)
        assert nights.worked(evening, evening + 12 * HOUR) == 8 * HOUR
        assert nights.worked(evening + 3 * HOUR, evening + 5 * HOUR) == 2 * HOUR

    def test_the_first_of_january_is_free_in_russia_and_so_is_the_week_after(self) -> None:
        first = datetime(2026, 1, 1, tzinfo=MOSCOW)
        assert office(MOSCOW, country="RU").worked(first, first + DAY) == NONE
        assert office(MOSCOW).worked(first, first + DAY) == 9 * HOUR
        assert office(MOSCOW, country="RU").worked(first, datetime(2026, 1, 9, tzinfo=MOSCOW)) == NONE

    def test_holidays_are_those_of_the_local_day_at_both_ends_of_the_utc_year(self) -> None:
        # New Year's Day in Auckland begins in UTC's old year and, in Honolulu, ends in UTC's second of January.
        for zone, country in (("Pacific/Auckland", "NZ"), ("Pacific/Honolulu", "US")):
            day = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone))
            around_the_clock = office(zone, ALL_DAY, days=7, country=country)
            assert around_the_clock.worked(day, day + DAY) == NONE
            assert around_the_clock.worked(day - DAY, day) == DAY

    def test_epiphany_is_free_in_bavaria_only(self) -> None:
        epiphany = datetime(2026, 1, 6, tzinfo=BERLIN)
        assert office(BERLIN, country="DE-BY").worked(epiphany, epiphany + DAY) == NONE
        assert office(BERLIN, country="DE").worked(epiphany, epiphany + DAY) == 9 * HOUR

    @pytest.mark.parametrize(
        ("zone", "day", "hours"),
        [
            ("Europe/Berlin", date(2026, 3, 29), 23),
            ("Europe/Berlin", date(2026, 10, 25), 25),
            ("Europe/Berlin", date(2026, 10, 26), 24),
            ("America/Sao_Paulo", date(2018, 11, 4), 23),
            ("America/Sao_Paulo", date(2018, 2, 17), 25),
            ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
            ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
            ("Pacific/Apia", date(2011, 12, 30), 0),
        ],
    )
    def test_a_day_round_the_clock_has_the_hours_that_passed(self, zone: str, day: date, hours: float) -> None:
        only_that_weekday = WorkingCalendar(CalendarSettings(hours={day.weekday(): ALL_DAY}, timezone=ZoneInfo(zone)))
        noon = datetime.combine(day, time(12), UTC)
        assert only_that_weekday.worked(noon - 3 * DAY, noon + 3 * DAY) == timedelta(hours=hours)

    def test_an_hour_that_is_skipped_does_not_count_and_one_that_is_repeated_counts_twice(self) -> None:
        early = office(BERLIN, ((120, 180),), days=7)
        spring, autumn = datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN)
        assert early.worked(spring, spring + DAY) == NONE
        assert early.worked(autumn, autumn + DAY) == 2 * HOUR

    def test_hours_that_begin_in_a_repeated_hour_are_worked_as_the_wall_shows_them(self) -> None:
        # 02:30 comes twice: worked from the first 02:30 to 03:00, not for the half hour that is shown again
        early = office(BERLIN, ((150, 240),), days=7)
        autumn = datetime(2026, 10, 25, tzinfo=BERLIN)
        assert early.worked(autumn, autumn + DAY) == 2 * HOUR

    def test_seconds_and_microseconds_count(self) -> None:
        almost = datetime(2026, 11, 16, 17, 59, 59, 999_999, tzinfo=MOSCOW)
        next_day = datetime(2026, 11, 17, 9, 0, 1, 250_000, tzinfo=MOSCOW)
        assert office(MOSCOW).worked(almost, next_day) == timedelta(seconds=1, microseconds=250_001)

    def test_a_second_time_of_the_repeated_hour_is_an_hour_later(self) -> None:
        first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
        assert office(BERLIN, ALL_DAY, days=7).worked(first, first.replace(fold=1)) == HOUR
        assert WorkingCalendar().worked(first, first.replace(fold=1)) == HOUR


class TestPauses:
    monday = datetime(2026, 11, 16, 9, 0, tzinfo=MOSCOW)

    def paused(self, *hours: tuple[float, float]) -> timedelta:
        pauses = [(self.monday + since * HOUR, self.monday + until * HOUR) for since, until in hours]
        return office(MOSCOW).worked(self.monday, self.monday + 9 * HOUR, pauses)

    def test_a_pause_is_taken_off(self) -> None:
        assert self.paused((1, 3)) == 7 * HOUR

    def test_pauses_that_overlap_are_taken_off_once_in_any_order(self) -> None:
        assert self.paused((4, 6), (1, 3), (2, 5)) == 4 * HOUR
        assert self.paused((1, 6), (2, 3)) == 4 * HOUR
        assert self.paused((1, 3), (1, 3), (3, 4)) == 6 * HOUR

    def test_pauses_outside_the_ticket_or_the_working_hours_take_nothing_off(self) -> None:
        assert self.paused((-5, -1), (10, 20), (-100, 0)) == 9 * HOUR

    def test_a_pause_that_reaches_outside_is_clipped(self) -> None:
        assert self.paused((-5, 1), (8, 100)) == 7 * HOUR
        assert self.paused((-5, 100)) == NONE

    def test_an_empty_pause_takes_nothing_off(self) -> None:
        assert self.paused((2, 2)) == 9 * HOUR


class TestRoundTheClock:
    def test_without_a_calendar_time_is_elapsed_time_less_pauses(self) -> None:
        start = datetime(2026, 3, 27, 12, 0, tzinfo=BERLIN)
        pause = (start + HOUR, start + 3 * HOUR)
        assert WorkingCalendar().worked(start, datetime(2026, 3, 30, 12, 0, tzinfo=BERLIN), [pause]) == 69 * HOUR

    def test_over_new_year(self) -> None:
        start = datetime(2025, 12, 31, 23, 0, 0, 1, tzinfo=UTC)
        assert WorkingCalendar().worked(start, start + 500 * DAY) == 500 * DAY


class TestRefusals:
    good = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

    @pytest.mark.parametrize("calendar", [WorkingCalendar(), office()])
    def test_naive_times_are_refused_by_name(self, calendar: WorkingCalendar) -> None:
        naive = self.good.replace(tzinfo=None)
        with pytest.raises(ValueError, match="start 2026-11-16T09:00:00 has no time zone"):
            calendar.worked(naive, self.good)
        with pytest.raises(ValueError, match=r"end .* has no time zone"):
            calendar.worked(self.good, naive)
        with pytest.raises(ValueError, match=r"pause until .* has no time zone"):
            calendar.worked(self.good, self.good, [(self.good, naive)])

    def test_reversed_times_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"end .* is before start"):
            office().worked(self.good, self.good - HOUR)
        with pytest.raises(ValueError, match="ends before it begins"):
            office().worked(self.good, self.good, [(self.good, self.good - HOUR)])

    @pytest.mark.parametrize(
        "far",
        [
            datetime.min.replace(tzinfo=timezone(14 * HOUR)),  # neither of the two exists in UTC
            datetime.max.replace(tzinfo=timezone(-12 * HOUR)),
            datetime(1969, 12, 31, tzinfo=UTC),
            datetime(2200, 1, 1, tzinfo=UTC),
        ],
    )
    def test_times_that_no_ticket_has_are_refused_instead_of_costing_thousands_of_years(self, far: datetime) -> None:
        with pytest.raises(ValueError, match="outside the years 1970 to 2199"):
            office().worked(min(far, self.good), max(far, self.good))

    def test_an_unknown_country_is_an_error_of_the_configuration(self) -> None:
        with pytest.raises(ConfigError, match="'XX' is no country"):
            office(country="XX").worked(self.good, self.good + DAY)
        with pytest.raises(ConfigError, match="'DE-QQ' is no country or subdivision"):
            office(country="DE-QQ").worked(self.good, self.good + DAY)


def test_a_tenants_calendars_are_built_by_name() -> None:
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    built = calendars_of(
        {
            "office": CalendarSettings(hours={0: ((540, 1080),)}, timezone=ZoneInfo("UTC")),
            "night": CalendarSettings(hours={0: ((0, 360),)}, timezone=ZoneInfo("UTC")),
        }
    )
    assert {name: calendar.worked(monday, monday + DAY) for name, calendar in built.items()} == {
        "office": 9 * HOUR,
        "night": 6 * HOUR,
    }


def test_threads_that_ask_a_cold_calendar_at_once_get_the_same_answers() -> None:
    rng = random.Random(20261121)
    asked = [datetime(rng.randrange(2000, 2030), rng.randrange(1, 13), 5, tzinfo=UTC) for _ in range(200)]
    alone = [office(BERLIN, country="DE").worked(start, start + 90 * DAY) for start in asked]
    shared = office(BERLIN, country="DE")
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda start: shared.worked(start, start + 90 * DAY), asked)) == alone
