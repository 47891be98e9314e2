"""The rows of an export, checked: what can be judged, what is still open, what is refused and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import compress, repeat
from operator import gt, lt, sub

from ..counts import MET, MISSED, UNKNOWN
from ..model import RefusedRow, Scale
from .cells import BAD, count_of, number_of, plain_number, point_of
from .columns import CONTACTS, COUNTS, NOTHING, TEXTS, TIMES, Columns
from .source import Batch, Progress, Source
from .times import FIRST, LAST, Times

_SHOWN = 120
_ZERO = timedelta()


@dataclass(frozen=True)
class Good:
    """Rows of one batch that can be judged, by column; times as time since 1970, None where unknown.

    ``scores`` are indexes of the scale's points, and their number where nobody answered. ``months`` are
    year * 12 + month - 1, empty without ``closed_at``. ``texts`` holds the cells of the text columns that are mapped.
    """

    lines: Sequence[int]
    kpis: Sequence[int]
    scores: Sequence[int]
    months: Sequence[int]
    texts: Mapping[str, Sequence[str]]
    counts: Mapping[str, Sequence[int]]
    tickets: Sequence[str]
    opened: Sequence[timedelta | None]
    closed: Sequence[timedelta | None]
    target: Sequence[timedelta | None]
    took: Sequence[timedelta | None]
    #: the text columns of rows that are still open
    still_open: Mapping[str, Sequence[str]]
    open_count: int


@dataclass
class Reading:
    """What came of reading so far."""

    refused: list[RefusedRow] = field(default_factory=list)
    open: int = 0
    judged: int = 0


class _Read(dict[str, int]):
    """Cells read once."""

    def __init__(self, read: Callable[[str], int]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> int:
        value = self._read(cell)
        if len(self) < 100_000:
            self[cell] = value
        return value


class Reader:
    """Reads the rows of a source as the columns say."""

    def __init__(self, source: Source, columns: Columns, scale: Scale, *, contacts: bool = False) -> None:
        self._source, self._columns, self._scale = source, columns, scale
        self._roles = tuple(role for role in columns.columns if contacts or role not in CONTACTS)
        self._numbers = [source.header.index(columns.columns[role].name) for role in self._roles]
        self._times = {
            role: Times(columns.timezone, columns.columns[role].format) for role in TIMES if columns.has(role)
        }
        self._points = _Read(lambda cell: point_of(cell, columns.columns["score"], scale))
        self._kpi = _Read(self._kpi_of)
        self._durations = _Read(self._duration_of)
        self._counts = _Read(count_of)
        self._seen: set[int] = set()
        self.reading = Reading()

    def batches(self, progress: Progress | None = None) -> Iterator[Good]:
        """Every row that can be judged, a few thousand at a time."""
        for batch in self._source.batches(self._numbers, progress):
            refusals: dict[int, RefusedRow] = {}
            good = self._checked(batch, refusals)
            self.reading.refused += _merged(batch, refusals)
            self.reading.open += good.open_count
            self.reading.judged += len(good.lines)
            yield good

    def _checked(self, batch: Batch, refusals: dict[int, RefusedRow]) -> Good:
        cells = dict(zip(self._roles, batch.columns, strict=True))
        lines, count = batch.lines, len(batch.lines)

        def refuse(at: int, role: str, reason: str, value: str | None = None) -> None:
            if at not in refusals:
                shown = (cells[role][at] if value is None else value)[:_SHOWN]
                refusals[at] = RefusedRow(row=lines[at], field=role, value=shown, reason=reason)

        # closed_at first: what is wrong with it decides whether a ticket is open at all
        months: list[int] = []
        times = {
            role: self._read_times(role, cells[role], refuse, months) for role in reversed(TIMES) if role in self._times
        }
        nothing: list[timedelta | None] = [None] * count
        closed, opened, target = (times.get(role, nothing) for role in reversed(TIMES))
        skip = _still_open(closed, refusals) if "closed_at" in cells else []
        took = self._took(cells, opened, closed, refuse)
        kpis = self._kpis(cells, opened, closed, target, took, refuse)
        scores = self._scores(cells["score"], refuse) if "score" in cells else [0] * count
        counts = {role: self._read_counts(role, cells[role], refuse) for role in COUNTS if role in cells}
        for at in skip:
            # of an open ticket nothing is judged, so nothing of it can be wrong
            refusals.pop(at, None)
        tickets: Sequence[str] = [*map(str.strip, cells["ticket"])] if "ticket" in cells else ()
        self._refuse_repeats(tickets, closed, refusals, refuse)
        skipped = [at for at in skip if at not in refusals]
        keep = bytearray(b"\1") * count
        for at in (*skip, *refusals):
            keep[at] = 0
        texts = {role: cells[role] for role in (*TEXTS, *CONTACTS) if role in cells}
        good = Good(
            lines=lines,
            kpis=kpis,
            scores=scores,
            months=months,
            texts=texts,
            counts=counts,
            tickets=tickets,
            opened=opened,
            closed=closed,
            target=target,
            took=took,
            still_open={role: [column[at] for at in skipped] for role, column in texts.items()} if skipped else {},
            open_count=len(skipped),
        )
        return _kept(good, keep) if skip or refusals else good

    # --- columns

    def _read_times(
        self, role: str, cells: Sequence[str], refuse: Callable[..., None], months: list[int]
    ) -> list[timedelta | None]:
        """The times of a column; the months of ``closed_at`` are put into ``months``."""
        reader = self._times[role]
        blank = "" in cells
        given = [cell for cell in cells if cell] if blank else cells
        values = reader.read(given)
        result: list[timedelta | None] = list(values) if not blank else []
        if role == "closed_at":
            months += reader.months(given, values)
        if blank:
            found, their = iter(values), iter(months)
            result = [next(found) if cell else None for cell in cells]
            if role == "closed_at":
                months[:] = [next(their) if cell else 0 for cell in cells]
        if values and (min(values) < FIRST or max(values) >= LAST):
            for at, value in enumerate(result):
                if value is None or FIRST <= value < LAST:
                    continue
                known = reader.one(cells[at])
                if isinstance(known, str):
                    refuse(at, role, known)
                    known = None
                elif known is not None and role == "closed_at":
                    months[at] = reader.month(known)
                result[at] = known
        return result

    def _took(
        self,
        cells: Mapping[str, Sequence[str]],
        opened: Sequence[timedelta | None],
        closed: Sequence[timedelta | None],
        refuse: Callable[..., None],
    ) -> Sequence[timedelta | None]:
        """How long each took: by its own column, else from opening to closing."""
        took: Sequence[timedelta | None] = [None] * len(closed)
        if "opened_at" in cells and "closed_at" in cells:
            took = _between(opened, closed)
            if _any_negative(took):
                for at, length in enumerate(took):
                    if length is not None and length < _ZERO:
                        refuse(at, "closed_at", f"is before opened_at {cells['opened_at'][at][:_SHOWN]}")
        return self._read_durations(cells["resolution_time"], refuse) if "resolution_time" in cells else took

    def _scores(self, cells: Sequence[str], refuse: Callable[..., None]) -> list[int]:
        scores = list(map(self._points.__getitem__, cells))
        if BAD in scores:
            for at, value in enumerate(scores):
                if value == BAD:
                    refuse(at, "score", self._why_no_point())
        return scores

    def _read_durations(self, cells: Sequence[str], refuse: Callable[..., None]) -> list[timedelta | None]:
        values = list(map(self._durations.__getitem__, cells))
        result: list[timedelta | None] = [timedelta(microseconds=value) if value >= 0 else None for value in values]
        if BAD in values:
            for at, value in enumerate(values):
                if value == BAD:
                    refuse(at, "resolution_time", "is no length of time of zero or more")
        return result

    def _read_counts(self, role: str, cells: Sequence[str], refuse: Callable[..., None]) -> list[int]:
        values = list(map(self._counts.__getitem__, cells))
        if BAD in values:
            for at, value in enumerate(values):
                if value == BAD:
                    refuse(at, role, "is no whole number of zero or more, nor yes or no")
        return values

    def _kpis(
        self,
        cells: Mapping[str, Sequence[str]],
        opened: Sequence[timedelta | None],
        closed: Sequence[timedelta | None],
        target: Sequence[timedelta | None],
        took: Sequence[timedelta | None],
        refuse: Callable[..., None],
    ) -> list[int]:
        """MET, MISSED or UNKNOWN of each row; exactly at the target is met."""
        columns = self._columns
        if columns.has("kpi_met"):
            kpis = list(map(self._kpi.__getitem__, cells["kpi_met"]))
            if BAD in kpis:
                column = columns.columns["kpi_met"]
                listed = f"met ({_list(column.met)}) nor in missed ({_list(column.missed)})"
                for at, value in enumerate(kpis):
                    if value == BAD:
                        refuse(at, "kpi_met", f"stands neither in {listed}")
            return kpis
        if columns.has("target_at"):
            if not columns.has("closed_at"):
                # the end of a ticket that is told by its beginning and the time it took
                closed = [None if a is None or b is None else a + b for a, b in zip(opened, took, strict=True)]
            return _compared(closed, target)
        if columns.resolve_within is not None:
            within = columns.resolve_within
            if None not in took:
                return list(map(gt, took, repeat(within)))  # type: ignore[arg-type]
            return [UNKNOWN if value is None else MISSED if value > within else MET for value in took]
        return [UNKNOWN] * len(took)

    def _refuse_repeats(
        self,
        tickets: Sequence[str],
        closed: Sequence[timedelta | None],
        refusals: Mapping[int, RefusedRow],
        refuse: Callable[..., None],
    ) -> None:
        """Of a million tickets only their 64-bit hashes are kept: two of them are alike once in 30 million files."""
        if not tickets:
            return
        keys = list(map(hash, zip(tickets, closed, strict=True)))
        new = set(keys)
        if not refusals and len(new) == len(keys) and self._seen.isdisjoint(new):
            self._seen |= new
            return
        for at, key in enumerate(keys):
            if at in refusals or not tickets[at]:
                continue
            if key in self._seen:
                refuse(at, "ticket", "stands with the same closed_at in a row above")
            self._seen.add(key)

    # --- cells

    def _kpi_of(self, cell: str) -> int:
        cell, column = plain_number(cell), self._columns.columns["kpi_met"]
        if cell in column.met:
            return MET
        if cell in column.missed:
            return MISSED
        return UNKNOWN if cell in NOTHING else BAD

    def _duration_of(self, cell: str) -> int:
        """Microseconds; -1 where it is none, -2 where there is none."""
        cell = cell.strip()
        if cell.casefold() in NOTHING:
            return -2
        value = number_of(cell)
        unit = self._columns.columns["resolution_time"].unit
        if value is None and (clock := re.fullmatch(r"(\d{1,6}):(\d\d):(\d\d)", cell)):
            hours, minutes, seconds = map(int, clock.groups())
            value, unit = hours * 3600 + minutes * 60 + seconds, 1
        if value is None or not 0 <= value * unit < 3.2e9:
            return BAD
        return round(value * unit * 1_000_000)

    def _why_no_point(self) -> str:
        column, scale = self._columns.columns["score"], self._scale
        if column.map is not None:
            return f"is none of the cells in map ({_list(column.map)})"
        return f"is not on the scale {scale.name} ({scale.low} to {scale.high})"


def _still_open(closed: Sequence[timedelta | None], refusals: Mapping[int, RefusedRow]) -> list[int]:
    """The rows without a closing time; one that cannot be read is none of them."""
    if None not in closed:
        return []
    return [
        at
        for at, value in enumerate(closed)
        if value is None and (at not in refusals or refusals[at].field != "closed_at")
    ]


def _between(opened: Sequence[timedelta | None], closed: Sequence[timedelta | None]) -> Sequence[timedelta | None]:
    try:
        return list(map(sub, closed, opened))
    except TypeError:
        return [None if a is None or b is None else b - a for a, b in zip(opened, closed, strict=True)]


def _any_negative(took: Sequence[timedelta | None]) -> bool:
    try:
        return min(took, default=_ZERO) < _ZERO  # type: ignore[operator,type-var]
    except TypeError:
        return any(value is not None and value < _ZERO for value in took)


def _compared(closed: Sequence[timedelta | None], target: Sequence[timedelta | None]) -> list[int]:
    try:
        return list(map(lt, target, closed))  # type: ignore[arg-type]
    except TypeError:
        return [
            UNKNOWN if a is None or b is None else MET if a <= b else MISSED
            for a, b in zip(closed, target, strict=True)
        ]


def _kept(good: Good, mask: bytearray) -> Good:
    def some(values: Sequence[object]) -> list[object]:
        return list(compress(values, mask))

    changed = {
        name: some(getattr(good, name))
        for name in ("lines", "kpis", "scores", "months", "tickets", "opened", "closed", "target", "took")
    }
    for name in ("texts", "counts"):
        changed[name] = {role: some(column) for role, column in getattr(good, name).items()}  # type: ignore[assignment]
    return Good(**changed, still_open=good.still_open, open_count=good.open_count)  # type: ignore[arg-type]


def _merged(batch: Batch, refusals: Mapping[int, RefusedRow]) -> list[RefusedRow]:
    """What is refused of a batch, in the order of the file."""
    found = [refusals[at] for at in sorted(refusals)]
    if batch.broken:
        found += [
            RefusedRow(row=line, field="row", value=text[:_SHOWN], reason=why) for line, text, why in batch.broken
        ]
        found.sort(key=lambda one: one.row)
    return found


def _list(words: Mapping[str, object] | frozenset[str]) -> str:
    shown = sorted(words)
    return ", ".join(shown[:8]) + (", ..." if len(shown) > 8 else "")
