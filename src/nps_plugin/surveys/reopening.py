"""Recording that a ticket was taken up again: once for each closure, and the open question about it is withdrawn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, union_all

from ..errors import NpsError
from ..model import ReopenedTicket
from ..store.tables import closures, reopenings
from ..store.upsert import insert_or
from .closing import cancel_open
from .facts import SKEW, ticket_name, usable


def record_reopening(connection: Connection, reopened: ReopenedTicket, now: datetime) -> bool:
    """Write a reopening of the last closure known. False where it was known already (no closing came between).

    Questions about closures up to that one that nobody has answered are cancelled; answers stay.
    """
    key = {"tenant_id": reopened.tenant, "host": ticket_name(reopened.host), "ticket": ticket_name(reopened.ticket)}
    if not key["ticket"].strip():
        raise NpsError("the reopening has no ticket id; give the one that the closing had")
    last = union_all(
        select(func.max(closures.c.closure)).filter_by(**key), select(func.max(reopenings.c.closure)).filter_by(**key)
    )
    numbers = [number for number in connection.execute(last).scalars() if number is not None]
    at = usable(reopened.at)
    # a ticket that was closed before anybody told us of it: the reopening is known, its closure is not
    closure = max(numbers, default=1)
    written = connection.execute(
        insert_or(connection, reopenings)
        .values(**key, closure=closure, at=at if at is not None and at <= now + SKEW else now)
        .on_conflict_do_nothing()
        .returning(reopenings.c.closure)
    ).first()
    if written is None:
        return False
    cancel_open(connection, key, through=closure, now=now)
    return True
