"""What is gathered of one slice while it is read, and the counts that come of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from operator import add
from types import MappingProxyType

from ..model import Plain, Scale
from .bins import TIME_BINS
from .lanes import Moments as Lanes
from .lanes import cells_of
from .months import first_day
from .strata import Strata
from .tally import MET, MISSED, Moments, Stratum, Tally, stratum_tally

#: (missed, met) histograms of one case-mix cell
Mix = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class Counted(Plain):
    """Closings of one slice under one procedure and scale, over one window."""

    #: of the dimensions that the counts are apart by; () without any
    value: tuple[str, ...]
    procedure: str
    tally: Tally
    #: by first day of each month with closings, in the tenant's zone; without moments
    months: tuple[tuple[date, Tally], ...] = ()
    #: (missed, met) histograms of the rated closings of each priority x queue; () unless asked for
    mix: tuple[Mix, ...] = ()
    #: rated closings by half-octave bin of the calendar time x point; () unless asked for
    times: tuple[tuple[int, ...], ...] = ()
    #: the same by the SLA clock
    worked: tuple[tuple[int, ...], ...] = ()
    #: all closings in the four bins around the deadline; zeros unless ``times`` are asked for
    deadline: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass
class Gathered:
    """Counts on their way: of one value of the slice and one procedure and scale."""

    value: tuple[str, ...]
    procedure: str
    scale: Scale
    #: month -> stratum -> cells; the month is 0 where months are not told apart
    cells: defaultdict[int, dict[int, list[int]]] = field(default_factory=lambda: defaultdict(dict))
    lanes: Lanes | None = None
    mix: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    times: Counter[tuple[int, int]] = field(default_factory=Counter)
    worked: Counter[tuple[int, int]] = field(default_factory=Counter)
    deadline: Counter[int] = field(default_factory=Counter)

    @cached_property
    def points(self) -> int:
        """How many points the scale has."""
        return len(self.scale.points)

    def count(self, month: int, stratum: int, cell: int, times: int) -> None:
        """Add to one cell of a month."""
        row = self.cells[month].get(stratum)
        if row is None:
            row = self.cells[month][stratum] = [0] * (3 * self.points + 6)
        row[cell] += times

    def put(self, month: int, stratum: int, cells: Sequence[int]) -> None:
        """Add all cells of a month and stratum."""
        before = self.cells[month].get(stratum)
        self.cells[month][stratum] = [*cells] if before is None else [*map(add, before, cells)]

    @property
    def empty(self) -> bool:
        """Whether nothing is left of it."""
        return not any(any(row) for by_stratum in self.cells.values() for row in by_stratum.values())

    @property
    def newest(self) -> tuple[int, int]:
        """The last month, and the newest stratum in it."""
        found = [(month, stratum) for month, rows in self.cells.items() for stratum, row in rows.items() if any(row)]
        return max(found, default=(0, 0))

    def finish(self, strata: Strata, *, times: bool) -> Counted:
        """The counts."""
        names = {number: strata.stratum(number) for rows in self.cells.values() for number in rows}
        total: dict[Stratum, list[int]] = {}
        months = []
        for month in sorted(self.cells):
            of_month: dict[Stratum, list[int]] = {}
            for number, row in self.cells[month].items():
                name = names[number]
                for rows in (total, of_month) if month else (total,):
                    before = rows.get(name)
                    rows[name] = row if before is None else [*map(add, before, row)]
            if month and any(map(any, of_month.values())):
                months.append((first_day(month), self._tally(of_month, None)))
        kept = {stratum: row for stratum, row in total.items() if any(row)}
        return Counted(
            value=self.value,
            procedure=self.procedure,
            tally=self._tally(kept, self._moments(kept, names)),
            months=tuple(months),
            mix=self._mix(),
            times=self._shape(self.times) if times else (),
            worked=self._shape(self.worked) if times else (),
            deadline=(self.deadline[0], self.deadline[1], self.deadline[2], self.deadline[3]),
        )

    def _tally(self, rows: Mapping[Stratum, list[int]], moments: Moments | None) -> Tally:
        strata = tuple(stratum_tally(name, rows[name], self.points) for name in sorted(rows) if any(rows[name]))
        return Tally(scale=self.scale, strata=strata, moments=moments)

    def _moments(self, rows: Mapping[Stratum, list[int]], names: Mapping[int, Stratum]) -> Moments | None:
        if self.lanes is None:
            return None
        width = 3 * self.points
        start = {name: place * width for place, name in enumerate(sorted(rows))}
        entries: dict[tuple[int, int], int] = {}
        for (a, b), lanes in self.lanes.lanes.items():
            if not any(lanes):
                continue
            first, second = start[names[a]], start[names[b]]
            turned = first > second
            for (i, j), amount in zip(cells_of(self.points, None if a == b else self.points), lanes, strict=True):
                if amount:
                    x, y = first + i, second + j
                    at = (y, x) if turned or x > y else (x, y)
                    entries[at] = entries.get(at, 0) + amount
        return Moments(entries=MappingProxyType(entries))

    def _mix(self) -> tuple[Mix, ...]:
        rows: dict[tuple[str, str], list[int]] = {}
        for (priority, queue, cell), count in self.mix.items():
            rows.setdefault((priority, queue), [0] * (3 * self.points))[cell] += count
        k = self.points
        parts = [
            (tuple(row[MISSED * k : (MISSED + 1) * k]), tuple(row[MET * k : (MET + 1) * k]))
            for _, row in sorted(rows.items())
        ]
        return tuple(part for part in parts if any(map(any, part)))

    def _shape(self, counts: Mapping[tuple[int, int], int]) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(counts.get((place, point), 0) for point in range(self.points)) for place in range(TIME_BINS))
