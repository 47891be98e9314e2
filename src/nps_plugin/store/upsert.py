"""INSERT ... ON CONFLICT, spelt the same for both engines."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, insert


def insert_or(connection: Connection, table: Table) -> Any:
    """An INSERT of the connection's dialect, with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return inserting(connection.dialect.name, table)


def inserting(dialect: str, table: Table) -> Any:
    """The same for a dialect by name."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


# A statement that is made once is also compiled and keyed once. In the host's closing that is most of what a row costs:
# values go in as parameters, never through values().


@lru_cache(maxsize=64)
def adding(table: Table) -> Insert:
    """A plain INSERT into the table, the same object every time."""
    return insert(table)


@lru_cache(maxsize=64)
def _adding_new(dialect: str, table: Table) -> Any:
    # of an INSERT the count of rows is kept only where it is asked for
    return inserting(dialect, table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def adding_new(connection: Connection, table: Table) -> Any:
    """An INSERT that leaves a row that is there alone; the result's ``rowcount`` says whether it was new. Made once."""
    return _adding_new(connection.dialect.name, table)
