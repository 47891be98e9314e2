"""INSERT ... ON CONFLICT, spelt the same for both engines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table


def insert_or(connection: Connection, table: Table) -> Any:
    """An INSERT of the connection's dialect, with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)
