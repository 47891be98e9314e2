"""One story: a help-desk, a ticket, a client at a browser."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from nps_plugin import Client
from tests.world import World, nonce_of, token_of

HERE = {"User-Agent": "Firefox on the client's desk"}
ELSEWHERE = {"User-Agent": "Safari on another telephone", "REMOTE_ADDR": "198.51.100.7"}
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

    def open(self, score: str) -> None:
        self.page = self.browser.get(f"/acme/{self.token}?s={score}", headers=HERE)

    def press(self, score: str | None = None) -> None:
        chosen = score or re.search(r'value="(\d+)"[^>]*\bchecked', self.page.text).group(1)  # type: ignore[union-attr]
        self.send(chosen, HERE)

    def answer(self, score: str, who: dict[str, str] = HERE) -> None:
        if not self.token:
            self.work()
        self.page = self.browser.get(f"/acme/{self.token}?s={score}", headers=who)
        self.send(score, who)

    def send(self, score: str, who: dict[str, str]) -> None:
        who = dict(who)
        address = who.pop("REMOTE_ADDR", "192.0.2.7")
        self.page = self.browser.post(
            f"/acme/{self.token}",
            data={"nonce": nonce_of(self.page), "score": score},
            headers=who,
            environ_base={"REMOTE_ADDR": address},
        )
        self.page.close()

    def unsubscribe(self) -> None:
        self.browser.post(f"/acme/{self.token}/unsubscribe", data={"List-Unsubscribe": "One-Click"}).close()

    def wait(self, time: timedelta) -> None:
        self.world.clock.advance(time)
