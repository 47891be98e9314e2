"""A small world for tests: one tenant, a clock that stands still, a real SMTP server on loopback, real pages."""

from __future__ import annotations

import email
import re
import socket
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urljoin

from aiosmtpd.controller import Controller
from sqlalchemy import select
from werkzeug.test import Client as Browser
from werkzeug.test import TestResponse

from nps_plugin import Client, ClosedTicket, ManualClock, Ratings, Secret
from nps_plugin.store import tables

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BASE = "https://help.example.org/rate"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mailbox:
    """A real SMTP server that keeps what it is given; ``answers`` makes it refuse an address with that reply."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def clear(self) -> None:
        self.mails.clear()
        self.answers.clear()


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with another laid over it, table by table."""
    result = dict(base)
    for key, value in change.items():
        known = result.get(key)
        both = isinstance(known, Mapping) and isinstance(value, Mapping)
        result[key] = merged(known, value) if both else value  # type: ignore[arg-type]
    return result


class World:
    """A help-desk's library with tenant ``acme``; other settings are laid over the plain ones."""

    def __init__(
        self, database: str, mailbox: Mailbox, *, plugins: Iterable[Any] = (), strict: bool = True, **acme: Any
    ) -> None:
        self.clock = ManualClock(NOON)
        self.mailbox = mailbox
        self.config = {
            "database": {"url": database},
            "page": {"base_url": BASE, "secrets": [Secret("a secret of the tests, long enough")]},
            "tenants": {
                "acme": merged(
                    {
                        "brand": {"name": "Acme", "sender": "Acme <help@acme.example>"},
                        "kpi": [{"resolve_within": "4h"}],
                        "channels": {"email": {"host": "127.0.0.1", "port": mailbox.port}},
                    },
                    acme,
                )
            },
        }
        asked = acme.get("ask", {}).get("channels", ["email"])
        if "email" not in asked:
            del self.config["tenants"]["acme"]["channels"]["email"]  # type: ignore[index]
        self.ratings = Ratings(self.config, plugins=plugins, strict=strict, clock=self.clock)

    def ticket(self, number: str = "17", *, took: timedelta = timedelta(hours=2), **facts: Any) -> ClosedTicket:
        """A ticket closed now, after that long."""
        now = self.clock.now()
        usual: dict[str, Any] = {
            "tenant": "acme",
            "opened_at": now - took,
            "closed_at": now,
            "client": Client(email=f"client{number}@example.org", name="Ivan Petrov"),
            "subject": "The printer is on fire",
            "agent": "olga",
        }
        return ClosedTicket(ticket=number, **(usual | facts))

    def close(self, number: str = "17", **facts: Any) -> Any:
        return self.ratings.ticket_closed(self.ticket(number, **facts))

    def asked(self, number: str = "17", **facts: Any) -> str:
        """Close a ticket, let the worker ask, and give the token of the mail."""
        self.close(number, **facts)
        before = len(self.mailbox.mails)
        self.ratings.run_due()
        assert len(self.mailbox.mails) == before + 1, "no mail was sent"
        return token_of(self.mailbox.mails[-1])

    def browser(self) -> Browser:
        return Browser(self.ratings.wsgi)

    def rows(self, table: str) -> list[Any]:
        """All rows of a table, for looking at what was kept."""
        found = tables.metadata.tables[f"nps_{table}"]
        with self.ratings._parts.store.read() as connection:
            return list(connection.execute(select(found)))


def token_of(mail: EmailMessage) -> str:
    found = re.search(rf"{BASE}/acme/([\w-]{{22}})", text_of(mail))
    assert found is not None
    return found.group(1)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def nonce_of(page: TestResponse | str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page if isinstance(page, str) else page.text)
    assert found is not None, "the page has no form"
    return found.group(1)


def followed(browser: Browser, path: str, page: TestResponse) -> TestResponse:
    """Where a page at that path leads, as browsers read a relative Location."""
    return browser.get(urljoin(path, page.headers["Location"])) if page.status_code == 303 else page


def send(browser: Browser, token: str, score: int | str, *, tenant: str = "acme", **headers: str) -> TestResponse:
    """What a person does: open the link of a score, press "send"; the response is read to its end."""
    page = browser.get(f"/{tenant}/{token}?s={score}", headers=headers)
    response = browser.post(f"/{tenant}/{token}", data={"nonce": nonce_of(page), "score": score}, headers=headers)
    response.close()
    return response
