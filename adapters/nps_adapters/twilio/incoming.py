"""What Twilio posts, as events: a client's short message, or what became of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from nps_plugin import Blocked, Event, Reported, ReportOutcome, Scored, Stopped, is_stop, phone_number

from .codes import FINAL, OPTED_OUT, meaning

_SID = re.compile(r"[A-Za-z]{2}[0-9a-fA-F]{32}")
#: Words at which Twilio itself lets nothing more through, beside ours.
_TWILIO_STOPS = frozenset({"cancel", "end", "quit", "revoke"})
_DELIVERED, _FAILED = ("delivered", "read"), ("failed", "undelivered", "canceled")


def events_of(form: Mapping[str, Sequence[str]], country_code: str) -> Iterator[Event]:
    """The events of one request. Twilio does not say when: they happened now."""
    sid = _first(form, "MessageSid") or _first(form, "SmsSid")
    if not _SID.fullmatch(sid):
        return
    now = datetime.now(UTC)
    state = _first(form, "MessageStatus").lower()
    if state:
        yield from _report(form, sid, state, now, country_code)
    elif (text := _first(form, "Body").strip()) and (address := _number(_first(form, "From"), country_code)):
        if _first(form, "OptOutType").upper() == "STOP" or is_stop(text) or text.casefold() in _TWILIO_STOPS:
            yield Stopped(event=sid, at=now, address=address)
        else:
            yield Scored(event=sid, at=now, address=address, text=text)


def _report(
    form: Mapping[str, Sequence[str]], sid: str, state: str, now: datetime, country_code: str
) -> Iterator[Event]:
    name = f"{sid}:{state}"
    if state in _DELIVERED:
        # "read" comes after "delivered" and says no more
        yield Reported(event=f"{sid}:delivered", at=now, reference=sid, outcome=ReportOutcome.DELIVERED)
    elif state in _FAILED:
        said = _first(form, "ErrorCode")
        code = int(said) if re.fullmatch(r"[0-9]{1,6}", said) else 0
        reason = f"Twilio: {state}" + (f", {meaning(code)}" if code else "")
        yield Reported(
            event=name, at=now, reference=sid, outcome=ReportOutcome.FAILED, reason=reason, final=code in FINAL
        )
        if code == OPTED_OUT and (address := _number(_first(form, "To"), country_code)):
            yield Blocked(event=name, at=now, address=address)


def _number(text: str, country_code: str) -> str:
    try:
        return phone_number(text, country_code)
    except ValueError:
        return ""


def _first(form: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(form.get(name, ())), "")
