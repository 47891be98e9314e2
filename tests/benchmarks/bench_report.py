"""A report of twelve months by agent over 1,000,000 answers against pandas and scipy, computing the same columns from
the same database (aim: at least 50x); crossed, and of one client company (at least 5x); over 10,000,000 answers against
1,000,000 (at most 1.5x). NPS_BENCH_ANSWERS makes the first number smaller for a quick look; the ten times as many are
left out then.

CPU time of one process at a time, so that what else the machine does counts for neither; each peak of memory is that of
a process of its own that does nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks import filled

from nps_plugin import ManualClock, Ratings
from nps_plugin.counts import rebuild

ANSWERS = int(os.environ.get("NPS_BENCH_ANSWERS", "1000000"))
ROUNDS = 7
ASKED: dict[str, dict[str, Any]] = {
    "by agent": {"by": "agent"},
    "by agent and queue": {"by": ("agent", "queue")},
    "by agent of one company": {"by": "agent", "organization": "org7"},
}
#: The same for pandas: columns of nps_closure, and what is asked of them.
SAME: dict[str, tuple[list[str], str]] = {
    "by agent": (["credited"], ""),
    "by agent and queue": (["credited", "queue"], ""),
    "by agent of one company": (["credited"], "AND c.organization = 'org7'"),
}
AIMS = {"by agent": "50x, better 100x", "by agent and queue": "5x", "by agent of one company": "5x"}


def ratings(path: Path) -> Ratings:
    """The library on a filled database, on the last day of its year."""
    clock = ManualClock(filled.UNTIL - timedelta(hours=6))
    return Ratings(filled.config(f"sqlite:///{path}"), strict=True, clock=clock)


def least(do: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """CPU seconds of the fastest round, and what it gave."""
    times = []
    for _ in range(rounds):
        before = time.process_time()
        result = do()
        times.append(time.process_time() - before)
    return min(times), result


def ours(path: Path, what: str, rounds: int = ROUNDS) -> tuple[float, list[dict[str, Any]]]:
    """CPU seconds and rows of the report."""
    with ratings(path) as library:
        seconds, report = least(lambda: library.report("acme", **ASKED[what]), rounds)
        return seconds, report.rows()


def theirs(path: Path, what: str) -> tuple[float, Any]:
    """CPU seconds and rows of pandas."""
    from tests.benchmarks import pandas_report

    by, where = SAME[what]
    since, until = (str(at.replace(tzinfo=None)) + ".000000" for at in (filled.SINCE, filled.UNTIL))
    return least(lambda: pandas_report.rows(path, by, since, until, where), 1)


def peak(code: str, path: Path) -> float:
    """Megabytes of a process that runs this."""
    # not getrusage: a child's begins at what its parent had
    ends = "print(*[line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    whole = f"from pathlib import Path; from tests.benchmarks import bench_report as b; {code}; {ends}"
    command = [sys.executable, "-c", whole, str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]) / 1e3


def compare(path: Path) -> None:
    """A line for each report."""
    for what in ASKED:
        seconds, rows = ours(path, what)
        other, table = theirs(path, what)
        assert len(rows) == len(table)
        agrees(rows, table)
        ratio = other / seconds
        print(
            f"report {what}, {len(rows)} rows: {seconds * 1e3:.0f} ms against pandas {other * 1e3:.0f} ms"
            f" = {ratio:.0f}x (aim: at least {AIMS[what]})"
        )


def agrees(rows: list[dict[str, Any]], table: Any) -> None:
    """Both have the same numbers."""
    names = {"tickets": "tickets", "answered": "answered", "kpi_met": "kpi_met", "share": "satisfied_share"}
    keys = [name for name in ("agent", "queue") if name in rows[0]]
    ordered = sorted(rows, key=lambda row: tuple(row[name] for name in keys))
    table = table.sort_values(["credited", *keys[1:]])
    for mine, (_, one) in zip(ordered, table.iterrows(), strict=True):
        for theirs_name, name in names.items():
            if name in mine and mine["answered"] >= 100:
                assert abs(mine[name] - one[theirs_name]) < 1e-9, (name, mine[name], one[theirs_name])


def main() -> None:
    """Print what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.sqlite3"
        store = filled.fill(f"sqlite:///{path}", ANSWERS)
        without = filled.size(path)
        before = time.process_time()
        filled.counted(store)
        took = time.process_time() - before
        again, found = least(lambda: rebuild(store, filled.tenant()), 1)
        assert found.equal
        store.close()
        print(
            f"{ANSWERS:,} answers, {filled.CLIENTS:,} clients, {filled.AGENTS} agents, SQLite: facts {without:.0f} MB,"
            f" with counts {filled.size(path):.0f} MB; counted from the facts in {took:.0f} s, found equal in"
            f" {again:.0f} s"
        )
        compare(path)
        mine = peak("import sys; b.ours(Path(sys.argv[1]), 'by agent', 1)", path)
        crossed = peak("import sys; b.ours(Path(sys.argv[1]), 'by agent and queue', 1)", path)
        other = peak("import sys; b.theirs(Path(sys.argv[1]), 'by agent')", path)
        print(f"peak memory by agent: {mine:.0f} MB, crossed {crossed:.0f} MB, pandas {other:.0f} MB")
        if ANSWERS == 1_000_000:
            larger(Path(folder), path)


def larger(folder: Path, path: Path) -> None:
    """Ten times as many answers, without the facts behind them, against the ones before."""
    many = folder / "many.sqlite3"
    store = filled.fill(f"sqlite:///{many}", 10 * ANSWERS, facts=False)
    filled.fold_all(store)
    few_s, _ = ours(path, "by agent")
    many_s, rows = ours(many, "by agent")
    assert sum(row["answered"] for row in rows) == 10 * ANSWERS
    held = peak("import sys; b.ours(Path(sys.argv[1]), 'by agent', 1)", many)
    print(
        f"report by agent of {10 * ANSWERS:,} answers: {many_s * 1e3:.0f} ms against {few_s * 1e3:.0f} ms of"
        f" {ANSWERS:,} = {many_s / few_s:.2f}x (aim: at most 1.5x); database without facts {filled.size(many):.0f} MB,"
        f" peak memory {held:.0f} MB"
    )


if __name__ == "__main__":
    main()
