"""Building all counts anew from the facts, and saying whether what stood was equal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, and_, case, delete, exists, func, insert, literal, or_, select, update

from ..config.settings import Tenant
from ..model import Rebuilt
from ..store import standing
from ..store.engine import Store
from ..store.tables import closures, counted, fold_queue, fold_states, folds, mixes, moments
from ..store.tables import strata as stratum_table
from ..store.upsert import add
from .bulk import Bulk
from .facts import Contribution, Way, facts_query
from .locking import is_stale, lock
from .packed import key_names
from .shapes import BASES, FOLDED, TOTAL
from .signs import rules_of
from .strata import Strata
from .touching import touched

_AT_ONCE = 5_000
_KEY = ("host", "ticket", "closure")
#: Each table of folds with the bases and dimensions that are built one by one, so that little stands in memory.
_PARTS: tuple[tuple[Table, str, str], ...] = (
    *((table, basis, dimension) for table in (folds, moments) for basis in BASES for dimension in (TOTAL, *FOLDED)),
    *((mixes, basis, "") for basis in BASES),
)


def rebuild(store: Store, tenant: Tenant) -> Rebuilt:
    """Build all counts of a tenant anew from the facts, and put right what was not equal.

    The comparison reads one snapshot and hinders nobody. Only where something has to be put right the counts are
    written, in one transaction: SQLite has no other writer for as long (about half a minute for a million closures).
    """
    with store.read() as connection:
        differences = _compare(connection, tenant)
        if not differences:
            return Rebuilt(equal=True, differences=0, rows=_size(connection, tenant))
    with store.write() as connection:
        lock(connection, tenant, wait=True)
        _repair(connection, tenant)
        return Rebuilt(equal=False, differences=differences, rows=_size(connection, tenant))


def _size(connection: Connection, tenant: Tenant) -> int:
    return int(
        connection.execute(
            select(func.count()).select_from(counted).where(counted.c.tenant_id == tenant.name)
        ).scalar_one()
    )


def _compare(connection: Connection, tenant: Tenant) -> int:
    wrong = int(is_stale(connection, tenant))
    mine = counted.c.tenant_id == tenant.name
    if connection.execute(select(literal(1)).where(mine).limit(1)).first() is None:
        query = select(func.count()).select_from(closures).where(closures.c.tenant_id == tenant.name, ~waits(closures))
        wrong += int(connection.execute(query).scalar_one())
        some = [select(func.count()).where(table.c.tenant_id == tenant.name) for table in (folds, moments, mixes)]
        return wrong + sum(int(connection.execute(query).scalar_one()) for query in some)
    wrong += _wrong_rows(connection, tenant)
    bulk = Bulk(connection, tenant, Strata(connection, tenant.name))
    return wrong + sum(_wrong_folds(connection, tenant, bulk, *part) for part in _PARTS)


def _wrong_rows(connection: Connection, tenant: Tenant) -> int:
    """Rows of ``nps_counted`` that are not what the facts say and do not wait to be folded."""
    meant = meant_rows(connection, tenant).subquery()
    same = and_(counted.c.tenant_id == tenant.name, *(counted.c[name] == meant.c[name] for name in _KEY))
    differs = or_(*(counted.c[name].is_distinct_from(meant.c[name]) for name in Contribution._fields))
    query = select(*(meant.c[name] for name in _KEY)).select_from(meant.outerjoin(counted, same))
    keys = {
        (row.host, row.ticket, row.closure) for row in connection.execute(query.where(differs, ~waits(meant, tenant)))
    }
    if keys:
        # what waits may have changed the signs of others, which then wait with it
        queue = select(*(fold_queue.c[name] for name in _KEY)).where(fold_queue.c.tenant_id == tenant.name).distinct()
        waiting = [(row.host, row.ticket, row.closure) for row in connection.execute(queue)]
        keys -= touched(connection, tenant.name, waiting, tenant.signs.quick_fix_within)
    gone = ~exists().where(closures.c.tenant_id == tenant.name, *(closures.c[n] == counted.c[n] for n in _KEY))
    extra = select(func.count()).select_from(counted).where(counted.c.tenant_id == tenant.name, gone)
    return len(keys) + int(connection.execute(extra).scalar_one())


def waits(table: Any, tenant: Tenant | None = None) -> Any:
    """Whether a closure of this table (of all tenants; of this one) waits to be folded."""
    whose = table.c.tenant_id if tenant is None else literal(tenant.name)
    return exists().where(fold_queue.c.tenant_id == whose, *(fold_queue.c[name] == table.c[name] for name in _KEY))


def meant_rows(connection: Connection, tenant: Tenant) -> Any:
    """What the facts say of every closure, in the shape of ``nps_counted``; the stratum is NULL where it is new."""
    facts = facts_query(connection.dialect.name, tenant).subquery()
    known = stratum_table.c
    same = and_(known.tenant_id == tenant.name, *(known[name] == facts.c[name] for name in Way._fields))
    cell = case(
        (facts.c.score.is_(None), 3 * known.points + facts.c.kpi + 3 * (1 - facts.c.asked)),
        else_=facts.c.kpi * known.points + facts.c.score - known.low,
    )
    special = {"stratum": known.stratum, "cell": cell}
    columns = [(special[name] if name in special else facts.c[name]).label(name) for name in Contribution._fields]
    return select(*columns).select_from(facts.outerjoin(stratum_table, same))


def _repair(connection: Connection, tenant: Tenant) -> None:
    mine = fold_queue.c.tenant_id == tenant.name
    # the queue is read before the facts: what changes meanwhile stays in it
    entries = connection.execute(select(fold_queue.c.entry).where(mine)).scalars().all()
    strata = Strata(connection, tenant.name)
    facts = facts_query(connection.dialect.name, tenant).subquery()
    for row in connection.execute(select(*(facts.c[name] for name in Way._fields)).distinct()):
        strata.number(Way._make(row))
    strata.keep(connection)
    connection.execute(delete(counted).where(counted.c.tenant_id == tenant.name))
    meant = meant_rows(connection, tenant).subquery()
    known = select(literal(tenant.name), *meant.c).where(meant.c.stratum.is_not(None))
    connection.execute(insert(counted).from_select(["tenant_id", *Contribution._fields], known))
    for start in range(0, len(entries), _AT_ONCE):
        some = entries[start : start + _AT_ONCE]
        connection.execute(delete(fold_queue).where(mine, fold_queue.c.entry.in_(some)))
    connection.execute(
        update(fold_states).filter_by(tenant_id=tenant.name).values(zone=tenant.timezone.key, rules=rules_of(tenant))
    )
    write_folds(connection, tenant, strata)


def write_folds(connection: Connection, tenant: Tenant, strata: Strata) -> None:
    """Write the folds anew, from the rows of ``nps_counted`` as they stand; under the lock."""
    bulk = Bulk(connection, tenant, strata)
    for table in (folds, moments, mixes):
        connection.execute(delete(table).where(table.c.tenant_id == tenant.name))
    for table, basis, dimension in _PARTS:
        names = ("tenant_id", *key_names(table), *_value_names(table))
        rows = (
            dict(zip(names, (tenant.name, *key, *values), strict=True))
            for _, key, values in bulk.rows(table, basis, dimension)
        )
        while some_rows := list(islice(rows, _AT_ONCE)):
            add(connection, table, *some_rows)
    standing.mark(connection, tenant.name, _slices(connection, tenant))


def _slices(connection: Connection, tenant: Tenant) -> Iterator[tuple[str, str]]:
    """Every slice of which a standing is kept: what they were judged from may have been wrong."""
    yield "total", ""
    for dimension in standing.DIMENSIONS[1:]:
        column = counted.c[dimension]
        values = select(column).where(counted.c.tenant_id == tenant.name, column != "").distinct()
        for value in connection.execute(values).scalars():
            yield dimension, value


def _wrong_folds(connection: Connection, tenant: Tenant, bulk: Bulk, table: Table, basis: str, dimension: str) -> int:
    names, values = key_names(table), _value_names(table)
    query = select(*(table.c[name] for name in (*names, *values))).where(
        table.c.tenant_id == tenant.name, table.c.basis == basis
    )
    if dimension:
        query = query.where(table.c.dimension == dimension)
    stored = {tuple(row[: len(names)]): tuple(row[len(names) :]) for row in _streamed(connection, query)}
    wrong = 0
    for _, key, meant in bulk.rows(table, basis, dimension):
        wrong += stored.pop(key, None) != meant
    return wrong + len(stored)


def _streamed(connection: Connection, query: Any) -> Iterator[Any]:
    yield from connection.execute(query, execution_options={"yield_per": _AT_ONCE})


def _value_names(table: Table) -> tuple[str, ...]:
    keys = {"tenant_id", *key_names(table)}
    return tuple(column.name for column in table.columns if column.name not in keys)
