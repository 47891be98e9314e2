"""What a host asks for: the body of ``POST /calls``, checked as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .recordings import Recording, RecordingRefused, Recordings

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_CALLER = re.compile(r"[+A-Za-z0-9._*-]{0,40}")
_KEYS = re.compile(r"[0-9*#]{1,12}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class OrderRefused(Exception):
    """A call that is not made: with the status of HTTP that says so."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Menu:
    """The second question: after which keys it is asked, and which key is which reason."""

    after: frozenset[str]
    recording: Recording
    keys: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Order:
    """One call that is to be made."""

    call: str
    to: str = field(repr=False)
    caller: str = ""
    hook: str
    locale: str = ""
    service: str = ""
    recording: Recording
    thanks: Recording | None = None
    again: Recording | None = None
    keys: frozenset[str]
    wait: float = 8.0
    repeat: int = 1
    ring: float = 30.0
    menu: Menu | None = None

    def to_plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {key: _plain(value) for key, value in vars(self).items()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Order:
        """What :meth:`to_plain` gave."""
        found = {key: _recording(plain[key]) for key in ("recording", "thanks", "again")}
        menu = plain["menu"] and Menu(
            after=frozenset(plain["menu"]["after"]),
            keys=frozenset(plain["menu"]["keys"]),
            recording=_recording(plain["menu"]["recording"]),
        )
        return cls(**{**plain, **found, "keys": frozenset(plain["keys"]), "menu": menu})


def _plain(value: Any) -> Any:
    match value:
        case frozenset():
            return sorted(value)
        case Recording() | Menu():
            return {key: _plain(one) for key, one in vars(value).items()}
        case Path():
            return str(value)
    return value


def _recording(plain: Any) -> Any:
    return plain and Recording(name=plain["name"], path=Path(plain["path"]), seconds=plain["seconds"])


def read_order(body: bytes, recordings: Recordings, allow: Sequence[str]) -> Order:
    """The order in a body; ``allow``: how numbers that may be called begin.

    Raises :class:`OrderRefused`: 400 for what is no order, with everything that is wrong, and for a number that may not
    be called; 409 for a recording that is not here.
    """
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise OrderRefused(400, "expected a JSON object") from None
    if not isinstance(given, dict):
        raise OrderRefused(400, "expected a JSON object")
    reader = _Reader(given)
    values: dict[str, Any] = {
        "call": reader.text("call", lambda text: 0 < len(text) <= 200, "a text that names the call"),
        "to": reader.text("to", _NUMBER.fullmatch, "a telephone number, such as +79161234567"),
        "caller": reader.text("from", _CALLER.fullmatch, "a number or name of at most 40 characters", ""),
        "hook": reader.text("hook", is_web, "an address with http:// or https://"),
        "locale": reader.text("locale", lambda text: len(text) <= 35 and text.isprintable(), "a language", ""),
        "service": reader.text("service", lambda text: len(text) <= 200 and text.isprintable(), "a name", ""),
        "keys": frozenset(reader.text("keys", _KEYS.fullmatch, "the keys that are scores, such as 0123456789")),
        "wait": reader.number("wait", 8.0, 1, 60),
        "repeat": int(reader.number("repeat", 1, 0, 5, whole=True)),
        "ring": reader.number("ring", 30.0, 1, 180),
    }
    named = {key: reader.recording(given, key, required=key == "recording") for key in ("recording", "thanks", "again")}
    menu = reader.menu()
    if reader.problems:
        raise OrderRefused(400, "; ".join(reader.problems))
    if allow and not values["to"].startswith(tuple(allow)):
        raise OrderRefused(400, "to: numbers that begin like this one are not called from here (trunk.allow)")
    try:
        found: dict[str, Any] = {key: recordings.find(*one) if one else None for key, one in named.items()}
        if menu is not None:
            after, keys, one = menu
            values["menu"] = Menu(after=after, keys=keys, recording=recordings.find(*one))
    except RecordingRefused as error:
        raise OrderRefused(409, str(error)) from None
    return Order(**values, **found)


def call_of(body: bytes) -> str:
    """Which call a body is about; "" where it does not say."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    call = given.get("call") if isinstance(given, dict) else None
    return call if isinstance(call, str) else ""


def is_web(address: str) -> bool:
    """Whether something can be posted there."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and len(address) <= 2000
    except ValueError:
        return False


class _Reader:
    """Takes values out of a mapping and notes what is wrong with them."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.problems: list[str] = []

    def text(self, key: str, right: Any, expected: str, default: str | None = None) -> str:
        value = self.given.get(key, default)
        if isinstance(value, str) and right(value):
            return value
        self.problems.append(f"{key}: expected {expected}")
        return ""

    def number(self, key: str, default: float, low: float, high: float, *, whole: bool = False) -> float:
        value = self.given.get(key, default)
        kinds = (int,) if whole else (int, float)
        if isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.problems.append(f"{key}: expected a {'whole ' if whole else ''}number from {low:g} to {high:g}")
        return default

    def recording(self, where: Mapping[str, Any], key: str, *, required: bool) -> tuple[str, str] | None:
        value = where.get(key)
        if value is None and not required:
            return None
        if isinstance(value, Mapping):
            name, digest = value.get("name"), value.get("sha256")
            if isinstance(name, str) and isinstance(digest, str) and _SHA256.fullmatch(digest):
                return name, digest
        self.problems.append(f'{key}: expected {{"name", "sha256"}}')
        return None

    def menu(self) -> tuple[frozenset[str], frozenset[str], tuple[str, str]] | None:
        value = self.given.get("menu")
        if value is None:
            return None
        if isinstance(value, Mapping):
            after, keys = value.get("after"), value.get("keys")
            one = self.recording(value, "recording", required=True)
            if (
                isinstance(after, str) and _KEYS.fullmatch(after) and isinstance(keys, Mapping) and keys
                and all(len(key) == 1 and _KEYS.fullmatch(key) for key in keys)
            ):  # fmt: skip
                return frozenset(after), frozenset(keys), one or ("", "")
        self.problems.append('menu: expected {"after", "recording", "keys"}')
        return None
