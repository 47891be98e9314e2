"""``nps-plugin judge`` as a whole process against pandas and scipy printing the same (pandas_judge.py): time and peak
memory, turn by turn in one run. Aims: at 1,000,000 rows at most 1x of both, at 13,000 rows at most 0.6x of both."""

from __future__ import annotations

import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from math import isclose
from pathlib import Path
from typing import Any, NamedTuple

OTHER = Path(__file__).with_name("pandas_judge.py")
COLUMNS = """
scale = "faces-3"
[columns]
ticket = "number"
opened_at = "opened"
closed_at = "closed"
score = "score"
agent = "agent"
queue = "queue"
client = "client"
priority = "priority"
[targets]
kpi_share = 0.85
satisfied_share = 0.8
resolve_within = "8h"
[slices]
by = ["queue", "agent"]
"""


class Cost(NamedTuple):
    """What a process took: seconds by the clock, seconds of the processor, MiB at its peak."""

    wall: float
    cpu: float
    memory: float


def export(path: Path, rows: int) -> None:
    """A year of tickets: 100 agents, 8 queues, 3 priorities, 17 tickets a client, 30 % unanswered, 1 in 500 bad."""
    draw = random.Random(7)
    clients = [f"client{draw.randrange(10**8):08d}" for _ in range(max(50, rows * 6 // 100))]
    agents, queues = [f"agent {n:03d}" for n in range(100)], [f"queue {n}" for n in range(8)]
    start = datetime(2025, 1, 1)  # noqa: DTZ001 - exports seldom name a zone
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "opened", "closed", "score", "agent", "queue", "client", "priority"])
        for number in range(rows):
            opened = start + timedelta(seconds=draw.randrange(365 * 86400))
            closed = opened + timedelta(seconds=int(draw.lognormvariate(9.8, 1)))
            score = "" if draw.random() < 0.3 else str(draw.choices((1, 2, 3), (2, 2, 6))[0])
            if draw.random() < 0.002:
                score = "7"
            ticket = f"T{number - (draw.random() < 0.001):07d}"
            who = draw.choice(agents), draw.choice(queues), draw.choice(clients), draw.choice("123")
            writer.writerow([ticket, opened.isoformat(" "), closed.isoformat(" "), score, *who])


def run(command: list[str]) -> tuple[Cost, dict[str, Any]]:
    """Run a process to its end; its JSON."""
    with tempfile.TemporaryFile() as out:
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, command
        out.seek(0)
        return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), json.load(out)


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether both print the same figures, of the whole and of each slice."""

    def figures(one: dict[str, Any]) -> list[float]:
        score = one["score"]
        return [one["tickets"], one["answered"], one["kpi"]["share"], score["share"], score["net"], *score["interval"]]

    theirs_by = {(one["by"], one["value"]): one for one in theirs["slices"]}
    pairs = [(ours, theirs), *((one, theirs_by[one["by"], one["value"]]) for one in ours["slices"])]
    if [one["row"] for one in ours["refused_rows"]] != theirs["refused"] or len(pairs) != len(theirs_by) + 1:
        return False
    return all(isclose(a, b, rel_tol=1e-6) for x, y in pairs for a, b in zip(figures(x), figures(y), strict=True))


def compare(folder: Path, rows: int, rounds: int, aim: str) -> None:
    path, columns = folder / f"{rows}.csv", folder / "columns.toml"
    export(path, rows)
    columns.write_text(COLUMNS)
    us = [sys.executable, "-m", "nps_plugin", "judge", str(path), "--columns", str(columns), "--json"]
    them = [sys.executable, str(OTHER), str(path), "8"]
    costs: list[tuple[Cost, Cost]] = []
    agree = True
    for _ in range(rounds):
        (ours, ours_said), (theirs, theirs_said) = run(us), run(them)
        costs.append((ours, theirs))
        agree = agree and same(ours_said, theirs_said)
    parts = []
    for place, (name, unit) in enumerate((("time", "s"), ("processor", "s"), ("memory", "MiB"))):
        a, b = (statistics.median(pair[side][place] for pair in costs) for side in (0, 1))
        parts.append(f"{name} {a:.2f} against {b:.2f} {unit} = {a / b:.2f}x")
    print(f"judge, {rows:,} rows: {', '.join(parts)} (aim: {aim}); the figures {'agree' if agree else 'DIFFER'}")


def main() -> None:
    """Print a row for each size."""
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), 13_000, 5, "at most 0.6x of time and memory")
        compare(Path(folder), 1_000_000, 3, "at most 1x of time and memory")


if __name__ == "__main__":
    main()
