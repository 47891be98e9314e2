"""News of one kind about one closure is told in the order of its revisions, one row at a time, within bounds."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from tests.outbox.ears import Ears

from nps_plugin import Ratings
from nps_plugin.store import outbox


def answered(world, *scores, number="17"):
    token = world.asked(number)
    for score in scores:
        world.ratings.record_answer("acme", score, token=token)


def test_a_later_revision_waits_for_the_earlier_one(make_world):
    ears = Ears(broken=2)  # the first answer's two pieces of news
    world = make_world(plugins=[ears], strict=False)
    answered(world, 1, 3)
    assert ears.heard == []
    world.clock.advance(timedelta(seconds=30))
    assert world.ratings.run_due().told == 0  # the first ones are not due again yet, and the second ones wait for them
    world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().told == 4
    # both are worded from the facts as they stand now: the earlier one brings no outdated verdict back
    assert ears.verdicts() == [(1, "confirmed"), (2, "confirmed")]


def test_other_tickets_do_not_wait(make_world):
    ears = Ears(broken=2)
    world = make_world(plugins=[ears], strict=False)
    answered(world, 1, number="1")
    answered(world, 3, number="2")
    assert ears.verdicts() == [(1, "confirmed")]


def test_other_subscribers_do_not_wait(make_world):
    broken, well = Ears("broken", broken=99), Ears("well")
    world = make_world(plugins=[broken, well], strict=False)
    answered(world, 1, 3)
    assert well.verdicts() == [(1, "watermelon"), (2, "confirmed")]


def test_a_round_tells_no_more_than_its_limit(make_world):
    ears = Ears(broken=12)
    world = make_world(plugins=[ears], strict=False)
    for number in range(6):
        answered(world, 1, number=str(number))
    world.clock.advance(timedelta(hours=1))
    assert world.ratings.run_due(limit=5).told == 5
    assert world.ratings.run_due(limit=5).told == 5
    assert world.ratings.run_due(limit=5).told == 2


def test_what_a_dead_process_held_is_told_again_after_the_lease_and_not_before(make_world):
    ears = Ears(broken=2)
    world = make_world(plugins=[ears], strict=False)
    answered(world, 1)
    world.clock.advance(timedelta(minutes=10))
    with world.ratings._parts.store.write() as connection:  # a process that claims one, and is never heard of again
        assert outbox.claim(connection, world.clock.now(), ["ears"]) is not None
    assert world.ratings.run_due().told == 1
    world.clock.advance(outbox.LEASE)
    assert world.ratings.run_due().told == 1
    assert len(ears.heard) == 2


def test_a_late_failure_does_not_undo_what_another_process_told(make_world):
    world = make_world(plugins=[Ears(broken=2)], strict=False)
    answered(world, 1)
    world.clock.advance(timedelta(minutes=10))
    store, now = world.ratings._parts.store, world.clock.now()
    with store.write() as connection:
        row = outbox.claim(connection, now, ["ears"])
        outbox.told(connection, row, now)
        outbox.failed(connection, row, now, "too late")
    (kept,) = [one for one in world.rows("outbox") if one.event == row.event]
    assert (kept.told_at, kept.error) == (now, "")


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_two_respondents_answering_at_once_get_two_revisions(make_world):
    """SQLite has one writer at a time, so there it cannot happen."""
    world = make_world(plugins=[Ears()])
    world.close()
    store, put = world.ratings._parts.store, threading.Event()
    about = {"kind": "verdict_reached", "tenant": "acme", "host": "", "ticket": "17", "closure": 1}

    def second():
        with store.write() as connection:
            put.set()
            outbox.put(connection, ["ears"], now=world.clock.now(), **about)

    with store.write() as connection:
        outbox.put(connection, ["ears"], now=world.clock.now(), **about)
        other = threading.Thread(target=second)
        other.start()
        assert put.wait(10)
        other.join(0.3)  # it waits for our lock; without one it would have read the same last revision
    other.join(10)
    assert sorted(row.revision for row in world.rows("outbox")) == [1, 2]


def test_two_workers_at_once_tell_each_row_once(make_world):
    first = Ears(broken=60)
    world = make_world(plugins=[first], strict=False)
    for number in range(30):
        answered(world, 1, number=str(number))
    world.clock.advance(timedelta(hours=1))
    second = Ears()
    with Ratings(world.config, plugins=[second], clock=world.clock) as other:
        start = threading.Barrier(2)
        failures = []

        def work(ratings):
            try:
                start.wait(10)
                ratings.run_due(limit=100)
            except Exception as error:  # noqa: BLE001 - a thread must hand its failure over
                failures.append(error)

        threads = [threading.Thread(target=work, args=(ratings,)) for ratings in (world.ratings, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert failures == []
    events = [(news.event) for news in first.heard + second.heard]
    assert len(events) == len(set(events)) == 60


@pytest.mark.parametrize("broken", [0, 1])
def test_nothing_of_a_subscribers_error_message_is_stored_or_logged(make_world, caplog, broken):
    world = make_world(plugins=[Ears(broken=broken)], strict=False)
    answered(world, 1)
    kept = [row.error for row in world.rows("outbox") if row.error]
    assert len(kept) == broken
    assert all("RuntimeError" in error for error in kept)
    assert "ivan" not in str(world.rows("outbox"))
    assert "ivan" not in caplog.text


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_worker_does_not_wait_for_what_another_one_is_claiming(make_world):
    """SQLite has one writer at a time; there a claim is over in a moment, and the telling is outside of it."""
    world = make_world(plugins=[Ears(broken=99)], strict=False)
    answered(world, 1, number="1")
    answered(world, 1, number="2")
    world.clock.advance(timedelta(hours=1))
    store, now = world.ratings._parts.store, world.clock.now()
    with store.write() as first, store.write() as second:
        one = outbox.claim(first, now, ["ears"])
        other = outbox.claim(second, now, ["ears"])
    assert one is not None
    assert other is not None
    assert one.event != other.event
