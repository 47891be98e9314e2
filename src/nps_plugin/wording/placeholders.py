"""Named places in a tenant's own texts: a name in braces and nothing else, no template code, no format."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: What a tenant's text may name.
PLACEHOLDERS = ("ticket", "subject", "brand")
_BRACED = re.compile(r"\{([^{}]*)\}|[{}]")


def check_placeholders(text: str) -> None:
    """Raise ``ValueError``, naming the allowed places, for any other use of braces in the text."""
    allowed = ", ".join("{" + name + "}" for name in PLACEHOLDERS)
    for match in _BRACED.finditer(text):
        if match.group(1) not in PLACEHOLDERS:
            raise ValueError(f"{match.group(0)!r} is not a placeholder; allowed are {allowed}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled. What is filled in is never read again, so a value cannot name a place.

    Raises ``ValueError`` as :func:`check_placeholders`, ``KeyError`` for an allowed place without a value.
    """
    check_placeholders(text)
    return _BRACED.sub(lambda match: values[match.group(1)], text)
