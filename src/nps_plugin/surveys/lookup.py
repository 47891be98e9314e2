"""What a closing needs to know before it is written, in one question to the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, func, literal, select

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
# of two reasons "forgotten" wins, and comes first in the alphabet too
_suppressed = (
    select(func.min(suppressions.c.why))
    .where(
        suppressions.c.tenant_id == bindparam("tenant"), suppressions.c.digest.in_(bindparam("digests", expanding=True))
    )
    .scalar_subquery()
)
_by_newest = exists().where(
    suppressions.c.tenant_id == bindparam("tenant"), suppressions.c.digest.in_(bindparam("newest", expanding=True))
)
_QUESTION = select(
    _last_reopening.label("reopenings"),
    _suppressed.label("suppressed"),
    _by_newest.label("by_newest"),
    clients.c.client,
    *(clients.c[name] for name in _PROFILE),
).select_from(
    _one.outerjoin(clients, (clients.c.tenant_id == bindparam("tenant")) & (clients.c.key == bindparam("key")))
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What stands about a ticket and its client before a closing."""

    reopenings: int
    #: why the client must not be asked, see ``store.persons``; None where nothing is known against it
    suppressed: str | None
    #: whether that stands under the newest secret too
    by_newest: bool
    #: the client's surrogate key, where the person is known and nothing about them has changed
    person: str | None


def look_up(connection: Connection, closed: ClosedTicket, digests: Sequence[str], newest: Sequence[str]) -> Known:
    """Ask. ``digests``: the keyed hashes under which the client may be suppressed, ``newest``: those of the newest
    secret."""
    client = closed.client or Client()
    values = {"tenant": closed.tenant, "host": closed.host, "ticket": closed.ticket, "key": client.key}
    row = connection.execute(_QUESTION, values | {"digests": list(digests), "newest": list(newest)}).one()
    same = all(not getattr(client, name) or getattr(row, name) == getattr(client, name) for name in _PROFILE)
    return Known(
        reopenings=row.reopenings or 0,
        suppressed=row.suppressed,
        by_newest=bool(row.by_newest),
        person=row.client if client.key and row.client is not None and same else None,
    )
