"""Months in a tenant's time zone, as numbers: year * 12 + month - 1."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..config.settings import Tenant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
#: Months that are known by their bounds; what lies outside counts into the first or the last of them.
FIRST, LAST = 1970 * 12, 2100 * 12


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (at - _EPOCH) // _US


def from_micros(at: int) -> datetime:
    """The time of so many microseconds since 1970 UTC."""
    return _EPOCH + timedelta(microseconds=at)


def first_day(month: int) -> date:
    """The first day of a month."""
    return date(month // 12, month % 12 + 1, 1)


def start_of(month: int, zone: ZoneInfo) -> datetime:
    """When a month begins in that zone."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=zone)


@lru_cache(maxsize=64)
def bounds(zone: ZoneInfo) -> tuple[int, ...]:
    """Where the months from ``FIRST`` on begin, in microseconds since 1970 UTC."""
    return tuple(micros(start_of(month, zone)) for month in range(FIRST, LAST))


def month_of(at: int, zone: ZoneInfo) -> int:
    """The month of a time in microseconds since 1970 UTC."""
    return FIRST + max(0, bisect_right(bounds(zone), at) - 1)


def month_from(at: int, zone: ZoneInfo) -> int | None:
    """The month that begins exactly then, or None."""
    month = month_of(at, zone)
    return month if bounds(zone)[month - FIRST] == at else None


def final_at(tenant: Tenant, until: datetime) -> datetime:
    """When nothing can change any more in a period by closing that ends at ``until``, short of rulings: the last
    question has left, run out, and the last answer can no longer be changed."""
    return until + tenant.ask.delay + tenant.ask.expires_after + tenant.ask.edit_window
