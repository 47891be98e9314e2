"""The queue of facts that wait to be folded into counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from .ids import new_id
from .tables import fold_queue
from .upsert import add


def queue_fold(
    connection: Connection,
    *,
    tenant: str,
    host: str,
    ticket: str,
    closure: int,
    now: datetime,
    answer: str | None = None,
    sign: int = 1,
) -> None:
    """Queue a closing, or an answer that came into the counts (``sign`` +1) or left them (-1).

    In the transaction of the fact, so that neither is without the other.
    """
    row = {
        "tenant_id": tenant,
        "entry": new_id(now),
        "host": host,
        "ticket": ticket,
        "closure": closure,
        "answer": answer,
        "sign": sign,
        "at": now,
    }
    add(connection, fold_queue, row)
