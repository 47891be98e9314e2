"""A running tracd, a browser's requests, a mail server: what people do and see, from the closing to the verdict."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
import requests
from bs4 import BeautifulSoup
from requests.auth import HTTPDigestAuth
from tests.adapters.trac.site import Site
from tests.world import free_port, nonce_of, text_of

pytestmark = pytest.mark.host


class Person:
    """Somebody at a browser."""

    def __init__(self, base: str, name: str = "") -> None:
        self.base, self.http = base, requests.Session()
        if name:
            done = self.http.get(f"{base}/login", auth=HTTPDigestAuth(name, "secret"), timeout=10)
            assert "logged in as" in " ".join(BeautifulSoup(done.text, "html.parser").text.split())

    def see(self, path: str) -> BeautifulSoup:
        page = self.http.get(f"{self.base}{path}", timeout=10)
        assert page.status_code == 200, page.text
        return BeautifulSoup(page.text, "html.parser")

    def submit(self, path: str, **fields: str) -> BeautifulSoup:
        """Fill in the form of a ticket and press its button, with all that the page put into it."""
        form = self.see(path).find("form", id="propertyform")
        assert form is not None
        data = {}
        for field in form.find_all(["input", "select", "textarea"]):
            kind, name = field.get("type", ""), field.get("name")
            if not name or kind in ("submit", "checkbox") or (kind == "radio" and not field.has_attr("checked")):
                continue
            if field.name == "select":
                field = field.find("option", selected=True) or field.find("option")  # as a browser does
            data[name] = field.get("value", field.text.strip())
        done = self.http.post(f"{self.base}{path}", data={**data, **fields, "submit": "Submit"}, timeout=10)
        assert done.status_code == 200, done.text
        page = BeautifulSoup(done.text, "html.parser")
        assert page.find(id="warning") is None, page.find(id="warning").text
        return page


@pytest.fixture
def tracd(site: Site) -> Iterator[str]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    site.configure(base=f"{base}/rate", trac={"base_url": base})
    with site.env.db_transaction as db:
        for name in ("olga", "ivan"):
            db("INSERT INTO permission VALUES (%s, 'TICKET_ADMIN')", (name,))
    passwords = site.folder / "htdigest"
    lines = (f"{who}:trac:{hashlib.md5(f'{who}:trac:secret'.encode()).hexdigest()}" for who in ("olga", "ivan"))
    passwords.write_text("".join(f"{line}\n" for line in lines))
    serve = ["-s", "--hostname", "127.0.0.1", "--port", str(port), f"--auth=*,{passwords},trac", str(site.path)]
    with (site.folder / "tracd.log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "trac.web.standalone", *serve], stdout=log, stderr=log)
        try:
            until = time.monotonic() + 30
            while True:
                try:
                    requests.get(base, timeout=10)
                    break
                except requests.ConnectionError:
                    assert server.poll() is None, (site.folder / "tracd.log").read_text()
                    assert time.monotonic() < until
            yield base
        finally:
            server.terminate()
            server.wait(10)


def test_from_the_closing_in_the_browser_to_the_verdict_on_the_tickets_page(site: Site, tracd: str) -> None:
    ivan, olga = Person(tracd, "ivan"), Person(tracd, "olga")
    ivan.submit("/newticket", field_summary="The printer is on fire", field_owner="olga")
    resolve = {"action": "resolve", "action_resolve_resolve_resolution": "fixed"}

    olga.submit("/ticket/1", comment="Replaced the roller.", **resolve)
    olga.submit("/ticket/1", action="reopen", comment="Not quite.")
    olga.submit("/ticket/1", comment="Now it is.", **resolve)

    assert site.closures() == [("1", 1), ("1", 2)]
    last = site.rows("closure")[-1]
    assert (last.closed_by, last.last_replier, last.reopened, last.replies) == ("olga", "olga", 1, 3)

    site.ratings.run_due()
    (mail,) = site.mailbox.mails
    assert (mail["To"], "The printer is on fire" in text_of(mail)) == ("Ivan Petrov <ivan@example.org>", True)
    link = next(
        word for word in text_of(mail).split() if word.startswith(f"{tracd}/rate/acme/") and word.endswith("s=1")
    )
    client = requests.Session()
    page = client.get(link, timeout=10)
    assert page.status_code == 200
    form = BeautifulSoup(page.text, "html.parser").find("form")
    assert form is not None
    answer = client.post(
        urljoin(page.url, str(form.get("action") or "")), data={"nonce": nonce_of(page.text), "score": "1"}, timeout=10
    )
    assert answer.status_code == 200, answer.text

    seen, until = "", time.monotonic() + 30
    # it is written after the page was sent
    while "client-rating" not in seen and time.monotonic() < until:
        seen = " ".join(olga.see("/ticket/1").find_all("div", class_="change")[-1].text.split())
    assert "Client rating: 1" in seen
    assert "watermelon" in seen
    assert "nps-plugin" not in seen
    assert site.closures() == [("1", 1), ("1", 2)]


def test_a_form_that_is_too_large_is_refused_and_other_posts_still_need_tracs_token(tracd: str) -> None:
    large = requests.post(f"{tracd}/rate/acme/x", data={"comment": "x" * 70_000}, timeout=10)
    assert large.status_code == 413
    forged = requests.post(f"{tracd}/newticket", data={"field_summary": "x"}, timeout=10)
    assert (forged.status_code, "form token" in forged.text) == (400, True)
    assert requests.post(f"{tracd}/rate/acme/{'x' * 22}", data={"score": "1"}, timeout=10).status_code == 404
    assert requests.get(f"{tracd}/rate/acme/{'x' * 22}?s=1", timeout=10).status_code == 404
