"""The outbox: a row per news and subscriber, written with the fact, kept until the subscriber has heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from .ids import new_id
from .tables import outbox

#: Waits between the tries, then the last one for ever: nothing is lost, however long a subscriber is broken.
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 720))
#: How long a telling may take before another process may try it too.
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Row:
    """News that is due to one subscriber."""

    tenant: str
    event: str
    subscriber: str
    kind: str
    host: str
    ticket: str
    closure: int
    revision: int
    about: Mapping[str, Any]
    at: datetime
    attempts: int


def put(
    connection: Connection,
    subscribers: Iterable[str],
    *,
    kind: str,
    tenant: str,
    host: str,
    ticket: str,
    closure: int,
    now: datetime,
    **about: Any,
) -> None:
    """Write one news for every subscriber. In the transaction of the fact, so that neither is without the other."""
    names = tuple(subscribers)
    if not names:
        return
    same = (
        (outbox.c.tenant_id == tenant)
        & (outbox.c.host == host)
        & (outbox.c.ticket == ticket)
        & (outbox.c.closure == closure)
        & (outbox.c.kind == kind)
    )
    last = connection.execute(select(func.max(outbox.c.revision)).where(same)).scalar()
    event = new_id(now)
    rows = [
        {
            "tenant_id": tenant,
            "event": event,
            "subscriber": name,
            "kind": kind,
            "host": host,
            "ticket": ticket,
            "closure": closure,
            "revision": (last or 0) + 1,
            "about": about,
            "at": now,
            "due_at": now,
        }
        for name in names
    ]
    connection.execute(insert(outbox), rows)


def claim(connection: Connection, now: datetime, loaded: Iterable[str], limit: int) -> list[Row]:
    """Take due rows of the subscribers that are loaded here; they are ours for the time of a lease."""
    due = (outbox.c.told_at.is_(None)) & (outbox.c.due_at <= now) & (outbox.c.subscriber.in_(list(loaded)))
    query = (
        select(outbox)
        .where(due)
        .order_by(outbox.c.at, outbox.c.kind, outbox.c.revision)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = [
        Row(
            tenant=row.tenant_id,
            event=row.event,
            subscriber=row.subscriber,
            kind=row.kind,
            host=row.host,
            ticket=row.ticket,
            closure=row.closure,
            revision=row.revision,
            about=row.about,
            at=row.at,
            attempts=row.attempts,
        )
        for row in connection.execute(query)
    ]
    for row in rows:
        connection.execute(update(outbox).where(_key(row)).values(due_at=now + LEASE, attempts=outbox.c.attempts + 1))
    return rows


def told(connection: Connection, row: Row, now: datetime) -> None:
    """The subscriber has heard."""
    connection.execute(update(outbox).where(_key(row)).values(told_at=now, error=""))


def failed(connection: Connection, row: Row, now: datetime, error: str) -> None:
    """The subscriber failed; it is told again later."""
    wait = WAITS[min(row.attempts, len(WAITS) - 1)]
    connection.execute(update(outbox).where(_key(row)).values(due_at=now + wait, error=error))


def waiting(connection: Connection, now: datetime, loaded: Iterable[str]) -> int:
    """How many rows are due to subscribers that are not loaded in this process."""
    due = (outbox.c.told_at.is_(None)) & (outbox.c.due_at <= now) & (outbox.c.subscriber.not_in(list(loaded)))
    return int(connection.execute(select(func.count()).select_from(outbox).where(due)).scalar_one())


def _key(row: Row) -> Any:
    return (outbox.c.tenant_id == row.tenant) & (outbox.c.event == row.event) & (outbox.c.subscriber == row.subscriber)
