"""A client's scores, each held against the client's own earlier ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.verdicts.history import SETTINGS, History

from nps_plugin import Client
from nps_plugin.statistics import dirichlet_p

IVAN = Client(id="7", email="ivan@example.org", organization="North")


@pytest.fixture
def world(make_world):
    return make_world(**SETTINGS, scale="stars-5")


@pytest.fixture
def history(world):
    told = History(world)
    # how everybody answers
    told.rated(*[5] * 14, *[4] * 4, 3, 2)
    return told


def follow(world, history, *scores, client=IVAN):
    for score in scores:
        history.rated(score, client=client)
        world.clock.advance(timedelta(days=1))


def test_scores_stand_in_order_and_are_held_against_the_earlier_ones(world, history):
    follow(world, history, 5, 4, 5, 5, 1)
    found = world.ratings.client_history("acme", client="id:7")
    assert [one.score for one in found.entries] == [5, 4, 5, 5, 1]
    assert [one.earlier for one in found.entries] == [0, 1, 2, 3, 4]
    assert [one.p is None for one in found.entries] == [True, True, True, False, False]
    everybody = (1, 1, 1, 5, 17)
    assert found.entries[-1].p == pytest.approx(dirichlet_p((0, 0, 0, 1, 3), 0, everybody, 8.0))
    assert found.alarm
    assert found.entries[-1].alarm
    assert not found.entries[3].alarm
    assert "lower than 4 earlier scores let expect" in found.sentence


def test_a_low_score_of_somebody_who_always_gives_low_ones_is_no_alarm(world, history):
    follow(world, history, 1, 1, 2, 1, 2, 1)
    found = world.ratings.client_history("acme", client=IVAN)
    assert not found.alarm
    assert "no surprise" in found.sentence


def test_with_fewer_than_three_earlier_scores_nothing_is_said(world, history):
    follow(world, history, 5, 1)
    found = world.ratings.client_history("acme", client=IVAN)
    assert (found.alarm, found.lacking, found.entries[-1].p) == (False, 2, None)
    assert "2 more earlier scores are needed" in found.sentence


def test_somebody_unknown_has_no_history(world):
    found = world.ratings.client_history("acme", client="email:nobody@example.org")
    assert (found.entries, found.alarm, found.sentence) == ((), False, "No scores yet.")


def test_an_address_finds_the_same_person(world, history):
    follow(world, history, 5, 4)
    assert len(world.ratings.client_history("acme", client="email:ivan@example.org").entries) == 2


@pytest.mark.both_engines
def test_an_organization_has_a_history_of_its_own(world, history):
    for number in range(5):
        follow(world, history, 5, client=Client(id=f"n{number}", organization="North"))
    follow(world, history, 1, client=Client(id="new", organization="North"))
    follow(world, history, 1, client=Client(id="other", organization="South"))
    found = world.ratings.client_history("acme", organization="North")
    assert [one.score for one in found.entries] == [5, 5, 5, 5, 5, 1]
    assert found.alarm
    assert world.ratings.client_history("acme", organization="Nobody").entries == ()


def test_scores_of_another_scale_are_shown_and_not_held_against(world, history):
    follow(world, history, 5, 5, 5, 5)
    world.config["tenants"]["acme"]["scale"] = "faces-3"
    world.ratings.reload(world.config)
    follow(world, history, 1)
    found = world.ratings.client_history("acme", client=IVAN)
    assert [one.scale for one in found.entries] == ["stars-5"] * 4 + ["faces-3"]
    assert (found.entries[-1].earlier, found.alarm, found.lacking) == (0, False, 3)


def test_a_withdrawn_score_is_not_in_it(world, history):
    follow(world, history, 5, 5, 5, 1)
    (low,) = world.ratings.answers("acme", "counted", limit=1)
    world.ratings.withdraw_answer("acme", low.id, by="boss", why="not theirs")
    assert [one.score for one in world.ratings.client_history("acme", client=IVAN).entries] == [5, 5, 5]


def test_exactly_one_of_client_and_organization_is_asked_for(world):
    for more in ({}, {"client": IVAN, "organization": "North"}, {"organization": ""}):
        with pytest.raises(ValueError, match="exactly one"):
            world.ratings.client_history("acme", **more)
