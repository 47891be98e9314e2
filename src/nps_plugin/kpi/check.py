"""One closed ticket against its resolution-time target. Whatever a host hands in, it gives no error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..model import KpiCheck
from .calendar import LAST_YEAR, WorkingCalendar

if TYPE_CHECKING:
    from ..config.settings import KpiRule
    from ..model import ClosedTicket, Interval

#: Hosts write the start of 1970, or what their time zone makes of it, for "no time"
_EPOCH_DAY = date(1970, 1, 1)
_CRITERIA = ("priority", "queue", "service", "organization", "contract")
#: Bad pauses named one by one; a ticket can have thousands of them
_NAMED_PAUSES = 3


def check_kpi(
    closed: ClosedTicket,
    rules: Sequence[KpiRule],
    calendars: Mapping[str, WorkingCalendar],
    host_clock: timedelta | None = None,
) -> tuple[KpiCheck, tuple[str, ...]]:
    """Hold the resolution time of a closed ticket against its target; exactly at the target is met.

    The target is the ticket's own, else that of the first rule that matches. The time worked is the ticket's own, else
    ``host_clock`` (the SLA clock of the help-desk), else computed on the calendar of the rule that matches, else round
    the clock; computed time is less the pauses. A value that cannot be used is unknown: no other takes its place.

    Returns the check and the problems in plain English, each naming field, value and what follows. A missing target is
    unknown but no problem. Never raises for what stands in ``closed`` or ``host_clock``.
    """
    problems: list[str] = []
    rule = _first_match(closed, rules, problems)
    target, no_target = _target(closed, rule, problems)
    times, no_times = _times(closed, problems)
    pauses = _pauses(closed.paused, problems)

    worked: timedelta | None = None
    if closed.worked is not None:
        worked, no_worked = _duration("worked", closed.worked, "the time worked is unknown", problems)
    elif host_clock is not None:
        worked, no_worked = _duration("host_clock", host_clock, "the time worked is unknown", problems)
    elif times is not None:
        worked, no_worked = _computed(times, pauses, rule, calendars, problems)
    else:
        no_worked = no_times

    met = None if worked is None or target is None else worked <= target
    unknown = "; ".join(why for why in (no_target, no_worked) if why)
    elapsed = None if times is None else times[1] - times[0]
    return KpiCheck(met=met, worked=worked, elapsed=elapsed, target=target, unknown=unknown), tuple(problems)


def stood_still(
    closed: ClosedTicket,
    check: KpiCheck,
    rules: Sequence[KpiRule],
    calendars: Mapping[str, WorkingCalendar],
) -> timedelta | None:
    """For how long of the working time between opening and closing the clock did not run; None where that is unknown.

    Working time is that of the rule that matches, so nights and weekends are no standing still where it has a calendar.
    """
    if check.worked is None or check.elapsed is None:
        return None
    if check.worked >= check.elapsed:
        return timedelta(0)
    unread: list[str] = []
    times, _ = _times(closed, unread)
    if times is None:
        return None
    open_time, _ = _computed(times, (), _first_match(closed, rules, unread), calendars, unread)
    return None if open_time is None else max(timedelta(0), open_time - check.worked)


def _first_match(closed: ClosedTicket, rules: Sequence[KpiRule], problems: list[str]) -> KpiRule | None:
    facts: dict[str, str] = {}
    for criterion in _CRITERIA:
        if any(getattr(rule, criterion) for rule in rules):
            facts[criterion] = _text(closed, criterion, problems)
    for rule in rules:
        wanted = {criterion: getattr(rule, criterion) for criterion in facts}
        if all(not texts or (facts[name] != "" and facts[name] in texts) for name, texts in wanted.items()):
            return rule
    return None


def _text(closed: ClosedTicket, criterion: str, problems: list[str]) -> str:
    value: Any
    if criterion == "organization":
        value = getattr(closed.client, "organization", closed.client)
    else:
        value = getattr(closed, criterion)
    if value is None or isinstance(value, str):
        return value or ""
    # By its type only: what stands in for a client may hold a person's address.
    kind = type(value).__name__
    problems.append(f"{criterion} is no text but of type {kind}: no target rule by {criterion} matches this ticket")
    return ""


def _target(closed: ClosedTicket, rule: KpiRule | None, problems: list[str]) -> tuple[timedelta | None, str]:
    """The target, or None and why there is none."""
    value: Any = closed.target
    if value is None:
        if rule is None:
            return None, "no target"
        value = rule.resolve_within
    follows = "the target is unknown"
    target, why = _duration("target", value, follows, problems)
    if target == timedelta(0):
        problems.append(f"target {_shown(value)} is zero, no time to resolve a ticket in: {follows}")
        return None, "target is zero"
    return target, why


def _times(closed: ClosedTicket, problems: list[str]) -> tuple[tuple[datetime, datetime] | None, str]:
    """Opening and closing in UTC, or None and why they are unknown."""
    follows = "elapsed and computed time are unknown"
    opened, ended = _moment(closed.opened_at), _moment(closed.closed_at)
    faults = []
    for name, given, read in (("opened_at", closed.opened_at, opened), ("closed_at", closed.closed_at, ended)):
        if isinstance(read, str):
            problems.append(f"{_named(name, given)} {read}: {follows}")
            faults.append(f"{name} {read}")
    if isinstance(opened, str) or isinstance(ended, str):
        return None, "; ".join(faults)
    if ended < opened:
        problems.append(
            f"{_named('closed_at', closed.closed_at)} is before {_named('opened_at', closed.opened_at)}: {follows}"
        )
        return None, "closed_at is before opened_at"
    return (opened, ended), ""


def _pauses(paused: Any, problems: list[str]) -> list[Interval]:
    """The pauses that can be used, in UTC."""
    if paused is None:
        return []
    if not isinstance(paused, (tuple, list)):
        problems.append(f"{_named('paused', paused)} is no sequence of (from, until): no pause is taken off")
        return []
    usable: list[Interval] = []
    bad = 0
    for index, pause in enumerate(paused):
        read = _pause(pause)
        if not isinstance(read, str):
            usable.append(read)
            continue
        bad += 1
        if bad <= _NAMED_PAUSES:
            problems.append(f"paused[{index}] {read}: this pause is not taken off")
    if bad > _NAMED_PAUSES:
        problems.append(f"paused: {bad - _NAMED_PAUSES} further pauses cannot be used and are not taken off")
    return usable


def _pause(pause: Any) -> Interval | str:
    """A pause in UTC, or what is wrong with it."""
    if not isinstance(pause, (tuple, list)) or len(pause) != 2:
        return f"{_shown(pause)} is no pair (from, until)"
    since, until = _moment(pause[0]), _moment(pause[1])
    if isinstance(since, str):
        return f"{_named('from', pause[0])} {since}"
    if isinstance(until, str):
        return f"{_named('until', pause[1])} {until}"
    if until < since:
        return f"until {_shown(pause[1])} is before from {_shown(pause[0])}"
    return since, until


def _computed(
    times: tuple[datetime, datetime],
    pauses: Sequence[Interval],
    rule: KpiRule | None,
    calendars: Mapping[str, WorkingCalendar],
    problems: list[str],
) -> tuple[timedelta | None, str]:
    """The time worked on the rule's calendar, or None and why it is unknown."""
    name = rule.calendar if rule is not None else ""
    calendar = calendars.get(name) if name else WorkingCalendar()
    if calendar is None:
        known = ", ".join(sorted(calendars)) or "none"
        problems.append(f"calendar {name!r} is not configured (known: {known}): the time worked is unknown")
        return None, f"calendar {name!r} is not configured"
    try:
        return calendar.worked(*times, pauses), ""
    except Exception as error:  # noqa: BLE001 - holidays are others' data, and this is a host's closing path
        said = " ".join(str(error).split())
        problems.append(f"calendar {name!r} failed ({type(error).__name__}: {said}): the time worked is unknown")
        return None, f"calendar {name!r} failed"


def _duration(name: str, value: Any, follows: str, problems: list[str]) -> tuple[timedelta | None, str]:
    """A duration of zero or more, or None and why it is unknown."""
    if not isinstance(value, timedelta):
        fault = "is no timedelta"
    elif value < timedelta(0):
        fault = "is negative"
    else:
        return value, ""
    problems.append(f"{name} {_shown(value)} {fault}: {follows}")
    return None, f"{name} {fault}"


def _moment(value: Any) -> datetime | str:
    """A time in UTC, or what is wrong with it.

    In UTC, since times that share one zone object are compared and subtracted as the wall clock shows them.
    """
    if value is None:
        return "is missing"
    if not isinstance(value, datetime):
        return "is no datetime"
    try:
        if not isinstance(value.utcoffset(), timedelta):
            return "has no time zone"
        if value.date() <= _EPOCH_DAY:
            return "is before 1970-01-02, which stands for no time"
        if value.year > LAST_YEAR + 1:  # before the conversion, which may overflow
            return f"is after the year {LAST_YEAR}"
        utc = value.astimezone(UTC)
    except Exception:  # noqa: BLE001 - a host's own time zone class may fail in any way
        return "has a time zone that cannot be read"
    if utc.date() <= _EPOCH_DAY:
        return "is before 1970-01-02, which stands for no time"
    if utc.year > LAST_YEAR:
        return f"is after the year {LAST_YEAR}"
    # Built anew, since subclasses of datetime have arithmetic of their own.
    return datetime.combine(utc.date(), utc.time(), UTC)


def _named(name: str, value: Any) -> str:
    return name if value is None else f"{name} {_shown(value)}"


def _shown(value: Any) -> str:
    try:
        if isinstance(value, datetime):
            shown = value.isoformat()
        elif isinstance(value, timedelta):
            shown = str(value) if value >= timedelta(0) else f"-({-value})"
        elif isinstance(value, (int, float)):
            shown = repr(value)
        else:
            # what stands in the wrong field may be somebody's name
            shown = f"of type {type(value).__name__}"
    except Exception:  # noqa: BLE001 - anything may stand here, its repr included
        shown = f"of type {type(value).__name__}"
    return shown if len(shown) <= 60 else shown[:57] + "..."
