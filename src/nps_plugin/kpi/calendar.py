"""Working calendars: how much of a stretch of time was working time.

A year is cut once into its working segments, in UTC, each with the working time before it. A question is then two
bisections, however long the ticket was open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ..errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from ..config.settings import CalendarSettings
    from ..model import Interval

#: The UTC years that a calendar covers. No ticket lies outside; placeholders such as 0001-01-01 and 9999-12-31 do, and
#: would cost a closing the building of thousands of years.
FIRST_YEAR, LAST_YEAR = 1970, 2199

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_DAY = 86_400 * _SECOND

#: An instant: its UTC year and its microseconds since 1970. Instants compare as tuples.
_Instant = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Year:
    """The working segments of one UTC year: sorted, apart, in microseconds since 1970."""

    starts: Sequence[int]
    ends: Sequence[int]
    #: working time of this year before each segment
    before: Sequence[int]
    total: int


class WorkingCalendar:
    """Working hours by weekday in a time zone, less a country's holidays. Without settings: round the clock.

    An instant is working time where the clock on the wall of that zone then shows a working hour of a working day. So
    a day 00:00-24:00 has 23 or 25 hours when the clocks change, an hour that is skipped does not count and an hour that
    is repeated counts twice. A Saturday that a government declares a workday counts only where Saturdays have hours.

    Objects are immutable but for a cache, and may be shared between threads.
    """

    def __init__(self, settings: CalendarSettings | None = None) -> None:
        self._settings = settings
        # No lock: building a year twice in a race is harmless, a lock held across a fork is not.
        self._years: dict[int, _Year] = {}
        self._holidays: dict[int, frozenset[int]] = {}

    def worked(self, start: datetime, end: datetime, paused: Sequence[Interval] = ()) -> timedelta:
        """The working time from ``start`` to ``end``, less the pauses, to the microsecond.

        All times are aware. Pauses may come in any order, overlap one another and reach outside.

        Raises ``ValueError`` for a naive time, a time outside the years 1970 to 2199, an end before its start;
        :class:`~nps_plugin.errors.ConfigError` where the country of the holidays is unknown.
        """
        first, last = _instant(start, "start"), _instant(end, "end")
        if last < first:
            raise ValueError(f"end {end.isoformat()} is before start {start.isoformat()}")
        working = self._between(first, last)
        for since, until in _merged(paused, first, last):
            working -= self._between(since, until)
        return timedelta(microseconds=working)

    def _between(self, first: _Instant, last: _Instant) -> int:
        if self._settings is None:
            return last[1] - first[1]
        whole_years = sum(self._year(year).total for year in range(first[0], last[0]))
        return whole_years + self._since_new_year(last) - self._since_new_year(first)

    def _since_new_year(self, instant: _Instant) -> int:
        year, at = self._year(instant[0]), instant[1]
        index = bisect_right(year.starts, at) - 1
        if index < 0:
            return 0
        return year.before[index] + min(at, year.ends[index]) - year.starts[index]

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        return year if year is not None else self._years.setdefault(number, self._build(number))

    def _build(self, number: int) -> _Year:
        starts: list[int] = []
        ends: list[int] = []
        for start, end in self._segments(number):
            if ends and ends[-1] == start:
                ends[-1] = end
            else:
                starts.append(start)
                ends.append(end)
        before: list[int] = []
        total = 0
        for start, end in zip(starts, ends, strict=True):
            before.append(total)
            total += end - start
        return _Year(tuple(starts), tuple(ends), tuple(before), total)

    def _segments(self, number: int) -> Iterator[tuple[int, int]]:
        settings = self._settings
        if settings is None:  # round the clock needs no segments
            return
        for since, until, offset in _offsets(number, settings):
            # Between two changes of the clocks, the wall is UTC plus a constant.
            wall_since, wall_until = since + offset, until + offset
            for day in range(wall_since // _DAY, (wall_until - 1) // _DAY + 1):
                hours = settings.hours.get((day + _EPOCH.weekday()) % 7)
                if not hours or self._is_holiday(day):
                    continue
                for opens, closes in hours:
                    start = max(day * _DAY + opens * _MINUTE, wall_since)
                    end = min(day * _DAY + closes * _MINUTE, wall_until)
                    if start < end:
                        yield start - offset, end - offset

    def _is_holiday(self, day: int) -> bool:
        if self._settings is None or not self._settings.holidays:
            return False
        ordinal = _EPOCH_ORDINAL + day
        year = date.fromordinal(ordinal).year
        known = self._holidays.get(year)
        if known is None:
            known = self._holidays.setdefault(year, _holidays(self._settings.holidays, year))
        return ordinal in known


def calendars_of(tenant_calendars: Mapping[str, CalendarSettings]) -> dict[str, WorkingCalendar]:
    """A calendar for each of a tenant's, by name. Keep them: each remembers the years that it has worked out."""
    return {name: WorkingCalendar(settings) for name, settings in tenant_calendars.items()}


def _instant(moment: datetime, name: str) -> _Instant:
    if moment.utcoffset() is None:
        raise ValueError(f"{name} {moment.isoformat()} has no time zone; a working calendar needs aware times")
    if not FIRST_YEAR - 1 <= moment.year <= LAST_YEAR + 1:  # else the conversion itself may overflow
        raise ValueError(f"{name} {moment.isoformat()} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    utc = moment.astimezone(UTC)
    if not FIRST_YEAR <= utc.year <= LAST_YEAR:
        raise ValueError(f"{name} {moment.isoformat()} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return utc.year, (utc - _EPOCH) // _MICROSECOND


def _merged(paused: Sequence[Interval], first: _Instant, last: _Instant) -> Iterator[tuple[_Instant, _Instant]]:
    """The pauses clipped to first..last, sorted, apart."""
    clipped: list[tuple[_Instant, _Instant]] = []
    for since, until in paused:
        start, end = _instant(since, "pause from"), _instant(until, "pause until")
        if end < start:
            raise ValueError(f"pause from {since.isoformat()} ends before it begins, at {until.isoformat()}")
        clipped.append((max(start, first), min(end, last)))
    reached = first
    for start, end in sorted(clipped):
        start = max(start, reached)
        if start < end:
            yield start, end
            reached = end


def _offsets(number: int, settings: CalendarSettings) -> Iterator[tuple[int, int, int]]:
    """The UTC year cut where the clocks change: (since, until, UTC offset), in microseconds.

    Daily probes suffice: no zone of the tz database changes its clocks twice within three days since 1970.
    """

    def offset_at(at: int) -> int:
        moment = _EPOCH + timedelta(microseconds=at)
        return (moment.astimezone(settings.timezone).replace(tzinfo=UTC) - moment) // _MICROSECOND

    first = (datetime(number, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
    last = (datetime(number + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
    since, offset = first, offset_at(first)
    for probe in range(first + _DAY, last + 1, _DAY):
        changed = offset_at(probe)
        if changed == offset:
            continue
        low, high = (probe - _DAY) // _SECOND, probe // _SECOND  # old offset at low, new one at high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_at(middle * _SECOND) == offset else (low, middle)
        if high * _SECOND < last:
            yield since, high * _SECOND, offset
            since, offset = high * _SECOND, changed
    yield since, last, offset


def _holidays(place: str, year: int) -> frozenset[int]:
    """The public holidays of a country or subdivision ("RU", "DE-BY") in a year, as ordinals."""
    import holidays  # slow to import, and not every tenant names a country

    country, _, subdivision = place.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, expand=False)
    except NotImplementedError as error:
        expected = f"{place!r} is no country or subdivision that the `holidays` package knows ({error})"
        raise ConfigError([ConfigProblem(key="calendars.holidays", expected=expected)]) from error
    return frozenset(day.toordinal() for day in found)
