"""``import`` of an export against a bare executemany of the rows that it writes. Aim: at most 2.5x. The bare side has
its rows ready: it reads no file, checks nothing, looks nothing up."""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine, insert, select
from tests.benchmarks.bench_closing import config
from tests.benchmarks.bench_judge import COLUMNS, export
from tests.postgres import Postgres

from nps_plugin import Ratings
from nps_plugin.store import tables

ROWS, AT_ONCE, ROUNDS = 20_000, 2000, 3
WRITTEN = ("client", "closure", "survey", "answer", "fold_queue")


def imported(url: str, path: Path, columns: Path) -> tuple[float, dict[str, list[dict[str, object]]]]:
    """Seconds of the import, and the rows that it wrote."""
    ratings = Ratings(config(url))
    ratings.upgrade()
    begun = time.perf_counter()
    ratings.import_answers("acme", path, columns)
    took = time.perf_counter() - begun
    ratings.close()
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            name: [dict(row._mapping) for row in connection.execute(select(tables.metadata.tables[f"nps_{name}"]))]
            for name in WRITTEN
        }
    engine.dispose()
    return took, found


def bare(url: str, rows: dict[str, list[dict[str, object]]]) -> float:
    """Seconds of writing the same rows, as many in a transaction."""
    ratings = Ratings(config(url))
    ratings.upgrade()
    took = 0.0
    begun = time.perf_counter()
    for start in range(0, ROWS, AT_ONCE):
        with ratings._parts.store.write() as connection:
            for name, some in rows.items():
                share = some[start * len(some) // ROWS : (start + AT_ONCE) * len(some) // ROWS]
                if share:
                    connection.execute(insert(tables.metadata.tables[f"nps_{name}"]), share)
    took = time.perf_counter() - begun
    ratings.close()
    return took


def show(name: str, fresh: object, path: Path, columns: Path) -> None:
    pairs = []
    for _ in range(ROUNDS):
        ours, rows = imported(fresh(), path, columns)  # type: ignore[operator]
        pairs.append((ours, bare(fresh(), rows)))  # type: ignore[operator]
    ours, theirs = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    print(
        f"import of {ROWS:,} rows, {name}: {ours:.2f} s against {theirs:.2f} s = {ours / theirs:.2f}x"
        f" (aim: at most 2.5x), {ROWS / ours:,.0f} rows a second"
    )


def main() -> None:
    """Print a row for each engine."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, columns = folder / "history.csv", folder / "columns.toml"
        export(path, ROWS)
        columns.write_text(COLUMNS)
        names = iter(range(1000))
        show("SQLite", lambda: f"sqlite:///{folder / f'{next(names)}.sqlite3'}", path, columns)
        server = Postgres(Path(tempfile.mkdtemp(prefix="nps-postgresql-")))
        try:
            show("PostgreSQL", server.bare, path, columns)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
