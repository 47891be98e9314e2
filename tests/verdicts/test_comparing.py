"""Two windows: how they differ, whether that is more than noise, and when they are not comparable at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.verdicts.history import MET, MISSED, SETTINGS, History

from nps_plugin import UnknownTenant
from nps_plugin.statistics import newcombe


@pytest.fixture
def world(make_world):
    return make_world(**SETTINGS)


@pytest.fixture
def history(world):
    return History(world)


def halves(world, at):
    return {"before": (None, at), "after": (at, None)}


def turned(world):
    world.clock.advance(timedelta(days=1))
    return world.clock.now()


def test_a_difference_has_its_interval_and_is_larger_than_noise_or_not(world, history):
    history.rated(*[3] * 40, *[1] * 40)
    at = turned(world)
    history.rated(*[3] * 70, *[1] * 10, took=MISSED)
    found = world.ratings.compare("acme", **halves(world, at))
    assert found.comparable
    assert (found.before.answered, found.after.answered) == (80, 80)
    expected = newcombe(70, 80, 40, 80)
    assert found.satisfied.estimate == pytest.approx(0.375)
    assert found.satisfied.interval == pytest.approx(tuple(expected.interval))
    assert found.satisfied.beyond_noise
    assert found.net.beyond_noise
    assert found.net.estimate == pytest.approx(0.75)
    assert found.kpi_change == -1
    assert "larger than sampling noise" in found.sentence
    assert "trend" not in found.sentence


def test_a_small_difference_is_no_larger_than_noise(world, history):
    history.rated(*[3] * 30, *[1] * 10)
    at = turned(world)
    history.rated(*[3] * 33, *[1] * 7)
    found = world.ratings.compare("acme", **halves(world, at))
    assert not found.satisfied.beyond_noise
    assert "no larger than sampling noise" in found.sentence


@pytest.mark.parametrize(("before", "after", "lacking"), [(9, 10, (1, 0)), (10, 4, (0, 6)), (0, 0, (10, 10))])
def test_below_ten_answers_on_a_side_there_is_no_difference(world, history, before, after, lacking):
    history.rated(*[3] * before)
    at = turned(world)
    history.rated(*[1] * after)
    found = world.ratings.compare("acme", **halves(world, at))
    assert (found.comparable, found.satisfied, found.net, found.lacking) == (True, None, None, lacking)
    assert "Too few answers to compare" in found.sentence


def test_two_ways_of_asking_are_not_comparable_and_each_change_is_named(world, history):
    history.rated(*[3] * 20)
    at = turned(world)
    acme = world.config["tenants"]["acme"]
    acme["scale"] = "stars-5"
    acme["ask"] = acme["ask"] | {"delay": "1d"}
    world.ratings.reload(world.config)
    world.ratings.run_due()
    history.rated(*[5] * 20)
    found = world.ratings.compare("acme", **halves(world, at))
    assert (found.comparable, found.satisfied, found.net) == (False, None, None)
    assert found.changes == ("ask.delay: 0s -> 1d", "scale: faces-3 -> stars-5")
    assert "ask.delay: 0s -> 1d" in found.sentence
    assert (found.before.score.satisfied, found.after.score.satisfied) == (20, 20)
    # inside one of the windows it is no better
    inside = world.ratings.compare("acme", (None, at - timedelta(hours=12)), (at - timedelta(days=2), None))
    assert not inside.comparable
    # and where both lie after the change, it is
    later = turned(world)
    history.rated(*[5] * 20)
    assert world.ratings.compare("acme", (at, later), (later, None)).comparable


def test_a_change_and_back_is_named_both_ways(world, history):
    acme = world.config["tenants"]["acme"]
    plain = acme["ask"]
    starts = []
    for delay in ("0s", "1d", "0s"):
        acme["ask"] = plain | {"delay": delay}
        world.ratings.reload(world.config)
        world.ratings.run_due()
        starts.append(turned(world))
        history.rated(*[3] * 12)
    found = world.ratings.compare("acme", (starts[0], starts[1]), (starts[2], None))
    assert found.comparable, "asked in one and the same way before and after"
    over = world.ratings.compare("acme", (starts[0], starts[1]), (starts[1], None))
    assert not over.comparable


def test_where_months_differ_among_themselves_one_of_them_says_little(world, history):
    # every other month is much better, and none is a change
    def month(number):
        good = 16 if number % 2 else 6
        yield good, 3, MET
        yield 20 - good, 1, MET

    history.months(9, month)
    at = world.clock.now()
    history.rated(*[3] * 32, *[1] * 8)
    found = world.ratings.compare("acme", (at - timedelta(days=70), at - timedelta(days=1)), (at, None))
    assert found.satisfied.interval[0] > 0
    assert (found.beyond_limits, found.satisfied.beyond_noise) == (False, False)
    assert "earlier months differ among themselves" in found.sentence


def test_after_steady_months_a_jump_is_beyond_their_limits(world, history):
    def month(number):
        yield 10 + number % 2, 3, MET
        yield 10 - number % 2, 1, MET

    history.months(9, month)
    at = world.clock.now()
    history.rated(*[3] * 20)
    found = world.ratings.compare("acme", (at - timedelta(days=40), at), (at, None))
    assert (found.beyond_limits, found.satisfied.beyond_noise) == (True, True)


@pytest.mark.both_engines
def test_a_slice_is_compared_with_itself(world, history):
    history.rated(*[3] * 20, agent="olga")
    at = turned(world)
    history.rated(*[1] * 20, agent="olga")
    history.rated(*[3] * 20, agent="petr")
    found = world.ratings.compare("acme", **halves(world, at), agent="olga")
    assert found.satisfied.estimate == -1
    assert found.where == {"agent": "olga"}


def test_windows_that_end_before_they_begin_are_refused(world):
    now = world.clock.now()
    with pytest.raises(ValueError, match="after: it ends at"):
        world.ratings.compare("acme", (None, now), (now, now - timedelta(days=1)))
    with pytest.raises(UnknownTenant):
        world.ratings.compare("nobody", (None, now), (now, None))
