"""Advice on plans: what of them never happens, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from .settings import Ask, Tenant

_DAY = 24 * 60


def advice_on_plans(tenant: Tenant) -> Iterator[str]:
    """What would never be seen of a tenant's plans; each with what to do."""
    plans = {"ask": tenant.ask}
    plans |= {f"services.{name}": tenant.plan_of(name) for name, own in tenant.services.items()}
    plans |= {f"levels.{name}": tenant.plan_of("", name) for name, own in tenant.levels.items()}
    said: set[str] = set()
    for where, ask in plans.items():
        for advice in (*_order(tenant, ask), *_tries(ask), *_hours(ask)):
            # what a service only inherits is said once
            if advice not in said:
                said.add(advice)
                yield f"{where}: {advice}"


def _order(tenant: Tenant, ask: Ask) -> Iterator[str]:
    """Channels that only somebody without an address of the one before ever comes to."""
    for place, name in enumerate(ask.channels[:-1]):
        if tenant.adapter_of(name) == "email":
            after = ", ".join(ask.channels[place + 1 :])
            yield (
                f"{after} asks only whom {name} has no address of, or whose address is refused: a mail that nobody"
                f" reads is no failure; put {name} last, or set remind_after to remind by mail"
            )
            return


def _tries(ask: Ask) -> Iterator[str]:
    counted = {name: ask.attempts[name] for name in ask.channels if name in ask.attempts}
    tries = sum(ask.attempts.get(name, 1) for name in ask.channels) + (ask.remind_after is not None)
    if counted and tries > ask.max_contacts:
        listed = ", ".join(f"{name} {number}" for name, number in counted.items())
        yield (
            f"max_contacts = {ask.max_contacts} ends the plan before its {tries} contacts ({listed}, one of each other"
            f" channel{', a reminder' if ask.remind_after is not None else ''}): raise it, or try less often"
        )


def _hours(ask: Ask) -> Iterator[str]:
    for name in ask.channels:
        closed = _longest_closed(ask.hours.get(name, ()))
        if ask.expires_after < closed:
            yield (
                f"hours of {name} stay closed for {closed} at a time, and a question is over after {ask.expires_after}:"
                f" it may never be asked there; raise expires_after, or open earlier"
            )


def _longest_closed(hours: tuple[tuple[int, int], ...]) -> timedelta:
    if not hours:
        return timedelta(0)
    ends = [until for _, until in hours]
    opens = [start for start, _ in hours[1:]] + [hours[0][0] + _DAY]
    return timedelta(minutes=max(start - end for end, start in zip(ends, opens, strict=True)))
