"""Marks of a client's addresses: whether one changed can be seen of two of them, and what it is of neither."""

from __future__ import annotations

from ..config.secret import Secret, keyed_digest
from ..model import Client

#: In their order in a mark; each takes ``WIDTH`` characters after the ``KEY`` of the secret's own.
KINDS = ("email", "phone", "telegram")
KEY, WIDTH = 4, 12
NONE = "-" * WIDTH


def address_marks(secret: Secret, tenant: str, client: Client) -> str:
    """Keyed digests of the addresses, cut short, behind a mark of the secret: 40 characters; "" without an address.

    Digests by another secret cannot be compared; the mark of the secret tells.
    """
    given = [getattr(client, kind).strip() for kind in KINDS]
    if not any(given):
        return ""
    given[0] = given[0].casefold()
    marks = (keyed_digest(secret, f"address {tenant}", one)[:WIDTH] if one else NONE for one in given)
    return keyed_digest(secret, f"address {tenant}", "")[:KEY] + "".join(marks)


def changed_kinds(before: str, now: str) -> tuple[str, ...]:
    """Which kinds of address two marks know both and differ in; none where they are by different secrets."""
    if not before or not now or before[:KEY] != now[:KEY]:
        return ()
    parts = [slice(KEY + WIDTH * place, KEY + WIDTH * (place + 1)) for place in range(len(KINDS))]
    return tuple(
        kind
        for kind, at in zip(KINDS, parts, strict=True)
        if NONE not in (before[at], now[at]) and before[at] != now[at]
    )
