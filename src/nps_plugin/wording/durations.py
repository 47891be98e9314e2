"""Durations as people say them."""

from __future__ import annotations

from datetime import timedelta

from .catalogue import translations


def human_duration(duration: timedelta, locale: str, *, days: bool = True, exact: bool = False) -> str:
    """A duration in words of a shipped locale: ``"2 h 10 min"``, ``"3 days 4 h"``.

    Whole minutes, cut and not rounded; seconds appear below a minute and with ``exact``. ``days=False`` stays with
    hours, for clocks whose day is not 24 hours. A negative duration raises ``ValueError``.
    """
    if duration < timedelta(0):
        raise ValueError(f"a duration cannot be negative: {duration}")
    words = translations(locale)
    seconds = int(duration.total_seconds())
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    count = 0
    if days:
        count, hours = divmod(hours, 24)
    parts = []
    if count:
        parts.append(words.ngettext("%(n)d day", "%(n)d days", count) % {"n": count})
    if hours:
        parts.append(words.gettext("%(n)d h") % {"n": hours})
    if minutes:
        parts.append(words.gettext("%(n)d min") % {"n": minutes})
    if not parts or (exact and seconds):
        parts.append(words.gettext("%(n)d s") % {"n": seconds})
    return " ".join(parts)
