"""What is seen on one ticket: a sign that work may have been done for the clock, with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .plain import Plain
from .standings import Sign


@dataclass(frozen=True, kw_only=True)
class SeenSign(Plain):
    """One sign on one closure.

    ``seen`` holds what it was seen by, in numbers, ids and names of the host's own (durations in seconds; docs/traps.md
    lists the keys), and ``sentence`` says it in the tenant's language. ``charged``: whose work it is a reason to look
    at; for ``bouncing`` those who passed the ticket on, else who is credited.
    """

    sign: Sign
    charged: tuple[str, ...] = ()
    seen: Mapping[str, float | int | str] = field(default_factory=lambda: MappingProxyType({}))
    sentence: str = ""
