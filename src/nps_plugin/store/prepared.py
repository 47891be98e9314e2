"""Statements compiled once for a dialect and handed to the driver as they are.

In the host's closing most of what a row costs is SQLAlchemy's work on each execution; done once, a statement costs
what the driver asks for. The host's ``before_cursor_execute`` listeners and its log see these statements as any other.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Table, bindparam, select
from sqlalchemy.engine import Dialect

_KEEP = {"preserve_rowcount": True}


class Prepared:
    """One statement for one dialect. Its parameters are those that the statement names; none has a default."""

    def __init__(self, dialect: Dialect, statement: Any) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql: str = compiled.string
        order = compiled.positiontup if compiled.positional else list(compiled.binds)
        self._positional: bool = compiled.positional
        self._steps: list[tuple[str, Callable[[Any], Any] | None]] = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in order
        ]
        columns = list(statement.selected_columns) if statement.is_select else []
        # what has no name of its own is read by its place
        self._row = _row([str(each.key) for each in columns])
        self._read = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]

    def run(self, connection: Connection, values: Mapping[str, Any], *, counted: bool = False) -> CursorResult[Any]:
        """Execute it once. ``counted``: the result's ``rowcount`` is kept, which SQLAlchemy forgets of an INSERT."""
        return connection.exec_driver_sql(self._sql, self._bound(values), _KEEP if counted else None)

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it for each row: one call of the driver, and one message on the wire where the driver has a
        pipeline, as psycopg has."""
        if len(rows) == 1:
            self.run(connection, rows[0])
        elif rows:
            connection.exec_driver_sql(self._sql, [self._bound(row) for row in rows])

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row of a SELECT, its columns by name and read as their types say; None where there is none."""
        found = self.run(connection, values).first()
        return None if found is None else self._typed(found)

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Every row of a SELECT, see :meth:`first`."""
        return [self._typed(row) for row in self.run(connection, values)]

    def _typed(self, row: Any) -> Any:
        return self._row._make(
            [value if read is None else read(value) for value, read in zip(row, self._read, strict=True)]
        )

    def _bound(self, values: Mapping[str, Any]) -> Any:
        if self._positional:
            return tuple([values[name] if step is None else step(values[name]) for name, step in self._steps])
        return {name: values[name] if step is None else step(values[name]) for name, step in self._steps}


def row_of(connection: Connection, table: Table, key: Mapping[str, Any], *, lock: str = "") -> Any:
    """The row with these values in these columns; None where there is none. ``lock``: ``share`` or ``update`` holds it
    until the transaction ends, where the engine locks rows."""
    return prepared(connection.dialect, _by_key, table, tuple(key), lock).first(connection, key)


def _by_key(_: str, table: Table, names: Sequence[str], lock: str) -> Any:
    found = select(table).where(*(table.c[name] == bindparam(name, type_=table.c[name].type) for name in names))
    return found.with_for_update(read=lock == "share") if lock else found


def _row(names: list[str]) -> Any:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024 - typed by nobody


@lru_cache(maxsize=512)
def prepared(dialect: Dialect, make: Callable[..., Any], *about: Any) -> Prepared:
    """What ``make(dialect.name, *about)`` gives, compiled at the first use. By the dialect itself and not by its name:
    an engine may bring its own way to write JSON."""
    return Prepared(dialect, make(dialect.name, *about))
