"""What a gateway says: tests of a reply, and values taken out of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nps_plugin import HttpReply

#: Characters of a reply that are looked at.
LOOKED_AT = 65536


@dataclass(frozen=True, kw_only=True)
class Test:
    """A test of a reply; all that is given must hold. ``json`` is a path such as ``sms.0.status``."""

    __test__ = False

    status: tuple[int, ...] = ()
    json: str = ""
    equals: tuple[str, ...] = ()
    starts_with: str = ""
    matches: re.Pattern[str] | None = None

    def holds(self, reply: HttpReply, charset: str, filled: Callable[[str], str] = str) -> bool:
        """Whether it does; ``filled`` replaces the placeholders of a path."""
        if self.status and reply.status not in self.status:
            return False
        text: str | None = text_of(reply, charset)
        if self.json:
            text = said(reply.json(), filled(self.json))
        if text is None or (self.equals and text not in self.equals):
            return False
        return text.startswith(self.starts_with) and (self.matches is None or self.matches.search(text) is not None)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What a reply means that passes ``test``: ``then`` is final, retry or down."""

    test: Test
    then: str
    reason: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Where a value stands in a reply: at a JSON path, or in the first group of a regular expression."""

    json: str = ""
    matches: re.Pattern[str] | None = None

    def of(self, reply: HttpReply, charset: str, filled: Callable[[str], str] = str) -> str:
        """The value; "" where it is not there."""
        text = said(reply.json(), filled(self.json)) if self.json else text_of(reply, charset)
        if text is None or self.matches is None:
            return text or ""
        found = self.matches.search(text)
        return (found[1] if found.re.groups else found[0]) or "" if found else ""


def text_of(reply: HttpReply, charset: str) -> str:
    """The beginning of a reply's body as text, without space around."""
    return reply.body[: LOOKED_AT * 4].decode(charset, "replace")[:LOOKED_AT].strip().removeprefix("\ufeff")


def at(value: Any, path: str) -> Any:
    """What stands at a path, such as ``messages.0.id``; None where nothing does."""
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and int(step[:6]) < len(value):
            value = value[int(step[:6])]
        else:
            return None
    return value


def said(value: Any, path: str = "") -> str | None:
    """A plain value as text: ``true``, ``null`` and numbers as JSON writes them; None for what is not there, or no
    plain value."""
    found = at(value, path) if path else value
    if isinstance(found, bool):
        return str(found).lower()
    return str(found).strip() if isinstance(found, str | int | float) else None
