"""Weeks, months, quarters and years in a tenant's time zone: half-open, each from local midnight to local midnight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from ..errors import ReportRefused
from ..model import Period, Plain
from ..wording.catalogue import locale_for, translations

#: five years of weeks
MOST = 260


@dataclass(frozen=True, kw_only=True)
class Span(Plain):
    """One period: its first local day, its bounds as aware times, and how far its answers are in."""

    first: date
    since: datetime
    until: datetime
    ended: bool
    #: its questions have expired and its answers can change no more
    final: bool


def period_of(period: str) -> Period:
    """The period by name. Raises :class:`~nps_plugin.errors.ReportRefused` for one that there is not."""
    try:
        return Period(period)
    except ValueError:
        raise ReportRefused(
            f"period {period!r}: there is no such period; take {', '.join(one.value for one in Period)}"
        ) from None


def spans(period: Period, last: int, zone: tzinfo, now: datetime, settles: timedelta) -> tuple[Span, ...]:
    """The last so many periods, the one that runs now included, oldest first.

    ``settles``: how long after its end answers of a period may still come. Raises ReportRefused for a ``last`` that is
    no whole number of 1 to 260.
    """
    if type(last) is not int or not 1 <= last <= MOST:
        raise ReportRefused(f"last={last!r}: how many periods, a whole number of 1 to {MOST}")
    first = _first(period, now.astimezone(zone).date())
    firsts = [_shift(period, first, -back) for back in range(last - 1, -2, -1)]
    return tuple(
        Span(
            first=start,
            since=_midnight(start, zone),
            until=(until := _midnight(after, zone)),
            ended=until <= now,
            final=until + settles <= now,
        )
        for start, after in pairwise(firsts)
    )


def span_label(period: Period, first: date, locale: str) -> str:
    """A period as readers call it: "November 2026", "Q4 2026", "16 Nov 2026", "2026"."""
    from babel.dates import format_date

    locale = locale_for(locale)
    words = translations(locale)
    if period is Period.YEAR:
        return str(first.year)
    if period is Period.QUARTER:
        return words.gettext("Q%(quarter)d %(year)d") % {"quarter": (first.month + 2) // 3, "year": first.year}
    if period is Period.MONTH:
        return str(format_date(first, "LLLL y", locale))
    return str(format_date(first, "d MMM y", locale)).replace(".", "")


def span_tick(period: Period, first: date, locale: str, *, with_year: bool = False) -> str:
    """A period's name on an axis: short; with its year at the turn of one, and where asked."""
    from babel.dates import format_date

    locale = locale_for(locale)
    if period is Period.WEEK:
        return str(format_date(first, "d.MM" if locale == "ru" else "d MMM", locale))
    if period is not Period.MONTH:
        return span_label(period, first, locale)
    named = with_year or first.month == 1
    return str(format_date(first, "LLL yy" if named else "LLL", locale)).replace(".", "")


def month_starts(period: Period) -> int:
    """How many whole months a period has; 0 for weeks, which months do not add up to."""
    return {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}.get(period, 0)


def _first(period: Period, day: date) -> date:
    if period is Period.WEEK:
        return day - timedelta(days=day.weekday())
    if period is Period.MONTH:
        return day.replace(day=1)
    if period is Period.QUARTER:
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def _shift(period: Period, first: date, by: int) -> date:
    if period is Period.WEEK:
        return first + timedelta(weeks=by)
    months = first.year * 12 + first.month - 1 + by * month_starts(period)
    return date(months // 12, months % 12 + 1, 1)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)
