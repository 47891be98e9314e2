"""One folder at a time for each tenant."""

from __future__ import annotations

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..store.tables import fold_states
from ..store.upsert import insert_or


def lock(connection: Connection, tenant: Tenant, *, wait: bool) -> bool:
    """Be the only one who folds this tenant until the transaction ends; False where somebody else is and we do not
    wait. SQLite has one writer at a time anyhow."""
    query = select(fold_states.c.zone).filter_by(tenant_id=tenant.name)
    if connection.execute(query).first() is None:
        row = {"tenant_id": tenant.name, "zone": tenant.timezone.key}
        connection.execute(insert_or(connection, fold_states).values(row).on_conflict_do_nothing())
    return connection.execute(query.with_for_update(skip_locked=not wait)).first() is not None


def zone_of(connection: Connection, tenant: Tenant) -> str | None:
    """The time zone in which the months of the folds were cut; None where nothing was folded yet."""
    return connection.execute(select(fold_states.c.zone).filter_by(tenant_id=tenant.name)).scalar()
