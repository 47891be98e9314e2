"""A closing as JSON: read strictly, since whoever sends it can mend it; every mistake names its field."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..model import Assignment, Client, ClosedTicket

Path = str


class Unreadable(ValueError):
    """The body is no closing. ``problems`` are (field, what was expected)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {expected}" for field, expected in problems))
        self.problems = problems


def read_closing(body: bytes, tenant: str) -> ClosedTicket:
    """The closing in a body. Raises :class:`Unreadable` with every mistake."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable([("", "expected a JSON object in UTF-8")]) from None
    reader = _Reader()
    values = reader.table("", data, _TICKET)
    for name in ("ticket", "opened_at", "closed_at"):
        if isinstance(data, Mapping) and name not in data:
            reader.problems.append((name, "is required" + ("" if name == "ticket" else "; null where it is not known")))
    if reader.problems:
        raise Unreadable(reader.problems)
    return ClosedTicket(tenant=tenant, **values)


class _Reader:
    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []

    def wrong(self, where: Path, expected: str) -> None:
        self.problems.append((where, expected))

    def table(self, where: Path, data: Any, fields: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            self.wrong(where, "expected a JSON object")
            return {}
        values = {}
        for name, value in data.items():
            inner = f"{where}.{name}" if where else name
            if name not in fields:
                near = difflib.get_close_matches(name, list(fields), n=1)
                self.wrong(inner[:80], "unknown field" + (f"; did you mean {near[0]!r}?" if near else ""))
            elif value is not None:
                values[name] = fields[name](self, inner, value)
            elif name in ("opened_at", "closed_at"):
                values[name] = None
        return values

    def text(self, where: Path, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            self.wrong(where, "expected text")
            return ""
        if where == "ticket" and not value.strip():
            self.wrong(where, "expected the ticket's own number or id")
        return value

    def time(self, where: Path, value: Any) -> datetime | None:
        try:
            at = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            at = None
        if at is None or at.utcoffset() is None:
            self.wrong(where, 'expected a time with its zone, such as "2026-11-20T12:00:00+03:00"')
        return at

    def length(self, where: Path, value: Any) -> timedelta | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100 * 366 * 86400:
            self.wrong(where, "expected a length of time in seconds")
            return None
        return timedelta(seconds=value)

    def count(self, where: Path, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
            self.wrong(where, "expected a whole number from 0")
            return 0
        return value

    def switch(self, where: Path, value: Any) -> bool:
        if not isinstance(value, bool):
            self.wrong(where, "expected true or false")
        return bool(value)

    def many(self, where: Path, value: Any, one: Callable[..., Any]) -> tuple[Any, ...]:
        if not isinstance(value, list):
            self.wrong(where, "expected a list")
            return ()
        return tuple(one(self, f"{where}.{number}", item) for number, item in enumerate(value, start=1))

    def client(self, where: Path, value: Any) -> Client:
        return Client(**self.table(where, value, _CLIENT))

    def station(self, where: Path, value: Any) -> Assignment:
        return Assignment(**self.table(where, value, _STATION))

    def interval(self, where: Path, value: Any) -> tuple[Any, Any]:
        if not isinstance(value, list) or len(value) != 2:
            self.wrong(where, "expected two times, [from, until]")
            return (None, None)
        return self.time(f"{where}.1", value[0]), self.time(f"{where}.2", value[1])

    def texts(self, where: Path, value: Any) -> tuple[str, ...]:
        return self.many(where, value, _Reader.text)

    def clients(self, where: Path, value: Any) -> tuple[Client, ...]:
        return self.many(where, value, _Reader.client)

    def way(self, where: Path, value: Any) -> tuple[Assignment, ...]:
        return self.many(where, value, _Reader.station)

    def intervals(self, where: Path, value: Any) -> tuple[Any, ...]:
        return self.many(where, value, _Reader.interval)

    def facts(self, where: Path, value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping):
            self.wrong(where, "expected a JSON object")
            return {}
        return {name: self.text(f"{where}.{name}"[:80], one) for name, one in value.items() if one is not None}


_TEXT = _Reader.text
_CLIENT: Mapping[str, Callable[..., Any]] = {
    **dict.fromkeys(("id", "name", "email", "phone", "telegram", "locale", "timezone", "organization", "level"), _TEXT),
    "consent": _Reader.switch,
}
_STATION: Mapping[str, Callable[..., Any]] = {"agent": _TEXT, "queue": _TEXT, "at": _Reader.time}
_TICKET: Mapping[str, Callable[..., Any]] = {
    **dict.fromkeys(
        ("ticket", "host", "agent", "closed_by", "last_replier", "queue", "service", "priority", "contract", "subject"),
        _TEXT,
    ),
    **dict.fromkeys(("opened_at", "closed_at"), _Reader.time),
    **dict.fromkeys(("worked", "target"), _Reader.length),
    **dict.fromkeys(("closure", "reopened", "replies", "last_reply_length"), _Reader.count),
    "client": _Reader.client,
    "respondents": _Reader.clients,
    "path": _Reader.way,
    "paused": _Reader.intervals,
    "tags": _Reader.texts,
    "facts": _Reader.facts,
}
