"""What a PBX reports, as events."""

from __future__ import annotations

import json
from collections.abc import Iterator
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


def events_of(body: bytes) -> Iterator[Event]:
    """The event in a report that was checked; none in what is no report."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return
    if not isinstance(told, dict):
        return
    name, call, outcome = (_text(told.get(key)) for key in ("event", "call", "outcome"))
    if not name or not call:
        return
    at, key = _time(told.get("at")), _text(told.get("key"))
    if outcome == "pressed":
        if len(key) == 1 and key in "0123456789":
            yield Scored(event=name, at=at, reference=call, score=int(key))
    elif outcome == "reason":
        if key:
            yield Reasoned(event=name, at=at, reference=call, reasons=(key,))
    elif outcome in _OUTCOMES:
        wait = told.get("retry_after")
        yield Reported(
            event=name,
            at=at,
            reference=call,
            outcome=_OUTCOMES[outcome],
            reason=_text(told.get("detail"))[:200],
            final=told.get("final") is True,
            retry_after=wait if isinstance(wait, (int, float)) and not isinstance(wait, bool) else None,
        )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) and len(value) <= _LONGEST else ""


def _time(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    return at if at is not None and at.utcoffset() is not None else datetime.now(UTC)
