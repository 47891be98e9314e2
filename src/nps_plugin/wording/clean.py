"""Text from elsewhere (ticket subjects, brands, comments) made harmless to show."""

from __future__ import annotations

import re

#: Controls that reorder what follows them, so that a text could pretend to be another; and what HTML and mail forbid.
_BIDI = "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_UNKEPT = re.compile(f"[{_CONTROLS}\ufffe\uffff\ud800-\udfff]")
_HIDDEN = re.compile(f"[{_CONTROLS}{_BIDI}\ufeff\ufffe\uffff\ud800-\udfff]")
_BREAKS = re.compile("[\\s\u2028\u2029]+")


def kept_text(text: str, limit: int | None = None) -> str:
    """Text as it is stored: as it was written, but for what no database and no page can hold; line ends become ``\\n``.

    Bidi controls stay, since right-to-left writing needs some; :func:`clean_text` takes them out where it is shown.
    """
    plain = _UNKEPT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain if limit is None else plain[:limit]


def clean_text(text: str, limit: int | None = None) -> str:
    """Text of several lines without control characters, bidi controls and lone surrogates; line ends become ``\\n``."""
    plain = _HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain if limit is None else plain[:limit]


def clean_line(text: str, limit: int | None = None) -> str:
    """Text of one line: as :func:`clean_text`, every run of white space one blank. Fit for a header or a title.

    Cut at ``limit`` characters, the last of them an ellipsis.
    """
    line = _HIDDEN.sub("", _BREAKS.sub(" ", text)).strip()
    if limit is not None and len(line) > limit:
        return line[: limit - 1].rstrip() + "…"
    return line
