"""docs/statistics.md tells of every function, and of none that is not there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from nps_plugin import statistics as st

PAGE = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"


def told(text: str) -> set[str]:
    """The names in the first cell of each row of the page's tables."""
    rows = re.findall(r"^\| (`[^|]+)\|", text, flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_function_is_told_with_its_formula():
    functions = {name for name in st.__all__ if inspect.isfunction(inspect.unwrap(getattr(st, name)))}
    assert told(PAGE.read_text(encoding="utf-8")) == functions


def test_an_untold_function_would_be_seen():
    assert told("| `wilson`, `newcombe` | k/n | `other` | |\n") == {"wilson", "newcombe"}
