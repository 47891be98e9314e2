"""Making a host's facts fit to keep: text is text, impossible times are named and dropped, nothing is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import NpsError
from ..model import Assignment, Client, ClosedTicket
from ..store.names import NAME_LENGTH, beginning, fitting, storable

#: A closing may be this far ahead of our clock before its time is disbelieved.
SKEW = timedelta(minutes=10)
_TEXTS = ("agent", "closed_by", "last_replier", "queue", "service", "priority", "contract", "subject")
#: No ticket was reopened so often, and no engine's integers overflow.
_MOST = 1_000_000
#: No resolution takes so long, and no engine's integers overflow.
_LONGEST = timedelta(days=36525)
_ADDRESSES = ("email", "phone", "telegram")
#: Texts of a client that are no addresses.
_PERSONAL = tuple(field.name for field in fields(Client) if field.name not in ("id", "consent", *_ADDRESSES))


def ticket_name(given: Any) -> str:
    """A ticket's or host's name as it is kept: the same for the same at every door. "" where there is none."""
    return "" if given is None else fitting(_str(given))


def tidy(closed: ClosedTicket, now: datetime) -> tuple[ClosedTicket, tuple[str, ...]]:
    """The ticket with text for text and usable times only, and what had to be dropped, in plain words.

    ``opened_at`` and ``closed_at`` stay as given unless they lie in the future: the KPI check names what else is wrong.
    """
    problems: list[str] = []
    changes: dict[str, Any] = {name: _text(getattr(closed, name), name, problems) for name in _TEXTS}
    for name in ("ticket", "host"):
        given = getattr(closed, name)
        known = changes[name] = ticket_name(given)
        if given is not None and known != _str(given):
            problems.append(f"{name} is too long or holds characters that cannot be kept: it is known as {known}")
    if not changes["ticket"].strip():
        raise NpsError("the closing has no ticket id, so nothing could find it again; give the host's own number")
    for name in ("opened_at", "closed_at"):
        at = getattr(closed, name)
        if is_aware(at) and at > now + SKEW:
            problems.append(f"{name} {at.isoformat()} lies in the future, so it is taken as unknown")
            changes[name] = None
    for name in ("worked", "target"):
        value = getattr(closed, name)
        if isinstance(value, timedelta) and value > _LONGEST:
            problems.append(f"{name} {value} is longer than a hundred years, so it is taken as unknown")
            changes[name] = None
    for name in ("reopened", "replies", "last_reply_length"):
        changes[name] = _count(getattr(closed, name), name, problems)
    if closed.closure is not None and not (_is_count(closed.closure) and 1 <= closed.closure <= _MOST):
        problems.append(f"closure is no whole number from 1 to {_MOST}, so it is inferred")
        changes["closure"] = None
    changes["client"] = _client(closed.client, "client", problems)
    others = (
        _client(person, "respondents", problems) for person in _listed(closed.respondents, "respondents", problems)
    )
    changes["respondents"] = tuple(person for person in others if person is not None)
    stations = (_station(station, problems) for station in _listed(closed.path, "path", problems))
    changes["path"] = tuple(station for station in stations if station is not None)
    changes["tags"] = tuple(_text(tag, "tags", problems) for tag in _listed(closed.tags, "tags", problems))
    changes["facts"] = _facts(closed.facts, problems)
    return _changed(closed, changes), tuple(dict.fromkeys(problems))


def _changed(given: Any, wanted: Mapping[str, Any]) -> Any:
    """``given`` with these values. Most hosts hand in what needs no change, and then it is ``given`` itself."""
    changes = {name: value for name, value in wanted.items() if not _same(value, getattr(given, name))}
    return replace(given, **changes) if changes else given


def _same(value: Any, old: Any) -> bool:
    if value is old:
        return True
    if isinstance(value, (str, int)):
        return type(value) is type(old) and bool(value == old)
    # what a host has put into a collection may fail when it is compared
    return isinstance(value, (tuple, dict)) and isinstance(old, (tuple, list, Mapping)) and not value and not old


def tidy_client(client: Client) -> Client:
    """A person as :func:`tidy` keeps them, so that those who are named again are found."""
    tidied = _client(client, "client", [])
    assert tidied is not None  # noqa: S101 - only None and what is no Client give None
    return tidied


def as_client(person: Client | str) -> Client:
    """The person meant: a Client, or the key of one, such as ``"id:7"`` or ``"email:a@b.example"``.

    Raises ``ValueError`` for what names nobody.
    """
    if isinstance(person, str):
        kind, _, value = person.partition(":")
        if kind not in ("id", *_ADDRESSES) or not value.strip():
            raise ValueError('client: expected a Client, or its key such as "id:7", "email:...", "phone:..."')
        person = Client(**{kind: value})  # type: ignore[arg-type]
    if not isinstance(person, Client):
        raise ValueError(f"client: expected a Client or its key, got {type(person).__name__}")
    person = tidy_client(person)
    if not person.key:
        raise ValueError("client: expected an id or an address, there is neither")
    return person


def is_aware(at: Any) -> bool:
    """Whether this is a time whose place on the time line is known, and can be computed with."""
    try:
        return isinstance(at, datetime) and at.utcoffset() is not None and at.astimezone(UTC) is not None
    except Exception:  # noqa: BLE001 - a host's own time zone class may fail in any way; the years 1 and 9999 overflow
        return False


def usable(at: Any) -> datetime | None:
    """The time, where it can be one: aware, and not the epoch that hosts write for "unset"."""
    if is_aware(at) and at.timestamp() > 86400:
        kept: datetime = at
        return kept
    return None


def _str(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - anything may stand here, its __str__ included
        return f"<{type(value).__name__}>"


def _text(value: Any, name: str, problems: list[str]) -> str:
    if value is None:
        return ""
    if type(value) is str and len(value) <= NAME_LENGTH and value.isascii() and "\x00" not in value:
        return value
    text = storable(_str(value))
    kept = beginning(text, NAME_LENGTH)
    if kept != text:
        problems.append(f"{name} is {len(text)} characters long; {len(kept)} are kept")
    return kept


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _count(value: Any, name: str, problems: list[str]) -> int | None:
    if value is None:
        return None
    if _is_count(value) and 0 <= value <= _MOST:
        return int(value)
    # only the kind: what stands in the wrong field may be somebody's name
    problems.append(f"{name} is no count from 0 to {_MOST} (of type {type(value).__name__}), so it is taken as unknown")
    return None


def _listed(value: Any, name: str, problems: list[str]) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        problems.append(f"{name}: expected a sequence, got {type(value).__name__}, so it is left out")
        return []
    try:
        return list(value)
    except Exception as error:  # noqa: BLE001 - a lazy sequence of the host's may fail in any way
        problems.append(f"{name} cannot be read ({type(error).__name__}), so it is left out")
        return []


def _client(client: Any, name: str, problems: list[str]) -> Client | None:
    if client is None:
        return None
    if not isinstance(client, Client):
        problems.append(f"{name}: expected a Client, got {type(client).__name__}, so nobody can be asked")
        return None
    texts: dict[str, Any] = {
        field: _text(getattr(client, field), f"{name}.{field}", problems).strip() for field in _PERSONAL
    }
    texts["id"] = ticket_name(client.id).strip()
    for kind in _ADDRESSES:
        given = getattr(client, kind)
        if not given:
            texts[kind] = ""
            continue
        text = storable(_str(given)).strip()
        if len(text.casefold()) > NAME_LENGTH:
            # a part of an address is another address
            problems.append(f"{name}.{kind} is {len(text)} characters long, too long for an address: it is left out")
            text = ""
        texts[kind] = text
    if client.consent not in (True, False, None):
        problems.append(f"{name}.consent is neither true nor false nor None, so it is taken as refused")
        texts["consent"] = False
    tidied: Client = _changed(client, texts)
    return tidied


def _station(station: Any, problems: list[str]) -> Assignment | None:
    if not isinstance(station, Assignment):
        problems.append(f"path: expected an Assignment, got {type(station).__name__}, so it is left out")
        return None
    at = station.at
    if at is not None and not is_aware(at):
        problems.append("path: a station's time is no time with a zone, so it is taken as unknown")
        at = None
    agent, queue = (_text(value, "path", problems) for value in (station.agent, station.queue))
    return replace(station, agent=agent, queue=queue, at=at)


def _facts(given: Any, problems: list[str]) -> dict[str, str]:
    if given is None:
        return {}
    try:
        items = list(given.items())
    except Exception:  # noqa: BLE001 - no mapping, or one of the host's that fails
        problems.append(f"facts: expected a mapping, got {type(given).__name__}, so they are left out")
        return {}
    return {fitting(_str(name)): _text(value, f"facts.{_text(name, 'facts', [])}", problems) for name, value in items}


def as_json_times(intervals: Iterable[Any]) -> list[list[str]]:
    """Pairs of times as ISO 8601 text, those that are none left out (the KPI check has named them)."""
    pairs = (pair for pair in _listed(intervals, "paused", []) if isinstance(pair, (tuple, list)) and len(pair) == 2)
    return [[a.isoformat(), b.isoformat()] for a, b in pairs if is_aware(a) and is_aware(b)]
