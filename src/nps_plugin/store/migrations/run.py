"""Runs the migrations, without an ini file and without touching logging."""

from __future__ import annotations

import threading
from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

# Alembic keeps the migration that runs in module-level proxies: two threads of one process cannot run it at once
_ONE_AT_A_TIME = threading.Lock()


def config() -> Config:
    """Alembic's configuration for our own history only."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    return made


def upgrade(engine: Engine) -> None:
    """Upgrade to this release's revision. On SQLite it is one transaction, which waits for others."""
    made = config()
    with _ONE_AT_A_TIME, engine.connect() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, "head")


def script(dialect: str, start: str = "") -> str:
    """The SQL of the upgrade, for a database administrator who runs it by hand; nothing is connected to.

    ``dialect``: "sqlite" or "postgresql"; ``start``: the revision that the database has, "" for none of our tables.
    """
    made = config()
    made.attributes["dialect"] = dialect
    made.output_buffer = StringIO()
    with _ONE_AT_A_TIME:
        command.upgrade(made, f"{start}:head" if start else "head", sql=True)
    return made.output_buffer.getvalue()
