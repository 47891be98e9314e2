"""Turning the library's frozen results into plain, JSON-ready values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any


class Plain:
    """A mixin for frozen dataclasses: ``to_dict()`` gives only dicts, lists, strings, numbers, booleans and None."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields by name. Times become ISO 8601 strings, durations seconds, enums their values."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self) if f.name[0] != "_"}  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """One value as JSON-ready data; see :class:`Plain`."""
    if isinstance(value, Plain):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name[0] != "_"}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [plain(item) for item in value]
    return value
