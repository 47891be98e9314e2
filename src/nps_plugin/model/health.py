"""How the library is doing, for the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .plain import Plain


@dataclass(frozen=True, kw_only=True)
class Health(Plain):
    """What ``check()`` finds. ``problems`` is empty where all is well; each says what to do."""

    #: revision of the tables, None where they are not there
    schema: str | None
    problems: tuple[str, ...]
    #: what this process had to contain or could not do as asked, by kind
    counts: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Whether nothing needs a person."""
        return not self.problems
