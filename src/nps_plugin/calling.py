"""The methods of ``Ratings`` about calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Base

if TYPE_CHECKING:
    from .followups import Calls


class Calling(Base):
    """What ``Ratings`` inherits: the operator's queue."""

    @property
    def calls(self) -> Calls:
        """The operator's queue of calls; see docs/calls.md."""
        from .followups import Calls

        parts = self._parts
        return Calls(
            store=parts.store,
            clock=parts.clock,
            secrets=parts.settings.page.secrets,
            tenant=self._tenant,
            subscribers=lambda: parts.subscribers,
            offer=self._offer,
        )
