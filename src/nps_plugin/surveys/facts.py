"""Making a host's facts fit to keep: text is text, impossible times are named and dropped, nothing is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from ..model import Assignment, Client, ClosedTicket

#: A closing may be this far ahead of our clock before its time is disbelieved.
SKEW = timedelta(minutes=10)
_TEXTS = ("agent", "closed_by", "last_replier", "queue", "service", "priority", "contract", "subject")
_NAME = 255


def tidy(closed: ClosedTicket, now: datetime) -> tuple[ClosedTicket, tuple[str, ...]]:
    """The ticket with text for text and usable times only, and what had to be dropped, in plain words.

    ``opened_at`` and ``closed_at`` stay as given unless they lie in the future: the KPI check names what else is wrong.
    """
    problems: list[str] = []
    changes: dict[str, Any] = {name: _text(getattr(closed, name), name, problems) for name in _TEXTS}
    for name in ("opened_at", "closed_at"):
        at = getattr(closed, name)
        if isinstance(at, datetime) and at.tzinfo is not None and at > now + SKEW:
            problems.append(f"{name} {at.isoformat()} lies in the future, so it is taken as unknown")
            changes[name] = None
    for name in ("reopened", "replies", "last_reply_length"):
        changes[name] = _count(getattr(closed, name), name, problems)
    if closed.closure is not None and (not _is_count(closed.closure) or closed.closure < 1):
        problems.append(f"closure {closed.closure!r} is no whole number from 1, so it is inferred")
        changes["closure"] = None
    changes["client"] = _client(closed.client, "client", problems)
    others = (_client(person, "respondents", problems) for person in closed.respondents or ())
    changes["respondents"] = tuple(person for person in others if person is not None)
    changes["path"] = tuple(_station(station, problems) for station in closed.path or ())
    changes["tags"] = tuple(_text(tag, "tags", problems) for tag in closed.tags or ())
    changes["facts"] = {
        str(name)[:_NAME]: _text(value, f"facts.{name}", problems) for name, value in (closed.facts or {}).items()
    }
    changes["ticket"], changes["host"] = str(closed.ticket), str(closed.host or "")
    return replace(closed, **changes), tuple(problems)


def usable(at: Any) -> datetime | None:
    """The time, where it can be one: aware, and not the epoch that hosts write for "unset"."""
    if isinstance(at, datetime) and at.tzinfo is not None and at.timestamp() > 86400:
        return at
    return None


def _text(value: Any, name: str, problems: list[str]) -> str:
    if value is None:
        return ""
    text = str(value).replace("\x00", "")
    if len(text) > _NAME:
        problems.append(f"{name} is {len(text)} characters long; {_NAME} are kept")
    return text[:_NAME]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _count(value: Any, name: str, problems: list[str]) -> int | None:
    if value is None:
        return None
    if _is_count(value) and 0 <= value < 2**31:
        return int(value)
    problems.append(f"{name} {value!r:.40} is no count, so it is taken as unknown")
    return None


def _client(client: Any, name: str, problems: list[str]) -> Client | None:
    if client is None:
        return None
    if not isinstance(client, Client):
        problems.append(f"{name}: expected a Client, got {type(client).__name__}, so nobody can be asked")
        return None
    texts: dict[str, Any] = {
        field.name: _text(getattr(client, field.name), f"{name}.{field.name}", problems).strip()
        for field in fields(client)
        if field.name != "consent"
    }
    return replace(client, **texts)


def _station(station: Assignment, problems: list[str]) -> Assignment:
    return replace(station, agent=_text(station.agent, "path", problems), queue=_text(station.queue, "path", problems))


def as_json_times(intervals: Iterable[Any]) -> list[list[str]]:
    """Pairs of times as ISO 8601 text, those that are none left out (the KPI check has named them)."""
    return [[a.isoformat(), b.isoformat()] for a, b in intervals if isinstance(a, datetime) and isinstance(b, datetime)]
