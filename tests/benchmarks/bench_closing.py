"""What a closing costs in the host's transaction, against bare Core INSERTs of the same rows. Aims: 2x on SQLite, 2.6x
on PostgreSQL (with lock_timeout set and restored). The host's own BEGIN, row and COMMIT are outside of the measure."""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select
from tests.postgres import Postgres
from tests.world import NOON

from nps_plugin import Client, ClosedTicket, ManualClock, Ratings, Secret
from nps_plugin.store import tables

ROUNDS = 1500
host_tickets = Table("host_ticket", MetaData(), Column("id", Integer, primary_key=True))
#: The rows of one closing, in the order in which they are written.
WRITTEN = ("client", "closure", "survey", "contact", "fold_queue")


def ticket(number: int) -> ClosedTicket:
    return ClosedTicket(
        tenant="acme",
        ticket=str(number),
        opened_at=NOON - timedelta(days=5),
        closed_at=NOON,
        client=Client(id=str(number), email=f"client{number}@example.org", name="Ivan Petrov"),
        agent="olga",
        queue="support",
        priority="2",
        subject="The printer is on fire",
    )


def config(url: str) -> dict[str, Any]:
    return {
        "database": {"url": url},
        "page": {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the benchmark")]},
        "tenants": {
            "acme": {
                "brand": {"sender": "Acme <help@acme.example>"},
                "kpi": [{"resolve_within": "3d", "calendar": "office"}],
                "calendars": {"office": {"hours": {"mon-fri": "09:00-18:00"}}},
            }
        },
    }


def measure(url: str) -> tuple[list[float], list[float]]:
    """Seconds of each closing, and of bare inserts of rows like its own, turn by turn in one run."""
    engine = create_engine(url)
    host_tickets.metadata.create_all(engine)
    clock = ManualClock(NOON)
    ratings = Ratings(config(url), engine=engine, clock=clock, strict=True)
    ratings.upgrade()
    ratings.ticket_closed(ticket(0))
    with engine.connect() as connection:
        found = [tables.metadata.tables[f"nps_{name}"] for name in WRITTEN]
        rows = [dict(connection.execute(select(table)).first()._mapping) for table in found]  # type: ignore[union-attr]
    bare = [(insert(table), row) for table, row in zip(found, rows, strict=True)]
    keys = {"nps_client": ("client", "key"), "nps_fold_queue": ("entry",)}

    def closing(connection: Any, number: int) -> Callable[[], object]:
        return lambda: ratings.ticket_closed(ticket(number), connection)

    def inserts(connection: Any, number: int) -> Callable[[], object]:
        made = []
        for (statement, row), table in zip(bare, found, strict=True):
            own = {name: f"b{number}" for name in keys.get(table.name, ()) or ("ticket", "survey") if name in table.c}
            made.append((statement, row | own))
        return lambda: [connection.execute(statement, row) for statement, row in made]

    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(1, ROUNDS + 1):
        clock.advance(timedelta(seconds=1))
        for ours in (True, False):
            with engine.begin() as connection:
                connection.execute(host_tickets.insert().values(id=number * 2 + ours))
                work = (closing if ours else inserts)(connection, number)
                before = time.perf_counter()
                work()
                times[ours].append(time.perf_counter() - before)
    engine.dispose()
    warm = ROUNDS // 10
    return times[True][warm:], times[False][warm:]


def show(name: str, ours: list[float], bare: list[float], aim: float) -> None:
    def at(values: list[float], share: float) -> float:
        return statistics.quantiles(values, n=100)[round(share * 100) - 1]

    parts = []
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        a, b = at(ours, share) * 1e6, at(bare, share) * 1e6
        parts.append(f"{label}: {a:5.0f} us against {b:5.0f} us = {a / b:.2f}x")
    row = " | ".join(parts)
    print(f"ticket_closed in the host's transaction, {name}: {row} (aim: at most {aim}x at p50)")


def main() -> None:
    """Print a row for each engine."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        show("SQLite", *measure(f"sqlite:///{Path(folder) / 'bench.sqlite3'}"), 2.0)
    server = Postgres(Path(tempfile.mkdtemp(prefix="nps-postgresql-")))
    try:
        show("PostgreSQL", *measure(server.bare()), 2.6)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
