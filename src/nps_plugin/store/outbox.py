"""The outbox: a row per news and subscriber, written with the fact, kept until the subscriber has heard.

News of one kind about one closure reaches a subscriber in the order of its revisions: a row waits for the earlier ones.
A row ends untold only where its subscriber was removed, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, exists, func, insert, select, update

from ..model import Untold
from .ids import new_id
from .tables import closures, outbox

#: Waits between the tries, then the last one for ever: nothing is lost, however long a subscriber is broken.
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 720))
#: How long one telling may take before another process may try it too.
LEASE = timedelta(minutes=2)

_UNTOLD = outbox.c.told_at.is_(None) & outbox.c.ended_at.is_(None)


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
    """Write one news for every subscriber. In the transaction of the fact, so that neither is without the other.

    ``subscribers``: their names; a mapping also says of each whether a process handed it over (see ``tables.outbox``).
    """
    given = subscribers if isinstance(subscribers, Mapping) else dict.fromkeys(subscribers, False)
    # a tenant's webhook hears its own tenant's news only
    given = {name: by for name, by in given.items() if not name.startswith("webhook ") or name == f"webhook {tenant}"}
    if not given:
        return
    ours = {"tenant_id": tenant, "host": host, "ticket": ticket, "closure": closure}
    if connection.dialect.name != "sqlite":
        # two respondents of one closure may answer at once: without an order they would get one revision
        connection.execute(select(closures.c.closure).filter_by(**ours).with_for_update(key_share=True))
    last = connection.execute(select(func.max(outbox.c.revision)).filter_by(**ours, kind=kind)).scalar()
    event = new_id(now)
    rows = [
        ours
        | {
            "event": event,
            "subscriber": name,
            "given": by_process,
            "kind": kind,
            "revision": (last or 0) + 1,
            "about": about,
            "at": now,
            "due_at": now,
        }
        for name, by_process in given.items()
    ]
    connection.execute(insert(outbox), rows)


def claim(connection: Connection, now: datetime, loaded: Iterable[str]) -> Row | None:
    """The next due row of the subscribers that are loaded here, ours for the time of a lease; None where none is due.

    One at a time, so that a slow subscriber uses up its own lease only.
    """
    earlier = outbox.alias("earlier")
    same = ("tenant_id", "subscriber", "kind", "host", "ticket", "closure")
    before_it = exists().where(
        and_(*(earlier.c[name] == outbox.c[name] for name in same)),
        earlier.c.revision < outbox.c.revision,
        earlier.c.told_at.is_(None),
        earlier.c.ended_at.is_(None),
    )
    due = _UNTOLD & (outbox.c.due_at <= now) & outbox.c.subscriber.in_(list(loaded))
    row = connection.execute(
        select(outbox)
        .where(due, ~before_it)
        .order_by(outbox.c.at, outbox.c.kind, outbox.c.revision)
        .limit(1)
        .with_for_update(skip_locked=True, of=outbox)
    ).first()
    if row is None:
        return None
    claimed = Row(
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
    connection.execute(update(outbox).where(_key(claimed)).values(due_at=now + LEASE, attempts=row.attempts + 1))
    return claimed


def told(connection: Connection, row: Row, now: datetime, signs: Sequence[str] = ()) -> None:
    """The subscriber has heard; of a verdict, with which signs, so that only others are told later."""
    about = {"about": {**row.about, "signs": [*signs]}} if signs else {}
    connection.execute(update(outbox).where(_key(row)).values(told_at=now, error="", **about))


def failed(connection: Connection, row: Row, now: datetime, error: str) -> None:
    """The subscriber failed; it is told again later. ``error`` holds no message: see :func:`~nps_plugin.errors.trail`.

    A row that another process told meanwhile, since our lease was over, stays told.
    """
    wait = WAITS[min(row.attempts, len(WAITS) - 1)]
    connection.execute(
        update(outbox).where(_key(row), outbox.c.told_at.is_(None)).values(due_at=now + wait, error=error[:500])
    )


def end_removed(connection: Connection, subscribers: Iterable[str], now: datetime) -> dict[str, int]:
    """End the untold news of subscribers that the configuration named once and names no more; how much of each.

    News of a subscriber that another process handed over stays: this one cannot know whether that process is gone.
    """
    gone = _UNTOLD & outbox.c.given.is_(False) & outbox.c.subscriber.not_in(list(subscribers))
    names = connection.execute(select(outbox.c.subscriber).where(gone).distinct()).scalars().all()
    return {name: end(connection, name, now) for name in names}


def end(connection: Connection, subscriber: str, now: datetime) -> int:
    """End the untold news of one subscriber: it will not be told, and stays to be counted. How much there was."""
    mine = _UNTOLD & (outbox.c.subscriber == subscriber)
    return connection.execute(update(outbox).where(mine).values(ended_at=now)).rowcount


def waiting(connection: Connection, now: datetime, loaded: Iterable[str]) -> int:
    """How many rows are due to subscribers that are not loaded in this process."""
    due = _UNTOLD & (outbox.c.due_at <= now) & outbox.c.subscriber.not_in(list(loaded))
    return int(connection.execute(select(func.count()).select_from(outbox).where(due)).scalar_one())


def untold(connection: Connection) -> list[Untold]:
    """What is untold or was ended, by subscriber, sorted by name."""
    open_ = case((_UNTOLD, 1), else_=0)
    failures = case((_UNTOLD & (outbox.c.error != ""), 1), else_=0)
    ended = case((outbox.c.ended_at.is_not(None), 1), else_=0)
    rows = connection.execute(
        select(
            outbox.c.subscriber,
            func.max(case((outbox.c.given, 1), else_=0)).label("given"),
            func.sum(open_).label("untold"),
            func.sum(failures).label("failed"),
            func.sum(ended).label("ended"),
            func.min(case((_UNTOLD, outbox.c.at))).label("since"),
        )
        .where(outbox.c.told_at.is_(None))
        .group_by(outbox.c.subscriber)
        .order_by(outbox.c.subscriber)
    )
    return [Untold(**(dict(row._mapping) | {"given": bool(row.given)})) for row in rows]


def _key(row: Row) -> Any:
    return (outbox.c.tenant_id == row.tenant) & (outbox.c.event == row.event) & (outbox.c.subscriber == row.subscriber)
