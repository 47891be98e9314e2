"""Names as every engine can keep them: PostgreSQL knows the length of its columns and refuses NUL, SQLite neither."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

#: Characters of a column for names; see :data:`~nps_plugin.store.tables.NAME`.
NAME_LENGTH = 255
#: Bytes of one in UTF-8: five names of a closing stand in one row of an index, of which PostgreSQL takes 2704 bytes.
NAME_BYTES = 460
#: NUL, which PostgreSQL refuses, and lone surrogates, which are no text in UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without the characters that no database keeps."""
    return _UNSTORABLE.sub("", text)


def with_storable(thing: T) -> T:
    """A frozen dataclass with its texts as :func:`storable` leaves them."""
    given = {field.name: getattr(thing, field.name) for field in fields(thing)}
    clean: dict[str, Any] = {
        name: storable(text) for name, text in given.items() if type(text) is str and storable(text) != text
    }
    return replace(thing, **clean) if clean else thing


def fitting(name: str, limit: int = NAME_LENGTH) -> str:
    """The name itself where it can be kept, else its beginning and a digest of the whole.

    One name always becomes the same and two never become one, so that every door finds the ticket again.
    """
    kept = storable(name)
    if kept == name and len(name) <= limit and (name.isascii() or len(name.encode()) <= NAME_BYTES):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{beginning(kept, limit, len(digest) + 1)}~{digest}"


def beginning(text: str, limit: int, room: int = 0) -> str:
    """As much of a text as a column for names takes, with room for so many characters of ASCII after it."""
    return text[: limit - room].encode()[: NAME_BYTES - room].decode(errors="ignore")
