"""What every part of ``Ratings`` stands on: the tenants that there are, and the news offered after an answer."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from .errors import UnknownTenant, trail

if TYPE_CHECKING:
    from .assembly import Parts
    from .config import Tenant

log = logging.getLogger(__name__)


class Base:
    """What ``Ratings`` and those that it inherits from share."""

    _parts: Parts
    _strict: bool
    _counts: Counter[str]

    def _tenant(self, name: object) -> Tenant:
        tenant = self._parts.settings.tenants.get(name) if isinstance(name, str) else None
        if tenant is None or not tenant.enabled:
            there = ", ".join(self._parts.enabled) or "none"
            raise UnknownTenant(f"no enabled tenant {shown(name)} is configured; enabled are: {there}")
        return tenant

    def _offer(self) -> None:
        """Tell what is untold to the subscribers in this process; what fails waits for the worker."""
        try:
            self._parts.tell(limit=20)
        except Exception as error:  # the answer is stored; the worker tells the rest
            if self._strict:
                raise
            self._counts["offer_failed"] += 1
            log.error("news could not be offered; the worker will tell it: %s", trail(error))  # noqa: TRY400


def shown(value: object) -> str:
    """A value that a host handed in, short, whatever it is."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a host's object may fail in any way
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 80 else text[:77] + "..."
