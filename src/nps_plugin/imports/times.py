"""Columns of times as time since 1970 (UTC) and as months of a time zone, a batch at a time.

ISO 8601 is read by the standard library at full speed. Of any other format each day and each time of day is read once:
an export repeats them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import repeat
from operator import add, itemgetter, sub
from typing import TypeVar

from .columns import NOTHING

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times without a zone are counted from it
_DAY = timedelta(days=1)
#: No zone is off by less than a quarter of an hour.
_QUARTER = timedelta(minutes=15)
#: Hosts write the start of 1970 for "no time"; and nothing after the year 2200 is one.
FIRST, LAST = timedelta(days=2), datetime(2200, 1, 1, tzinfo=UTC) - _EPOCH
#: What is no time; sums with it stay far below any.
_UNREAD = timedelta(days=-100_000_000)
#: As many spellings are remembered.
_KEEP = 200_000
#: Fewer cells than these are read one by one, if one of them cannot be read.
_FEW = 16

_first_ten = itemgetter(slice(0, 10))


class _Known(dict[str, T]):
    """Spellings read once."""

    def __init__(self, read: Callable[[str], T], unread: T) -> None:
        super().__init__()
        self._read, self._unread = read, unread

    def __missing__(self, key: str) -> T:
        if len(self) > _KEEP:
            self.clear()
        try:
            value = self._read(key)
        except (ValueError, OverflowError):
            value = self._unread
        self[key] = value
        return value


class Times:
    """Reads the cells of one column. ``format`` None: ISO 8601. What names no zone is in ``zone``."""

    def __init__(self, zone: tzinfo, format: str | None = None) -> None:  # noqa: A002 - as in the columns file
        self._zone, self._format = zone, format
        self._always_utc = str(zone) in ("UTC", "Etc/UTC", "GMT")
        self._date_format, self._separator, self._time_format = _halves(format)
        self._days = _Known(self._midnight, _UNREAD)
        self._offsets = _Known(self._offset, _UNREAD)
        self._hours = _Known(self._hour, _UNREAD)
        self._months = _Known(self._month, -1)
        self._quarters: dict[timedelta, int] = {}
        #: whether a time that was read last named its own zone
        self._zoned = False

    def read(self, cells: Sequence[str]) -> list[timedelta]:
        """The time since 1970 of cells that are not empty; outside of ``FIRST`` to ``LAST`` where a cell could not be
        read so: :meth:`one` tells what it is."""
        self._zoned = False
        if self._format is None:
            return self._read_iso(cells)
        if self._date_format is None:
            return [self._by_itself(cell) for cell in cells]
        if self._time_format is None:
            return list(map(self._days.__getitem__, cells))
        parts = [cell.partition(self._separator) for cell in cells]
        days, _, rests = zip(*parts, strict=True) if parts else ((), (), ())
        return list(map(add, map(self._days.__getitem__, days), map(self._hours.__getitem__, rests)))

    def months(self, cells: Sequence[str], values: Sequence[timedelta]) -> list[int]:
        """The months (year * 12 + month - 1, in the zone) of the cells that were read last, and of what they gave."""
        if self._date_format is not None:
            days = cells if self._time_format is None else [cell.partition(self._separator)[0] for cell in cells]
            return list(map(self._months.__getitem__, days))
        if self._format is None and not self._zoned:
            return list(map(self._months.__getitem__, map(_first_ten, cells)))
        # a time that names another zone may lie in another month than its digits say
        return [self.month(value) if FIRST <= value < LAST else -1 for value in values]

    def month(self, value: timedelta) -> int:
        """The month of a time in the zone."""
        quarter = value // _QUARTER * _QUARTER
        month = self._quarters.get(quarter)
        if month is None:
            at = (_EPOCH + quarter).astimezone(self._zone)
            month = self._quarters[quarter] = at.year * 12 + at.month - 1
        return month

    def one(self, cell: str) -> timedelta | str | None:
        """One cell: its time, None where it says that there is none, or what is wrong with it."""
        cell = cell.strip()
        if cell.casefold() in NOTHING:
            return None
        value = self._by_itself(cell)
        if value == _UNREAD:
            how = "ISO 8601; name its format in the columns file" if self._format is None else repr(self._format)
            return f"is no time as {how}"
        if value < FIRST:
            return None
        return value if value < LAST else "is no time of this age"

    # --- ISO 8601

    def _read_iso(self, cells: Sequence[str]) -> list[timedelta]:
        try:
            times = map(datetime.fromisoformat, cells)
            if _names_a_zone(cells[0] if cells else ""):
                self._zoned = True
                return list(map(sub, times, repeat(_EPOCH)))
            since = list(map(sub, times, repeat(_NAIVE_EPOCH)))
            if self._always_utc:
                return since
            offsets = list(map(self._offsets.__getitem__, map(_first_ten, cells)))
        except (ValueError, TypeError):
            # a cell that is none, or some that name a zone and some that do not
            if len(cells) <= _FEW:
                return [self._by_itself(cell) for cell in cells]
            half = len(cells) // 2
            return self._read_iso(cells[:half]) + self._read_iso(cells[half:])
        if _UNREAD in offsets:
            # a day on which the clocks change
            return [
                self._by_itself(cell) if offset == _UNREAD else value - offset
                for cell, value, offset in zip(cells, since, offsets, strict=True)
            ]
        return list(map(sub, since, offsets))

    def _by_itself(self, cell: str) -> timedelta:
        try:
            at = (
                datetime.fromisoformat(cell) if self._format is None else datetime.strptime(cell, self._format)  # noqa: DTZ007 - the zone comes below
            )
            self._zoned = self._zoned or at.tzinfo is not None
            return (at.replace(tzinfo=self._zone) if at.tzinfo is None else at).astimezone(UTC) - _EPOCH
        except (ValueError, OverflowError):
            return _UNREAD

    # --- what is remembered

    def _date(self, text: str) -> date:
        if self._format is None:
            return date.fromisoformat(text)
        return datetime.strptime(text, str(self._date_format)).date()  # noqa: DTZ007

    def _offset(self, text: str) -> timedelta:
        """What the zone is ahead of UTC for all of a day; unread where the clocks change on it."""
        day = self._date(text)
        start, end = (datetime.combine(one, time(), self._zone).utcoffset() for one in (day, day + _DAY))
        return _UNREAD if start is None or start != end else start

    def _midnight(self, text: str) -> timedelta:
        offset = self._offset(text)
        midnight = datetime.combine(self._date(text), time(), UTC) - _EPOCH
        return _UNREAD if offset == _UNREAD or midnight < FIRST else midnight - offset

    def _month(self, text: str) -> int:
        day = self._date(text)
        return day.year * 12 + day.month - 1

    def _hour(self, text: str) -> timedelta:
        at = datetime.strptime(text, str(self._time_format))  # noqa: DTZ007 - a time that names its zone is not read here
        return _UNREAD if at.tzinfo is not None else at - datetime(1900, 1, 1)  # noqa: DTZ001


def _names_a_zone(cell: str) -> bool:
    return cell.endswith(("Z", "z")) or "+" in cell[10:] or "-" in cell[10:]


def _halves(form: str | None) -> tuple[str | None, str, str | None]:
    """The date, the sign between and the time of a format; no date where it is not written in that order."""
    if form is None:
        return None, "", None
    first = next((at for at in range(len(form) - 1) if form[at] == "%" and form[at + 1] in "HIMSpfzZ"), None)
    if first is None:
        return (form, "", None) if not any(sign in form for sign in ("%s", "%c", "%X", "%+")) else (None, "", None)
    head, separator, tail = form[: first - 1], form[first - 1 : first], form[first:]
    simple = not any(f"%{sign}" in tail for sign in "dmyYbBjaAcxXzZ") and not any(f"%{s}" in head for s in "cxXs")
    return (head, separator, tail) if head and separator not in head and simple else (None, "", None)
