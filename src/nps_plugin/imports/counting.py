"""Rows counted as they pass: by month, by slice, by ticket mix and by client; only small whole numbers are kept.

A cell is ``kpi * (points + 1) + point``, with one more point for "nobody answered". A key holds a slice's number above
``_SHIFT`` bits and, below them, either month and cell or the client's number.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import compress, repeat
from operator import add, ne
from types import MappingProxyType

from ..counts import MET, MISSED, UNKNOWN, Moments, Stratum, StratumTally, Tally
from ..model import Scale, Sign
from .columns import NOTHING
from .rows import Good

_SHIFT = 30
_LOW = (1 << _SHIFT) - 1
#: a cell takes so many bits, a month stands above them
_CELL = 6
#: from so many hand-overs on a ticket was passed around
PASSED_ON = 2


class Names(dict[str, int]):
    """Numbers for the texts of a column, in steps of ``step``; 0 for a cell that holds nothing."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step
        self.texts: list[str] = [""]

    def __missing__(self, cell: str) -> int:
        text = cell.strip()
        if text != cell and text in self:
            return self[text]
        if text.casefold() in NOTHING:
            return 0
        self.texts.append(text)
        value = self[text] = self.step * (len(self.texts) - 1)
        return value


class View:
    """What is counted of all rows, or of one dimension's slices (``names``)."""

    def __init__(self, names: Names | None) -> None:
        self.names = names
        self.cells: Counter[int] = Counter()
        self.signs: dict[Sign, Counter[int]] = {}
        self.open: Counter[int] = Counter()
        #: slice and cell of each answer whose client is known, in the order of ``Counting.answered_by``
        self.answers = array("q")


class Counting:
    """All views of one export."""

    def __init__(self, scale: Scale, by: Sequence[str], mapped: Iterable[str]) -> None:
        mapped = set(mapped)
        self._scale, self._points = scale, len(scale.points)
        self._clients = Names(1) if "client" in mapped else None
        self._mixed = [role for role in ("priority", "queue") if role in mapped]
        self._names = {role: Names(1 << _SHIFT) for role in {*by, *self._mixed}}
        self.total = View(None)
        self.by = {role: View(self._names[role]) for role in by}
        self._answered_by = array("q")
        self._repeated: list[list[int]] | None = None
        self._mix: Counter[int] = Counter()
        self._has_months = "closed_at" in mapped

    def add(self, good: Good) -> None:
        """Count the rows of a batch."""
        for view, keys in self._keys(good.still_open, good.open_count):
            view.open.update(keys)
        if not good.lines:
            return
        width = self._points + 1
        cells = [kpi * width + point for kpi, point in zip(good.kpis, good.scores, strict=True)]
        placed = cells
        if self._has_months:
            placed = [(month << _CELL) + cell for month, cell in zip(good.months, cells, strict=True)]
        numbers = {role: list(map(names.__getitem__, good.texts[role])) for role, names in self._names.items()}
        self.total.cells.update(placed)
        for role, view in self.by.items():
            view.cells.update(map(add, numbers[role], placed))
        if self._mixed:
            mixed: Iterable[int] = numbers[self._mixed[0]]
            if len(self._mixed) == 2:
                mixed = [(a << _SHIFT) + b for a, b in zip(*(numbers[role] for role in self._mixed), strict=True)]
            self._mix.update(map(add, mixed, cells))
        self._add_signs(good, numbers)
        if self._clients is not None:
            self._add_clients(good, cells, numbers)

    def _keys(self, texts: Mapping[str, Sequence[str]], count: int) -> Iterator[tuple[View, Iterable[int]]]:
        if count:
            yield self.total, repeat(0, count)
            for role, view in self.by.items():
                yield view, map(self._names[role].__getitem__, texts[role])

    def _add_signs(self, good: Good, numbers: Mapping[str, Sequence[int]]) -> None:
        """Tickets that were reopened or passed around, by slice and month."""
        for role, sign, least in (("reopened", Sign.QUICK_FIX, 1), ("reassigned", Sign.BOUNCING, PASSED_ON)):
            if role not in good.counts:
                continue
            seen = [count >= least for count in good.counts[role]]
            months = good.months or [0] * len(seen)
            self.total.signs.setdefault(sign, Counter()).update(compress(months, seen))
            for dimension, view in self.by.items():
                keys = map(add, numbers[dimension], months)
                view.signs.setdefault(sign, Counter()).update(compress(keys, seen))

    def _add_clients(self, good: Good, cells: list[int], numbers: Mapping[str, Sequence[int]]) -> None:
        assert self._clients is not None  # noqa: S101 - asked before
        clients = list(map(self._clients.__getitem__, good.texts["client"]))
        answered = list(map(ne, good.scores, repeat(self._points)))
        if 0 in clients:
            # nobody knows whose these are: each is its own client, and needs no key
            answered = [yes and client != 0 for yes, client in zip(answered, clients, strict=True)]
        if not all(answered):
            clients, cells = list(compress(clients, answered)), list(compress(cells, answered))
            numbers = {role: list(compress(column, answered)) for role, column in numbers.items()}
        self._answered_by.extend(clients)
        self.total.answers.extend(cells)
        for role, view in self.by.items():
            view.answers.extend(map(add, numbers[role], cells))

    # --- read

    def largest(self, view: View, most: int) -> tuple[list[int], int]:
        """The numbers of the slices with most tickets, and how many slices there are."""
        sizes: Counter[int] = Counter()
        for key, count in view.cells.items():
            sizes[key >> _SHIFT] += count
        for key, count in view.open.items():
            sizes[key >> _SHIFT] += count
        del sizes[0]
        texts = view.names.texts if view.names is not None else []
        order = sorted(sizes, key=lambda number: (-sizes[number], texts[number]))
        return order[:most], len(order)

    def months(self, view: View, wanted: Iterable[int]) -> dict[int, dict[int, Counter[int]]]:
        """slice -> month -> cells, of the wanted slices (0: all rows)."""
        chosen = set(wanted)
        found: dict[int, dict[int, Counter[int]]] = {number: defaultdict(Counter) for number in chosen}
        for key, count in view.cells.items():
            if (number := key >> _SHIFT) in chosen:
                low = key & _LOW
                found[number][low >> _CELL][low & ((1 << _CELL) - 1)] += count
        return found

    def moments(self, view: View, wanted: Mapping[int, Mapping[int, int]]) -> dict[int, Moments | None]:
        """The moments of the wanted slices, from their cells; None where nobody's client is known."""
        if self._clients is None:
            return dict.fromkeys(wanted)
        # each answer on its own first; then what those of one client add to that
        entries = {
            number: {(at, at): count for cell, count in cells.items() if (at := self._at(cell)) is not None}
            for number, cells in wanted.items()
        }
        for number, patterns in self._patterns(view, entries).items():
            of = entries[number]
            for pattern, clients in patterns.items():
                counts = [(self._at(cell) or 0, n) for cell, n in Counter(pattern).items()]
                for place, (i, n) in enumerate(counts):
                    of[i, i] += (n * n - n) * clients
                    # cells of a pattern are in order, so i < j
                    for j, m in counts[place + 1 :]:
                        of[i, j] = of.get((i, j), 0) + 2 * n * m * clients
        return {number: Moments(entries=MappingProxyType(of)) for number, of in entries.items()}

    def _patterns(self, view: View, wanted: Iterable[int]) -> dict[int, Counter[bytes]]:
        """How many clients answered a slice more than once with just these cells, by slice."""
        found: dict[int, Counter[bytes]] = {number: Counter() for number in wanted}
        answers, low = view.answers, (1 << _CELL) - 1
        for places in self._of_one_client():
            if view.names is None:
                found[0][bytes(sorted([answers[place] for place in places]))] += 1
                continue
            slices: dict[int, list[int]] = {}
            for place in places:
                key = answers[place]
                number = key >> _SHIFT
                if number in slices:
                    slices[number].append(key & low)
                else:
                    slices[number] = [key & low]
            if len(slices) == len(places):
                continue
            for number, cells in slices.items():
                if len(cells) > 1 and number in found:
                    found[number][bytes(sorted(cells))] += 1
        return found

    def _of_one_client(self) -> list[list[int]]:
        """Where the answers of each client stand who gave more than one."""
        if self._repeated is None:
            often: dict[int, list[int]] = {client: [] for client, n in Counter(self._answered_by).items() if n > 1}
            if often:
                for place, client in enumerate(self._answered_by):
                    if client in often:
                        often[client].append(place)
            self._repeated = list(often.values())
        return self._repeated

    def tally(self, cells: Mapping[int, int], moments: Moments | None = None) -> Tally:
        """The tally of some cells: one stratum, since an export does not say how it asked."""
        width = self._points + 1
        rated = tuple(
            tuple(cells.get(kpi * width + point, 0) for point in range(self._points)) for kpi in (MET, MISSED, UNKNOWN)
        )
        met, missed, unknown = (cells.get(kpi * width + self._points, 0) for kpi in (MET, MISSED, UNKNOWN))
        one = StratumTally(stratum=Stratum(), rated=rated, unanswered=(met, missed, unknown))
        return Tally(scale=self._scale, strata=(one,), moments=moments)

    def mix(self) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """(missed, met) answers by point of each cell of priority x queue, as far as they are told."""
        width = self._points + 1
        found: dict[int, list[int]] = defaultdict(lambda: [0] * (3 * width))
        for key, count in self._mix.items():
            found[key >> _SHIFT][key & _LOW] += count
        return tuple(
            (tuple(cells[width : 2 * width - 1]), tuple(cells[: width - 1])) for _, cells in sorted(found.items())
        )

    def _at(self, cell: int) -> int | None:
        """Where a cell stands in moments, None for tickets that nobody answered."""
        kpi, point = divmod(cell, self._points + 1)
        return None if point == self._points else kpi * self._points + point


def month_start(month: int) -> date:
    """The first day of a month as it is counted here."""
    return date(month // 12, month % 12 + 1, 1)
