"""Building all counts anew from the facts, and saying whether what stood was equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from ..config.settings import Tenant
from ..model import Plain
from ..store.engine import Store
from ..store.tables import counted, fold_queue
from ..store.upsert import add
from .facts import Contribution, contribution, facts_query
from .folding import lock
from .strata import Strata

_AT_ONCE = 10_000


@dataclass(frozen=True, kw_only=True)
class Rebuilt(Plain):
    """What building anew found: whether what stood was ``equal``, how many rows were not, and how many closures there
    are."""

    equal: bool
    differences: int
    rows: int


def rebuild(store: Store, tenant: Tenant) -> Rebuilt:
    """Build all counts of a tenant anew."""
    with store.write() as connection:
        lock(connection, tenant, wait=True)
        mine = fold_queue.c.tenant_id == tenant.name
        entries = connection.execute(select(fold_queue).where(mine)).all()
        waiting = {(row.host, row.ticket, row.closure) for row in entries}
        strata = Strata(connection, tenant.name)
        before = {one.key: one for one in _stored(connection, tenant)}
        after = {
            one.key: one
            for one in (
                contribution(row, strata.number)
                for row in connection.execute(facts_query(connection.dialect.name, tenant.name))
            )
        }
        keys = before.keys() | after.keys()
        differences = sum(before.get(key) != after.get(key) for key in keys - waiting)
        strata.keep(connection)
        connection.execute(delete(counted).where(counted.c.tenant_id == tenant.name))
        rows = list(after.values())
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            add(connection, counted, *({"tenant_id": tenant.name, **one._asdict()} for one in some))
        if entries:
            some_entries = [row.entry for row in entries]
            connection.execute(delete(fold_queue).where(mine, fold_queue.c.entry.in_(some_entries)))
    return Rebuilt(equal=not differences, differences=differences, rows=len(after))


def _stored(connection: Connection, tenant: Tenant) -> Iterator[Contribution]:
    columns = [counted.c[name] for name in Contribution._fields]
    yield from map(Contribution._make, connection.execute(select(*columns).where(counted.c.tenant_id == tenant.name)))
