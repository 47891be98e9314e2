"""Inside the host's transaction, on every engine: joined where one is open on our database, and the host's to end.

D1 to D13 are the facts measured on real databases; docs/database.md lists them with the tests that hold them.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event, func, inspect, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker
from tests.world import NOON, merged

from nps_plugin import Client, ClosedTicket, Ratings, hookimpl
from nps_plugin.store.engine import LOCK_WAIT
from nps_plugin.store.tables import closures, metadata, surveys

tickets = Table("host_ticket", MetaData(), Column("id", Integer, primary_key=True))


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "host_note"
    id: Mapped[int] = mapped_column(primary_key=True)


only_postgresql = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

CLOSED = ClosedTicket(
    tenant="acme",
    ticket="17",
    opened_at=NOON - timedelta(hours=1),
    closed_at=NOON,
    client=Client(email="a@example.org"),
)


class Host:
    """A host's database with tables of its own, on SQLAlchemy's default driver, and our tables beside them."""

    def __init__(self, url, make_world):
        self.url = url
        self.engine = create_engine(url)
        tickets.metadata.create_all(self.engine)
        Base.metadata.create_all(self.engine)
        self.world = make_world()
        self.plugins = []
        self.ratings = Ratings(self.world.config, engine=self.engine, clock=self.world.clock)
        self.sqlite = self.engine.dialect.name == "sqlite"

    def count(self, table):
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar()

    def rows(self, name):
        with self.engine.connect() as connection:
            return connection.execute(select(metadata.tables[f"nps_{name}"])).all()

    def sql(self, text):
        with self.engine.begin() as connection:
            connection.exec_driver_sql(text)

    @contextmanager
    def watched(self):
        """Fails the test when something inside ends or closes what the host owns, or leaves a setting behind."""
        done = []
        names = ("commit", "rollback", "commit_twophase", "rollback_twophase")
        listeners = [(name, lambda *_args, name=name: done.append(name)) for name in names]
        for name, listener in listeners:
            event.listen(self.engine, name, listener)
        with self.engine.connect() as connection, connection.begin():
            before = self.settings(connection)
            yield connection
            assert done == [], f"the library did what is the host's to do: {done}"
            assert not connection.closed
            assert connection.in_transaction()
            assert not connection.in_nested_transaction()
            assert self.settings(connection) == before
            for name, listener in listeners:
                event.remove(self.engine, name, listener)

    def settings(self, connection):
        if self.sqlite:
            asked = ("foreign_keys", "busy_timeout", "journal_mode", "synchronous")
            return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
        asked = ("lock_timeout", "statement_timeout", "search_path", "transaction_isolation", "timezone")
        return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in asked]


@pytest.fixture
def host(database, make_world):
    made = Host(database(), make_world)
    yield made
    made.ratings.close()
    made.engine.dispose()


@pytest.mark.parametrize("writes_first", [False, True])
def test_d1_d2_the_hosts_rollback_takes_our_rows_with_it(host, writes_first):
    with host.engine.connect() as connection:
        transaction = connection.begin()
        if writes_first:
            connection.execute(tickets.insert().values(id=1))
        assert host.ratings.ticket_closed(CLOSED, connection).recorded
        transaction.rollback()
    assert host.count(tickets) == host.count(closures) == 0


@pytest.mark.parametrize("writes_first", [False, True])
def test_the_hosts_commit_takes_our_rows_with_it(host, writes_first):
    with host.engine.begin() as connection:
        if writes_first:
            connection.execute(tickets.insert().values(id=1))
        assert host.ratings.ticket_closed(CLOSED, connection).recorded
    assert host.count(closures) == 1
    assert host.count(tickets) == writes_first


@pytest.mark.parametrize("table", ["nps_closure", "nps_survey", "nps_client", "nps_contact"])
def test_d1_a_table_of_ours_that_is_gone_loses_neither_the_hosts_row_nor_its_transaction(host, table):
    host.sql(f"ALTER TABLE {table} RENAME TO gone")
    with host.engine.begin() as connection:
        connection.execute(tickets.insert().values(id=1))
        receipt = host.ratings.ticket_closed(CLOSED, connection)
        assert not receipt.recorded
        assert receipt.problem
        connection.execute(tickets.insert().values(id=2))
    assert host.count(tickets) == 2


def test_d3_a_session_is_joined_and_its_pending_objects_are_not_flushed(host):
    with Session(host.engine) as session:
        session.execute(tickets.insert().values(id=1))
        session.add(Note(id=1))
        assert host.ratings.ticket_closed(CLOSED, session).recorded
        assert len(session.new) == 1
        session.rollback()
    assert host.count(closures) == 0
    with Session(host.engine) as session:
        session.execute(tickets.insert().values(id=1))
        session.add(Note(id=1))
        host.ratings.ticket_closed(CLOSED, session)
        session.commit()
    assert host.count(closures) == host.count(Note.__table__) == 1


def test_d4_our_failure_leaves_the_hosts_session_usable(host):
    host.sql("ALTER TABLE nps_survey RENAME TO gone")
    with Session(host.engine) as session:
        session.add(Note(id=1))
        session.flush()
        assert not host.ratings.ticket_closed(CLOSED, session).recorded
        session.add(Note(id=2))
        session.commit()
    assert host.count(Note.__table__) == 2


def test_d6_tables_are_never_made_inside_the_hosts_transaction(database, make_world, request, engine_name, tmp_path):
    bare = request.getfixturevalue("postgres").bare() if engine_name == "postgresql" else f"sqlite:///{tmp_path}/bare"
    engine = create_engine(bare)
    with Ratings(make_world().config, engine=engine) as ratings, engine.begin() as connection:
        receipt = ratings.ticket_closed(CLOSED, connection)
        assert "nps-plugin db upgrade" in receipt.problem
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_d7_an_observer_that_fails_loses_only_its_own_writes(host):
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

    ratings = Ratings(host.world.config, engine=host.engine, plugins=[Writes(), Watches()], clock=host.world.clock)
    with host.engine.begin() as connection:
        assert ratings.ticket_closed(CLOSED, connection).recorded
    with host.engine.connect() as connection:
        assert list(connection.execute(select(tickets.c.id)).scalars()) == [8]
    errors = {plugin.name: plugin.errors for plugin in ratings.plugins}
    assert (errors["a writes"], errors["b watches"]) == (1, 0)


@pytest.mark.parametrize("failing", [False, True])
def test_d8_d9_nothing_of_the_hosts_is_ended_and_no_setting_is_left_behind(host, failing):
    if failing:
        host.sql("ALTER TABLE nps_survey RENAME TO gone")
    host.ratings.check()
    with host.watched() as connection:
        connection.execute(tickets.insert().values(id=1))
        assert host.ratings.ticket_closed(CLOSED, connection).recorded is not failing
        assert host.ratings.ticket_closed(CLOSED, connection).recorded is not failing
        assert host.ratings.ticket_reopened("acme", "17", NOON, connection=connection).recorded is not failing
    assert host.count(tickets) == 1


@only_postgresql
def test_d9_a_timeout_that_the_host_has_set_stands_again(host):
    with host.watched() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '7s'")
        assert host.ratings.ticket_closed(CLOSED, connection).recorded
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "7s"
        connection.exec_driver_sql("SET LOCAL lock_timeout = DEFAULT")


def test_d9_twin_closings_in_two_open_transactions_make_one_closure_and_nobody_waits_for_ever(host):
    """The second one waits for the first at most as long as a lock may take; afterwards it is a repeat."""
    with host.engine.connect() as first, host.engine.connect() as second:
        one = first.begin()
        first.execute(tickets.insert().values(id=1))
        assert host.ratings.ticket_closed(CLOSED, first).recorded
        two = second.begin()
        started = time.monotonic()
        late = host.ratings.ticket_closed(CLOSED, second)
        assert not late.recorded
        assert late.problem
        # SQLite waits as long as the host's driver says, five seconds unless told otherwise
        assert time.monotonic() - started < LOCK_WAIT + 8
        one.commit()
        two.rollback()
    with host.engine.begin() as connection:
        assert host.ratings.ticket_closed(CLOSED, connection).repeated
    assert host.count(closures) == host.count(surveys) == 1


@only_postgresql
def test_a_table_of_ours_that_is_locked_delays_the_hosts_closing_by_the_lock_wait_at_most(host):
    host.ratings.check()
    with host.engine.connect() as other, other.begin():
        other.exec_driver_sql("LOCK TABLE nps_survey IN ACCESS EXCLUSIVE MODE")
        with host.engine.begin() as connection:
            connection.execute(tickets.insert().values(id=1))
            started = time.monotonic()
            assert not host.ratings.ticket_closed(CLOSED, connection).recorded
            assert time.monotonic() - started < LOCK_WAIT + 3
    assert host.count(tickets) == 1


@only_postgresql
def test_d1_a_role_that_may_not_look_at_our_tables_loses_nothing_of_the_hosts(host):
    """The first closing looks at the schema: that too is inside the savepoint."""
    host.sql("CREATE ROLE plain LOGIN; GRANT ALL ON host_ticket TO plain")
    engine = create_engine(host.engine.url.set(username="plain"))
    with Ratings(host.world.config, engine=engine, clock=host.world.clock) as ratings:
        with engine.begin() as connection:
            connection.execute(tickets.insert().values(id=1))
            assert not ratings.ticket_closed(CLOSED, connection).recorded
        assert host.count(tickets) == 1
    engine.dispose()
    host.sql("DROP OWNED BY plain; DROP ROLE plain")


@only_sqlite
def test_d2_another_writer_between_our_reading_and_writing_does_not_fail_the_hosts_own_writing(host):
    host.ratings.check()
    host.sql("PRAGMA journal_mode = WAL")
    other = create_engine(host.url, connect_args={"timeout": 0.1})
    refused = []

    def meanwhile(_connection, _cursor, statement, *_more):
        if statement.startswith("SELECT (SELECT max(nps_reopening"):
            try:
                with other.begin() as elsewhere:
                    elsewhere.execute(tickets.insert().values(id=99))
            except OperationalError as error:
                refused.append(error)

    event.listen(host.engine, "after_cursor_execute", meanwhile)
    with host.engine.begin() as connection:
        assert host.ratings.ticket_closed(CLOSED, connection).recorded
        connection.execute(tickets.insert().values(id=1))
    assert host.count(tickets) == 1
    assert refused, "the other writer did not have to wait, so nothing was shown"
    other.dispose()


def test_a_session_that_does_not_say_which_database_it_means_is_not_joined(host):
    with sessionmaker(binds={Note: host.engine})() as session:
        session.begin()
        assert host.ratings.ticket_closed(CLOSED, session).recorded
    assert host.ratings.check().counts == {"own_transaction_instead_of_the_hosts": 1}
    assert host.count(closures) == 1


def test_two_workers_on_the_hosts_engine_ask_once(host):
    for number in range(8):
        host.ratings.ticket_closed(
            ClosedTicket(**(vars(CLOSED) | {"ticket": str(number), "client": Client(email=f"c{number}@example.org")}))
        )
    threads = [threading.Thread(target=host.ratings.run_due) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(mail["To"]) for mail in host.world.mailbox.mails) == [f"c{n}@example.org" for n in range(8)]


@only_sqlite
def test_a_full_disk_loses_nothing_of_the_hosts(host):
    """SQLite says so when a file may not grow; on PostgreSQL a full disk would need a file system of its own."""
    host.ratings.check()
    with host.engine.begin() as connection:
        connection.execute(tickets.insert().values(id=1))
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        big = {f"slice {n}": "x" * 200 for n in range(500)}
        receipt = host.ratings.ticket_closed(
            ClosedTicket(tenant="acme", ticket="1", opened_at=None, closed_at=NOON, facts=big), connection
        )
        assert not receipt.recorded
        connection.execute(tickets.insert().values(id=2))
    assert host.count(tickets) == 2
    assert host.count(closures) == 0


def test_d10_a_scoped_session_is_joined(host):
    registry = scoped_session(sessionmaker(host.engine))
    registry.execute(tickets.insert().values(id=1))
    assert host.ratings.ticket_closed(CLOSED, registry).recorded
    registry.rollback()
    registry.remove()
    assert host.count(closures) == 0


def test_d10_where_no_transaction_is_open_ours_is_used_and_counted(host):
    with Session(host.engine) as session:
        assert host.ratings.ticket_closed(CLOSED, session).recorded
    assert host.count(closures) == 1
    assert host.ratings.check().counts == {"own_transaction_instead_of_the_hosts": 1}


def test_d10_a_session_after_its_commit_is_not_joined(host):
    with Session(host.engine) as session:
        session.execute(tickets.insert().values(id=1))
        session.commit()
        assert host.ratings.ticket_closed(CLOSED, session).recorded
    assert host.count(closures) == 1


def test_d10_a_connection_that_commits_by_itself_is_not_joined(host):
    with host.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(select(1))
        assert host.ratings.ticket_closed(CLOSED, connection).recorded
    assert host.ratings.check().counts == {"own_transaction_instead_of_the_hosts": 1}
    assert host.count(closures) == 1


@only_sqlite
def test_a_host_that_begins_explicitly_on_sqlite_is_joined(host):
    """SQLAlchemy's recipe: the driver's transactions off, BEGIN by an event."""
    engine = create_engine(host.url)
    event.listen(engine, "connect", lambda raw, _record: setattr(raw, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.connect() as connection:
        transaction = connection.begin()
        assert host.ratings.ticket_closed(CLOSED, connection).recorded
        transaction.rollback()
    assert host.count(closures) == 0
    engine.dispose()


def test_a_transaction_on_another_database_is_not_joined(host, database):
    other = create_engine(database())
    with other.begin() as connection:
        assert host.ratings.ticket_closed(CLOSED, connection).recorded
    assert host.count(closures) == 1
    other.dispose()


def test_d11_a_plugin_cannot_stop_the_closing_from_being_recorded(host):
    class Claims:
        nps_name = "claims"

        @hookimpl(tryfirst=True)
        def nps_ticket_closed(self, closed):
            return "mine"

    with Ratings(host.world.config, engine=host.engine, plugins=[Claims()], clock=host.world.clock) as ratings:
        assert ratings.ticket_closed(CLOSED).recorded
    assert host.count(closures) == 1


@only_postgresql
def test_d12_facts_of_slower_transactions_wait_in_the_queue_and_are_not_passed_by(host):
    """A queue that is consumed by row loses nothing to a transaction that began earlier and commits later."""
    queue = metadata.tables["nps_fold_queue"]
    with host.engine.connect() as slow, host.engine.connect() as quick:
        waiting = slow.begin()
        host.ratings.ticket_closed(CLOSED, slow)
        with quick.begin():
            other = ClosedTicket(tenant="acme", ticket="18", opened_at=None, closed_at=NOON)
            host.ratings.ticket_closed(other, quick)
        first = host.count(queue)
        waiting.commit()
    assert host.count(queue) > first


def test_closings_of_one_ticket_from_many_threads_make_one_closure(host):
    receipts = []

    def close():
        receipts.append(host.ratings.ticket_closed(CLOSED))

    threads = [threading.Thread(target=close) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [receipt.recorded for receipt in receipts] == [True] * 6
    assert sum(not receipt.repeated for receipt in receipts) == 1
    assert host.count(closures) == host.count(surveys) == 1


@contextmanager
def counted(host):
    """What goes over the wire, one entry for each call of the driver; a host's own row is written before."""
    said = []

    def listen(_connection, _cursor, statement, *_more):
        said.append(" ".join(statement.split()[:4]))

    with host.engine.begin() as connection:
        connection.execute(tickets.insert().values(id=1))
        event.listen(host.engine, "before_cursor_execute", listen)
        yield connection, said
    event.remove(host.engine, "before_cursor_execute", listen)


def told(**facts):
    return ClosedTicket(**(vars(CLOSED) | facts))


def crowd(number):
    return tuple(Client(id=f"r{n}", email=f"r{n}@example.org") for n in range(number))


@pytest.mark.parametrize("person_known", [False, True])
@pytest.mark.parametrize("others", [0, 1, 2, 40])
def test_a_joined_closing_is_eight_messages_on_the_wire_and_two_more_for_any_number_of_respondents(
    host, person_known, others
):
    if person_known:
        host.ratings.ticket_closed(told(ticket="1", respondents=crowd(others)))
    host.ratings.check()
    with counted(host) as (connection, said):
        receipt = host.ratings.ticket_closed(told(respondents=crowd(others)), connection)
    assert receipt.recorded
    assert len(receipt.others) == others
    assert 0 < len(said) <= 8 + 2 * bool(others), said
    assert any("nps_fold_queue" in text for text in said)
    rows = [row for row in host.rows("survey") if row.ticket == "17"]
    assert sorted(row.respondent for row in rows) == list(range(others + 1))
    assert len({row.client for row in rows}) == others + 1
    asked = {row.survey: row.client for row in rows}
    kept = {row.survey: (row.client, row.email) for row in host.rows("contact") if row.survey in asked}
    assert {survey: client for survey, (client, _) in kept.items()} == asked
    assert {email for _, email in kept.values()} == {"a@example.org", *(one.email for one in crowd(others))}


@pytest.mark.parametrize("person_known", [False, True])
@pytest.mark.parametrize("others", [0, 1, 2, 40])
def test_a_token_in_the_hosts_own_message_costs_one_message_on_the_wire_more(host, person_known, others):
    ask = {"channels": ["host"], "quarantine": "1d", "max_contacts": 100}
    config = merged(host.world.config, {"tenants": {"acme": {"ask": ask}}})
    del config["tenants"]["acme"]["channels"]
    with Ratings(config, engine=host.engine, clock=host.world.clock) as ratings:
        if person_known:
            ratings.ticket_closed(told(ticket="1", respondents=crowd(others)))
            host.world.clock.advance(timedelta(days=2))
        ratings.check()
        with counted(host) as (connection, said):
            receipt = ratings.ticket_closed(told(respondents=crowd(others)), connection)
        links = {survey.buttons("text") for survey in (receipt.survey, *receipt.others)}
    assert len(links) == others + 1
    # eight, the tokens; for respondents their look-up and rows, and the quarantine of whom we know
    assert 0 < len(said) <= 9 + 3 * bool(others), said


@only_postgresql
def test_many_rows_of_one_closing_travel_together_on_postgresql(host):
    """Several rows are handed to the driver at once; it sends them without waiting for each."""
    import psycopg

    assert psycopg.Pipeline.is_supported()
    many = []
    event.listen(host.engine, "before_cursor_execute", lambda *args: many.append(args[2]) if args[5] else None)
    with host.engine.begin() as connection:
        host.ratings.ticket_closed(told(respondents=crowd(3)), connection)
    assert [text.split()[2] for text in many] == ["nps_survey", "nps_contact"]


def test_respondents_of_a_closing_keep_their_own_and_nobody_is_written_who_was_forgotten(host):
    """Persons who are known, new, named twice, opted out, forgotten and nobody, all in one closing."""
    ratings, (known, gone, silent) = host.ratings, crowd(3)
    ratings.ticket_closed(told(ticket="1", client=known, respondents=(gone, silent)))
    ratings.forget_client("acme", gone)
    ratings.opt_out("acme", silent)
    new = Client(id="new", email="new@example.org")
    people = (gone, silent, Client(id="r0", phone="+7 900"), new, new, Client(name="Nobody"))
    with host.engine.begin() as connection:
        receipt = ratings.ticket_closed(told(respondents=people), connection)
    reasons = [getattr(outcome, "reason", None) for outcome in receipt.others]
    assert reasons == ["opted_out", "opted_out", None, None, "duplicate", "no_address"]
    persons = {row.key: row for row in host.rows("client")}
    assert set(persons) == {"id:r0", "id:r2", "id:new", "email:a@example.org"}
    assert (persons["id:r0"].email, persons["id:r0"].phone) == ("r0@example.org", "+7 900")
    by_number = {row.respondent: row.client for row in host.rows("survey") if row.ticket == "17"}
    clients = {key: row.client for key, row in persons.items()}
    assert by_number == {
        0: clients["email:a@example.org"],
        1: None,
        2: clients["id:r2"],
        3: clients["id:r0"],
        4: clients["id:new"],
        5: clients["id:new"],
        6: None,
    }


@only_sqlite
def test_whichever_of_our_rows_fills_the_disk_nothing_of_the_hosts_is_lost(host):
    """The disk ends one page later each time, until everything fits."""
    host.ratings.check()
    facts = {"respondents": crowd(12), "tags": ("x" * 250,) * 20, "subject": "y" * 250}
    for pages in range(100):
        with host.engine.connect() as connection, connection.begin() as transaction:
            connection.execute(tickets.insert().values(id=1))
            there = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {there + pages}")
            recorded = [host.ratings.ticket_closed(told(ticket=str(n), **facts), connection).recorded for n in range(3)]
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
            connection.execute(tickets.insert().values(id=2))
            counts = [
                connection.execute(select(func.count()).select_from(table)).scalar()
                for table in (tickets, closures, surveys)
            ]
            assert counts == [2, sum(recorded), sum(recorded) * 13]
            transaction.rollback()
        if all(recorded):
            break
    assert pages > 9


def test_something_that_is_no_connection_is_a_problem_that_says_what_was_expected(host):
    receipt = host.ratings.ticket_closed(CLOSED, "postgresql://")
    assert not receipt.recorded
    assert "TypeError" in receipt.problem
