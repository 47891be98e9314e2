"""One story: a help-desk, a ticket, a client at a browser."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from nps_plugin import Client
from tests.world import World, nonce_of, token_of

HERE = {"User-Agent": "Firefox on the client's desk"}
ELSEWHERE = {"User-Agent": "Safari on another telephone", "REMOTE_ADDR": "198.51.100.7"}
SCANNER = {"User-Agent": "Edge in a data centre", "REMOTE_ADDR": "203.0.113.80"}
#: how long a person looks at the page before pressing "send"
LOOKING = timedelta(seconds=5)
IVAN = Client(email="ivan@example.org", name="Ivan Petrov")


class Story:
    """What the steps share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.browser = world.browser()
        self.token = ""
        self.page: Any = None
        self.survey = ""

    def close(self, number: str = "17", **facts: Any) -> None:
        receipt = self.world.close(number, **({"client": IVAN} | facts))
        if receipt.survey is not None:
            self.survey = receipt.survey.id

    def reopen(self) -> None:
        self.world.ratings.ticket_reopened("acme", "17", self.world.clock.now())

    def work(self) -> None:
        self.world.ratings.run_due()
        if self.world.mailbox.mails:
            self.token = token_of(self.world.mailbox.mails[-1])

    def open(self, score: str, who: dict[str, str] = HERE, after: timedelta = timedelta(minutes=2)) -> None:
        """Come to the page; a person needs some time to find the mail."""
        self.wait(after)
        headers, peer = _sender(who)
        self.page = self.browser.get(f"/acme/{self.token}?s={score}", headers=headers, environ_base=peer)

    def press(self, score: str | None = None) -> None:
        chosen = score or re.search(r'value="(\d+)"[^>]*\bchecked', self.page.text).group(1)  # type: ignore[union-attr]
        self.wait(LOOKING)
        self.send(chosen, HERE)

    def answer(self, score: str, who: dict[str, str] = HERE) -> None:
        if not self.token:
            self.work()
        self.open(score, who)
        self.wait(LOOKING)
        self.send(score, who)

    def scan(self, score: str) -> None:
        """What a mail scanner does at once: it opens every link, the hidden one too, and sends the form."""
        if not self.token:
            self.work()
        headers, peer = _sender(SCANNER)
        for below in ("?s=1", "?s=2", "?s=3", "/d"):
            self.browser.get(f"/acme/{self.token}{below}", headers=headers, environ_base=peer)
        self.open(score, SCANNER, after=timedelta(seconds=1))
        self.send(score, SCANNER)

    def send(self, score: str, who: dict[str, str]) -> None:
        headers, peer = _sender(who)
        data = {"nonce": nonce_of(self.page), "score": score}
        self.page = self.browser.post(f"/acme/{self.token}", data=data, headers=headers, environ_base=peer)
        self.page.close()

    def unsubscribe(self) -> None:
        self.browser.post(f"/acme/{self.token}/unsubscribe", data={"List-Unsubscribe": "One-Click"}).close()

    def wait(self, time: timedelta) -> None:
        self.world.clock.advance(time)


def _sender(who: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The headers of a request and the address that it comes from."""
    headers = {name: value for name, value in who.items() if name != "REMOTE_ADDR"}
    return headers, {"REMOTE_ADDR": who.get("REMOTE_ADDR", "192.0.2.7")}
