"""Inline keyboards: the scale, and the reasons three at a time. What a button says back is at most 64 bytes, and holds
all that is needed to go on: nothing is remembered between two taps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nps_plugin import Choice, Point, Reasoned

#: Reasons on the screen at once.
AT_ONCE = 3
#: As many bytes does the Bot API take of what a button says back.
MAX_DATA = 64
#: Longer texts on a button are cut by the application anyway.
_MAX_TEXT = 60
_ROW = 6
_SCORE = re.compile(r"s:(?P<token>[\w-]{22}):(?P<score>-?\d{1,3})", re.ASCII)
_WHY = re.compile(r"r:(?P<token>[\w-]{22})?:(?P<chosen>[0-9a-f]{2})(?P<start>\d):(?P<code>.*)", re.ASCII | re.DOTALL)

Keyboard = dict[str, list[list[dict[str, str]]]]


@dataclass(frozen=True, kw_only=True)
class ReasonTapped(Reasoned):
    """A reason, or none where the client asks for more of them. ``chosen`` has a bit for each reason chosen before, in
    the order in which they are offered; ``start`` is the place among the rest from which to show."""

    chosen: int = 0
    start: int = 0


def scale_keyboard(points: Sequence[Point], token: str) -> Keyboard:
    """One button a point: in a row, named points of a longer scale one below the other, numbers in even rows."""
    if not points:
        return {"inline_keyboard": []}
    named = all_named(points)
    texts = [point.label if named else str(point.score) for point in points]
    rows = 1 if len(points) <= 3 else len(points) if named else -(-len(points) // _ROW)
    width = -(-len(points) // rows)
    buttons = [_button(text, f"s:{token}:{point.score}") for text, point in zip(texts, points, strict=True)]
    return {"inline_keyboard": [buttons[start : start + width] for start in range(0, len(buttons), width)]}


def all_named(points: Sequence[Point]) -> bool:
    """Whether every point has a name of its own, so that buttons need no numbers."""
    return all(point.label and point.label != str(point.score) for point in points)


def reason_keyboard(
    reasons: Sequence[Choice], token: str, more: str, *, chosen: int = 0, start: int = 0
) -> Keyboard | None:
    """The next reasons that are not chosen yet, each in a row, and ``more`` where others are left; None for none."""
    rest = [
        (place, choice)
        for place, choice in enumerate(reasons[:8])
        if not chosen >> place & 1 and _data(token, chosen, start, choice.code) is not None
    ]
    start = start if start < len(rest) else 0
    shown = rest[start : start + AT_ONCE]
    rows = [[_button(choice.text, _data(token, chosen, start, choice.code) or "")] for _, choice in shown]
    if len(rest) > AT_ONCE:
        following = start + AT_ONCE if start + AT_ONCE < len(rest) else 0
        rows.append([_button(more, _data(token, chosen, following, "") or "")])
    return {"inline_keyboard": rows} if rows else None


def with_choice(reasons: Sequence[Choice], tapped: ReasonTapped) -> int:
    """``chosen`` with the reasons of this tap added."""
    bits = (1 << place for place, choice in enumerate(reasons[:8]) if choice.code in tapped.reasons)
    return tapped.chosen | sum(bits)


def read_score(data: str) -> tuple[str, int] | None:
    """(token, score) of a button of the scale; None for another button."""
    found = _SCORE.fullmatch(data)
    return (found["token"], int(found["score"])) if found else None


def read_reason(data: str) -> dict[str, Any] | None:
    """What a button of the reasons says, as fields of :class:`ReasonTapped`; None for another button."""
    found = _WHY.fullmatch(data)
    if found is None:
        return None
    return {
        "token": found["token"] or "",
        "chosen": int(found["chosen"], 16),
        "start": int(found["start"]),
        "reasons": (found["code"],) if found["code"] else (),
    }


def _data(token: str, chosen: int, start: int, code: str) -> str | None:
    """What a button of the reasons says back. A long code leaves no room for the token, and is found by the message;
    one that has no room even so is not offered."""
    texts: Iterator[str] = (f"r:{by}:{chosen:02x}{start}:{code}" for by in (token, ""))
    return next((text for text in texts if len(text.encode()) <= MAX_DATA), None)


def _button(text: str, data: str) -> dict[str, str]:
    return {"text": text[:_MAX_TEXT] or "…", "callback_data": data}
