"""A score in a text that a client wrote."""

from __future__ import annotations

import re

from ..model import Scale

#: A value at the start of a text, not a part of a longer number, a date or a share.
_VALUE = re.compile(r"\s*(\d{1,3})(?![\d]|[.,/:-]\d)", re.ASCII)


def score_in(text: str, scale: Scale) -> tuple[int | None, str]:
    """The score that starts a text, and the words after it: "5, great" is (5, "great"); with none of the scale, (None,
    the text)."""
    match = _VALUE.match(text)
    if match is None or not scale.low <= int(match[1]) <= scale.high:
        return None, text.strip()
    rest = text[match.end() :].lstrip("\ufe0f\u20e3 \t\n,.;:!)-–—")
    return int(match[1]), rest.strip()
