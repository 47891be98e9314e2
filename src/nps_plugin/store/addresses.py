"""Marks of a client's addresses: whether one changed can be seen of two of them, and what it is of neither."""

from __future__ import annotations

import re
from contextlib import suppress

from ..config.secret import Secret, keyed_digest
from ..model import Client
from ..phones import phone_number

#: In their order in a mark; each takes ``WIDTH`` characters after the ``KEY`` of the secret's own.
KINDS = ("email", "phone", "telegram")
KEY, WIDTH = 4, 12
NONE = "-" * WIDTH
_NUMBER = re.compile(r"\+?[\d\s().-]{5,}\Z", re.ASCII)


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


def same_address(text: str, country_code: str = "") -> str:
    """An address as it is compared with what a provider says: a telephone number by its digits, the rest casefolded.

    A Russian number that begins with 8 is the same one with +7, and one without its country's code that with it, where
    the country is known.
    """
    text = text.strip()
    if not _NUMBER.match(text):
        return text.casefold()
    if country_code:
        with suppress(ValueError):
            text = phone_number(text, country_code)
    digits = "".join(char for char in text if char.isdigit())
    return f"7{digits[1:]}" if len(digits) == 11 and digits[0] == "8" and not text.startswith("+") else digits


def reply_mark(secret: Secret, tenant: str, address: str, country_code: str = "") -> str:
    """The mark of one address by which answers are found that name nothing else; "" for none."""
    plain = same_address(address, country_code)
    return keyed_digest(secret, f"reply {tenant}", plain) if plain else ""


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
