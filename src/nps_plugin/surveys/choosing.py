"""Over which channel a question goes now: the plan's order, who is reached, what is recorded, hours and rates."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import func, select

from ..errors import trail
from ..model import Client, NotAskedReason, SurveyState
from ..ports import Channel, capabilities_of
from ..store.addresses import reply_mark
from ..store.tables import messages, surveys
from ..wording.catalogue import locale_for
from .due import Due
from .hours import opens_at, zone_of
from .statements import NOTICED

log = logging.getLogger(__name__)

#: How long a question waits for another one to the same address to be over before it looks again.
ADDRESS_TAKEN = timedelta(hours=6)


def reaches(channel: Channel, client: Client, where: str) -> bool:
    """Whether a channel reaches a client; an adapter that cannot say reaches nobody."""
    try:
        return bool(channel.reaches(client))
    except Exception as error:  # noqa: BLE001 - one adapter's fault must not stop the worker for every tenant
        log.error("%s: the adapter cannot say whether it reaches a client: %s", where, trail(error))  # noqa: TRY400
        return False


def channel_for(due: Due, client: Client) -> tuple[str, datetime] | NotAskedReason:
    """The channel on which the question stands, else the next of the plan that reaches the client, and from when it may
    be used; else why none is left."""
    row = due.row
    planned: list[str] = list(row.channels)
    start = planned.index(row.channel) if row.channel in planned else 0
    why, taken = NotAskedReason.NO_ADDRESS, ""
    for name in planned[start:]:
        channel = due.post.channels.get((row.tenant_id, name))
        if channel is None or not reaches(channel, client, f"tenant {row.tenant_id}, channel {name}"):
            continue
        can = capabilities_of(channel)
        if not _recorded(due, client, channel):
            why = NotAskedReason.NO_RECORDING
            continue
        opening = opens_on(due, name, client)
        if opening >= row.expires_at:
            continue
        if can.address and not can.several and open_there(due, name, getattr(client, can.address)):
            taken = taken or name
            continue
        return name, opening
    # an answer would not say which of the two questions it is to: this one waits until the other is over
    return (taken, due.now + ADDRESS_TAKEN) if taken else why


def passed_over(due: Due, client: Client, channel: str) -> list[str]:
    """The channels before that one which would have reached the client, had anything been recorded."""
    planned: list[str] = list(due.row.channels)
    start = planned.index(due.row.channel) if due.row.channel in planned else 0
    where = f"tenant {due.tenant.name}, channel "
    return [
        name
        for name in planned[start : planned.index(channel)]
        if (found := due.post.channels.get((due.tenant.name, name))) is not None
        and not _recorded(due, client, found)
        and reaches(found, client, where + name)
    ]


def unrecorded(due: Due) -> str:
    """What there is no recording for, in words."""
    language = locale_for(due.client.locale if due.client else "", due.tenant.locale)
    return f"{NotAskedReason.NO_RECORDING}: service {due.service!r:.60}, language {language}"


def _recorded(due: Due, client: Client, channel: Channel) -> bool:
    """Whether there is something to play, where a channel plays what is recorded."""
    locale = locale_for(client.locale, due.tenant.locale)
    return not capabilities_of(channel).needs_recording or bool(due.tenant.recording_of(due.service, locale))


def open_there(due: Due, channel: str, address: str) -> bool:
    """Whether another question to that address stands open on a channel whose answers name nothing but the address."""
    mark = reply_mark(due.post.secrets[0], due.tenant.name, address, due.tenant.country_of(channel))
    found = (
        select(messages.c.message)
        .join(surveys, (surveys.c.tenant_id == messages.c.tenant_id) & (surveys.c.survey == messages.c.survey))
        .where(
            messages.c.tenant_id == due.tenant.name,
            messages.c.channel == channel,
            messages.c.address == mark,
            messages.c.outcome.in_(NOTICED),
            surveys.c.survey != due.row.survey,
            surveys.c.state.in_([SurveyState.SENDING.value, SurveyState.SENT.value]),
            surveys.c.expires_at > due.now,
        )
    )
    return due.connection.execute(found.limit(1)).first() is not None


def full_until(due: Due, channel: str) -> datetime:
    """When the next message may leave over a channel with a rate; now, where one may. Counted in the store, so that it
    holds over all workers. What is put off is spread over the windows to come."""
    rate = due.tenant.rate_on(channel)
    if rate is None:
        return due.now
    key = (due.tenant.name, channel)
    if due.connection.dialect.name == "postgresql":
        # two workers that count at once would both find room
        number = int.from_bytes(blake2b("\0".join(("rate", *key)).encode(), digest_size=8).digest(), signed=True)
        due.connection.execute(select(func.pg_advisory_xact_lock(number)))
    left = (
        select(messages.c.created_at)
        .where(
            messages.c.tenant_id == due.tenant.name,
            messages.c.channel == channel,
            messages.c.created_at > due.now - rate.per,
            messages.c.outcome != "skipped",
        )
        .order_by(messages.c.created_at.desc())
        .limit(rate.count)
    )
    times: Sequence[datetime] = due.connection.execute(left).scalars().all()
    if len(times) < rate.count:
        return due.now
    windows = due.post.put_off[key] // rate.count
    due.post.put_off[key] += 1
    return times[-1] + rate.per * (1 + windows)


def opens_on(due: Due, channel: str, client: Client) -> datetime:
    """When a channel may be used next, by the client's clock."""
    zone = zone_of(client.timezone, due.tenant.timezone)
    return opens_at(due.ask.hours.get(channel, ()), zone, due.now)
