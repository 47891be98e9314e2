"""News of a sign that shows only after the verdict on its ticket was told: a quick fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from ..model import Sign
from ..store import outbox
from ..store.tables import outbox as news
from .facts import Contribution, Key
from .signs import BACK

_KIND = "verdict_reached"


def tell_late_signs(
    connection: Connection,
    tenant: str,
    subscribers: Iterable[str],
    before: Mapping[Key, Contribution],
    after: Mapping[Key, Contribution],
    now: datetime,
) -> None:
    """Tell the verdict again on each closure that has a quick fix now and had none, in the transaction that folds it.

    Nothing is told of a closure without an answer, on which no verdict was told, nor where the last news had the sign
    or will have it: news is worded when it is told.
    """
    if not subscribers:
        return
    for key, one in after.items():
        old = before.get(key)
        fresh = one.signs & BACK and not (old is not None and old.signs & BACK)
        host, ticket, closure = key
        if fresh and one.answered is not None and _unsaid(connection, tenant, key):
            outbox.put(
                connection, subscribers, kind=_KIND, tenant=tenant, host=host, ticket=ticket, closure=closure, now=now
            )


def _unsaid(connection: Connection, tenant: str, key: Key) -> bool:
    """Whether a subscriber heard the last news without the sign, or is just being told."""
    host, ticket, closure = key
    query = select(news.c.revision, news.c.told_at, news.c.attempts, news.c.about).filter_by(
        tenant_id=tenant, host=host, ticket=ticket, closure=closure, kind=_KIND
    )
    rows = connection.execute(query).all()
    last = max((row.revision for row in rows), default=0)
    return not rows or any(
        row.attempts > 0 if row.told_at is None else Sign.QUICK_FIX not in row.about.get("signs", ())
        for row in rows
        if row.revision == last
    )
