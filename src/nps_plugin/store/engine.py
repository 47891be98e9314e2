"""The database: our own engine, or the host's; schema checked once before first use."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url

from ..errors import SchemaOutOfDate
from .migrations import HEAD, VERSION_TABLE

#: How long one of our statements waits for a lock before it gives up, in seconds. A closing waits this long at most.
LOCK_WAIT = 2.0
_IMMEDIATE = "nps_immediate"
#: The end of our engine's logger, so that its level is ours alone.
_LOG = "nps_plugin"


class Store:
    """One database. ``own_file``: an SQLite file that is only ours, and is therefore upgraded when it is opened."""

    def __init__(self, url: str, engine: Engine | None = None) -> None:
        self._given = engine is not None
        if engine is None:
            engine = _own_engine(make_url(url))
        self.engine = engine
        self.own_file = not self._given and engine.dialect.name == "sqlite"
        self._checked = threading.Event()
        self._lock = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: one snapshot."""
        self.ready()
        with self.engine.connect() as connection, connection.begin():
            if self.engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            elif self._given:
                _begin_to_read(connection)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes; commits at the end, rolls back on an error."""
        self.ready()
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite" and not self._given:
                connection = connection.execution_options(**{_IMMEDIATE: True})
            with connection.begin():
                if self.engine.dialect.name == "sqlite" and self._given:
                    _begin_to_write(connection)
                elif self.engine.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(LOCK_WAIT * 1000)}ms'")
                yield connection

    def ready(self, joined: Connection | None = None) -> None:
        """Check the schema once. Our own SQLite file is upgraded; a host's database never silently.

        ``joined``: the host's connection to look through, so that no second one disturbs its transaction.
        Raises :class:`~nps_plugin.errors.SchemaOutOfDate` naming the command to run.
        """
        if self._checked.is_set():
            return
        with self._lock:
            if self._checked.is_set():
                return
            found = self.revision(joined)
            if found != HEAD:
                if found is None and self.own_file and self._holds_others():
                    # the file of the host, named in our configuration: its owner decides when tables are added
                    self.own_file = False
                if not self.own_file or (found is not None and found > HEAD):
                    raise SchemaOutOfDate(_advice(found))
                self.upgrade()
            self._checked.set()

    def revision(self, joined: Connection | None = None) -> str | None:
        """The revision of the tables that are there, or None where there are none."""
        if joined is not None:
            return _revision(joined)
        with self.engine.connect() as connection:
            return _revision(connection)

    def _holds_others(self) -> bool:
        with self.engine.connect() as connection:
            return any(not name.startswith("nps_") for name in inspect(connection).get_table_names())

    def upgrade(self) -> None:
        """Bring the tables to this release. Safe to repeat, and when several processes start at once."""
        from .migrations.run import upgrade

        if self.own_file and self.engine.url.database not in (None, "", ":memory:"):
            # readers and the writer then do not wait for each other; the file remembers it
            # outside any transaction, so past SQLAlchemy's
            raw = self.engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA journal_mode = WAL")
            finally:
                raw.close()
        upgrade(self.engine)

    def close(self) -> None:
        """Let go of the connections, where the engine is ours."""
        if not self._given:
            self.engine.dispose()


def _begin_to_read(connection: Connection) -> None:
    """One snapshot on a host's engine too: the driver alone begins no transaction for what only reads."""
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.dbapi_connection
        if not raw.in_transaction:
            connection.exec_driver_sql("BEGIN")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    return None if found is None else str(found)


def _advice(found: str | None) -> str:
    if found is None:
        return "the database has no nps_plugin tables yet; run: nps-plugin db upgrade (or ratings.upgrade())"
    if found > HEAD:
        return f"the tables are of a newer release ({found}; this one knows {HEAD}); upgrade the nps-plugin package"
    return f"the tables are at {found} and this release needs {HEAD}; run: nps-plugin db upgrade (or ratings.upgrade())"


def _no_rows(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _own_engine(url: URL) -> Engine:
    # a failed statement is logged; what it was to write are people's names and addresses
    options: dict[str, Any] = {"hide_parameters": True, "logging_name": _LOG}
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": LOCK_WAIT}
        if url.database in (None, "", ":memory:"):
            from sqlalchemy.pool import StaticPool

            options["poolclass"] = StaticPool
            options["connect_args"]["check_same_thread"] = False
    else:
        # a server that was restarted must not cost the next closing
        options["pool_pre_ping"] = True
    if url.get_backend_name() == "postgresql":
        options["connect_args"] = {"connect_timeout": 5}
    # at DEBUG SQLAlchemy prints the rows it reads: whoever turns it on for everything must not get people's names.
    # A filter, no level: that would turn on what the host has not turned on
    logging.getLogger(f"sqlalchemy.engine.Engine.{_LOG}").addFilter(_no_rows)
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(dbapi_connection: Any, _record: Any) -> None:
    # the driver's own transaction control begins too late for a savepoint and commits too early for DDL
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_to_write(connection: Connection) -> None:
    """The write lock at once, on a host's engine too, however it begins its transactions."""
    raw: Any = connection.connection.dbapi_connection
    if raw.in_transaction:
        # the host's engine has begun by an event; nothing has happened in it yet
        connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _on_begin(connection: Connection) -> None:
    # a transaction that will write takes the write lock at once: one that upgrades a read lock later fails without
    # waiting
    immediate = connection.get_execution_options().get(_IMMEDIATE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def is_busy(error: BaseException) -> bool:
    """Whether an error says that the database cannot be had now and may be in a moment: locked, full up or away."""
    from sqlalchemy.exc import DBAPIError, OperationalError
    from sqlalchemy.exc import TimeoutError as NoneFree

    if not isinstance(error, DBAPIError):
        return isinstance(error, NoneFree)
    sqlite = getattr(error.orig, "sqlite_errorcode", None)
    if sqlite is not None:
        # the low byte is the primary code: SQLITE_BUSY, SQLITE_LOCKED
        return sqlite & 0xFF in (5, 6)
    state = getattr(error.orig, "sqlstate", None)
    # no answer at all; else lock_not_available, serialization_failure, deadlock_detected, or a class of such errors
    lost = error.connection_invalidated or (state is None and isinstance(error, OperationalError))
    return lost or state in ("55P03", "40001", "40P01") or str(state).startswith(("08", "53", "57P"))


def same_database(ours: Engine, theirs: Engine) -> bool:
    """Whether two engines speak to one database, as far as their URLs tell."""
    if ours is theirs:
        return True
    a, b = ours.url, theirs.url
    if ours.dialect.name != theirs.dialect.name:
        return False
    if ours.dialect.name == "sqlite":
        from pathlib import Path

        if a.database in (None, "", ":memory:") or b.database in (None, "", ":memory:"):
            return False
        return Path(str(a.database)).resolve() == Path(str(b.database)).resolve()
    return (a.host, a.port, a.database) == (b.host, b.port, b.database)
