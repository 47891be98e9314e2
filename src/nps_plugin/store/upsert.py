"""INSERT ... ON CONFLICT, spelt the same for both engines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, text


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


# A statement that is made once is also compiled and keyed once: in the host's closing that is most of what a row costs.


def add(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row that names every column that has no value of its own in the database."""
    connection.execute(_adding(connection.dialect.name, table, tuple(row), new=False), _parameters(row))


def add_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """The same, unless there is such a row already; whether it was new."""
    # the rowcount is kept on purpose: of an INSERT SQLAlchemy would forget it
    statement = _adding(connection.dialect.name, table, tuple(row), new=True)
    return bool(connection.execute(statement, _parameters(row)).rowcount)


def _parameters(row: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in row.items()}


@lru_cache(maxsize=64)
def _adding(dialect: str, table: Table, names: tuple[str, ...], *, new: bool) -> Any:
    values = [bindparam(f"new_{name}", type_=table.c[name].type) for name in names]
    statement = inserting(dialect, table)
    if dialect == "sqlite":
        # INSERT ... SELECT makes SQLite keep a journal of the statement alone: on a full disk it then undoes this row,
        # where for a plain INSERT it would undo the whole transaction, the host's rows with it
        statement = statement.from_select(names, select(*values).where(text("1")), include_defaults=False)
    else:
        statement = statement.values(dict(zip(names, values, strict=True)))
    if new:
        statement = statement.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return statement
