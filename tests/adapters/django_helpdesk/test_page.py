"""The rating page under the site's own URLs, from the mail that a real SMTP server received."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.adapters.django_helpdesk.site import Site

from nps_adapters.django_helpdesk.demo.browser import read_page
from nps_adapters.django_helpdesk.demo.mailbox import Mailbox, body
from nps_plugin import Secret, signed_headers

pytestmark = pytest.mark.host


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


@pytest.fixture
def asked(site: Site, mailbox: Mailbox) -> Iterator[Any]:
    """A resolved ticket whose client has the question in the mailbox."""
    with site.settings(config=site.config(channels={"email": {"host": "127.0.0.1", "port": mailbox.port}})):
        ticket = site.ticket()
        site.respond(ticket, 3, comment="Replaced the roller.")
        assert site.ratings.run_due().sent == 1
        yield ticket


def link(mailbox: Mailbox, score: int) -> str:
    (mail,) = mailbox.received
    url = next(url for url in re.findall(r"https?://\S+", body(mail, "plain")) if url.endswith(f"s={score}"))
    return url.removeprefix("http://testserver")


def client() -> Any:
    from django.test import Client

    return Client(enforce_csrf_checks=True, headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})


def test_the_door_stands_behind_the_same_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is signed is the body as it was sent."""
    monkeypatch.setenv("NPS_TEST_CLOSURES", "the secret of the closings")
    body = json.dumps({"ticket": "4711", "host": "crm", "opened_at": None, "closed_at": None}).encode()
    with site.settings(config=site.config(closures={"secret": "env:NPS_TEST_CLOSURES"})):
        for raw, status in ((body, 200), (body + b" ", 403), (b"x" * (1024 * 1024 + 1), 413)):
            signed = signed_headers(Secret("the secret of the closings"), body)
            response = client().post("/rate/hooks/acme/closures", raw, content_type="application/json", headers=signed)
            assert response.status_code == status, response.content


def test_a_click_and_a_press_of_send_put_the_verdict_on_the_ticket(site: Site, mailbox: Mailbox, asked: Any) -> None:
    url, browser = link(mailbox, 1), client()
    response = browser.get(url)
    assert response.status_code == 200
    assert site.notes(asked) == []
    page = read_page(200, url, response.content.decode())
    form = page.form(field="score")
    assert form.values["score"] == ["1"]

    response = browser.post(urlsplit(url).path, form.values)

    assert response.status_code == 200
    assert [title for title, _ in site.notes(asked)] == ["Client rating: 1, watermelon"]


def test_the_ticket_is_written_after_the_response_is_sent(site: Site, mailbox: Mailbox, asked: Any) -> None:
    from django.test import RequestFactory
    from django.urls import resolve

    url, browser = link(mailbox, 3), client()
    form = read_page(200, url, browser.get(url).content.decode()).form(field="score")
    match = resolve(urlsplit(url).path)
    response = match.func(RequestFactory().post(urlsplit(url).path, form.values), *match.args, **match.kwargs)
    assert response.status_code == 200
    assert site.notes(asked) == []

    response.close()

    assert len(site.notes(asked)) == 1


def test_a_post_without_our_nonce_stores_nothing(site: Site, mailbox: Mailbox, asked: Any) -> None:
    response = client().post(urlsplit(link(mailbox, 3)).path, {"score": "3"})

    assert response.status_code == 422
    assert site.notes(asked) == []


def test_the_library_decides_the_headers(site: Site, mailbox: Mailbox, asked: Any) -> None:
    response = client().get(link(mailbox, 3))

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["Content-Type"].startswith("text/html")
    assert not response.cookies


def test_a_reopened_ticket_withdraws_the_question(site: Site, mailbox: Mailbox, asked: Any) -> None:
    site.respond(asked, 2, comment="It jams again.")

    assert client().get(link(mailbox, 3)).status_code == 410


@pytest.mark.parametrize("path", ["", "acme", "acme/", "acme/AAAAAAAAAAAAAAAAAAAAAA", "%D0%B0/b", "acme/../acme/x"])
def test_an_unknown_address_is_a_friendly_not_found(site: Site, path: str) -> None:
    response = client().get(f"/rate/{path}")

    assert response.status_code == 404
    assert b"<html" in response.content


def test_too_large_a_form_is_refused_unread(site: Site, mailbox: Mailbox, asked: Any) -> None:
    response = client().post(urlsplit(link(mailbox, 3)).path, {"score": "3", "comment": "x" * 100_000})

    assert response.status_code == 413
    assert site.notes(asked) == []


def test_one_click_unsubscribes_from_the_mail_itself(site: Site, mailbox: Mailbox, asked: Any) -> None:
    (mail,) = mailbox.received
    url = str(mail["List-Unsubscribe"]).strip().strip("<>").removeprefix("http://testserver")

    assert client().post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200

    again = site.ticket()
    site.respond(again, 3, comment="Replaced it.")
    assert site.ratings.ticket_verdict("acme", str(again.pk)).kind == "not_asked"


def test_an_answer_to_the_question_does_not_reopen_the_ticket(site: Site, mailbox: Mailbox, asked: Any) -> None:
    """The host takes mail to its queue's address for a reply; ours must not name it."""
    (mail,) = mailbox.received
    replies_to = str(mail["Reply-To"] or mail["From"])
    assert site.queue.email_address not in replies_to
    assert asked.ticket not in str(mail["Subject"])
