"""The queue of closures that wait to be folded into counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from .ids import new_id
from .tables import fold_queue
from .upsert import add


def queue_fold(connection: Connection, *, tenant: str, host: str, ticket: str, closure: int, now: datetime) -> None:
    """Queue a closure whose contribution to the counts changed or is new: it closed, an answer came to count or ceased
    to, its question left, or nobody will be asked.

    In the transaction of the fact, so that neither is without the other.
    """
    add(connection, fold_queue, _row(tenant, host, ticket, closure, now))


def queue_folds(connection: Connection, tenant: str, closures: Iterable[Any], now: datetime) -> None:
    """The same for many, each with ``host``, ``ticket`` and ``closure``."""
    some = {(one.host, one.ticket, one.closure) for one in closures}
    add(connection, fold_queue, *(_row(tenant, *key, now) for key in sorted(some)))


def _row(tenant: str, host: str, ticket: str, closure: int, now: datetime) -> dict[str, object]:
    return {
        "tenant_id": tenant,
        "entry": new_id(now),
        "host": host,
        "ticket": ticket,
        "closure": closure,
        "at": now,
    }
