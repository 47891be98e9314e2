"""Run by Alembic. ``run.upgrade`` hands over the connection; ``run.script`` only the dialect, and the SQL is printed."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from nps_plugin.store.migrations import VERSION_TABLE
from nps_plugin.store.tables import metadata
from nps_plugin.store.types import Duration, UtcDateTime


def _plain_types(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations are written in SQLAlchemy's own types: what a column is must not change when our code does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Duration):
        return "sa.BigInteger()"
    return False


_OPTIONS: dict[str, Any] = {
    "target_metadata": metadata,
    "version_table": VERSION_TABLE,
    "render_as_batch": True,
    "render_item": _plain_types,
    "transactional_ddl": True,
}


def _run(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # the write lock first: a second process that upgrades waits here, and then finds the work done
        connection = connection.execution_options(nps_immediate=True)
        # longer than a closing may wait: an upgrade is worth waiting for
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA busy_timeout = 30000")
    with connection.begin():
        if connection.dialect.name == "postgresql":
            # one upgrade at a time, however many processes start; and DDL that must wait for the host's work gives up
            # and can be run again, since the whole upgrade is one transaction
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('nps_plugin migrations'))")
            connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
        context.configure(connection=connection, **_OPTIONS)
        context.run_migrations()


if context.is_offline_mode():
    context.configure(dialect_name=context.config.attributes["dialect"], literal_binds=True, **_OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
else:
    _run(context.config.attributes["connection"])
