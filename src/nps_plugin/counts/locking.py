"""One folder at a time for each tenant, and in which time zone and with which thresholds the folds were made."""

from __future__ import annotations

import hashlib

from sqlalchemy import BigInteger, Connection, cast, func, select

from ..config.settings import Tenant
from ..store.tables import fold_states
from ..store.upsert import insert_or
from .signs import rules_of


def lock(connection: Connection, tenant: Tenant, *, wait: bool) -> bool:
    """Be the only one who folds this tenant until the transaction ends; False where somebody else is and we do not
    wait. SQLite has one writer at a time anyhow, and our transaction is that writer."""
    if connection.dialect.name == "postgresql":
        digest = hashlib.blake2b(f"nps_plugin\0{tenant.name}\0fold".encode(), digest_size=8).digest()
        number = cast(int.from_bytes(digest, "big", signed=True), BigInteger)
        take = func.pg_advisory_xact_lock if wait else func.pg_try_advisory_xact_lock
        if connection.execute(select(take(number))).scalar() is False:
            return False
    if zone_of(connection, tenant) is None:
        row = {"tenant_id": tenant.name, "zone": tenant.timezone.key, "rules": rules_of(tenant)}
        connection.execute(insert_or(connection, fold_states).values(row).on_conflict_do_nothing())
    return True


def zone_of(connection: Connection, tenant: Tenant) -> str | None:
    """The time zone in which the months of the folds were cut; None where nothing was folded yet."""
    return connection.execute(select(fold_states.c.zone).filter_by(tenant_id=tenant.name)).scalar()


def other_rules(connection: Connection, tenant: Tenant) -> bool:
    """Whether the signs in the counts are those of other thresholds than the tenant's."""
    rules = connection.execute(select(fold_states.c.rules).filter_by(tenant_id=tenant.name)).scalar()
    return rules not in (None, rules_of(tenant))


def is_stale(connection: Connection, tenant: Tenant) -> bool:
    """Whether the folds must be built anew, since they were made in another time zone or with other thresholds."""
    return zone_of(connection, tenant) not in (None, tenant.timezone.key) or other_rules(connection, tenant)
