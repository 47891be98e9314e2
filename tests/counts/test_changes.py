"""Whatever changes how a closure counts is seen, although the closure was folded before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.counts.brute import brute, shown
from tests.surveys.wires import Book, Wires

from nps_plugin import Client, DeliveryError
from nps_plugin.counts import fold, read_counts, rebuild

ANN = Client(id="1", phone="+1", telegram="@ann")


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def desk(make_world, book):
    """Asks by telephone after an hour, then by chat."""
    wires = {"phone": {"adapter": "wire", "book": book}, "chat": {"adapter": "wire", "book": book, "by": "telegram"}}
    ask = {"channels": ["phone", "chat"], "delay": "1h", "attempts": {"phone": 1, "chat": 1}, "quarantine": "7d"}
    return make_world(ask=ask, channels=wires, plugins=[Wires()])


def busy():
    raise DeliveryError("busy", final=True)


def later(world):
    world.clock.advance(timedelta(hours=2))
    world.ratings.run_due()


def opted_out(world, _):
    world.ratings.opt_out("acme", ANN)
    return "not_asked"


def forgotten(world, _):
    world.ratings.forget_client("acme", ANN)
    return "not_asked"


def asked(world, _):
    later(world)
    return "sent"


def in_quarantine(world, _):
    world.close("18", client=ANN)
    later(world)
    return "sent"


def on_the_next_channel(world, book):
    book.during = busy
    world.clock.advance(timedelta(hours=2))
    world.ratings.run_due(limit=1)
    return "scheduled"


def answered(world, _):
    world.ratings.record_answer("acme", 1, survey=world.rows("survey")[0].survey)
    return "answered"


def withdrawn(world, _):
    recorded = world.ratings.record_answer("acme", 1, survey=world.rows("survey")[0].survey)
    fold(world.ratings._parts.store, world.ratings.settings.tenants["acme"])
    world.ratings.withdraw_answer("acme", recorded.answer.id, "boss", "it was a mistake")
    return "scheduled"


@pytest.mark.parametrize(
    "change",
    [opted_out, forgotten, asked, in_quarantine, on_the_next_channel, answered, withdrawn],
    ids=lambda change: change.__name__,
)
def test_a_change_of_what_was_folded_is_seen(desk, book, change):
    tenant, store = desk.ratings.settings.tenants["acme"], desk.ratings._parts.store
    desk.close(client=ANN)
    assert fold(store, tenant) == 1
    state = change(desk, book)
    assert desk.rows("survey")[0].state == state
    with store.read() as connection:
        found = shown(read_counts(connection, tenant, mix=True, times=True))
    assert found == brute(desk)
    fold(store, tenant)
    assert rebuild(store, tenant).equal
