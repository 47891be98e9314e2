"""When a channel may be used: hours of the day on the client's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def zone_of(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    """The time zone that a host names for a client, or the tenant's where it names none that exists."""
    try:
        return ZoneInfo(name) if name else otherwise
    except (KeyError, ValueError, OSError):
        return otherwise


def opens_at(spans: Sequence[tuple[int, int]], zone: ZoneInfo, now: datetime) -> datetime:
    """``now`` where the hours are open, else when they open next, in UTC.

    ``spans`` are minutes since local midnight, (from, until), sorted and apart; none at all means at any time.
    """
    if not spans:
        return now
    wall = now.astimezone(zone)
    minute = wall.hour * 60 + wall.minute
    if any(start <= minute < end for start, end in spans):
        return now
    openings = (
        datetime.combine(wall.date() + timedelta(days=days), time(start // 60, start % 60), zone).astimezone(UTC)
        for days in (0, 1)
        for start, _ in spans
    )
    # an opening that the clocks skip lies later on the wall; one that comes twice may lie just behind us
    return min((opening for opening in openings if opening > now), default=now)
