"""An address becomes a client's by a link that was made for it, and by nothing else; and it can become another one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.channels.gateway import reached_by
from tests.channels.test_inbound import comes
from tests.surveys.wires import Book

from nps_plugin import Client
from nps_plugin.links import ClientLinks

IRINA = Client(id="7", name="Irina", email="irina@example.org", locale="ru")
OLGA = Client(id="8", name="Olga", phone="+79161234567", email="olga@example.org")
LIFE = timedelta(days=1)


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def world(make_world, book):
    """Irina was asked by mail, since no telephone of hers is known."""
    made = make_world(**reached_by(book, {"address": "phone"}), strict=False)
    made.close(client=IRINA)
    assert made.ratings.run_due().sent == 1
    assert len(made.mailbox.mails) == 1
    return made


def phones(world):
    return {row.key: row.phone for row in world.rows("client")}


def made_for(world, key="id:7", tenant="acme"):
    (client,) = [row.client for row in world.rows("client") if row.key == key]
    return ClientLinks(world.ratings.settings.page.secrets, world.clock).issue(tenant, client, LIFE)


def linked(world, token, number="+79990000000", event="l1"):
    comes(world, {"kind": "Linked", "token": token, "address": number, "event": event})


def test_who_opens_a_link_that_was_made_for_them_is_told_so_in_their_language(world, book):
    world.close("18", client=IRINA, respondents=(OLGA,))
    linked(world, made_for(world))
    assert phones(world)["id:7"] == "+79990000000"
    (told,) = book.replies
    assert (told.outcome, told.locale, told.address) == ("linked", "ru", "+79990000000")
    # nobody else's is touched
    assert phones(world)["id:8"] == "+79161234567"


def test_a_question_that_is_already_planned_goes_to_the_new_address(make_world, book):
    world = make_world(**reached_by(book, {"address": "phone"}, ask={"delay": "1h"}), strict=False)
    world.close(client=IRINA)
    linked(world, made_for(world))
    world.clock.advance(timedelta(hours=1))
    world.ratings.run_due()
    assert [message.client.phone for message in book.sent] == ["+79990000000"]


def of_a_message(world):
    from tests.world import token_of

    return token_of(world.mailbox.mails[0])


def forged(world):
    token = made_for(world)
    return token[:-1] + ("A" if token[-1] != "A" else "B")


def late(world):
    token = made_for(world)
    world.clock.advance(LIFE + timedelta(seconds=1))
    return token


def of_another_tenant(world):
    return made_for(world, tenant="other")


@pytest.mark.parametrize("token", [of_a_message, forged, late, of_another_tenant])
def test_no_other_token_makes_an_address_a_client_s(world, book, token):
    linked(world, token(world))
    assert phones(world) == {"id:7": ""}
    assert [told.outcome for told in book.replies] == ["unknown"]


def test_the_last_address_stands_and_a_replay_changes_nothing(world):
    token = made_for(world)
    linked(world, token, "+79990000001", "l1")
    linked(world, token, "+79990000002", "l2")
    linked(world, token, "+79990000001", "l1")
    assert phones(world) == {"id:7": "+79990000002"}


def test_a_number_that_became_another_one_is_that_of_whoever_was_asked_there(world, book):
    world.close("18", client=OLGA)
    world.ratings.run_due()
    # the same number at another client's, who was never asked over this channel
    world.close("19", client=Client(id="9", phone="+79161234567", email="boris@example.org"))
    comes(world, {"kind": "Moved", "old": "+79161234567", "new": "+79990000003", "event": "m1"})
    assert phones(world) == {"id:7": "", "id:8": "+79990000003", "id:9": "+79161234567"}
    assert book.replies == []
    comes(world, {"kind": "Moved", "old": "+79160000000", "new": "+79990000004", "event": "m2"})
    assert "+79990000004" not in phones(world).values()


def test_an_address_that_is_dead_is_no_longer_the_client_s(world, book):
    world.close("18", client=OLGA)
    world.ratings.run_due()
    comes(world, {"kind": "Blocked", "address": "+79161234567", "event": "b1"})
    assert phones(world)["id:8"] == ""
    world.clock.advance(timedelta(days=40))
    world.close("20", client=Client(id="8", name="Olga", email="olga@example.org"))
    world.ratings.run_due()
    assert [message.ticket for message in book.sent] == ["18"]
