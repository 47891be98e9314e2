"""Who is told: the names in plugins. A removed one ends its rows, a new one hears from then on, an absent one waits."""

from __future__ import annotations

import sys
import types
from datetime import timedelta
from importlib.metadata import EntryPoint

import pytest
from tests.outbox.ears import Ears
from tests.world import merged

from nps_plugin import Ratings
from nps_plugin import plugins as plugins_module


@pytest.fixture
def installed(monkeypatch):
    """Two plugins, "alpha" and "beta", as if they were installed; what they hear."""
    made = {name: Ears(name) for name in ("alpha", "beta")}
    points = []
    for name, ears in made.items():
        module = types.ModuleType(f"installed_{name}")
        module.plugin = ears
        monkeypatch.setitem(sys.modules, module.__name__, module)
        points.append(EntryPoint(name, f"{module.__name__}:plugin", "nps_plugin"))
    real = plugins_module.entry_points
    monkeypatch.setattr(plugins_module, "entry_points", lambda **by: [*real(**by), *points])
    return made


def named(world, *names):
    """The world's configuration with these plugins named in it."""
    return merged(world.config, {"plugins": list(names)})


def answer(ratings, world, number, score=1):
    receipt = ratings.ticket_closed(world.ticket(number))
    ratings.run_due()
    ratings.record_answer("acme", score, survey=receipt.survey.id)


def test_the_news_of_a_removed_subscriber_ends_and_that_is_said_once(world, installed, caplog):
    installed["alpha"].broken = 99
    with Ratings(named(world, "alpha", "beta"), clock=world.clock) as before:
        answer(before, world, "1")
    with Ratings(named(world, "beta"), clock=world.clock) as after:
        caplog.clear()
        assert after.run_due().ended == 2
        assert "subscriber alpha is named in plugins no more: 2 news to it ended untold" in caplog.text
        caplog.clear()
        assert after.run_due().ended == 0
        assert "alpha" not in caplog.text
        assert [(one.subscriber, one.untold, one.ended) for one in after.untold()] == [("alpha", 0, 2)]
        assert after.check().ok
    rows = [row for row in world.rows("outbox") if row.subscriber == "alpha" and row.told_at is None]
    assert [row.ended_at for row in rows] == [world.clock.now()] * 2


def test_what_was_ended_is_not_told_when_the_subscriber_comes_back(world, installed):
    installed["alpha"].broken = 2
    with Ratings(named(world, "alpha"), clock=world.clock) as before:
        answer(before, world, "1")
    with Ratings(named(world), clock=world.clock) as without:
        without.run_due()
    world.clock.advance(timedelta(days=1))
    with Ratings(named(world, "alpha"), clock=world.clock) as again:
        assert again.run_due().told == 0
        answer(again, world, "2")
    assert {news.ticket for news in installed["alpha"].heard} == {"2"}


def test_a_new_subscriber_hears_from_then_on(world, installed):
    with Ratings(named(world, "alpha"), clock=world.clock) as ratings:
        answer(ratings, world, "1")
        ratings.reload(named(world, "alpha", "beta"))
        answer(ratings, world, "2")
    assert {news.ticket for news in installed["alpha"].heard} == {"1", "2"}
    assert {news.ticket for news in installed["beta"].heard} == {"2"}


def test_a_subscriber_removed_by_a_reload_hears_no_more(world, installed):
    installed["alpha"].broken = 99
    with Ratings(named(world, "alpha", "beta"), clock=world.clock) as ratings:
        answer(ratings, world, "1")
        ratings.reload(named(world, "beta"))
        assert ratings.run_due().ended == 2
        answer(ratings, world, "2")
    assert {row.ticket for row in world.rows("outbox") if row.subscriber == "alpha"} == {"1"}


def test_a_subscriber_that_is_left_out_of_this_process_keeps_its_news_waiting(world, installed, monkeypatch):
    monkeypatch.setenv("NPS_PLUGIN_DISABLED", "alpha")
    with Ratings(named(world, "alpha"), clock=world.clock) as without:
        answer(without, world, "1")
        done = without.run_due()
        assert (done.told, done.waiting, done.ended) == (0, 3, 0)
        assert any("3 news" in problem and "alpha" in problem for problem in without.check().problems)
    monkeypatch.delenv("NPS_PLUGIN_DISABLED")
    with Ratings(named(world, "alpha"), clock=world.clock) as ratings:
        assert ratings.run_due().told == 3
        assert ratings.check().ok


def test_what_a_process_handed_over_waits_for_that_process(make_world):
    """Another process cannot know whether the object is gone: ending its news could lose a verdict."""
    world = make_world(plugins=[Ears("mine", broken=99)], strict=False)
    world.ratings.record_answer("acme", 1, token=world.asked())
    with Ratings(world.config, clock=world.clock) as worker:
        world.clock.advance(timedelta(hours=1))
        done = worker.run_due()
        assert (done.waiting, done.ended) == (2, 0)
        (problem,) = worker.check().problems
        assert "2 news" in problem
        assert "nps-plugin end-news mine" in problem
        assert worker.end_news("mine") == 2
        assert worker.run_due().waiting == 0
        assert worker.check().ok


def test_news_that_waits_for_another_process_is_not_taken_for_a_missing_worker(make_world):
    world = make_world(plugins=[Ears("mine", broken=99)], strict=False)
    world.ratings.record_answer("acme", 1, token=world.asked())
    with Ratings(world.config, clock=world.clock) as worker:
        world.clock.advance(timedelta(hours=1))
        assert not any("no worker" in problem for problem in worker.check().problems)
    world.clock.advance(timedelta(hours=1))
    assert any("no worker" in problem for problem in world.ratings.check().problems)


def test_news_of_a_tenant_that_is_taken_out_of_the_configuration_waits_for_it(make_world):
    ears = Ears(broken=2)
    world = make_world(plugins=[ears], strict=False)
    world.ratings.record_answer("acme", 1, token=world.asked())
    mine = world.config["tenants"]["acme"]
    world.ratings.reload(world.config | {"tenants": {"other": mine}})
    world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().failed_tellings == 2
    world.ratings.reload(world.config)
    world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().told == 2
    assert ears.verdicts() == [(1, "watermelon")]
