"""The quarantine look-up among 1,000,000 closures against one among 1,000, turn by turn. Aim: at most 1.3x."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine
from tests.postgres import Postgres
from tests.world import NOON

from nps_plugin import Secret, read_mapping
from nps_plugin.store import tables
from nps_plugin.store.engine import Store
from nps_plugin.surveys.quarantine import Case, asked_lately

MANY, FEW, ROUNDS = 1_000_000, 1_000, 2_000
#: As many closures has each client.
EACH = 16


def rows(count: int) -> Iterator[list[dict[str, Any]]]:
    """Surveys sent over the past two years, in lots."""
    columns = {column.name for column in tables.surveys.columns}
    plain: dict[str, Any] = {"host": "", "respondent": 0, "organization": "", "procedure": "", "state": "sent"}
    plain |= {
        "detail": "",
        "scale": {},
        "channels": [],
        "channel": "email",
        "locale": "en",
        "attempts": 1,
        "not_asked": None,
        "closure": 1,
    }
    for start in range(0, count, 20_000):
        lot = []
        for number in range(start, min(start + 20_000, count)):
            sent = NOON - timedelta(minutes=number % 1_000_000)
            own = {"tenant_id": "acme", "survey": f"s{number}", "ticket": str(number), "client": f"c{number // EACH}"}
            times = dict.fromkeys(("due_at", "planned_for", "expires_at", "sent_at", "state_at"), sent)
            lot.append({name: value for name, value in (plain | own | times).items() if name in columns})
        yield lot


def filled(url: str, count: int) -> Connection:
    engine = create_engine(url)
    Store(url, engine).upgrade()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE nps_survey DROP CONSTRAINT fk_nps_survey_nps_closure")
        for lot in rows(count):
            connection.execute(tables.surveys.insert(), lot)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return engine.connect()


def main() -> None:
    """Print a row for each engine."""
    page = {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the benchmark")]}
    tenant = read_mapping({"page": page, "tenants": {"acme": {"brand": {"sender": "a@b.example"}}}}).tenants["acme"]
    chance = random.Random(7)

    def look(connection: Connection, count: int) -> float:
        client = f"c{chance.randrange(count // EACH)}"
        case = Case(host="", ticket="new", closure=1, client=client, organization="")
        before = time.perf_counter()
        asked_lately(connection, tenant, case, NOON)
        return time.perf_counter() - before

    def measure(name: str, many: Connection, few: Connection) -> None:
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            times[0].append(look(many, MANY))
            times[1].append(look(few, FEW))
        a, b = (statistics.quantiles(values[ROUNDS // 10 :], n=100) for values in times)
        shown = [f"p{share}: {a[share - 1] * 1e6:.0f} us against {b[share - 1] * 1e6:.0f} us" for share in (50, 99)]
        ratio = f"{a[49] / b[49]:.2f}x (aim: at most 1.3x at p50)"
        print(f"quarantine among 1,000,000 against 1,000, {name}: {', '.join(shown)} = {ratio}")

    with tempfile.TemporaryDirectory() as folder:
        paths = [f"sqlite:///{Path(folder) / name}" for name in ("many", "few")]
        measure("SQLite", filled(paths[0], MANY), filled(paths[1], FEW))
    server = Postgres(Path(tempfile.mkdtemp(prefix="nps-postgresql-")))
    try:
        measure("PostgreSQL", filled(server.bare(), MANY), filled(server.bare(), FEW))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
