"""Folding: what waits in the queue goes into the counts, each closure's own contribution with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_

from ..config.settings import Tenant
from ..store import standing
from ..store.engine import Store
from ..store.folding import queue_fold, queue_folds
from ..store.tables import counted, fold_queue
from ..store.upsert import add
from .facts import Contribution, Key, before_and_now
from .late import tell_late_signs
from .locking import is_stale, lock
from .packed import Folds
from .rebuilding import rebuild
from .strata import Strata
from .touching import Which, touched

#: Entries of the queue that one transaction folds.
_AT_ONCE = 500


def mark_changed(connection: Connection, tenant: str, host: str, ticket: str, closure: int, now: datetime) -> None:
    """Queue a closure whose facts changed; in the transaction that changes them."""
    queue_fold(connection, tenant=tenant, host=host, ticket=ticket, closure=closure, now=now)


def mark_touched(connection: Connection, tenant: str, closures: Iterable[Any], now: datetime) -> None:
    """Queue closures of which the client or its addresses changed, and those whose signs that may change."""
    some = {Which(one.host, one.ticket, one.closure) for one in closures}
    if some:
        queue_folds(connection, tenant, some | touched(connection, tenant, some), now)


def fold(store: Store, tenant: Tenant, limit: int = _AT_ONCE, subscribers: Iterable[str] = ()) -> int:
    """Fold up to ``limit`` entries of a tenant's queue; how many there were. 0 too where somebody else folds just now.

    ``subscribers`` are told the verdict on a ticket again where a quick fix shows only now.

    Facts, folds and queue are one transaction: what is interrupted has not begun. Where the tenant's time zone or its
    thresholds of signs are not those that the folds were made with, they are built anew first.
    """
    waiting = select(fold_queue.c.entry).where(fold_queue.c.tenant_id == tenant.name).limit(1)
    with store.read() as connection:
        stale = is_stale(connection, tenant)
        if connection.execute(waiting).first() is None:
            # where nothing is to do nobody else is kept from writing
            return 0
    if stale:
        rebuild(store, tenant)
    done = 0
    while done < limit:
        with store.write() as connection:
            if not lock(connection, tenant, wait=False):
                break
            some = _fold_some(connection, tenant, min(_AT_ONCE, limit - done), subscribers)
        done += some
        if some < _AT_ONCE:
            break
    return done


def fold_due(store: Store, tenants: Mapping[str, Tenant], limit: int, subscribers: Iterable[str] = ()) -> int:
    """Fold up to ``limit`` entries of each of these tenants; how many there were."""
    with store.read() as connection:
        names = connection.execute(select(fold_queue.c.tenant_id).distinct()).scalars().all()
    return sum(fold(store, tenants[name], limit, subscribers) for name in names if name in tenants)


def _fold_some(connection: Connection, tenant: Tenant, limit: int, subscribers: Iterable[str]) -> int:
    mine = fold_queue.c.tenant_id == tenant.name
    query = select(*(fold_queue.c[name] for name in ("entry", "host", "ticket", "closure", "at")))
    entries = connection.execute(query.where(mine).order_by(fold_queue.c.entry).limit(limit)).all()
    if not entries:
        return 0
    # the queue is read before the facts: what changes between the two stands in the queue still, and is folded again
    keys: list[Key] = list(dict.fromkeys((row.host, row.ticket, row.closure) for row in entries))
    strata = Strata(connection, tenant.name)
    before, after = before_and_now(connection, tenant, keys, strata.number)
    changed = [key for key in dict.fromkeys([*keys, *before]) if before.get(key) != after.get(key)]
    gone = [before[key] for key in changed if key in before]
    come = [after[key] for key in changed if key in after]
    packed = Folds(connection, tenant, strata)
    packed.change(gone, come)
    packed.write()
    strata.keep(connection)
    _rewrite(connection, tenant.name, gone, come)
    standing.mark(connection, tenant.name, _slices([*gone, *come]))
    tell_late_signs(connection, tenant.name, subscribers, before, after, max(row.at for row in entries))
    connection.execute(delete(fold_queue).where(mine, fold_queue.c.entry.in_([row.entry for row in entries])))
    return len(entries)


def _slices(changed: Iterable[Contribution]) -> Iterator[tuple[str, str]]:
    """The slices of which a standing is kept and that these closings belong to."""
    for one in changed:
        yield "total", ""
        for dimension in ("agent", "queue", "service"):
            if value := str(getattr(one, dimension)):
                yield dimension, value


def _rewrite(connection: Connection, tenant: str, gone: list[Contribution], come: list[Contribution]) -> None:
    if gone:
        keys = tuple_(counted.c.host, counted.c.ticket, counted.c.closure).in_([one.key for one in gone])
        connection.execute(delete(counted).where(counted.c.tenant_id == tenant, keys))
    add(connection, counted, *({"tenant_id": tenant, **one._asdict()} for one in come))
