"""The methods of ``Ratings`` about calls and the pages of staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Base

if TYPE_CHECKING:
    from .followups import Calls
    from .web.staff import StaffPages


class Calling(Base):
    """What ``Ratings`` inherits: the operator's queue, and its pages."""

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

    def staff(self, tenant: str, *, user: str, role: str = "operator", locale: str = "") -> StaffPages:
        """The pages of staff for one logged-in person of the host's: call it with a ``Request``, or mount its ``wsgi``.

        The host has checked who ``user`` is and that they belong to ``tenant``; ``role`` is operator or manager, any
        other is shown nothing. ``locale``: the language of the pages, else the browser's. Raises ``UnknownTenant``.
        """
        from .links import Nonces
        from .web.staff import StaffPages

        settings, parts = self._tenant(tenant), self._parts
        nonces = Nonces(parts.settings.page.secrets, parts.clock)
        return StaffPages(self.calls, settings, nonces, parts.clock, user=user, role=role, locale=locale)
