"""Signs on one ticket, from its facts and those of its client's other tickets. What is unknown is no sign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from ..config.settings import Tenant
from ..model import SeenSign, Sign
from ..store.addresses import changed_kinds
from ..store.tables import closures, reopenings
from ..wording.sign_sentences import seen_sentence
from .passing import hand_overs, read_path

#: So many of the tenant's last replies say what is a short one, and with fewer than the second number nobody can say.
REPLIES, FEWEST_REPLIES = 1000, 20
_Seen = tuple[Sign, Mapping[str, float | int | str]]


def signs_of(connection: Connection, tenant: Tenant, closure: Row[Any]) -> tuple[SeenSign, ...]:
    """The signs on a closure (a row of ``nps_closure``) as it stands now, each with its evidence, in the order of
    ``Sign``. A quick fix appears when the client comes back; the others are there with the closing."""
    found = [
        *_brush_off(connection, tenant, closure),
        *_bouncing(tenant, closure),
        *_quick_fix(connection, tenant, closure),
        *_paused_clock(tenant, closure),
        *_address_changed(connection, closure),
    ]
    return tuple(
        SeenSign(
            sign=sign,
            charged=_charged(sign, closure),
            seen=seen,
            sentence=seen_sentence(sign, seen, tenant.locale),
        )
        for sign, seen in found
    )


def short_reply(connection: Connection, tenant: Tenant, until: datetime) -> int | None:
    """How many characters a reply needs so as not to be a short one: the quantile ``signs.brush_off_shorter`` of the
    tenant's replies in tickets closed up to that time, the last ones; None while too few are known."""
    lengths = (
        select(closures.c.last_reply_length)
        .where(
            closures.c.tenant_id == tenant.name,
            closures.c.closed_at <= until,
            closures.c.last_reply_length.is_not(None),
        )
        .order_by(closures.c.closed_at.desc())
        .limit(REPLIES)
    )
    known = sorted(connection.execute(lengths).scalars())
    if len(known) < FEWEST_REPLIES:
        return None
    return int(known[min(int(tenant.signs.brush_off_shorter * len(known)), len(known) - 1)])


def _charged(sign: Sign, closure: Any) -> tuple[str, ...]:
    if sign is Sign.BOUNCING:
        return tuple(dict.fromkeys(one.agent for one in hand_overs(read_path(closure.path)) if one.agent))
    return (closure.credited,) if closure.credited else ()


def _brush_off(connection: Connection, tenant: Tenant, closure: Any) -> Iterator[_Seen]:
    took = closure.elapsed if closure.worked is None else closure.worked
    target, length = closure.target, closure.last_reply_length
    if closure.replies != 1 or length is None or took is None or not target:
        return
    if took >= tenant.signs.brush_off_within * target:
        return
    short = short_reply(connection, tenant, closure.closed_at or closure.recorded_at)
    if short is not None and length < short:
        yield (
            Sign.BRUSH_OFF,
            {"replies": 1, "length": length, "short": short, "took": _s(took), "target": _s(target)},
        )


def _bouncing(tenant: Tenant, closure: Any) -> Iterator[_Seen]:
    given = hand_overs(read_path(closure.path))
    if len(given) >= tenant.signs.bouncing_from:
        by = Counter(one.agent or one.queue for one in given)
        yield Sign.BOUNCING, {"passed": len(given), "by": ", ".join(f"{who} ({n})" for who, n in by.items())}


def _quick_fix(connection: Connection, tenant: Tenant, closure: Any) -> Iterator[_Seen]:
    if closure.closed_at is None:
        return
    limit = closure.closed_at + tenant.signs.quick_fix_within
    same = {"tenant_id": closure.tenant_id, "host": closure.host, "ticket": closure.ticket}
    reopened = select(reopenings.c.at).filter_by(**same, closure=closure.closure)
    at = connection.execute(reopened).scalar()
    if at is None:
        # nobody told of the reopening, and yet it was closed again
        again = select(closures.c.closed_at).filter_by(**same).where(closures.c.closure > closure.closure)
        at = connection.execute(again.order_by(closures.c.closure).limit(1)).scalar()
    if at is not None and at <= limit:
        yield Sign.QUICK_FIX, {"after": _s(max(at - closure.closed_at, timedelta(0))), "reopened": 1}
        return
    matter = ("service", closure.service) if closure.service else ("queue", closure.queue)
    if closure.client is None or not matter[1]:
        return
    back = (
        select(closures.c.ticket, closures.c.opened_at)
        .filter_by(tenant_id=closure.tenant_id, client=closure.client, host=closure.host, **{matter[0]: matter[1]})
        .where(
            closures.c.ticket != closure.ticket,
            closures.c.opened_at > closure.closed_at,
            closures.c.opened_at <= limit,
        )
        .order_by(closures.c.opened_at, closures.c.ticket)
        .limit(1)
    )
    row = connection.execute(back).first()
    if row is not None:
        about: dict[str, float | int | str] = {"after": _s(row.opened_at - closure.closed_at), "ticket": row.ticket}
        yield Sign.QUICK_FIX, about | {matter[0]: matter[1]}


def _paused_clock(tenant: Tenant, closure: Any) -> Iterator[_Seen]:
    if closure.still is None or closure.worked is None:
        return
    whole = closure.still + closure.worked
    if closure.still > tenant.signs.paused_over * whole:
        yield (
            Sign.PAUSED_CLOCK,
            {"still": _s(closure.still), "of": _s(whole), "share": closure.still / whole},
        )


def _address_changed(connection: Connection, closure: Any) -> Iterator[_Seen]:
    if not closure.addresses:
        return
    own = select(closures.c.addresses, closures.c.ticket, closures.c.closure).filter_by(tenant_id=closure.tenant_id)
    # the last one of this ticket too: where a client is known by its address alone, another address is another client
    befores = [
        own.filter_by(host=closure.host, ticket=closure.ticket)
        .where(closures.c.closure < closure.closure)
        .order_by(closures.c.closure.desc())
    ]
    if closure.client is not None and closure.closed_at is not None:
        befores.append(
            own.filter_by(client=closure.client)
            .where(closures.c.closed_at < closure.closed_at)
            .order_by(closures.c.closed_at.desc())
        )
    for before in befores:
        row = connection.execute(before.limit(1)).first()
        kinds = changed_kinds(row.addresses, closure.addresses) if row is not None else ()
        if row is not None and kinds:
            yield Sign.ADDRESS_CHANGED, {"kinds": ", ".join(kinds), "before": row.ticket}
            return


def _s(duration: timedelta) -> float:
    return duration.total_seconds()
