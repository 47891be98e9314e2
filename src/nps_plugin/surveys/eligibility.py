"""Whether a person is asked about a closure: the reasons that are final at closing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from ..config.secret import Secret, keyed_digest
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
    earlier: Sequence[Client] = (),
    sampled: bool = True,
    now: datetime,
) -> NotAsked | None:
    """The first reason that applies, or None where the question is to be planned.

    ``earlier`` are the closure's respondents before this one, ``sampled`` is what :func:`in_sample` says.
    """
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
    if any(_same(client, one) for one in earlier):
        return NotAsked(reason=NotAskedReason.DUPLICATE)
    if not sampled:
        return NotAsked(reason=NotAskedReason.SAMPLED_OUT)
    return None


def in_sample(tenant: Tenant, closed: ClosedTicket, secrets: Sequence[Secret]) -> bool:
    """Whether the ticket is in the share that is asked about: always the same for one ticket, and nothing that an agent
    who does not know the page's secret could foresee."""
    if tenant.ask.sample >= 1:
        return True
    drawn = keyed_digest(secrets[0], f"sample {tenant.name}", f"{closed.host}\0{closed.ticket}")
    return int(drawn[:16], 16) < tenant.ask.sample * 2**64


def _same(one: Client, other: Client) -> bool:
    """Whether two respondents of a closure are one person, or share one mailbox."""
    if one.key == other.key or (one.email and one.email.casefold() == other.email.casefold()):
        return True
    if one.id and other.id:
        # two people may share an office's telephone
        return False
    return any(getattr(one, kind) and getattr(one, kind) == getattr(other, kind) for kind in ("phone", "telegram"))
