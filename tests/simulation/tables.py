"""What every experiment is made of: a rate and its bound, a table, tenants judged one after the other."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Any

from nps_plugin.counts import tally
from nps_plugin.model import SliceVerdict

from .tenants import AGREED, Sample, seeded

Judge = Callable[..., SliceVerdict]


@dataclass(frozen=True, kw_only=True)
class Check:
    """A measured rate and its bound."""

    what: str
    measured: float
    tenants: int
    bound: float
    at_most: bool = True

    def held(self, *, exactly: bool = False) -> bool:
        """Within the bound; unless ``exactly``, two standard errors of the simulation are granted."""
        slack = 0.0 if exactly else 2 * sqrt(min(0.25, self.bound * (1 - min(1.0, self.bound))) / self.tenants)
        return self.measured <= self.bound + slack if self.at_most else self.measured >= self.bound - slack


@dataclass(frozen=True, kw_only=True)
class Table:
    """What one experiment prints, and what it is held against."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    checks: tuple[Check, ...] = ()
    note: str = ""

    def markdown(self) -> str:
        """The table as it stands in docs/truth.md."""
        lines = [f"### {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        lines += ["| " + " | ".join(row) + " |" for row in (self.columns, ("---",) * len(self.columns), *self.rows)]
        return "\n".join(lines) + "\n"


def judged(judge: Judge, sample: Sample, **more: Any) -> SliceVerdict:
    """The verdict on one simulated tenant. Clients are passed on only where some come again, as counts does."""
    counted = tally(sample.scale, sample.rows)
    return judge(counted, **({"target": AGREED} | more))


def verdicts(judge: Judge, draw: Callable[[random.Random], Sample], count: int, seed: str) -> Iterable[SliceVerdict]:
    """The verdicts on so many tenants."""
    return (judged(judge, draw(seeded(seed, number))) for number in range(count))


def many(size: int, quick: int, full: int) -> int:
    """How many tenants: a quarter of a quick look for a test."""
    return (max(10, quick // 4), quick, full)[size]


def rate(hits: int, count: int) -> str:
    """A share as it is printed: 0.026, or 0 where nothing was ever seen."""
    return f"{hits / count:.3f}" if hits else "0"
