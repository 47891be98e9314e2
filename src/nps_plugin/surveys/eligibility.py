"""Whether a person is asked about a closure: the reasons that are final at closing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from ..config.settings import Tenant
from ..model import Client, ClosedTicket, Exclusion, NotAsked, NotAskedReason
from .facts import usable


def not_asked(
    tenant: Tenant,
    closed: ClosedTicket,
    client: Client | None,
    *,
    exclusions: Sequence[Exclusion],
    suppressed: bool,
    now: datetime,
) -> NotAsked | None:
    """The first reason that applies, or None where the question is to be planned."""
    if exclusions:
        return NotAsked(reason=NotAskedReason.EXCLUDED, detail="; ".join(exclusion.why for exclusion in exclusions))
    if client is None or not client.key:
        return NotAsked(reason=NotAskedReason.NO_ADDRESS, detail="the ticket has no client with an id or an address")
    if suppressed:
        return NotAsked(reason=NotAskedReason.OPTED_OUT)
    if client.consent is False:
        return NotAsked(reason=NotAskedReason.NO_CONSENT)
    for pattern in tenant.internal_clients:
        if any(
            fnmatchcase(value.casefold(), pattern.casefold())
            for value in (client.id, client.email, client.organization)
        ):
            return NotAsked(reason=NotAskedReason.INTERNAL_CLIENT, detail=pattern)
    closed_at = usable(closed.closed_at)
    if closed_at is not None and closed_at + tenant.ask.delay + tenant.ask.expires_after <= now:
        return NotAsked(reason=NotAskedReason.TOO_OLD)
    return None
