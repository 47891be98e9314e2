"""From what time on clients become unhappy: a planted time is found again, and where there is none, none is."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.world import World

from nps_plugin import SCALES, Client, SurveyState
from nps_plugin.counts import TIME_BINS, Row, tally, time_bin
from nps_plugin.counts.tally import MET, MISSED
from nps_plugin.model import ClockAdvice, TimeSays
from nps_plugin.verdicts.kpi_advice import advise_clock, design_effect

THUMBS, FACES = SCALES["thumbs-2"], SCALES["faces-3"]
HOUR = timedelta(hours=1)


def falling(middle: float, steep: float = 1.5, top: float = 0.95, bottom: float = 0.3) -> Callable[[float], float]:
    """A satisfied share that falls around ``middle`` hours."""
    return lambda hours: bottom + (top - bottom) / (1 + (hours / middle) ** steep)


def answers(random_: random.Random, curve: Callable[[float], float], n: int, points: int = 2) -> list[list[int]]:
    """Rated closings with log-normal times around 8 hours."""
    table = [[0] * points for _ in range(TIME_BINS)]
    for _ in range(n):
        hours = 8 * math.exp(random_.gauss(0, 1.4))
        happy = random_.random() < curve(hours)
        table[time_bin(timedelta(hours=hours))][points - 1 if happy else 0] += 1
    return table


def crossing_of(curve: Callable[[float], float], target: float) -> float:
    low, high = 1e-3, 1e4
    for _ in range(80):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if curve(middle) >= target else (low, middle)
    return low


@pytest.mark.parametrize("n", [400, 2000, 10_000])
def test_a_planted_time_lies_in_its_interval(n):
    random_, curve = random.Random(n), falling(10)
    truth = crossing_of(curve, 0.7)
    seen, covered, widths, runs = 0, 0, [], 60
    for _ in range(runs):
        advice = advise_clock("worked", THUMBS, answers(random_, curve, n), target=0.7)
        if advice.says is TimeSays.VISIBLE:
            seen += 1
            low, high = advice.low / HOUR, advice.high / HOUR
            covered += low <= truth <= high
            widths.append(high / low)
            assert advice.low <= advice.at <= advice.high
    print(
        f"n={n}: visible {seen}/{runs}, truth {truth:.1f} h covered {covered}/{seen}, high/low {sum(widths) / seen:.1f}"
    )
    assert covered >= 0.93 * seen
    assert seen >= (0.5 if n == 400 else 0.95) * runs


@pytest.mark.parametrize(
    ("curve", "n", "says"),
    [
        (lambda _: 0.85, 3000, TimeSays.NOT_VISIBLE),
        (lambda _: 0.5, 3000, TimeSays.ALWAYS_UNDER),
        (falling(1000), 3000, TimeSays.NOT_VISIBLE),
        (falling(10), 99, TimeSays.NOT_ENOUGH),
    ],
    ids=["always over", "always under", "falls later than anybody waits", "too few"],
)
def test_where_no_such_time_is_visible_none_is_named(curve, n, says):
    found = [advise_clock("worked", THUMBS, answers(random.Random(seed), curve, n), target=0.7) for seed in range(20)]
    assert sum(one.says is says for one in found) >= 19
    assert all(one.at is None for one in found if one.says is says)


def test_a_flat_share_at_its_target_is_seldom_given_a_time():
    """The hardest case: every time would do."""
    random_ = random.Random(7)
    found = [advise_clock("worked", THUMBS, answers(random_, lambda _: 0.7, 1000), target=0.7) for _ in range(100)]
    named = sum(one.says is TimeSays.VISIBLE for one in found)
    print(f"a flat share at its target was given a time in {named} of 100")
    assert named <= 6


def test_answers_of_the_same_clients_widen_the_interval():
    table = answers(random.Random(3), falling(10), 4000)
    alone = advise_clock("worked", THUMBS, table, target=0.7)
    together = advise_clock("worked", THUMBS, table, target=0.7, inflation=8.0)
    assert together.at == alone.at
    assert together.low <= alone.low <= alone.high <= together.high
    assert together.low < alone.low or together.high > alone.high
    assert advise_clock("worked", THUMBS, table, target=0.7, clients=7.5).says is TimeSays.NOT_ENOUGH


def test_how_much_less_answers_of_the_same_clients_say():
    each = [Row(MET, int(n % 4 > 0), client=n) for n in range(400)]
    assert design_effect(tally(THUMBS, each)) == (pytest.approx(1.0, abs=0.01), 400)
    # 40 clients with ten answers each, of one mind: as good as 40 answers
    moods = [Row(MISSED, int(n % 4 > 0), client=n) for n in range(40) for _ in range(10)]
    inflation, clients = design_effect(tally(THUMBS, moods))
    assert clients == 40
    assert inflation == pytest.approx(10 * 40 / 39)
    assert design_effect(tally(THUMBS, [Row(MET, 1)] * 5)) == (1.0, 5)
    assert design_effect(tally(THUMBS, [])) == (1.0, None)


def test_the_strength_of_the_association_stands_beside_it():
    slow = advise_clock("elapsed", FACES, answers(random.Random(5), falling(10), 3000, 3), target=None)
    assert slow.says is TimeSays.NO_TARGET
    assert slow.tau_b < -0.1
    assert slow.tau_b_interval[1] < 0
    assert slow.tau_b_interval == pytest.approx(
        (slow.tau_b - 1.96 * slow.tau_b_se, slow.tau_b + 1.96 * slow.tau_b_se), abs=1e-4
    )
    assert [one.fitted for one in slow.curve] == sorted((one.fitted for one in slow.curve), reverse=True)
    assert all(one.band[0] <= one.fitted <= one.band[1] for one in slow.curve)
    assert sum(one.answers for one in slow.curve) == 3000


TABLES = st.lists(st.lists(st.integers(0, 60), min_size=2, max_size=2), min_size=TIME_BINS, max_size=TIME_BINS)


@given(TABLES, st.none() | st.floats(0, 1), st.floats(1, 20))
def test_whatever_the_counts_the_answer_is_plain_data(table, target, inflation):
    advice = advise_clock("worked", THUMBS, table, target=target, inflation=inflation)
    json.dumps(advice.to_dict(), allow_nan=False)
    if advice.says is TimeSays.VISIBLE:
        assert timedelta(0) < advice.low <= advice.at <= advice.high


# --- from the store


def rated(world: World, number: int, hours: float, happy: bool, **facts) -> None:
    world.clock.advance(timedelta(minutes=1))
    world.close(str(number), took=timedelta(hours=hours), client=Client(id=str(number), email="a@x.example"), **facts)
    survey = next(row for row in world.rows("survey") if row.ticket == str(number))
    assert survey.state == SurveyState.SCHEDULED
    world.ratings.record_answer("acme", 3 if happy else 1, survey=survey.survey, source="operator", by="vera")


@pytest.fixture
def unhappy_after_a_day(make_world):
    world = make_world(
        ask={"quarantine": "0s"}, kpi=[{"resolve_within": "4h"}], targets={"satisfied_share": 0.7}, locale="en"
    )
    random_ = random.Random(9)
    for number in range(240):
        hours = (1, 3, 10, 40, 90)[number % 5]
        rated(world, number, hours, random_.random() < (0.95 if hours < 24 else 0.2), queue="first")
    world.close("unrated", took=2 * HOUR, queue="first")
    return world


@pytest.mark.both_engines
def test_the_advice_is_read_from_the_answers_and_held_against_the_target_in_force(unhappy_after_a_day):
    world = unhappy_after_a_day
    advice = world.ratings.kpi_advice("acme", queue="first")
    worked: ClockAdvice = advice.worked
    assert (advice.answers, advice.closings, advice.clients) == (240, 241, 240)
    assert worked.says is advice.elapsed.says is TimeSays.VISIBLE
    assert timedelta(hours=10) < worked.at <= timedelta(hours=40)
    assert worked.low <= worked.at <= worked.high
    assert (advice.target, advice.target_share) == (timedelta(hours=4), 1.0)
    assert advice.within_target == pytest.approx(97 / 241)
    assert worked.closed_by_then == pytest.approx(145 / 241)
    assert advice.sentences[0].startswith("From ")
    assert "is shorter than that; 40% of closings met their target, 60% were closed by then." in advice.sentences[2]
    json.dumps(advice.to_dict(), allow_nan=False)
    # exact at any moment: the fold changes nothing
    world.ratings.run_due()
    assert world.ratings.kpi_advice("acme", queue="first") == advice
    assert world.ratings.kpi_advice("acme", queue="nowhere").worked.says is TimeSays.NOT_ENOUGH


def test_too_few_answers_and_no_targets_are_said_in_both_languages(make_world):
    for locale, said in (
        ("en", "Too few answers to say from what time on clients become unhappy, by the SLA clock: 1 of the 100"),
        ("ru", "Мало ответов, чтобы сказать, с какого времени клиенты недовольны, по часам SLA: 1 из нужных 100"),
    ):
        world = make_world(locale=locale, kpi=[])
        rated(world, 1, 2, True)
        advice = world.ratings.kpi_advice("acme")
        assert advice.sentences[0].startswith(said)
        assert advice.target is advice.within_target is None


def test_the_clients_time_is_not_the_clocks(make_world):
    world = make_world(ask={"quarantine": "0s"}, targets={"satisfied_share": 0.7})
    random_ = random.Random(4)
    for number in range(160):
        hours = (2, 60)[number % 2]
        rated(world, number, hours, random_.random() < (0.95 if hours < 24 else 0.2), worked=HOUR)
    advice = world.ratings.kpi_advice("acme")
    assert advice.elapsed.says is TimeSays.VISIBLE
    assert advice.worked.says is not TimeSays.VISIBLE
    assert len(advice.worked.curve) == 1
