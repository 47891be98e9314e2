"""Tokens and nonces."""

from __future__ import annotations

from datetime import timedelta

from nps_plugin import ManualClock, Secret
from nps_plugin.links import ClientLinks, Nonces, is_token, new_token, rating_url, token_digest
from nps_plugin.store.ids import new_id
from tests.world import NOON

OLD, NEW = Secret("the old secret of the tests"), Secret("the new secret of the tests")


def test_tokens_have_128_bits_and_are_never_the_same():
    made = {new_token() for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_token(token) for token in made)
    assert token_digest("a") != token_digest("b")


def test_what_has_not_the_form_of_a_token_is_none():
    assert not any(is_token(text) for text in ("", "x" * 21, "x" * 23, "x" * 21 + "/", "x" * 22 + "\n"))


def test_a_nonce_holds_for_its_message_and_half_an_hour():
    clock = ManualClock(NOON)
    nonces = Nonces([NEW], clock)
    nonce = nonces.issue("acme", "a" * 22)
    assert nonces.valid(nonce, "acme", "a" * 22)
    assert not nonces.valid(nonce, "acme", "b" * 22)
    assert not nonces.valid(nonce, "other", "a" * 22)
    assert not nonces.valid(nonce[:-1] + ("A" if nonce[-1] != "A" else "B"), "acme", "a" * 22)
    assert not any(nonces.valid(text, "acme", "a" * 22) for text in ("", ".", "a.b.c", "я", nonce + "x"))
    clock.advance(timedelta(minutes=30))
    assert nonces.valid(nonce, "acme", "a" * 22)
    clock.advance(timedelta(seconds=1))
    assert not nonces.valid(nonce, "acme", "a" * 22)


def test_secrets_can_be_rotated_without_refusing_open_forms():
    clock = ManualClock(NOON)
    before = Nonces([OLD], clock).issue("acme", "a" * 22)
    rotated = Nonces([NEW, OLD], clock)
    assert rotated.valid(before, "acme", "a" * 22)
    assert Nonces([NEW], clock).valid(rotated.issue("acme", "a" * 22), "acme", "a" * 22)
    assert not Nonces([NEW], clock).valid(before, "acme", "a" * 22)


def test_a_tenants_name_cannot_break_out_of_the_address():
    assert rating_url("https://h/rate", "a/../b?", "t", 3) == "https://h/rate/a%2F..%2Fb%3F/t?s=3"


def test_a_clients_link_stands_for_one_client_of_one_tenant_for_a_while():
    clock = ManualClock(NOON)
    links, client = ClientLinks([NEW], clock), new_id(NOON)
    token = links.issue("acme", client, timedelta(days=30))
    assert len(token) == 48
    assert links.read("acme", token) == client
    assert links.read("other", token) is None
    assert ClientLinks([OLD], clock).read("acme", token) is None
    assert ClientLinks([OLD, NEW], clock).read("acme", token) == client
    clock.advance(timedelta(days=30, seconds=1))
    assert links.read("acme", token) is None


def test_a_clients_link_that_was_changed_anywhere_is_none():
    links = ClientLinks([NEW], ManualClock(NOON))
    token = links.issue("acme", new_id(NOON), timedelta(days=1))
    for place in range(48):
        assert links.read("acme", token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]) is None
    assert all(links.read("acme", text) is None for text in ("", "я", token[:-1], token + "A", token[:-4], "=" * 48))


def test_a_clients_link_may_be_good_for_as_long_as_one_likes():
    links, client = ClientLinks([NEW], ManualClock(NOON)), new_id(NOON)
    assert links.read("acme", links.issue("acme", client, timedelta(days=100 * 366))) == client
