"""The schema's history and the tables of the code are one."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event, inspect

from nps_plugin import Ratings, SchemaOutOfDate
from nps_plugin.store import include_name
from nps_plugin.store.engine import Store
from nps_plugin.store.migrations import HEAD, VERSION_TABLE
from nps_plugin.store.migrations.run import config
from nps_plugin.store.tables import metadata


@pytest.fixture
def store_in(request):
    """Makes stores in a folder, and closes them."""

    def make(folder):
        store = Store(f"sqlite:///{folder / 'nps.sqlite3'}")
        request.addfinalizer(store.close)
        return store

    return make


@pytest.fixture
def empty(engine_name, request, tmp_path):
    """A database without our tables, on each engine."""
    url = f"sqlite:///{tmp_path / 'bare.sqlite3'}"
    if engine_name == "postgresql":
        url = request.getfixturevalue("postgres").bare()
    store = Store(url)
    yield store
    store.close()


def test_the_head_that_a_start_compares_with_is_the_last_script():
    assert ScriptDirectory.from_config(config()).get_current_head() == HEAD


def test_the_tables_made_by_migrations_are_those_of_the_code(empty):
    empty.upgrade()
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_difference_between_migrations_and_code_is_found(empty):
    empty.upgrade()
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE nps_outbox DROP COLUMN error")
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) != []


def test_every_check_and_every_index_of_the_code_is_in_the_migrated_tables(empty, request, engine_name):
    """What alembic's comparison does not look at."""
    url = request.getfixturevalue("postgres").bare() if engine_name == "postgresql" else "sqlite://"
    plain = create_engine(url)
    empty.upgrade()
    metadata.create_all(plain)
    made, meant = inspect(empty.engine), inspect(plain)
    for table in metadata.tables:
        assert sorted(c["name"] for c in made.get_check_constraints(table)) == sorted(
            c["name"] for c in meant.get_check_constraints(table)
        )
        assert {i["name"]: i["unique"] for i in made.get_indexes(table)} == {
            i["name"]: i["unique"] for i in meant.get_indexes(table)
        }
    plain.dispose()


def test_an_upgrade_that_dies_half_way_leaves_nothing_and_can_be_run_again(empty):
    """The whole of it is one transaction."""
    done = []

    def dies(_connection, _cursor, statement, *_more):
        done.append(statement)
        if "CREATE TABLE nps_survey" in statement:
            raise KeyboardInterrupt

    event.listen(empty.engine, "after_cursor_execute", dies)
    with pytest.raises(KeyboardInterrupt):
        empty.upgrade()
    event.remove(empty.engine, "after_cursor_execute", dies)
    assert sum("CREATE TABLE" in statement for statement in done) > 2
    assert [name for name in inspect(empty.engine).get_table_names() if name != VERSION_TABLE] == []
    empty.upgrade()
    assert empty.revision() == HEAD


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_many_processes_that_upgrade_one_postgresql_at_once_take_turns(empty):
    url = empty.engine.url.render_as_string(hide_password=False)
    code = f"from nps_plugin.store.engine import Store; Store({url!r}).upgrade()"
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert empty.revision() == HEAD


def test_d5_a_hosts_autogenerate_drops_our_tables_unless_it_leaves_them_out(empty):
    empty.upgrade()
    hosts = MetaData()
    Table("ticket", hosts, Column("id", Integer, primary_key=True))
    Table("nps_of_the_host", hosts, Column("id", Integer, primary_key=True))
    hosts.create_all(empty.engine)
    with empty.engine.connect() as connection:

        def proposed(**options):
            context = MigrationContext.configure(connection, opts={"version_table": "alembic_version", **options})
            return {change[1].name for change in compare_metadata(context, hosts) if change[0] == "remove_table"}

        assert proposed() == {*metadata.tables, VERSION_TABLE}
        assert proposed(include_name=include_name) == set()
        hosts.remove(hosts.tables["nps_of_the_host"])
        assert proposed(include_name=include_name) == {"nps_of_the_host"}


def test_every_primary_key_begins_with_the_tenant_and_every_name_with_nps():
    for name, table in metadata.tables.items():
        assert name.startswith("nps_")
        assert table.primary_key.columns.keys()[0] == "tenant_id"


def test_our_own_file_is_upgraded_when_it_is_opened_and_only_once(tmp_path, store_in):
    store = store_in(tmp_path)
    assert store.revision() is None
    store.ready()
    assert store.revision() == HEAD
    store.upgrade()
    assert store.revision() == HEAD


def test_many_threads_that_open_a_new_file_at_once_all_find_it_ready(tmp_path, store_in):
    failures = []

    def open_it():
        try:
            store_in(tmp_path).ready()
        except Exception as error:  # noqa: BLE001 - whatever went wrong in a thread is what the test looks for
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_many_processes_that_open_a_new_file_at_once_all_find_it_ready(tmp_path, store_in):
    code = f"from nps_plugin.store.engine import Store; Store('sqlite:///{tmp_path / 'nps.sqlite3'}').ready()"
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [process.wait() for process in started] == [0, 0, 0, 0]
    assert store_in(tmp_path).revision() == HEAD


def test_tables_of_a_newer_release_are_left_alone(tmp_path, store_in):
    store = store_in(tmp_path)
    store.ready()
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = 'nps_9999'")
    newer = store_in(tmp_path)
    with pytest.raises(SchemaOutOfDate, match="newer release"):
        newer.ready()


def test_a_hosts_database_is_never_upgraded_silently(tmp_path, make_world):
    engine = create_engine(f"sqlite:///{tmp_path / 'host.sqlite3'}")
    with Ratings(make_world().config, engine=engine) as ratings:
        receipt = ratings.ticket_closed(make_world().ticket())
        assert not receipt.recorded
        assert "nps-plugin db upgrade" in receipt.problem
        assert inspect(engine).get_table_names() == []
    engine.dispose()
