"""Working inside the host's transaction: joined only where one is open on our database, and never left changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from .engine import LOCK_WAIT, Store, same_database

#: The host's value is kept by the server for the length of the transaction, since no driver hands it over from here.
_SET = (
    "SELECT set_config('nps_plugin.lock_timeout', current_setting('lock_timeout'), true),"
    f" set_config('lock_timeout', '{int(LOCK_WAIT * 1000)}ms', true)"
)
_RESTORE = "SELECT set_config('lock_timeout', current_setting('nps_plugin.lock_timeout'), true)"


def joinable(store: Store, given: Any) -> Connection | None:
    """The connection on which the host's transaction is open, or None where there is none that we can join.

    Accepts a Connection, a Session or a scoped_session. Nothing of the host's Session is flushed.
    """
    if given is None:
        return None
    if not isinstance(given, Connection):
        # whoever gives a Session has loaded the ORM; nobody else has to
        from sqlalchemy.exc import UnboundExecutionError
        from sqlalchemy.orm import Session, scoped_session

        if isinstance(given, scoped_session):
            given = given()
        if isinstance(given, Session):
            if not given.in_transaction():
                return None
            try:
                given = given.connection()
            except UnboundExecutionError:
                # a Session that binds some of its tables only: which database it means cannot be told
                return None
    if not isinstance(given, Connection):
        raise TypeError(
            f"connection: expected a SQLAlchemy Connection, Session or scoped_session, got {type(given).__name__}"
        )
    if not given.in_transaction() or not same_database(store.engine, given.engine) or _commits_by_itself(given):
        return None
    return given


def _commits_by_itself(connection: Connection) -> bool:
    """Whether each statement is its own transaction, where a savepoint means nothing; without asking the server."""
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite":
        return bool(getattr(raw, "autocommit", False))
    # None is also the way to begin explicitly, as SQLAlchemy's recipe for SQLite does: then a transaction is open
    explicit = raw.isolation_level is None and not raw.in_transaction
    return getattr(raw, "autocommit", None) is True or explicit


@contextmanager
def savepoint(connection: Connection, *, bounded: bool = False) -> Iterator[Connection]:
    """A savepoint in the host's transaction: on an error only our part is undone, and the error goes on to the caller.

    ``bounded``: on PostgreSQL a lock is waited for :data:`LOCK_WAIT` at most inside, and the host's ``lock_timeout``
    stands again afterwards. Setting and restoring travel with the savepoint and its release, in one message each:
    a lock on a table is taken when a statement is planned, so the timeout must stand before the first one.
    """
    # one name for all: a savepoint inside another of the same name hides it until it is released
    begin, end = "SAVEPOINT nps_plugin", "RELEASE SAVEPOINT nps_plugin"
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.dbapi_connection
        # the default driver has not begun yet before the first write: a savepoint would then be the outermost
        # transaction, its release a commit, and our row would survive the host's rollback. IMMEDIATE: one that reads
        # first and writes later fails when another wrote between, and would take the host's own writing with it
        if not raw.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif bounded:
        begin, end = f"{begin}; {_SET}", f"{_RESTORE}; {end}"
    # plain statements rather than begin_nested(): cheaper, and nothing of it shows in the host's Session
    connection.exec_driver_sql(begin)
    try:
        yield connection
        connection.exec_driver_sql(end)
    except BaseException:  # a KeyboardInterrupt too leaves the host's transaction usable; settings are undone with it
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT nps_plugin")
        connection.exec_driver_sql("RELEASE SAVEPOINT nps_plugin")
        raise
