"""Links by which a client connects a chat, as the host makes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.adapters.telegram.bot_server import TOKEN

from nps_plugin import Client, LinkRefused, Secret, UnknownTenant
from nps_plugin.links import ClientLinks


@pytest.fixture
def world(make_world, bot):
    settings = {"token": Secret(TOKEN), "api": bot.url, "timeout": 1.0}
    return make_world(ask={"channels": ["telegram", "email"]}, channels={"telegram": settings})


def client_of(world, address):
    token = address.removeprefix("https://t.me/acme_help_bot?start=")
    assert len(token) <= 64
    return ClientLinks(world.ratings.settings.page.secrets, world.clock).read("acme", token)


def test_a_link_stands_for_the_client_known_or_not(world):
    first = client_of(world, world.ratings.link("acme", Client(id="7", name="Irina")))
    assert first == client_of(world, world.ratings.link("acme", "id:7"))
    (row,) = world.rows("client")
    assert (row.client, row.key, row.name) == (first, "id:7", "Irina")


def test_a_link_is_good_for_as_long_as_it_was_made_for(world):
    address = world.ratings.link("acme", "id:7", life=timedelta(hours=1))
    assert client_of(world, address)
    world.clock.advance(timedelta(hours=1, seconds=1))
    assert client_of(world, address) is None


def test_what_cannot_be_linked_is_named(world):
    with pytest.raises(LinkRefused, match="no channel 'viber'"):
        world.ratings.link("acme", "id:7", channel="viber")
    with pytest.raises(LinkRefused, match="email"):
        world.ratings.link("acme", "id:7", channel="email")
    with pytest.raises(ValueError, match="id or an address"):
        world.ratings.link("acme", Client(name="Irina"))
    with pytest.raises(UnknownTenant):
        world.ratings.link("other", "id:7")
    assert world.rows("client") == []


def test_nothing_is_kept_again_of_somebody_who_was_forgotten(world):
    world.ratings.forget_client("acme", "id:7")
    with pytest.raises(LinkRefused, match="forgotten"):
        world.ratings.link("acme", "id:7")
    assert world.rows("client") == []
