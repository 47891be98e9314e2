"""Recording that a ticket was taken up again: once for each closure, and the open question about it is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from ..errors import NpsError
from ..model import ReopenedTicket
from ..store.folding import queue_fold
from ..store.tables import closures, reopenings
from ..store.upsert import insert_or
from .closing import cancel_open
from .facts import SKEW, ticket_name, usable


def _which(connection: Connection, key: Mapping[str, str], at: datetime | None) -> int:
    """The closure that was taken up again: the last one before that time, so that late news names the right one.

    The last one known where the times do not tell.
    """
    known = connection.execute(
        select(closures.c.closure, closures.c.closed_at, closures.c.recorded_at)
        .filter_by(**key)
        .order_by(closures.c.closure.desc())
    ).all()
    earlier = [row.closure for row in known if at is not None and (row.closed_at or row.recorded_at) <= at]
    if earlier:
        return int(earlier[0])
    if known and at is not None and known[-1].closure > 1:
        # all that we know was closed later: one before them, of which nobody told us, was taken up
        return int(known[-1].closure) - 1
    again = connection.execute(select(func.max(reopenings.c.closure)).filter_by(**key)).scalar()
    # a ticket that was closed before anybody told us of it: the reopening is known, its closure is not
    return max([1, *(int(row.closure) for row in known), int(again or 0)])


def record_reopening(connection: Connection, reopened: ReopenedTicket, now: datetime) -> bool:
    """Write a reopening of the last closure known. False where it was known already (no closing came between).

    Questions about closures up to that one that nobody has answered are cancelled; answers stay.
    """
    key = {"tenant_id": reopened.tenant, "host": ticket_name(reopened.host), "ticket": ticket_name(reopened.ticket)}
    if not key["ticket"].strip():
        raise NpsError("the reopening has no ticket id; give the one that the closing had")
    at = usable(reopened.at)
    closure = _which(connection, key, at)
    written = connection.execute(
        insert_or(connection, reopenings)
        .values(**key, closure=closure, at=at if at is not None and at <= now + SKEW else now)
        .on_conflict_do_nothing()
        .returning(reopenings.c.closure)
    ).first()
    if written is None:
        return False
    cancel_open(connection, key, through=closure, now=now)
    # it may be a quick fix now
    queue_fold(connection, tenant=reopened.tenant, host=key["host"], ticket=key["ticket"], closure=closure, now=now)
    return True
