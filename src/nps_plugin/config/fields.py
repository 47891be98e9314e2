"""The kinds of value that the configuration holds. Each error says what was expected, never what a secret was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import getaddresses
from ipaddress import ip_network
from itertools import pairwise
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields

from ..model import Band
from .secret import Secret, read_secret

LOCALES = ("en", "ru")
_UNITS = {"y": 31536000, "w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
#: Longer ones would lead out of the calendar.
_LONGEST = timedelta(days=36500)
LOGOS = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Text(fields.Field[str]):
    """Text; numbers are not silently turned into it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"expected text in quotes, got {_kind(value)}")
        return value


class Word(Text):
    """Text or a whole number, as help-desks name priorities."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return super()._deserialize(value, attr, data)


class Words(fields.Field[tuple[str, ...]]):
    """A list of texts; one text stands for a list of one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[str, ...]:
        items = value if isinstance(value, (list, tuple)) else [value]
        word = Word()
        try:
            return tuple(str(word.deserialize(item)) for item in items)
        except ValidationError:
            raise ValidationError('expected a list of texts, such as ["one", "two"]') from None


class Switch(fields.Field[bool]):
    """true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"expected true or false, got {_kind(value)}")
        return value


class Whole(fields.Field[int]):
    """A whole number within limits."""

    def __init__(self, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValidationError(f"expected a whole number from {self.low} to {self.high}")
        return value


class Share(fields.Field[float]):
    """A share from 0 to 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise ValidationError("expected a share from 0 to 1, such as 0.25")
        return float(value)


class Refused(fields.Field[None]):
    """A key that people may expect and that is refused on purpose; the error says why."""

    def __init__(self, why: str, **options: Any) -> None:
        super().__init__(**options)
        self.why = why

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> None:
        raise ValidationError(self.why)


class Choice(Text):
    """One of a few words, with the nearest right one where it is misspelt."""

    def __init__(self, *words: str, **options: Any) -> None:
        super().__init__(**options)
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        text = super()._deserialize(value, attr, data)
        if text not in self.words:
            raise ValidationError(f"expected one of {', '.join(self.words)}{nearest(text, self.words)}")
        return text


class Length(fields.Field[timedelta]):
    """A length of time: "90m", "4h", "3d", "1d12h", "2y" (of 365 days); a timedelta from a mapping."""

    def __init__(self, *, zero: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.zero = zero

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> timedelta:
        if isinstance(value, timedelta):
            length = value
        elif isinstance(value, str) and re.fullmatch(r"(\d{1,6}[ywdhms])+", value):
            length = timedelta(seconds=sum(int(n) * _UNITS[u] for n, u in re.findall(r"(\d+)([ywdhms])", value)))
        else:
            raise ValidationError('expected a length of time such as "30m", "4h", "3d" or "1d12h"')
        if length > _LONGEST:
            raise ValidationError("expected a length of time of at most a hundred years")
        if length < timedelta(0) or (not self.zero and not length):
            raise ValidationError("expected a length of time greater than zero")
        return length


class Zone(fields.Field[ZoneInfo]):
    """A time zone by its IANA name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> ZoneInfo:
        try:
            return ZoneInfo(value)
        except (KeyError, ValueError, TypeError, OSError):
            raise ValidationError(f'expected an IANA time zone such as "Europe/Moscow", not {value!r}') from None


class Locales(fields.Field[Mapping[str, str]]):
    """Text by language: { ru = "...", en = "..." }; one text alone serves both."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Mapping[str, str]:
        if isinstance(value, str) and value.strip():
            return dict.fromkeys(LOCALES, value)
        if not isinstance(value, Mapping) or not value:
            raise ValidationError('expected text by language, such as { ru = "...", en = "..." }')
        for locale, text in value.items():
            if locale not in LOCALES:
                raise ValidationError(f"language {locale!r}: expected one of {', '.join(LOCALES)}")
            if not isinstance(text, str) or not text.strip():
                raise ValidationError(f"language {locale}: expected text that is not empty")
        return dict(value)


class Colour(fields.Field[str]):
    """#rgb or #rrggbb; always #rrggbb in the end."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", value):
            raise ValidationError('expected a colour such as "#0a6" or "#00aa66"')
        digits = value[1:].lower()
        return "#" + (digits if len(digits) == 6 else "".join(d * 2 for d in digits))


class Address(Text):
    """A mailbox: "Acme <support@acme.example>"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        text = super()._deserialize(value, attr, data)
        found = getaddresses([text])
        address = found[0][1] if len(found) == 1 else ""
        one = re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", address)
        if one is None or re.search(r"[\x00-\x1f\x7f]", text):
            raise ValidationError('expected a mail address such as "Acme <support@acme.example>"')
        return text


class WebAddress(Text):
    """Where the rating page stands: scheme, host and path."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        text = super()._deserialize(value, attr, data)
        url = urlsplit(text)
        plain = re.fullmatch(r"[A-Za-z0-9:/._~%\[\]-]+", text)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or not plain:
            raise ValidationError('expected an address such as "https://help.example.org/rate"')
        return text


class Network(Text):
    """An address or network of a proxy."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        text = super()._deserialize(value, attr, data)
        try:
            ip_network(text, strict=False)
        except ValueError:
            raise ValidationError('expected an address or network such as "10.0.0.0/8"') from None
        return text


class PictureFile(Text):
    """The name of a picture file of a kind that pages and mails can show."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        text = super()._deserialize(value, attr, data)
        if PurePath(text).suffix.lower() not in LOGOS:
            raise ValidationError(f"expected a file ending in {', '.join(LOGOS)}")
        return text


class RateOf(fields.Field[tuple[int, timedelta]]):
    """So many in so much time: "30/s", "100/m", "500/h", "1000/d"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[int, timedelta]:
        match = re.fullmatch(r"([1-9]\d{0,5})/([smhd])", value) if isinstance(value, str) else None
        if match is None:
            raise ValidationError('expected a rate such as "30/s", "100/m", "500/h" or "1000/d"')
        return int(match[1]), timedelta(seconds=_UNITS[match[2]])


class Files(fields.Field[Mapping[str, str]]):
    """A file by language: { ru = "a.wav", en = "b.wav" }."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Mapping[str, str]:
        if not isinstance(value, Mapping) or not value:
            raise ValidationError('expected a file by language, such as { ru = "loan.wav", en = "loan-en.wav" }')
        for locale, name in value.items():
            if locale not in LOCALES:
                raise ValidationError(f"language {locale!r}: expected one of {', '.join(LOCALES)}")
            if not isinstance(name, str) or not name.strip():
                raise ValidationError(f"language {locale}: expected the name of a file")
        return dict(value)


class MenuKeys(fields.Field[Mapping[str, str]]):
    """The keys of a telephone and the reason that each stands for: { 1 = "speed", 2 = "errors" }."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Mapping[str, str]:
        if not isinstance(value, Mapping) or not value:
            raise ValidationError('expected a reason by key, such as { 1 = "speed", 2 = "errors" }')
        for key, reason in value.items():
            if not re.fullmatch(r"[0-9]", str(key)) or not isinstance(reason, str):
                raise ValidationError(f"key {key!r:.20}: expected one digit and the code of a reason")
        return {str(key): reason for key, reason in value.items()}


class Name(Text):
    """A name that stands in addresses and keys."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        text = super()._deserialize(value, attr, data)
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
            raise ValidationError("expected a name of at most 64 letters, digits, '.', '_' and '-'")
        return text


class SecretRef(fields.Field[Secret]):
    """A reference to a secret."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Secret:
        try:
            secret = read_secret(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if len(secret.reveal()) < 16:
            raise ValidationError("expected a secret of at least 16 characters")
        return secret


class Bands(fields.Field[frozenset[Band]]):
    """Some of satisfied, neutral, dissatisfied."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> frozenset[Band]:
        try:
            if isinstance(value, str):
                raise ValueError
            return frozenset(Band(item) for item in value)
        except (ValueError, TypeError):
            raise ValidationError(f"expected a list of {', '.join(Band)}") from None


class Hours(fields.Field[Mapping[int, tuple[tuple[int, int], ...]]]):
    """Working hours: { mon-fri = "09:00-13:00, 14:00-18:00", sat = "10:00-15:00" } -> minutes by weekday."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **_: Any
    ) -> Mapping[int, tuple[tuple[int, int], ...]]:
        if not isinstance(value, Mapping) or not value:
            raise ValidationError('expected working hours such as { mon-fri = "09:00-18:00" }')
        week: dict[int, tuple[tuple[int, int], ...]] = {}
        for days, text in value.items():
            for day in _days(str(days)):
                if day in week:
                    raise ValidationError(f"{_DAYS[day]} is given twice")
                week[day] = _spans(str(days), text)
        return week


class DayHours(fields.Field[tuple[tuple[int, int], ...]]):
    """Hours of every day: "10:00-19:00" or "10:00-13:00, 14:00-19:00" -> minutes since midnight."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[tuple[int, int], ...]:
        return _spans("every day", value)


def _days(text: str) -> list[int]:
    first, _, last = text.lower().partition("-")
    if first not in _DAYS or (last and last not in _DAYS):
        raise ValidationError(f"day {text!r}: expected mon, tue, wed, thu, fri, sat, sun or a range such as mon-fri")
    start = _DAYS.index(first)
    return [(start + n) % 7 for n in range((_DAYS.index(last) - start) % 7 + 1)] if last else [start]


def _spans(days: str, text: Any) -> tuple[tuple[int, int], ...]:
    spans = []
    for part in text.split(",") if isinstance(text, str) else [""]:
        match = re.fullmatch(r"\s*(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)\s*", part)
        if match is None:
            raise ValidationError(f'{days}: expected hours such as "09:00-18:00", got {text!r}')
        a, b, c, d = map(int, match.groups())
        start, end = a * 60 + b, c * 60 + d
        if b > 59 or d > 59 or not start < end <= 1440:
            raise ValidationError(f"{days}: {part.strip()} does not run from an earlier to a later time of one day")
        spans.append((start, end))
    spans.sort()
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        raise ValidationError(f"{days}: the hours overlap")
    return tuple(spans)


def nearest(word: str, words: Any) -> str:
    """The nearest known word as "; did you mean 'x'?", or nothing where none is near."""
    import difflib

    close = difflib.get_close_matches(str(word), list(words), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "a list"
    return {"bool": "true/false", "int": "a number", "float": "a number"}.get(
        type(value).__name__, type(value).__name__
    )
