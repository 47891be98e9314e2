"""What a PBX reports, as an event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from nps_plugin import Event, Reasoned, Reported, ReportOutcome, Scored

#: Characters of a name that a PBX may give to a call or an event; those of ours are shorter.
_LONGEST = 180
_OUTCOMES = {
    one.value: one
    for one in (
        ReportOutcome.UNANSWERED, ReportOutcome.BUSY, ReportOutcome.SILENCE, ReportOutcome.REFUSED,
        ReportOutcome.FAILED, ReportOutcome.LATER,
    )
}  # fmt: skip


class Unread(Exception):
    """A report that cannot be read: ``field`` is what is wrong in it, "" the whole. It says nothing of the value."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field or 'the body'}: expected {expected}")
        self.field = field


def event_of(body: bytes) -> Event:
    """The event in a report that was checked. Raises :class:`Unread`."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Unread("", "a JSON object")
    name, call, outcome = _name(told, "event"), _name(told, "call"), told.get("outcome")
    at = _time(told.get("at"))
    if outcome == "pressed":
        key = _name(told, "key")
        if len(key) != 1 or key not in "0123456789":
            raise Unread("key", "one digit")
        return Scored(event=name, at=at, reference=call, score=int(key))
    if outcome == "reason":
        return Reasoned(event=name, at=at, reference=call, reasons=(_name(told, "key"),))
    if not isinstance(outcome, str) or outcome not in _OUTCOMES:
        raise Unread("outcome", f"one of {', '.join(('pressed', 'reason', *_OUTCOMES))}")
    wait, detail = told.get("retry_after"), told.get("detail")
    return Reported(
        event=name,
        at=at,
        reference=call,
        outcome=_OUTCOMES[outcome],
        reason=detail.strip()[:200] if isinstance(detail, str) else "",
        final=told.get("final") is True,
        retry_after=wait if isinstance(wait, (int, float)) and not isinstance(wait, bool) else None,
    )


def _name(told: dict[str, Any], field: str) -> str:
    """A name or a key, which may be a whole number too."""
    value = told.get(field)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_LONGEST:
        value = str(value)
    name = value.strip() if isinstance(value, str) else ""
    if not 0 < len(name) <= _LONGEST:
        raise Unread(field, f"1 to {_LONGEST} characters")
    return name


def _time(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    return at if at is not None and at.utcoffset() is not None else datetime.now(UTC)
