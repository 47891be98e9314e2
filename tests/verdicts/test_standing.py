"""Standings: kept by the worker, read at a glance, and told when they change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, event, update
from tests.verdicts.history import SETTINGS, History

from nps_plugin import NpsSpec, UnknownTenant, hookimpl
from nps_plugin.counts import rebuild
from nps_plugin.store import tables
from nps_plugin.verdicts.standing import restore


class Ears(NpsSpec):
    nps_name = "ears"

    def __init__(self):
        self.heard = []
        self.broken = False

    @hookimpl
    def nps_standing_changed(self, news):
        if self.broken:
            raise RuntimeError("not now")
        self.heard.append(news)

    def told(self):
        told = [
            (dict(news.where), news.before and str(news.before.level), str(news.after.level)) for news in self.heard
        ]
        self.heard.clear()
        return sorted(told, key=str)


@pytest.fixture
def ears():
    return Ears()


@pytest.fixture
def world(make_world, ears):
    return make_world(plugins=[ears], strict=False, **SETTINGS)


@pytest.fixture
def history(world):
    return History(world)


def test_there_is_none_before_the_worker_was_there(world, history):
    assert world.ratings.standing("acme") is None
    history.rated(*[3] * 30, agent="olga")
    assert world.ratings.standing("acme") is None
    history.work()
    assert world.ratings.standing("acme").level == "healthy"
    assert world.ratings.standing("acme", agent="olga").where == {"agent": "olga"}
    assert world.ratings.standing("acme", agent="nobody") is None


def test_it_is_the_verdict_on_the_last_twelve_months(world, history):
    history.rated(*[1] * 30, queue="mail")
    world.clock.advance(timedelta(days=400))
    history.rated(*[3] * 30, queue="mail")
    history.work()
    standing = world.ratings.standing("acme", queue="mail")
    assert (standing.level, standing.answered) == ("healthy", 30)
    same = world.ratings.verdict("acme", queue="mail", since=standing.since)
    assert standing.to_dict() == same.to_dict()


def test_a_verdict_survives_being_put_away(world, history):
    history.rated(*[3] * 20, *[1] * 5, agent="olga", took=timedelta(hours=9))
    verdict = world.ratings.verdict("acme", since=world.clock.now() - timedelta(days=30))
    assert restore(verdict.to_dict()) == verdict


def test_only_one_slice_or_none_has_a_standing(world):
    with pytest.raises(ValueError, match=r"one of agent, queue, service, or none"):
        world.ratings.standing("acme", region="north")
    with pytest.raises(ValueError, match="judges any slice"):
        world.ratings.standing("acme", agent="olga", queue="mail")
    with pytest.raises(UnknownTenant):
        world.ratings.standing("nobody")


@pytest.mark.both_engines
def test_it_is_one_look_up(world, history):
    history.rated(*[3] * 30, agent="olga")
    history.work()
    seen = []
    engine = world.ratings._parts.store.engine
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    world.ratings.standing("acme", agent="olga")
    assert len([statement for statement in seen if statement.startswith("SELECT")]) == 1, seen


@pytest.mark.both_engines
def test_what_changes_is_told_and_what_stays_is_not(world, history, ears):
    history.rated(3, 3, agent="olga")
    history.work()
    assert ears.told() == [], "a first standing that says nothing is no news"
    history.rated(*[3] * 30, agent="olga")
    history.work()
    assert ears.told() == [({"agent": "olga"}, "undecided", "healthy"), ({}, "undecided", "healthy")]
    history.rated(3, agent="olga")
    history.work()
    assert ears.told() == []
    history.rated(*[1] * 40, agent="petr")
    history.work()
    assert ears.told() == [({"agent": "petr"}, None, "watermelon"), ({}, "healthy", "watermelon")]


def test_a_withdrawn_answer_changes_the_standing_too(world, history, ears):
    history.rated(*[3] * 20, 1, 1, queue="mail")
    history.work()
    before = world.ratings.standing("acme", queue="mail")
    for answer in world.ratings.answers("acme", "counted"):
        if answer.score == 1:
            world.ratings.withdraw_answer("acme", answer.id, by="boss", why="a test of the desk itself")
    history.work()
    after = world.ratings.standing("acme", queue="mail")
    assert (before.level, after.level, after.answered) == ("undecided", "healthy", 20)
    assert ({"queue": "mail"}, "undecided", "healthy") in ears.told()


def test_news_waits_for_a_subscriber_that_failed(world, history, ears):
    ears.broken = True
    history.rated(*[3] * 30, agent="")
    history.work()
    ears.broken = False
    world.clock.advance(timedelta(minutes=2))
    world.ratings.run_due()
    (news,) = ears.heard
    assert (news.revision, news.after.level, news.before) == (1, "healthy", None)
    assert news.sentence.startswith("The KPI was met on 100% of 30 tickets (target 90%)")
    ears.heard.clear()
    history.rated(*[1] * 40, agent="")
    history.work()
    assert [one.revision for one in ears.heard] == [2]


def test_counts_that_were_put_right_are_judged_again(world, history):
    history.rated(*[3] * 20, queue="mail")
    history.work()
    store, tenant = world.ratings._parts.store, world.ratings.settings.tenants["acme"]
    with store.write() as connection:
        connection.execute(delete(tables.counted))
        connection.execute(update(tables.standings).values(level="failing"))
    assert world.ratings.standing("acme", queue="mail").level == "healthy", "the verdict itself is kept beside it"
    rebuild(store, tenant)
    history.work()
    assert {(row.dimension, row.level) for row in world.rows("standing")} == {
        ("total", "healthy"),
        ("agent", "healthy"),
        ("queue", "healthy"),
    }


def test_a_large_slice_rests_before_it_is_judged_again(world, history, monkeypatch):
    monkeypatch.setattr("nps_plugin.verdicts.standing._SMALL", 30)
    history.rated(*[3] * 30)
    history.work()
    first = world.ratings.standing("acme")
    assert first.answered == 30
    history.rated(*[1] * 30)
    history.work()
    assert world.ratings.standing("acme") == first, "20 ms for each of 30 closings are not over"
    world.clock.advance(timedelta(seconds=1))
    history.work()
    assert world.ratings.standing("acme").answered == 60
