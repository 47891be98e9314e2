"""Working inside the host's transaction: joined only where one is open on our database, and never left changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from .engine import Store, same_database


def joinable(store: Store, given: Any) -> Connection | None:
    """The connection on which the host's transaction is open, or None where there is none that we can join.

    Accepts a Connection, a Session or a scoped_session. Nothing of the host's Session is flushed.
    """
    if given is None:
        return None
    if not isinstance(given, Connection):
        # whoever gives a Session has loaded the ORM; nobody else has to
        from sqlalchemy.orm import Session, scoped_session

        if isinstance(given, scoped_session):
            given = given()
        if isinstance(given, Session):
            if not given.in_transaction():
                return None
            given = given.connection()
    if not isinstance(given, Connection):
        raise TypeError(
            f"connection: expected a SQLAlchemy Connection, Session or scoped_session, got {type(given).__name__}"
        )
    if not given.in_transaction() or not same_database(store.engine, given.engine):
        return None
    if given.get_isolation_level() == "AUTOCOMMIT":
        return None
    return given


@contextmanager
def savepoint(connection: Connection) -> Iterator[Connection]:
    """A savepoint in the host's transaction: on an error only our part is undone, and the error goes on to the
    caller."""
    if connection.dialect.name == "sqlite":
        raw = connection.connection.dbapi_connection
        # the default driver has not begun yet before the first write: a savepoint would then be the outermost
        # transaction, its release a commit, and our row would survive the host's rollback
        if raw is not None and not raw.in_transaction:
            connection.exec_driver_sql("BEGIN")
    with connection.begin_nested():
        yield connection
