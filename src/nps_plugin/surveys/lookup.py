"""What a closing needs to know before it is written, in one question to the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, select

from ..model import Client, ClosedTicket
from ..store.tables import clients, reopenings, suppressions

_PROFILE = ("name", "email", "phone", "telegram", "locale", "timezone")
_one = select(literal(1).label("one")).subquery("one")
_last_reopening = (
    select(func.max(reopenings.c.closure))
    .where(
        reopenings.c.tenant_id == bindparam("tenant"),
        reopenings.c.host == bindparam("host"),
        reopenings.c.ticket == bindparam("ticket"),
    )
    .scalar_subquery()
)


@lru_cache(maxsize=16)
def _question(digests: int) -> Any:
    """The question for that many digests: one list of parameters of fixed length is cheaper than an expanding one."""
    suppressed = (
        # of two reasons "forgotten" wins, and comes first in the alphabet too
        select(func.min(suppressions.c.why))
        .where(
            suppressions.c.tenant_id == bindparam("tenant"),
            suppressions.c.digest.in_([bindparam(f"digest{n}") for n in range(digests)]),
        )
        .scalar_subquery()
    )
    same_person = (clients.c.tenant_id == bindparam("tenant")) & (clients.c.key == bindparam("key"))
    return select(
        _last_reopening.label("reopenings"),
        suppressed.label("suppressed"),
        clients.c.client,
        *(clients.c[name] for name in _PROFILE),
    ).select_from(_one.outerjoin(clients, same_person))


@dataclass(frozen=True, kw_only=True)
class Known:
    """What stands about a ticket and its client before a closing."""

    reopenings: int
    #: why the client must not be asked, see ``store.persons``; None where nothing is known against it
    suppressed: str | None
    #: the client's surrogate key, where the person is known and nothing about them has changed
    person: str | None


def look_up(connection: Connection, closed: ClosedTicket, digests: Sequence[str]) -> Known:
    """Ask. ``digests``: the keyed hashes under which the client may be suppressed."""
    client = closed.client or Client()
    # an id and three addresses by each secret: padded, so that few different questions are ever compiled
    padded = [*digests, *([""] * (-len(digests) % 4 or (0 if digests else 4)))]
    values = {"tenant": closed.tenant, "host": closed.host, "ticket": closed.ticket, "key": client.key}
    values |= {f"digest{number}": digest for number, digest in enumerate(padded)}
    row = connection.execute(_question(len(padded)), values).one()
    same = all(not getattr(client, name) or getattr(row, name) == getattr(client, name) for name in _PROFILE)
    return Known(
        reopenings=row.reopenings or 0,
        suppressed=row.suppressed,
        person=row.client if client.key and row.client is not None and same else None,
    )
