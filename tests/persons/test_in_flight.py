"""A person is forgotten while their answer is on its way: whichever comes first, nothing personal is left."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import create_engine, text
from tests.world import NOON

from nps_plugin import Client, Evidence, TokenUnknown
from nps_plugin.responses.forgetting import forget

IVAN = Client(id="7", email="ivan@example.org")
#: SQLite has one writer at a time
pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)


def during_the_forgetting(world, do):
    """Run ``do`` while IVAN is being forgotten and not yet gone; the error that it raised."""
    parts = world.ratings._parts
    tenant = parts.settings.tenants["acme"]
    raised = []

    def run():
        try:
            do()
        except TokenUnknown as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    with parts.store.write() as connection:
        forget(connection, tenant, IVAN, parts.settings.page.secrets, NOON)
        thread.start()
        waits(world)
    thread.join()
    return raised


def waits(world):
    """Come back once somebody waits for a lock."""
    engine = create_engine(world.config["database"]["url"])
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(100_000):
            if connection.execute(waiting).scalar():
                break
        else:
            pytest.fail("nobody waits: the two did not meet")
    engine.dispose()


def test_an_answer_that_waited_for_the_forgetting_finds_its_link_gone(world):
    token = world.asked(client=IVAN)
    seen = Evidence(agent="Firefox of Ivan", address="192.0.2.0/24")
    raised = during_the_forgetting(
        world, lambda: world.ratings.record_answer("acme", 1, token=token, comment="I am Ivan", evidence=seen)
    )
    assert raised
    assert [world.rows(name) for name in ("answer", "comment", "evidence", "message", "contact", "client")] == [[]] * 6


def test_a_visit_that_waited_for_the_forgetting_leaves_nothing(world):
    token = world.asked(client=IVAN)
    hearing, tenant = world.ratings._parts.hearing, world.ratings._parts.settings.tenants["acme"]
    raised = during_the_forgetting(
        world, lambda: hearing.visit(tenant, token, "opened", Evidence(agent="Firefox of Ivan"), None)
    )
    assert raised
    assert world.rows("evidence") == []
