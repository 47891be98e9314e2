"""INSERT ... ON CONFLICT, spelt the same for both engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, text, update

from .prepared import prepared


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


def add(connection: Connection, table: Table, *rows: Mapping[str, Any]) -> None:
    """Insert rows that name, all alike, every column that has no value of its own in the database."""
    if rows:
        prepared(connection.dialect, _adding, table, tuple(rows[0])).run_many(connection, rows)


def add_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless there is such a row already; whether it was new."""
    statement = prepared(connection.dialect, _adding_new, table, tuple(row))
    return bool(statement.run(connection, row, counted=True).rowcount)


def change(connection: Connection, table: Table, row: Mapping[str, Any], /, **values: Any) -> int:
    """Change what ``row`` names by its columns; how many rows that were."""
    statement = prepared(connection.dialect, _changing, table, tuple(row), tuple(values))
    given = {f"its_{name}": value for name, value in row.items()} | values
    return statement.run(connection, given, counted=True).rowcount


def _changing(_dialect: str, table: Table, names: tuple[str, ...], changed: tuple[str, ...]) -> Any:
    same = [table.c[name] == bindparam(f"its_{name}", type_=table.c[name].type) for name in names]
    values = {name: bindparam(name, type_=table.c[name].type) for name in changed}
    return update(table).where(*same).values(values)


def _adding(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    values = [bindparam(name, type_=table.c[name].type) for name in names]
    statement = inserting(dialect, table)
    if dialect == "sqlite":
        # INSERT ... SELECT makes SQLite keep a journal of the statement alone: on a full disk it then undoes this row,
        # where for a plain INSERT it would undo the whole transaction, the host's rows with it
        return statement.from_select(names, select(*values).where(text("1")), include_defaults=False)
    return statement.values(dict(zip(names, values, strict=True)))


def _adding_new(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    return _adding(dialect, table, names).on_conflict_do_nothing()
