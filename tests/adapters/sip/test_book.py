"""What survives the program's end."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from nps_adapters.sip.book import Book, BookTaken
from nps_adapters.sip.orders import Order
from nps_adapters.sip.recordings import Recording
from nps_adapters.sip.script import Tell

HOOK, OTHER = "https://a.example.org/hook", "https://b.example.org/hook"
NOW = 1_790_000_000.0


def order(call: str, hook: str = HOOK) -> Order:
    one = Recording(name="m.wav", path=Path("m.wav"), seconds=1)
    return Order(call=call, to="+79161234567", hook=hook, recording=one, keys=frozenset("1"))


def body(report: Any) -> dict[str, Any]:
    return json.loads(report.body)


@pytest.fixture
def book(tmp_path: Path):
    book = Book(tmp_path / "book.sqlite3")
    yield book
    book.close()


def test_a_call_is_known_once_it_was_taken(book: Book):
    assert book.known("m1") == ""
    reference = book.take(order("m1"), NOW)
    assert book.known("m1") == reference
    assert book.untold() == [reference]
    book.tell(reference, Tell(outcome="busy", detail="486 Busy Here"), NOW)
    assert book.untold() == []
    told = body(book.next())
    assert (told["call"], told["reference"], told["outcome"], told["final"]) == ("m1", reference, "busy", False)
    assert told["detail"] == "486 Busy Here"
    assert "key" not in told


def test_what_is_pressed_shortly_after_goes_with_the_key(book: Book):
    reference = book.take(order("m1"), NOW)
    book.tell(reference, Tell(outcome="pressed", key="7", pressed="7"), NOW, hold=1)
    book.amend(reference, "77", NOW + 0.5)
    report = book.next()
    assert report is not None
    assert (report.due, body(report)["pressed"], body(report)["key"]) == (NOW + 1, "77", "7")
    book.amend(reference, "778", NOW + 1)  # it may be on its way
    assert body(book.next())["pressed"] == "77"
    book.later(report, NOW + 60)  # it may have arrived: the same event stays the same
    book.amend(reference, "778", NOW + 2)
    assert body(book.next())["pressed"] == "77"


def test_what_happened_first_in_a_call_is_told_first(book: Book):
    reference, other = book.take(order("m1"), NOW), book.take(order("m2", OTHER), NOW)
    book.tell(reference, Tell(outcome="pressed", key="1"), NOW, hold=10)
    book.tell(reference, Tell(outcome="reason", key="2"), NOW)
    book.tell(other, Tell(outcome="silence"), NOW + 20)
    first = book.next()
    assert body(first)["outcome"] == "pressed"
    assert body(book.next([HOOK]))["outcome"] == "silence"
    assert first is not None
    book.heard(first)
    assert body(book.next())["outcome"] == "reason"
    assert book.unheard() == 2


def test_what_is_old_is_forgotten_unless_it_is_still_to_be_told(book: Book):
    told, running = book.take(order("m1"), NOW), book.take(order("m2"), NOW)
    book.tell(told, Tell(outcome="busy"), NOW)
    assert book.forget(NOW - 1) == 0
    assert book.forget(NOW + 1) == 1
    assert (book.known("m1"), book.known("m2")) == ("", running)


def test_it_is_held_by_one_program_and_holds_no_number(tmp_path: Path):
    path = tmp_path / "book.sqlite3"
    book = Book(path)
    reference = book.take(order("m1"), NOW)
    book.tell(reference, Tell(outcome="busy"), NOW)
    with pytest.raises(BookTaken, match="another nps-sip"):
        Book(path)
    book.close()
    again = Book(path)
    assert again.known("m1") == reference
    again.close()
    with sqlite3.connect(path) as database:
        assert "9161234567" not in "".join(database.iterdump())
    database.close()
