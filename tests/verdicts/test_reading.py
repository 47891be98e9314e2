"""The verdict on a slice of what is stored: which closings belong to it, of which procedure, final or not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.verdicts.history import MET, MISSED, SETTINGS, History
from tests.world import NOON, World

from nps_plugin import Client, UnknownTenant


@pytest.fixture
def world(make_world) -> World:
    return make_world(**SETTINGS)


@pytest.fixture
def history(world: World) -> History:
    return History(world)


def test_a_tenant_without_closings_has_a_verdict_that_says_so(world):
    verdict = world.ratings.verdict("acme")
    assert (verdict.tickets, verdict.level, verdict.link, verdict.trap) == (
        0,
        "undecided",
        "insufficient",
        "insufficient",
    )
    assert verdict.sentence == "There are no closed tickets here."
    with pytest.raises(UnknownTenant):
        world.ratings.verdict("nobody")


def test_it_counts_what_was_answered_a_moment_ago(world, history):
    history.rated(*[3] * 9)
    assert world.ratings.verdict("acme").level == "undecided"
    history.work()
    history.rated(*[3] * 21, 1)
    verdict = world.ratings.verdict("acme")
    assert (verdict.level, verdict.answered, verdict.quadrants.watermelon) == ("healthy", 31, 1)


@pytest.mark.both_engines
def test_slices_are_judged_by_themselves(world, history):
    history.rated(*[3] * 30, agent="olga", queue="mail", client=Client(id="1"), facts={"region": "north"})
    history.rated(*[1] * 30, agent="petr", queue="mail", facts={"region": "south"})
    ratings = world.ratings
    assert ratings.verdict("acme", agent="olga").level == "undecided", "one client is one voice"
    assert ratings.verdict("acme", agent="petr").level == "watermelon"
    assert ratings.verdict("acme", region="south").answered == 30
    assert ratings.verdict("acme", queue="mail").answered == 60
    assert ratings.verdict("acme", queue="mail", agent="olga").answered == 30
    assert ratings.verdict("acme", client="id:1").answered == 30
    assert ratings.verdict("acme", client=Client(id="1")).where == {"client": "id:1"}
    assert ratings.verdict("acme", client="id:nobody").tickets == 0
    assert ratings.verdict("acme", agent="nobody").tickets == 0


def test_a_window_is_half_open_and_goes_by_the_basis(world, history):
    history.rated(3)
    world.clock.advance(timedelta(days=1))
    after = world.clock.now()
    history.rated(3, 3)
    world.ratings.rate("acme", "1", 1, by="client 1")
    closed = world.ratings.verdict("acme", since=after)
    assert (closed.tickets, closed.since, closed.basis) == (2, after, "closed")
    assert world.ratings.verdict("acme", until=after).tickets == 1
    assert world.ratings.verdict("acme", since=after, basis="answered").tickets == 3
    with pytest.raises(ValueError, match="basis"):
        world.ratings.verdict("acme", basis="sent")
    with pytest.raises(ValueError, match="no time zone"):
        world.ratings.verdict("acme", since=after.replace(tzinfo=None))


def test_targets_are_those_of_the_slice(make_world):
    targets = SETTINGS["targets"] | {"queue": {"vip": {"satisfied_share": 0.99}}}
    world = make_world(**SETTINGS | {"targets": targets})
    History(world).rated(*[3] * 40, queue="vip")
    assert world.ratings.verdict("acme").level == "healthy"
    assert world.ratings.verdict("acme", queue="vip").level == "undecided"


def test_answers_of_another_procedure_stand_apart(world, history):
    history.rated(*[1] * 20)
    world.clock.advance(timedelta(days=1))
    world.config["tenants"]["acme"]["scale"] = "stars-5"
    world.ratings.reload(world.config)
    history.rated(*[5] * 30)
    verdict = world.ratings.verdict("acme")
    assert (verdict.scale, verdict.level, verdict.answered) == ("stars-5", "healthy", 30)
    (other,) = verdict.others
    assert (other.scale, other.level, other.answered) == ("faces-3", "watermelon", 20)
    assert other.procedure != verdict.procedure


def test_it_is_preliminary_until_nothing_can_change_any_more(world, history):
    history.rated(*[3] * 20)
    until = NOON + timedelta(days=1)
    ratings = world.ratings
    assert ratings.verdict("acme").preliminary
    assert ratings.verdict("acme", until=until).preliminary
    # the weights are frozen after the first full quarter: the first of 2027
    world.clock.set(NOON.replace(year=2027, month=1, day=10))
    history.rated(*[3] * 20)
    world.clock.set(NOON.replace(year=2027, month=5, day=1))
    final = ratings.verdict("acme", until=until)
    assert not final.preliminary
    assert not any("Preliminary" in note for note in final.notes)
    assert ratings.verdict("acme").preliminary, "tickets of today may still be answered"


def test_nps_is_said_of_the_shipped_recommend_question_alone(make_world):
    world = make_world(**SETTINGS, scale="nps-11")
    History(world).rated(*[10] * 12)
    assert world.ratings.verdict("acme").score.net_label == "NPS"
    own = make_world(**SETTINGS, scale="nps-11", question={"en": "How happy are you?"})
    History(own).rated(*[10] * 12)
    assert own.ratings.verdict("acme").score.net_label == "net score"


def test_the_ticket_mix_is_read_from_priority_and_queue(world, history):
    for priority, met, missed in (("high", 6, 20), ("low", 20, 6)):
        happy = 3 if priority == "low" else 1
        history.rated(*[happy] * met, took=MET, priority=priority)
        history.rated(*[happy] * missed, took=MISSED, priority=priority)
    verdict = world.ratings.verdict("acme")
    assert verdict.link == "tracks"
    assert verdict.association.simpson is True
    assert any("same priority and queue" in note for note in verdict.notes)


def test_a_trap_is_seen_over_months_that_are_over(world, history):
    def month(number: int):
        yield 8 - number // 2, 3, MET
        yield 2 + number // 2, 1, MET
        yield 12 - number, 2, MISSED

    history.months(10, month)
    verdict = world.ratings.verdict("acme")
    assert verdict.trap == "trap"
    assert verdict.trap_figures.periods == 10
    history.rated(*[3] * 30)
    assert world.ratings.verdict("acme").trap_figures.periods == 10, "the month that runs does not count yet"
