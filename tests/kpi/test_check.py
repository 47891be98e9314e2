"""A closed ticket held against its target: which target, which clock, and what happens to facts that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nps_plugin import model
from nps_plugin.config.settings import CalendarSettings, KpiRule
from nps_plugin.kpi import WorkingCalendar, calendars_of, check_kpi

HOUR = timedelta(hours=1)
MOSCOW = ZoneInfo("Europe/Moscow")
FRIDAY = datetime(2026, 11, 20, 17, 0, tzinfo=MOSCOW)
MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=MOSCOW)  # 66 hours later, three of them in the office

CALENDARS = calendars_of(
    {
        "office": CalendarSettings(hours=dict.fromkeys(range(5), ((540, 1080),)), timezone=MOSCOW),
        "nowhere": CalendarSettings(hours={0: ((0, 1440),)}, timezone=MOSCOW, holidays="XX"),
    }
)
OFFICE_4H = KpiRule(resolve_within=4 * HOUR, calendar="office")


def ticket(**facts: Any) -> model.ClosedTicket:
    return model.ClosedTicket(**{"tenant": "acme", "ticket": "1", "opened_at": FRIDAY, "closed_at": MONDAY, **facts})


def check(*rules: KpiRule, host_clock: Any = None, **facts: Any) -> tuple[model.KpiCheck, tuple[str, ...]]:
    return check_kpi(ticket(**facts), rules, CALENDARS, host_clock)


def clean(*rules: KpiRule, host_clock: Any = None, **facts: Any) -> model.KpiCheck:
    result, problems = check(*rules, host_clock=host_clock, **facts)
    assert problems == ()
    return result


class TestTargets:
    def test_time_is_worked_on_the_rules_calendar_and_elapsed_on_the_clients(self) -> None:
        result = clean(OFFICE_4H)
        assert result == model.KpiCheck(met=True, worked=3 * HOUR, elapsed=66 * HOUR, target=4 * HOUR)

    def test_exactly_at_the_target_is_met_and_a_microsecond_over_is_missed(self) -> None:
        assert clean(KpiRule(resolve_within=3 * HOUR, calendar="office")).met is True
        late = MONDAY + timedelta(microseconds=1)
        assert clean(KpiRule(resolve_within=3 * HOUR, calendar="office"), closed_at=late).met is False

    def test_a_rule_without_a_calendar_runs_round_the_clock(self) -> None:
        assert clean(KpiRule(resolve_within=4 * HOUR)) == model.KpiCheck(
            met=False, worked=66 * HOUR, elapsed=66 * HOUR, target=4 * HOUR
        )

    def test_the_tickets_own_target_wins_and_the_matching_rules_calendar_stays(self) -> None:
        assert clean(OFFICE_4H, target=2 * HOUR) == model.KpiCheck(
            met=False, worked=3 * HOUR, elapsed=66 * HOUR, target=2 * HOUR
        )

    def test_the_tickets_own_target_without_a_rule_runs_round_the_clock(self) -> None:
        pause = (FRIDAY, FRIDAY + 6 * HOUR)
        assert clean(target=60 * HOUR, paused=(pause,)) == model.KpiCheck(
            met=True, worked=60 * HOUR, elapsed=66 * HOUR, target=60 * HOUR
        )

    def test_no_target_is_unknown_and_no_problem(self) -> None:
        result = clean(KpiRule(resolve_within=HOUR, queue=("other",)))
        assert (result.met, result.target, result.unknown) == (None, None, "no target")
        assert (result.worked, result.elapsed) == (66 * HOUR, 66 * HOUR)


class TestClocks:
    def test_the_tickets_own_time_wins_over_the_hosts_clock_which_wins_over_ours(self) -> None:
        assert clean(OFFICE_4H, worked=HOUR, host_clock=2 * HOUR).worked == HOUR
        assert clean(OFFICE_4H, host_clock=2 * HOUR).worked == 2 * HOUR
        assert clean(OFFICE_4H).worked == 3 * HOUR

    def test_the_hosts_clock_is_judged(self) -> None:
        assert clean(OFFICE_4H, host_clock=5 * HOUR).met is False
        assert clean(OFFICE_4H, worked=timedelta(0)).met is True

    def test_pauses_are_taken_off_the_computed_time_only(self) -> None:
        pause = (MONDAY - HOUR, MONDAY)
        assert clean(OFFICE_4H, paused=(pause,)).worked == 2 * HOUR
        assert clean(OFFICE_4H, paused=(pause,)).elapsed == 66 * HOUR
        assert clean(OFFICE_4H, paused=(pause,), worked=HOUR).worked == HOUR

    def test_elapsed_time_is_what_passed_also_when_the_clocks_changed_between(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        opened, ended = datetime(2026, 3, 28, 12, tzinfo=berlin), datetime(2026, 3, 29, 12, tzinfo=berlin)
        result = clean(opened_at=opened, closed_at=ended)
        assert (result.elapsed, result.worked) == (23 * HOUR, 23 * HOUR)

    def test_a_closing_in_the_repeated_hour_is_not_before_its_opening(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        opened = datetime(2026, 10, 25, 2, 50, tzinfo=berlin)
        assert clean(opened_at=opened, closed_at=opened.replace(minute=10, fold=1)).elapsed == timedelta(minutes=20)

    def test_closed_at_once_is_zero_and_met(self) -> None:
        assert clean(OFFICE_4H, closed_at=FRIDAY) == model.KpiCheck(
            met=True, worked=timedelta(0), elapsed=timedelta(0), target=4 * HOUR
        )


class TestRules:
    def test_the_first_rule_that_matches_counts(self) -> None:
        rules = (
            KpiRule(resolve_within=HOUR, priority=("1", "high")),
            KpiRule(resolve_within=2 * HOUR, queue=("mail",)),
            KpiRule(resolve_within=3 * HOUR),
        )
        assert clean(*rules, priority="high", queue="mail").target == HOUR
        assert clean(*rules, priority="low", queue="mail").target == 2 * HOUR
        assert clean(*rules, priority="low", queue="phone").target == 3 * HOUR
        assert clean(*reversed(rules), priority="high", queue="mail").target == 3 * HOUR

    @pytest.mark.parametrize("criterion", ["priority", "queue", "service", "contract"])
    def test_each_criterion_is_matched_exactly_and_unknown_matches_none(self, criterion: str) -> None:
        rule = KpiRule(resolve_within=HOUR, **{criterion: ("Gold", "Silver")})  # type: ignore[arg-type]
        assert clean(rule, **{criterion: "Silver"}).target == HOUR
        for other in ("gold", "Gold ", "Gol", "", None):
            assert clean(rule, **{criterion: other}).target is None, other

    def test_the_organization_is_the_clients(self) -> None:
        rule = KpiRule(resolve_within=HOUR, organization=("Acme",))
        assert clean(rule, client=model.Client(organization="Acme")).target == HOUR
        assert clean(rule, client=model.Client(organization="Other")).target is None
        assert clean(rule, client=model.Client()).target is None
        assert clean(rule).target is None

    def test_an_empty_text_in_a_rule_does_not_match_the_unknown(self) -> None:
        assert clean(KpiRule(resolve_within=HOUR, queue=("",))).target is None

    def test_all_criteria_of_a_rule_must_match(self) -> None:
        rule = KpiRule(resolve_within=HOUR, priority=("1",), queue=("mail",), contract=("gold",))
        assert clean(rule, priority="1", queue="mail", contract="gold").target == HOUR
        assert clean(rule, priority="1", queue="mail").target is None
        assert clean(rule, priority="2", queue="mail", contract="gold").target is None

    def test_a_fact_that_is_no_text_matches_no_rule_and_is_named(self) -> None:
        rules = (KpiRule(resolve_within=HOUR, priority=("1",)), KpiRule(resolve_within=2 * HOUR))
        result, problems = check(*rules, priority=1)
        assert result.target == 2 * HOUR
        assert problems == ("priority is no text but of type int: no target rule by priority matches this ticket",)
        assert clean(KpiRule(resolve_within=HOUR), priority=1).target == HOUR  # no rule asks for it

    def test_what_stands_in_for_a_client_is_named_without_its_address(self) -> None:
        rule = KpiRule(resolve_within=HOUR, organization=("Acme",))
        result, (problem,) = check(rule, client={"email": "ann@acme.example"})
        assert result.target is None
        assert problem.startswith("organization is no text but of type dict")

    def test_a_calendar_that_is_not_configured_is_named_and_the_hosts_time_still_judges(self) -> None:
        rule = KpiRule(resolve_within=HOUR, calendar="offce")
        result, problems = check(rule)
        assert (result.met, result.worked, result.elapsed, result.target) == (None, None, 66 * HOUR, HOUR)
        assert result.unknown == "calendar 'offce' is not configured"
        assert problems == ("calendar 'offce' is not configured (known: nowhere, office): the time worked is unknown",)
        assert clean(rule, worked=HOUR).met is True

    def test_a_calendar_that_fails_is_named_and_never_raises(self) -> None:
        result, (problem,) = check(KpiRule(resolve_within=HOUR, calendar="nowhere"))
        assert (result.met, result.worked, result.elapsed) == (None, None, 66 * HOUR)
        assert result.unknown == "calendar 'nowhere' failed"
        assert "'XX' is no country" in problem
        assert "\n" not in problem


class Broken(tzinfo):
    """A host's time zone that fails."""

    def utcoffset(self, _when: datetime | None) -> timedelta:
        raise OSError("no zone file")


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def east(hours: int) -> timezone:
    return timezone(timedelta(hours=hours))


UNUSABLE_TIMES = [
    (None, "is missing"),
    (FRIDAY.replace(tzinfo=None), "has no time zone"),
    (datetime(1970, 1, 1, tzinfo=UTC), "is before 1970-01-02, which stands for no time"),
    (datetime(1970, 1, 1, 23, 59, 59, tzinfo=UTC), "is before 1970-01-02, which stands for no time"),
    (datetime(1970, 1, 1, tzinfo=east(14)), "is before 1970-01-02, which stands for no time"),
    (datetime(1970, 1, 1, 23, tzinfo=east(-12)), "is before 1970-01-02, which stands for no time"),
    (datetime(1969, 12, 31, 19, tzinfo=east(-5)), "is before 1970-01-02, which stands for no time"),
    (datetime(1970, 1, 2, 8, tzinfo=east(9)), "is before 1970-01-02, which stands for no time"),
    (datetime.min.replace(tzinfo=east(14)), "is before 1970-01-02, which stands for no time"),
    (datetime.max.replace(tzinfo=east(-12)), "is after the year 2199"),
    (datetime(2199, 12, 31, 23, tzinfo=east(-5)), "is after the year 2199"),
    ("?", "is no datetime"),
    (1_795_000_000, "is no datetime"),
    (FRIDAY.date(), "is no datetime"),
    (Unprintable(), "is no datetime"),
    (FRIDAY.replace(tzinfo=Broken()), "has a time zone that cannot be read"),
]


class TestUnusableTimes:
    @pytest.mark.parametrize("field", ["opened_at", "closed_at"])
    @pytest.mark.parametrize(("value", "fault"), UNUSABLE_TIMES, ids=[str(i) for i in range(len(UNUSABLE_TIMES))])
    def test_such_a_time_is_unknown_and_named(self, field: str, value: Any, fault: str) -> None:
        result, (problem,) = check(OFFICE_4H, **{field: value})
        assert result == model.KpiCheck(target=4 * HOUR, unknown=f"{field} {fault}")
        assert problem.startswith(field)
        assert problem.endswith(f" {fault}: elapsed and computed time are unknown")

    @pytest.mark.parametrize(("value", "fault"), UNUSABLE_TIMES, ids=[str(i) for i in range(len(UNUSABLE_TIMES))])
    def test_the_hosts_own_time_still_judges(self, value: Any, fault: str) -> None:
        for own in ({"worked": HOUR}, {"host_clock": HOUR}):
            result, (problem,) = check(OFFICE_4H, opened_at=value, **own)
            assert result == model.KpiCheck(met=True, worked=HOUR, elapsed=None, target=4 * HOUR)
            assert fault in problem

    def test_the_value_is_in_the_problem(self) -> None:
        assert check(OFFICE_4H, opened_at="yesterday")[1] == (
            "opened_at of type str is no datetime: elapsed and computed time are unknown",
        )
        (problem,) = check(OFFICE_4H, closed_at=datetime(1970, 1, 1, tzinfo=UTC))[1]
        assert problem == (
            "closed_at 1970-01-01T00:00:00+00:00 is before 1970-01-02, which stands for no time:"
            " elapsed and computed time are unknown"
        )

    def test_a_value_without_end_is_shortened(self) -> None:
        (problem,) = check(OFFICE_4H, opened_at="x" * 100_000)[1]
        assert len(problem) < 150

    def test_both_times_and_the_target_missing_are_all_said(self) -> None:
        result, problems = check(opened_at=None, closed_at=None)
        assert result == model.KpiCheck(unknown="no target; opened_at is missing; closed_at is missing")
        assert [problem.split()[0] for problem in problems] == ["opened_at", "closed_at"]

    def test_closed_before_opened_is_unknown(self) -> None:
        result, (problem,) = check(OFFICE_4H, opened_at=MONDAY, closed_at=FRIDAY)
        assert result == model.KpiCheck(target=4 * HOUR, unknown="closed_at is before opened_at")
        assert problem == (
            "closed_at 2026-11-20T17:00:00+03:00 is before opened_at 2026-11-23T11:00:00+03:00:"
            " elapsed and computed time are unknown"
        )
        assert check(OFFICE_4H, opened_at=MONDAY, closed_at=FRIDAY, worked=HOUR)[0].met is True

    def test_the_second_of_january_1970_is_a_time(self) -> None:
        opened = datetime(1970, 1, 2, tzinfo=UTC)
        assert clean(opened_at=opened, closed_at=opened + HOUR).elapsed == HOUR


UNUSABLE_DURATIONS = [
    (timedelta(seconds=-1), "is negative"),
    (timedelta.min, "is negative"),
    (3600, "is no timedelta"),
    ("4h", "is no timedelta"),
    (False, "is no timedelta"),
    (Unprintable(), "is no timedelta"),
]


class TestUnusableDurations:
    @pytest.mark.parametrize(
        ("value", "fault"), UNUSABLE_DURATIONS, ids=[str(i) for i in range(len(UNUSABLE_DURATIONS))]
    )
    @pytest.mark.parametrize("field", ["worked", "host_clock"])
    def test_such_a_time_worked_is_unknown_and_no_other_takes_its_place(
        self, field: str, value: Any, fault: str
    ) -> None:
        result, (problem,) = check(OFFICE_4H, **{field: value})
        assert result == model.KpiCheck(elapsed=66 * HOUR, target=4 * HOUR, unknown=f"{field} {fault}")
        assert problem.startswith(f"{field} ")
        assert problem.endswith(f" {fault}: the time worked is unknown")

    @pytest.mark.parametrize(
        ("value", "fault"),
        [*UNUSABLE_DURATIONS, (timedelta(0), "is zero")],
        ids=[str(i) for i in range(len(UNUSABLE_DURATIONS) + 1)],
    )
    def test_such_a_target_is_unknown_and_no_rule_takes_its_place(self, value: Any, fault: str) -> None:
        result, (problem,) = check(OFFICE_4H, target=value)
        assert result == model.KpiCheck(elapsed=66 * HOUR, worked=3 * HOUR, unknown=f"target {fault}")
        assert problem.startswith("target ")
        assert fault in problem
        assert problem.endswith(": the target is unknown")


class TestUnusablePauses:
    good = (MONDAY - HOUR, MONDAY)

    @pytest.mark.parametrize(
        ("pause", "fault"),
        [
            ((MONDAY, FRIDAY), "until 2026-11-20T17:00:00+03:00 is before from 2026-11-23T11:00:00+03:00"),
            ((FRIDAY.replace(tzinfo=None), MONDAY), "from 2026-11-20T17:00:00 has no time zone"),
            ((FRIDAY, None), "until is missing"),
            ((datetime(1970, 1, 1, tzinfo=UTC), MONDAY), "from 1970-01-01T00:00:00+00:00 is before 1970-01-02"),
            ((FRIDAY,), "is no pair (from, until)"),
            (None, "of type NoneType is no pair (from, until)"),
            ("ab", "of type str is no pair (from, until)"),
            ((3, 4), "from 3 is no datetime"),
        ],
    )
    def test_such_a_pause_is_left_out_and_named_and_the_others_count(self, pause: Any, fault: str) -> None:
        result, (problem,) = check(OFFICE_4H, paused=(self.good, pause))
        assert (result.met, result.worked) == (True, 2 * HOUR)
        assert problem.startswith("paused[1] ")
        assert fault in problem
        assert problem.endswith(": this pause is not taken off")

    def test_a_thousand_bad_pauses_are_not_a_thousand_problems(self) -> None:
        result, problems = check(OFFICE_4H, paused=(None,) * 1000)
        assert result.worked == 3 * HOUR
        assert len(problems) == 4
        assert problems[-1] == "paused: 997 further pauses cannot be used and are not taken off"

    @pytest.mark.parametrize("paused", [7, "pauses", {"from": FRIDAY}])
    def test_what_is_no_sequence_of_pauses_is_named(self, paused: Any) -> None:
        result, (problem,) = check(OFFICE_4H, paused=paused)
        assert result.worked == 3 * HOUR
        shown = "7" if paused == 7 else f"of type {type(paused).__name__}"  # never the text: it may be a name
        assert problem.startswith(f"paused {shown} ")
        assert problem.endswith("is no sequence of (from, until): no pause is taken off")

    def test_none_means_that_no_pauses_are_known(self) -> None:
        assert clean(OFFICE_4H, paused=None).worked == 3 * HOUR


GARBAGE: list[Callable[[], Any]] = [object, dict, Unprintable, lambda: b"\xff", lambda: float("nan"), lambda: 10**400]


@pytest.mark.parametrize("make", GARBAGE)
def test_garbage_in_every_field_at_once_gives_problems_and_no_exception(make: Callable[[], Any]) -> None:
    rule = KpiRule(
        resolve_within=HOUR, priority=("1",), queue=("q",), service=("s",), organization=("o",), contract=("c",)
    )
    names = (
        "opened_at",
        "closed_at",
        "worked",
        "paused",
        "target",
        "client",
        "queue",
        "service",
        "priority",
        "contract",
    )
    result, problems = check_kpi(ticket(**{name: make() for name in names}), (rule,), CALENDARS, make())
    assert (result.met, result.worked, result.elapsed, result.target) == (None, None, None, None)
    named = {problem.split()[0] for problem in problems}
    assert named == {"organization" if name == "client" else name for name in names}


def test_times_of_a_subclass_become_plain_ones() -> None:
    class Stamp(datetime):
        """As pandas has them."""

        def __sub__(self, other: Any) -> Any:
            raise TypeError("arithmetic of its own")

    opened = Stamp(2026, 11, 20, 14, 0, tzinfo=UTC)
    assert clean(OFFICE_4H, opened_at=opened, closed_at=opened.replace(hour=15)).worked == HOUR


def test_the_calendar_is_built_once_and_used_again() -> None:
    calendar = WorkingCalendar(CalendarSettings(hours={0: ((540, 1080),)}, timezone=MOSCOW))
    rule = KpiRule(resolve_within=3 * HOUR, calendar="one")
    results = [check_kpi(ticket(), (rule,), {"one": calendar}) for _ in range(2)]
    assert results[0] == results[1]
    assert results[0][0].worked == 2 * HOUR
