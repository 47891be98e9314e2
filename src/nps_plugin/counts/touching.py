"""Whom a closing touches: the closures whose signs may be others since it came."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from ..store.tables import closures

_KEY = ("host", "ticket", "closure")
_AT_ONCE = 500
#: Closings that were opened within this time are looked up together.
_SPAN = timedelta(days=30)
_FIRST, _LAST = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class Which(NamedTuple):
    """A closure, whatever its tenant."""

    host: str
    ticket: str
    closure: int


def of_tickets(table: Any, keys: Iterable[tuple[str, str, int]]) -> ColumnElement[bool]:
    """Where a row may be of these closures: it is of one of their tickets.

    The closures themselves, in one list, PostgreSQL holds against row by row where it does not take the primary key
    for it, as it may in tables that were never analysed; tickets in a list are hashed.
    """
    hosts: defaultdict[str, set[str]] = defaultdict(set)
    for host, ticket, _ in keys:
        hosts[host].add(ticket)
    return or_(*(and_(table.c.host == host, table.c.ticket.in_(sorted(of))) for host, of in hosts.items()))


def touched(
    connection: Connection, tenant: str, keys: Iterable[tuple[str, str, int]], within: timedelta = timedelta(0)
) -> set[Which]:
    """The closures whose signs another one may have changed when it came: those of the same ticket, the client's next
    one, and those of the client up to ``within`` before it was opened.

    No statement joins: without statistics PostgreSQL would go through one side for each row of the other.
    """
    found: set[Which] = set()
    left = iter(keys)
    while some := set(islice(left, _AT_ONCE)):
        rows = connection.execute(_of_same_tickets(tenant, some)).all()
        came = [row for row in rows if row[:3] in some]
        tickets = {row[:2] for row in came}
        found |= {Which._make(row[:3]) for row in rows if row[:2] in tickets}
        theirs = [row for row in came if row.client is not None]
        # SQLite moves times to the millisecond
        found.update(_before(connection, tenant, theirs, within + timedelta(seconds=1)))
        found.update(
            _following(connection, tenant, {(row.client, row.following) for row in theirs if row.following is not None})
        )
    return found


def _of_same_tickets(tenant: str, keys: set[Any]) -> Any:
    c, nearest = closures.c, closures.alias("nearest")
    following = (
        select(func.min(nearest.c.closed_at))
        .where(nearest.c.tenant_id == tenant, nearest.c.client == c.client, nearest.c.closed_at > c.closed_at)
        .correlate(closures)
        .scalar_subquery()
    )
    columns = [c[name] for name in (*_KEY, "client", "opened_at")]
    return select(*columns, following.label("following")).where(c.tenant_id == tenant, of_tickets(closures, keys))


def _before(connection: Connection, tenant: str, came: Iterable[Any], within: timedelta) -> Iterator[Which]:
    """The clients' closings up to ``within`` before one of theirs was opened."""
    c = closures.c
    opened = sorted((row.opened_at, row.client) for row in came if row.opened_at is not None)
    while opened:
        # those opened about the same time, so that nobody's whole past is read for one that was open for years
        until = opened[0][0] + min(_SPAN, _LAST - opened[0][0])
        some = [one for one in opened if one[0] <= until]
        opened = opened[len(some) :]
        first = some[0][0] - min(within, some[0][0] - _FIRST)
        openings: defaultdict[str, list[datetime]] = defaultdict(list)
        for at, client in some:
            openings[client].append(at)
        query = select(*(c[name] for name in _KEY), c.client, c.closed_at).where(
            c.tenant_id == tenant, c.client.in_(sorted(openings)), c.closed_at >= first, c.closed_at < some[-1][0]
        )
        for row in connection.execute(query):
            theirs = openings[row.client]
            place = bisect_right(theirs, row.closed_at)
            if place < len(theirs) and theirs[place] - row.closed_at <= within:
                yield Which._make(row[:3])


def _following(connection: Connection, tenant: str, which: set[tuple[str, datetime]]) -> Iterator[Which]:
    """The closings of these clients at these times, where addresses are kept."""
    if not which:
        return
    c = closures.c
    clients, times = ({one[place] for one in which} for place in (0, 1))
    # a function of the client, so that the times alone are looked up and not each client with each time
    whose = func.coalesce(c.client, "").in_(sorted(clients))
    query = select(*(c[name] for name in _KEY), c.client, c.closed_at).where(
        c.tenant_id == tenant, c.closed_at.in_(sorted(times)), whose, c.addresses != ""
    )
    for row in connection.execute(query):
        if (row.client, row.closed_at) in which:
            yield Which._make(row[:3])
