"""Exports as help-desks write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from nps_plugin import Judgement, judge

HEADER = ("number", "opened", "closed", "score", "agent", "queue", "client")
PLAIN: Mapping[str, Any] = {
    "scale": "faces-3",
    "columns": {
        "ticket": "number",
        "opened_at": "opened",
        "closed_at": "closed",
        "score": "score",
        "agent": "agent",
        "queue": "queue",
    },
    "targets": {"kpi_share": 0.85, "satisfied_share": 0.8, "resolve_within": "4h"},
    "slices": {"by": ["queue", "agent"]},
}


def row(number: object, *, took: float = 2, score: object = 3, day: int = 5, **more: str) -> list[str]:
    """A ticket closed ``took`` hours after it was opened."""
    minutes = round(took * 60)
    opened = f"2026-01-{day:02d} 08:00:00"
    closed = f"2026-01-{day:02d} {8 + minutes // 60:02d}:{minutes % 60:02d}:00"
    cells = {"number": str(number), "opened": opened, "closed": closed, "score": str(score), "agent": "olga"}
    cells |= {"queue": "mail", "client": f"c{number}"} | more
    return [cells[name] for name in HEADER]


class Desk:
    """Writes exports into a folder and judges them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "tickets.csv"

    def write(
        self,
        rows: Iterable[Sequence[str]],
        *,
        header: Sequence[str] = HEADER,
        delimiter: str = ",",
        encoding: str = "utf-8",
        end: str = "\r\n",
    ) -> Path:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
        writer.writerow(header)
        writer.writerows(rows)
        self.path.write_bytes(text.getvalue().encode(encoding))
        return self.path

    def judge(self, rows: Iterable[Sequence[str]], columns: Any = PLAIN, **how: Any) -> Judgement:
        return judge(self.write(rows, **how), columns)


def but(**change: Any) -> dict[str, Any]:
    """The plain columns with other tables laid over them."""
    laid = dict(PLAIN)
    for key, value in change.items():
        known = PLAIN.get(key)
        laid[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
    return laid | {"columns": dict(laid["columns"])}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
