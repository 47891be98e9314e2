"""Orders and outcomes between HTTP, the book and the lines."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.sip.ivr import write_tone
from tests.adapters.sip.test_switchboard import DEADLINE, ORDER, SETUP

from nps_adapters.sip import desk as module
from nps_adapters.sip.book import Book
from nps_adapters.sip.desk import Answer, Desk
from nps_adapters.sip.orders import Order
from nps_adapters.sip.script import Amend, Tell
from nps_adapters.sip.settings import Config
from nps_plugin import Secret, signed_headers

SECRET = Secret("a secret of many characters")


class Full(Book):
    """On a disk that is full, until there is room."""

    def fill(self) -> None:
        (pages,) = self._database.execute("PRAGMA page_count").fetchone()
        self._database.execute(f"PRAGMA max_page_count = {pages}")

    def make_room(self) -> None:
        self._database.execute("PRAGMA max_page_count = 100000")


#: what a full disk has no room for
LONG = "x" * 20_000


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Full]:
    book = Full(tmp_path / "book.sqlite3")
    yield book
    book.close()


def desk_of(book: Book, folder: Path, news: Any = lambda: None) -> Desk:
    config = Config(
        secret=SECRET, recordings=folder, state=folder / "book.sqlite3", trunks=2, drain=0, keep_days=7,
        host="127.0.0.1", port=0, setup=SETUP,
    )  # fmt: skip
    return Desk(config, book, news)


def test_an_answer_that_a_full_disk_did_not_take_is_kept_and_put_into_the_book_later(
    book: Full, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "AGAIN", 0.1)
    kept = threading.Event()
    desk = desk_of(book, tmp_path, lambda: book.unheard() and kept.set())
    reference = book.take(ORDER, 0)
    book.fill()
    with pytest.raises(sqlite3.Error, match="full"):
        book.tell(reference, Tell(outcome="silence", detail=LONG), 0)
    desk.told(reference, Tell(outcome="pressed", key="9", pressed="9", detail=LONG))
    desk.told(reference, Amend("99"))
    desk.cut_off()
    assert book.untold() == [reference]
    book.make_room()
    assert kept.wait(DEADLINE)
    desk.cut_off()
    report = book.next()
    assert report is not None
    told = json.loads(report.body)
    assert (told["outcome"], told["key"], told["pressed"]) == ("pressed", "9", "99")
    assert book.unheard() == 1


class NoLine:
    """No line is open; while that is found out, the same order comes again."""

    registered = ""

    def __init__(self, desk: Desk, request: tuple[Any, ...]) -> None:
        self._desk, self._request = desk, request
        self.second: list[Answer] = []
        self.thread = threading.Thread(target=self._ask)

    def dial(self, _reference: str, _order: Order) -> None:
        if self.thread.ident is None:
            self.thread.start()
            self.thread.join(0.3)
        raise OSError("no line is open")

    def closed(self) -> int:
        return 2

    def _ask(self) -> None:
        self.second.append(self._desk.answer(*self._request))


def test_an_order_that_is_given_up_was_not_taken_for_anybody(book: Full, tmp_path: Path):
    recording = {"name": "m.wav", "sha256": write_tone(tmp_path / "m.wav", 440)}
    order = {"call": "m1", "to": "+79161234567", "hook": ORDER.hook, "recording": recording, "keys": "9"}
    body = json.dumps(order).encode()
    headers = {name.lower(): value for name, value in signed_headers(SECRET, body).items()}
    desk = desk_of(book, tmp_path)
    desk.phone = phone = NoLine(desk, ("POST", "/calls", headers, body))
    first = desk.answer("POST", "/calls", headers, body)
    phone.thread.join(DEADLINE)
    assert [first[0], *(answer[0] for answer in phone.second)] == [503, 503]
    assert book.known("m1") == ""
    _, health, _ = desk.answer("GET", "/health", {}, b"")
    assert (health["calls"], health["trunks"], health["closed"]) == (0, 2, 2)
