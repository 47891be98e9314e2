"""A host's process that dies at a named moment: `python -m tests.faults.actor SCENARIO WHERE CONFIG.json HEARD TOKEN`.

Dying is SIGKILL by its own hand: nothing is flushed, closed or rolled back, as when the kernel does it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event
from tests.channels.gateway import Gateways
from tests.surveys.wires import Book
from tests.world import NOON, merged
from werkzeug.test import Client as Browser

from nps_plugin import Client, ClosedTicket, ManualClock, Ratings, Secret, hookimpl


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Diary:
    """A subscriber whose memory outlives the process: each verdict is a line of a file, written through."""

    nps_name = "diary"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    @hookimpl
    def nps_verdict_reached(self, news: Any) -> None:
        self.before()
        with self.path.open("a") as file:
            file.write(f"{news.event} {news.ticket} {news.verdict.kind.value}\n")
            file.flush()
            os.fsync(file.fileno())
        self.after()


def main() -> None:
    scenario, where, config, heard, token = sys.argv[1:6]
    settings = merged(
        json.loads(Path(config).read_text()), {"page": {"secrets": [Secret("a secret of the tests, long")]}}
    )
    diary = Diary(Path(heard))
    plugins: list[Any] = [diary]
    if phone := settings["tenants"]["acme"]["channels"].get("phone"):
        phone["book"] = Book()
        plugins.append(Gateways())
    ratings = Ratings(settings, plugins=plugins, clock=ManualClock(NOON))
    engine = ratings._parts.store.engine
    {"answer": answer, "close": close, "mail": mail, "report": report}[scenario](where, ratings, engine, diary, token)
    print("survived")


def answer(where: str, ratings: Ratings, engine: Any, diary: Diary, token: str) -> None:
    if where == "before commit":
        event.listen(engine, "commit", die)
    elif where == "after commit":
        ratings._offer = die  # type: ignore[method-assign]  # the next thing after the commit
    elif where == "during telling":
        diary.before = die
    elif where == "told, not marked":
        diary.after = die
    ratings.record_answer("acme", 1, token=token)


def close(where: str, ratings: Ratings, engine: Any, diary: Diary, ticket: str) -> None:
    if where == "before commit":
        event.listen(engine, "commit", die)
    ratings.ticket_closed(
        ClosedTicket(tenant="acme", ticket=ticket, opened_at=NOON, closed_at=NOON, client=Client(email="a@example.org"))
    )
    if where == "after commit":
        die()


def mail(where: str, ratings: Ratings, engine: Any, diary: Diary, token: str) -> None:
    channel = ratings._parts.channels["acme", "email"]
    send = channel.send
    if where == "claimed, not sent":
        channel.send = die  # type: ignore[method-assign,assignment]
    elif where == "sent, not marked":

        def sent_and_dead(message: Any) -> Any:
            send(message)
            die()

        channel.send = sent_and_dead  # type: ignore[method-assign]
    ratings.run_due()


def report(where: str, ratings: Ratings, engine: Any, diary: Diary, word: str) -> None:
    """A provider tells over the door what became of a message, and this process takes it."""
    if where == "before commit":
        event.listen(engine, "commit", die)
    body = [{"kind": "Reported", "event": "r1", "at": NOON.isoformat(), "reference": "call 1", "outcome": "unanswered"}]
    request = {"data": json.dumps(body), "headers": {"X-Word": word}}
    Browser(ratings.wsgi).post("/hooks/acme/phone", **request).close()
    if where == "after commit":
        die()


if __name__ == "__main__":
    main()
