"""A simulated help-desk driven through the whole library: what was planted is what ``verdict()`` says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.simulation.tenants import seeded
from tests.simulation.tickets import Desk, play
from tests.world import NOON, World, merged

from nps_plugin.model import Level, Link, Sign

START = NOON - timedelta(days=60)
ASKED = {"ask": {"channels": ["host"], "quarantine": "0d"}, "targets": {"kpi_share": 0.9, "satisfied_share": 0.8}}


def test_a_procedure_change_is_never_pooled(make_world: Callable[..., World]):
    world = make_world(**ASKED)
    desk = Desk(tickets=70, days=20, clients=70, kpi=0.97, shares=(0.01, 0.02, 0.97))
    content = play(world.ratings, world.clock, desk.events(START, seeded("before")))
    changed = merged(world.config, {"tenants": {"acme": {"ask": {"delay": "1d"}}}})
    world.ratings.reload(changed)
    later = Desk(tickets=50, days=20, clients=50, kpi=0.97, shares=(0.7, 0.2, 0.1), first=70)
    discontent = play(world.ratings, world.clock, later.events(START + timedelta(days=25), seeded("after")))

    verdict = world.ratings.verdict("acme")
    (other,) = verdict.others
    assert (verdict.answered, other.answered) == (discontent, content)
    assert (verdict.level, other.level) == (Level.WATERMELON, Level.HEALTHY)
    middle = START + timedelta(days=22)
    comparison = world.ratings.compare("acme", (START, middle), (middle, START + timedelta(days=60)))
    assert not comparison.comparable
    assert comparison.changes


def test_what_was_planted_is_said_of_the_whole_and_of_the_culprit(make_world: Callable[..., World]):
    world = make_world(**ASKED)
    desk = Desk(
        tickets=140,
        days=40,
        clients=100,
        agents=4,
        kpi=0.96,
        shares=(0.3, 0.1, 0.6),
        signs={Sign.BOUNCING: 0.5},
        culprit="agent 0",
    )
    play(world.ratings, world.clock, desk.events(START, seeded("culprit")))

    verdict = world.ratings.verdict("acme")
    assert (verdict.level, verdict.tickets) == (Level.WATERMELON, 140)
    assert verdict.link in {Link.INSUFFICIENT, Link.NOT_REFLECTED}
    found = {
        agent: {one.sign for one in world.ratings.verdict("acme", agent=agent).signs if one.found}
        for agent in (f"agent {number}" for number in range(4))
    }
    assert found == {"agent 0": {Sign.BOUNCING}, "agent 1": set(), "agent 2": set(), "agent 3": set()}
