"""Two operators at once: one gets the call, on either engine, whatever is open at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.followups.conftest import IVAN, queued, taken

from nps_plugin import CallRefused, CallTaken, NpsError, Ratings, UnknownCall

pytestmark = pytest.mark.both_engines


@pytest.fixture
def processes(make_world):
    """A world and four libraries over its database, each with connections of its own."""
    world = make_world(scale="nps-11", ask={"channels": ["operator"], "quarantine": "0d"})
    others = [Ratings(world.config, clock=world.clock) for _ in range(4)]
    yield world, others
    for one in others:
        one.close()


def at_once(libraries, do):
    """What each of them got from doing it at the same moment: a result, or the error."""
    barrier = Barrier(len(libraries))

    def one(number):
        barrier.wait()
        try:
            return do(libraries[number], f"operator{number}")
        except NpsError as error:
            return error

    with ThreadPoolExecutor(len(libraries)) as pool:
        return list(pool.map(one, range(len(libraries))))


def test_one_of_four_gets_the_call(processes):
    world, others = processes
    for number in range(5):
        call = queued(world, str(number), client=IVAN)
        got = at_once(others, lambda ratings, who, call=call: ratings.calls.claim("acme", call.id, who))
        won = [one for one in got if not isinstance(one, NpsError)]
        assert len(won) == 1
        assert all(isinstance(one, CallTaken) for one in got if one not in won)
        (row,) = [row for row in world.rows("call") if row.call == call.id]
        assert row.claimed_by == won[0].claimed_by


def test_what_one_operator_sends_twice_is_stored_once(processes):
    world, others = processes
    call = taken(world)
    got = at_once(others, lambda ratings, _: ratings.calls.done("acme", call.id, "anna", "reached", score=9))
    assert len([one for one in got if not isinstance(one, NpsError)]) == 1
    assert all(isinstance(one, (UnknownCall, CallRefused)) for one in got if isinstance(one, NpsError))
    assert len(world.rows("call_note")) == 1
    assert len(world.rows("answer")) == 1


def test_an_answer_on_the_page_and_one_by_telephone_leave_one_that_counts(processes):
    world, others = processes
    call = taken(world)

    def answer(ratings, who):
        if who == "operator0":
            return ratings.calls.done("acme", call.id, "anna", "reached", score=9)
        return ratings.rate("acme", "17", 3, by="ivan")

    at_once(others, answer)
    assert [row.state for row in world.rows("answer")].count("counted") == 1
    assert [row.state for row in world.rows("survey")] == ["answered"]
