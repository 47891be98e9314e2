"""The pages of staff: who may see them, what they show to whom, and that only a form of ours is taken."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.followups.conftest import IVAN, queued
from tests.world import followed, nonce_of
from werkzeug.test import Client as Browser

from nps_plugin import Request, UnknownTenant


class Seat:
    """One person of the staff at a browser."""

    def __init__(self, world, user="anna", role="operator", locale="en", tenant="acme"):
        self.world = world
        pages = lambda: world.ratings.staff(tenant, user=user, role=role, locale=locale)  # noqa: E731
        self.browser = Browser(lambda environ, start: pages().wsgi(environ, start))

    def get(self, path="/staff/calls"):
        return self.browser.get(path)

    def press(self, call, do, page=None, **fields):
        path = f"/staff/calls/{call.id}"
        nonce = nonce_of(page or self.get(path))
        return followed(self.browser, path, self.browser.post(path, data={"nonce": nonce, "do": do, **fields}))


@pytest.fixture
def world(desk):
    return desk()


@pytest.mark.both_engines
def test_from_the_list_to_the_stored_score(world):
    call, anna = queued(world), Seat(world)
    listed = anna.get().text
    assert "Request 17" in listed
    assert f'href="calls/{call.id}"' in listed
    closed = anna.get(f"/staff/calls/{call.id}").text
    for mark in ("Petrov", "900 111", "on fire", "Hello"):
        assert mark not in listed
        assert mark not in closed
    taken = anna.press(call, "claim")
    for mark in ("Ivan Petrov", 'href="tel:+79001112233"', "on fire", "Hello, Ivan Petrov!"):
        assert mark in taken.text
    assert "This call is yours" in anna.get().text
    done = anna.press(call, "done", outcome="reached", score="9", reason="speed", cause="Quick", suggestion="None")
    assert "Stored. Thank you!" in done.text
    (answer,) = world.ratings.answers("acme")
    assert (answer.score, answer.by, answer.source, answer.reasons, answer.comment) == (
        9,
        "anna",
        "operator",
        ("speed",),
        "Quick",
    )


def test_another_operator_sees_neither_the_call_nor_the_client(world):
    call, boris = queued(world), Seat(world, user="boris")
    page = boris.get(f"/staff/calls/{call.id}")
    Seat(world).press(call, "claim")
    assert "Request 17" not in boris.get().text
    late = boris.press(call, "claim", page=page)
    assert (late.status_code, "Another operator has this call" in late.text) == (409, True)
    assert "Petrov" not in boris.get(f"/staff/calls/{call.id}").text
    Seat(world).press(call, "release")
    assert "Request 17" in boris.get().text


@pytest.mark.parametrize(
    ("user", "role", "status"), [("anna", "agent", 403), ("", "operator", 403), ("boss", "manager", 200)]
)
def test_roles(world, user, role, status):
    call, seat = queued(world), Seat(world, user=user, role=role)
    assert seat.get().status_code == status
    assert seat.get(f"/staff/calls/{call.id}").status_code == status
    assert ("Request 17" in seat.get().text) is (status == 200)


def test_the_agent_gets_no_way_to_the_client(world):
    call, olga = queued(world), Seat(world, user="olga")
    assert "Request 17" not in olga.get().text
    page = olga.get(f"/staff/calls/{call.id}")
    assert (page.status_code, "not for you" in page.text) == (403, True)


def test_only_a_form_of_ours_for_this_person_and_call_is_taken(world):
    call, other = queued(world), queued(world, "18")
    anna, boris = Seat(world), Seat(world, user="boris")
    foreign = {
        "none": "x",
        "another person's": nonce_of(boris.get(f"/staff/calls/{call.id}")),
        "another call's": nonce_of(anna.get(f"/staff/calls/{other.id}")),
    }
    for nonce in foreign.values():
        page = anna.browser.post(f"/staff/calls/{call.id}", data={"nonce": nonce, "do": "claim"})
        assert page.status_code == 422
        assert "nothing has been stored yet" in page.text
    assert all(row.claimed_by == "" for row in world.rows("call"))


def test_a_form_that_was_open_for_too_long_comes_back_as_it_was_filled(world):
    call, anna = queued(world), Seat(world)
    form = anna.press(call, "claim")
    world.clock.advance(timedelta(minutes=31))
    anna.press(call, "claim")
    page = anna.press(call, "done", page=form, outcome="reached", score="9", cause="Quick & <b>kind</b>")
    assert page.status_code == 422
    assert "Quick &amp; &lt;b&gt;kind&lt;/b&gt;" in page.text
    assert re.search(r'value="9" selected', page.text)
    assert world.rows("answer") == []
    assert "Stored" in anna.press(call, "done", page=page, outcome="reached", score="9").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "choose what came of the call"),
        ({"outcome": "reached"}, "choose the score"),
        ({"outcome": "reached", "score": "99"}, "could not be stored"),
        ({"outcome": "later"}, "when the client wants"),
        ({"outcome": "later", "later": "soon"}, "when the client wants"),
        ({"outcome": "later", "later": "2026-11-20T11:00"}, "when the client wants"),
        ({"outcome": "later", "later": "2027-11-20T11:00"}, "when the client wants"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_stored(world, fields, words):
    call, anna = queued(world), Seat(world)
    anna.press(call, "claim")
    page = anna.press(call, "done", **fields)
    assert (page.status_code, words in page.text) == (422, True)
    assert world.rows("call_note") == []


def test_later_is_on_the_tenants_clock(make_world):
    world = make_world(ask={"channels": ["operator"]}, timezone="Europe/Moscow")
    call, anna = queued(world), Seat(world)
    anna.press(call, "claim")
    assert "Stored" in anna.press(call, "done", outcome="later", later="2026-11-20T18:00").text
    (note,) = world.rows("call_note")
    assert note.later.isoformat() == "2026-11-20T15:00:00+00:00"


def test_a_call_that_is_over_has_a_page_that_says_so(world):
    call, anna = queued(world), Seat(world)
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    page = anna.get(f"/staff/calls/{call.id}")
    assert (page.status_code, "This call is over" in page.text) == (404, True)
    assert anna.get("/staff/else").status_code == 404
    assert anna.browser.delete("/staff/calls").status_code == 405


def test_headers_keep_the_page_to_itself(world):
    queued(world)
    headers = Seat(world).get().headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "<script" not in Seat(world).get().text


def test_a_request_without_wsgi_and_an_unknown_tenant(world):
    pages = world.ratings.staff("acme", user="anna", locale="ru")
    response = pages(Request(method="GET", path="/desk/calls"))
    assert response.status == 200
    assert "Сейчас звонить некому" in response.body.decode()
    assert pages(Request(method="HEAD", path="/desk/calls")).body == b""
    with pytest.raises(UnknownTenant):
        world.ratings.staff("nobody", user="anna")


def test_texts_of_clients_stay_texts(desk):
    world = desk()
    evil = "<script>alert(1)</script>"
    call = queued(world, client=type(IVAN)(name=evil, phone="+7 900 1"), subject=evil, queue=evil)
    page = Seat(world).press(call, "claim")
    assert evil not in page.text
    assert "&lt;script&gt;" in page.text
