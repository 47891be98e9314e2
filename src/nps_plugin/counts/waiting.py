"""What waits in the queue: what folding it would take out of a slice and put into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from ..store.tables import fold_queue
from .facts import Contribution, Key, before_and_now
from .slices import Slice
from .strata import Strata


class Change(NamedTuple):
    """One contribution that goes (-1) or comes (+1), and the value of the slice that it belongs to."""

    one: Contribution
    sign: int
    value: tuple[str, ...]


def waiting_of(connection: Connection, part: Slice, strata: Strata) -> Sequence[Change]:
    """The changes of a slice that wait to be folded."""
    tenant = part.tenant.name
    query = select(fold_queue.c.host, fold_queue.c.ticket, fold_queue.c.closure).distinct()
    rows = connection.execute(query.where(fold_queue.c.tenant_id == tenant))
    keys: list[Key] = [(row.host, row.ticket, row.closure) for row in rows]
    if not keys:
        return ()
    before, now = before_and_now(connection, part.tenant, keys, strata.number)
    more = part.more(connection, {**before, **now})
    return [
        Change(one, sign, part.value(one, more))
        for sign, some in ((-1, before), (1, now))
        for one in some.values()
        if part.holds(one, more)
    ]
