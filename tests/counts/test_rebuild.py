"""Rebuilding says what was wrong, puts it right, and needs nothing but the facts."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.counts.brute import brute, shown

from nps_plugin import Client
from nps_plugin.counts import fold, read_counts, rebuild

ASK = {"ask": {"channels": ["host"], "quarantine": "0d"}}


@pytest.fixture
def folded(make_world):
    """Two clients, twelve closings in three months, all folded."""
    world = make_world(**ASK)
    for number in range(12):
        receipt = world.close(str(number), client=Client(id=str(number % 2)), priority="high", queue="first")
        if number % 3:
            world.ratings.record_answer("acme", 1 + number % 3, survey=receipt.survey.id)
        world.clock.advance(timedelta(days=7))
    assert fold(store_of(world), tenant_of(world)) == 20
    return world


def store_of(world):
    return world.ratings._parts.store


def tenant_of(world):
    return world.ratings.settings.tenants["acme"]


def read(world, **part):
    with store_of(world).read() as connection:
        return shown(read_counts(connection, tenant_of(world), mix=True, times=True, **part))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE nps_counted SET cell = 0 WHERE ticket = '1'",
        "DELETE FROM nps_counted WHERE ticket = '3'",
        "UPDATE nps_fold SET month = month + 100 WHERE dimension = 'agent'",
        "DELETE FROM nps_moment WHERE dimension = 'queue'",
        "DELETE FROM nps_mix",
        "DELETE FROM nps_counted",
    ],
)
def test_what_is_damaged_is_found_and_put_right(folded, damage):
    assert rebuild(store_of(folded), tenant_of(folded)).equal
    with store_of(folded).write() as connection:
        connection.exec_driver_sql(damage)
    found = rebuild(store_of(folded), tenant_of(folded))
    assert not found.equal
    assert found.differences > 0
    assert found.rows == 12
    assert rebuild(store_of(folded), tenant_of(folded)).equal
    for part in ({}, {"by": ("agent",)}, {"by": ("queue", "priority")}):
        assert read(folded, **part) == brute(folded, **part)


def test_what_waits_to_be_folded_is_no_difference(folded):
    folded.close("late")
    assert rebuild(store_of(folded), tenant_of(folded)).equal
    assert len(folded.rows("fold_queue")) == 1


def test_another_time_zone_cuts_other_months_and_the_worker_builds_them_anew(make_world):
    world = make_world(**ASK)
    world.clock.advance(timedelta(days=10, hours=10))  # 30 November, 22:00 UTC
    world.close("1")
    world.ratings.run_due()
    assert [row.month % 12 + 1 for row in world.rows("fold")][:1] == [11]
    world.config["tenants"]["acme"]["timezone"] = "Asia/Vladivostok"
    world.ratings.reload(world.config)
    assert tenant_of(world).timezone == ZoneInfo("Asia/Vladivostok")
    assert read(world) == brute(world)
    world.close("2")
    world.ratings.run_due()
    assert {row.month % 12 + 1 for row in world.rows("fold")} == {12}
    assert read(world) == brute(world)
    assert rebuild(store_of(world), tenant_of(world)).equal
