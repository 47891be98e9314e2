"""What must survive the program's end: which calls were taken, and what the hosts have not heard yet. One SQLite file.

No telephone number stands in it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .orders import Order
from .script import Tell

_TABLES = """
CREATE TABLE IF NOT EXISTS calls (
    call TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, hook TEXT NOT NULL, at REAL NOT NULL, told INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS reports (
    number INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL, hook TEXT NOT NULL, body TEXT NOT NULL,
    at REAL NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS reports_by_call ON reports (reference, number);
"""


class BookTaken(Exception):
    """Another program holds the file."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Something that a host has not heard yet."""

    number: int
    reference: str
    hook: str
    body: bytes
    due: float
    tries: int


class Book:
    """The file. Held by one program at a time; its threads may all use it. Times are seconds since 1970."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, timeout=1, check_same_thread=False, isolation_level=None)
        try:
            # nobody else may take our calls for those of a crashed program and report them
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(f"BEGIN EXCLUSIVE; {_TABLES} COMMIT;")
        except sqlite3.OperationalError as error:
            self._database.close()
            raise BookTaken(f"{path} cannot be used ({error}); does another nps-sip run with it?") from None

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._database.close()

    def known(self, call: str) -> str:
        """The reference of a call that was taken; "" for a new one."""
        with self._lock:
            row = self._database.execute("SELECT reference FROM calls WHERE call = ?", (call,)).fetchone()
        return str(row[0]) if row else ""

    def take(self, order: Order, now: float) -> str:
        """Keep that a call was taken, and give its reference."""
        reference = uuid.uuid4().hex[:16]
        with self._lock:
            values = (order.call, reference, order.hook, now)
            self._database.execute("INSERT INTO calls VALUES (?, ?, ?, ?, 0)", values)
        return reference

    def untake(self, reference: str) -> None:
        """The call was not made after all: it may be ordered again."""
        with self._lock:
            self._database.execute("DELETE FROM calls WHERE reference = ?", (reference,))

    def tell(self, reference: str, told: Tell, now: float, *, hold: float = 0.0) -> None:
        """Keep what is to be reported. It is not due before ``hold`` seconds have passed: until then it may grow."""
        # rolled back where it fails, such as on a full disk: it can be told again then
        with self._lock, closing(self._database.cursor()) as cursor, self._database:
            call, hook = cursor.execute("SELECT call, hook FROM calls WHERE reference = ?", (reference,)).fetchone()
            body = {
                "event": uuid.uuid4().hex,
                "call": call,
                "reference": reference,
                "at": datetime.fromtimestamp(now).astimezone().isoformat(timespec="milliseconds"),
                "outcome": told.outcome,
                **({"key": told.key} if told.key else {}),
                "pressed": told.pressed,
                "final": told.final,
                "detail": told.detail,
            }
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO reports (reference, hook, body, at, due, tries) VALUES (?, ?, ?, ?, ?, 0)",
                (reference, hook, json.dumps(body), now, now + hold),
            )
            cursor.execute("UPDATE calls SET told = 1 WHERE reference = ?", (reference,))

    def amend(self, reference: str, pressed: str, now: float) -> None:
        """More was pressed: put it into what was told last, unless that was, or is being, sent."""
        with self._lock:
            row = self._database.execute(
                "SELECT number, body FROM reports WHERE reference = ? AND due > ? AND tries = 0"
                " ORDER BY number DESC LIMIT 1",
                (reference, now),
            ).fetchone()
            if row is not None:
                body = json.dumps(json.loads(row[1]) | {"pressed": pressed})
                self._database.execute("UPDATE reports SET body = ? WHERE number = ?", (body, row[0]))

    def untold(self) -> list[str]:
        """The references of calls of which nothing was told: when the program begins, those that a crash cut off."""
        with self._lock:
            rows = self._database.execute("SELECT reference FROM calls WHERE told = 0 ORDER BY at").fetchall()
        return [str(row[0]) for row in rows]

    def next(self, but: Collection[str] = ()) -> Report | None:
        """The report that is due first, leaving out those hooks. What happened first in a call is told first."""
        skipped = ", ".join("?" * len(but))
        with self._lock:
            row = self._database.execute(
                "SELECT number, reference, hook, body, due, tries FROM reports AS one"  # noqa: S608
                " WHERE NOT EXISTS (SELECT 1 FROM reports AS earlier"
                "  WHERE earlier.reference = one.reference AND earlier.number < one.number)"
                f" AND hook NOT IN ({skipped}) ORDER BY due, number LIMIT 1",
                tuple(but),
            ).fetchone()
        if row is None:
            return None
        number, reference, hook, body, due, tries = row
        return Report(number=number, reference=reference, hook=hook, body=body.encode(), due=due, tries=tries)

    def heard(self, report: Report) -> None:
        """The host has it."""
        with self._lock:
            self._database.execute("DELETE FROM reports WHERE number = ?", (report.number,))

    def later(self, report: Report, due: float) -> None:
        """The host did not take it."""
        with self._lock:
            self._database.execute(
                "UPDATE reports SET due = ?, tries = tries + 1 WHERE number = ?", (due, report.number)
            )

    def unheard(self) -> int:
        """How many reports no host has taken yet."""
        with self._lock:
            return int(self._database.execute("SELECT count(*) FROM reports").fetchone()[0])

    def forget(self, before: float) -> int:
        """Leave out what is older, calls and reports alike; how many reports nobody ever took."""
        with self._lock:
            lost = self._database.execute("DELETE FROM reports WHERE at < ?", (before,)).rowcount
            self._database.execute("DELETE FROM calls WHERE at < ? AND told = 1", (before,))
        return lost
