"""Inside the host's transaction: joined where one is open on our database, and the host's to end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker
from tests.world import NOON

from nps_plugin import Client, ClosedTicket, Ratings, hookimpl
from nps_plugin.store.tables import closures

tickets = Table("host_ticket", MetaData(), Column("id", Integer, primary_key=True))


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "host_note"
    id: Mapped[int] = mapped_column(primary_key=True)


CLOSED = ClosedTicket(
    tenant="acme",
    ticket="17",
    opened_at=NOON - timedelta(hours=1),
    closed_at=NOON,
    client=Client(email="a@example.org"),
)


@pytest.fixture
def host(tmp_path, make_world):
    """A host's database with a table of its own, on SQLAlchemy's default driver, and our tables beside it."""
    engine = create_engine(f"sqlite:///{tmp_path / 'host.sqlite3'}")
    tickets.metadata.create_all(engine)
    Base.metadata.create_all(engine)
    world = make_world()
    with Ratings(world.config, engine=engine, clock=world.clock) as ratings:
        ratings.upgrade()
        yield engine, ratings
    engine.dispose()


def count(engine, table):
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar()


@pytest.mark.parametrize("writes_first", [False, True])
def test_the_hosts_rollback_takes_our_rows_with_it(host, writes_first):
    engine, ratings = host
    with engine.connect() as connection:
        transaction = connection.begin()
        if writes_first:
            connection.execute(tickets.insert().values(id=1))
        assert ratings.ticket_closed(CLOSED, connection).recorded
        transaction.rollback()
    assert count(engine, tickets) == count(engine, closures) == 0


@pytest.mark.parametrize("writes_first", [False, True])
def test_the_hosts_commit_takes_our_rows_with_it(host, writes_first):
    engine, ratings = host
    with engine.begin() as connection:
        if writes_first:
            connection.execute(tickets.insert().values(id=1))
        assert ratings.ticket_closed(CLOSED, connection).recorded
    assert count(engine, closures) == 1
    assert count(engine, tickets) == writes_first


def test_a_session_is_joined_and_its_pending_objects_are_not_flushed(host):
    engine, ratings = host
    with Session(engine) as session:
        session.execute(tickets.insert().values(id=1))
        session.add(Note(id=1))
        assert ratings.ticket_closed(CLOSED, session).recorded
        assert len(session.new) == 1
        session.rollback()
    assert count(engine, closures) == 0
    with Session(engine) as session:
        session.execute(tickets.insert().values(id=1))
        session.add(Note(id=1))
        ratings.ticket_closed(CLOSED, session)
        session.commit()
    assert count(engine, closures) == count(engine, Note.__table__) == 1


def test_a_scoped_session_is_joined(host):
    engine, ratings = host
    registry = scoped_session(sessionmaker(engine))
    registry.execute(tickets.insert().values(id=1))
    assert ratings.ticket_closed(CLOSED, registry).recorded
    registry.rollback()
    registry.remove()
    assert count(engine, closures) == 0


def test_where_no_transaction_is_open_ours_is_used_and_counted(host):
    engine, ratings = host
    with Session(engine) as session:
        assert ratings.ticket_closed(CLOSED, session).recorded
    assert count(engine, closures) == 1
    assert ratings.check().counts == {"own_transaction_instead_of_the_hosts": 1}


def test_a_transaction_on_another_database_is_not_joined(host, tmp_path):
    engine, ratings = host
    other = create_engine(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    with other.begin() as connection:
        assert ratings.ticket_closed(CLOSED, connection).recorded
    assert count(engine, closures) == 1
    other.dispose()


def test_our_failure_is_undone_alone_and_the_hosts_ticket_is_kept(host):
    engine, ratings = host
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE nps_contact")
    with engine.begin() as connection:
        connection.execute(tickets.insert().values(id=1))
        receipt = ratings.ticket_closed(CLOSED, connection)
        assert not receipt.recorded
        assert receipt.problem
    assert count(engine, tickets) == 1
    assert count(engine, closures) == 0


def test_an_observer_that_fails_loses_only_its_own_writes(host, make_world):
    engine, _ = host

    class Writes:
        nps_name = "a writes"

        @hookimpl
        def nps_ticket_closed(self, closed, connection):
            connection.execute(tickets.insert().values(id=7))
            raise RuntimeError("after writing")

    class Watches:
        nps_name = "b watches"

        @hookimpl
        def nps_ticket_closed(self, closed, connection):
            connection.execute(tickets.insert().values(id=8))

    world = make_world()
    ratings = Ratings(world.config, engine=engine, plugins=[Writes(), Watches()], clock=world.clock)
    with engine.begin() as connection:
        assert ratings.ticket_closed(CLOSED, connection).recorded
    with engine.connect() as connection:
        assert list(connection.execute(select(tickets.c.id)).scalars()) == [8]
    assert [(plugin.name, plugin.errors) for plugin in ratings.plugins if plugin.name != "email"] == [
        ("a writes", 1),
        ("b watches", 0),
    ]


def test_something_that_is_no_connection_is_a_problem_that_says_what_was_expected(host):
    _, ratings = host
    receipt = ratings.ticket_closed(CLOSED, "postgresql://")
    assert not receipt.recorded
    assert "Session" in receipt.problem or "TypeError" in receipt.problem
