"""The signs on tickets that a closure contributes: bits, the length of a quick reply, who held and passed it on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from math import exp
from typing import Any

from sqlalchemy import (
    BigInteger,
    Float,
    Interval,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
)

from ..config.settings import Tenant
from ..model import NotAskedReason
from ..store.addresses import KEY, KINDS, NONE, WIDTH
from ..store.tables import closures, reopenings, surveys

#: The bits of ``nps_counted.signs``; none is set of a closure whose closing time is unknown. K: it can be told.
CLOSED, BACK, PAUSED_K, PAUSED, ADDRESS_K, ADDRESS, BRUSH_K, PASSES_K, BOUNCING, ALONE, ASKED_K, NOT_ASKED = (
    1 << place for place in range(12)
)
#: How many of them are counted; one more says that it closed in :data:`EARLY`.
BITS = 12
_EARLY = 1 << BITS
#: Closings in this part of their target are held against those of the bin before the deadline (docs/traps.md).
EARLY = 0.5, exp(-0.30)
#: Reasons for not asking that lie with the ticket or with what is known of its client, and so within an agent's reach.
OF_THE_TICKET = (
    NotAskedReason.EXCLUDED,
    NotAskedReason.DUPLICATE,
    NotAskedReason.NO_ADDRESS,
    NotAskedReason.NO_CONSENT,
    NotAskedReason.INTERNAL_CLIENT,
    NotAskedReason.TOO_OLD,
)
_KEY = ("host", "ticket", "closure")
_DEADLINE = 4


def rules_of(tenant: Tenant) -> str:
    """The thresholds that are in the bits. With others everything is counted anew, as in another time zone."""
    rules = tenant.signs
    return (
        f"{rules.quick_fix_within.total_seconds():g} {rules.brush_off_within:g} {rules.bouncing_from}"
        f" {rules.paused_over:g}"
    )


# --- lanes


def sign_lanes(points: int) -> int:
    """How many lanes the signs of a fold have: bits, bins around the deadline, near x point, early x point."""
    return BITS + _DEADLINE + 2 * points


def sign_places(signs: int, deadline: int | None, cell: int, points: int) -> Iterator[int]:
    """The lanes in which a closure counts."""
    if not signs & CLOSED:
        return
    for place in range(BITS):
        if signs >> place & 1:
            yield place
    if deadline is not None:
        yield BITS + deadline
    if cell < 3 * points:
        if deadline == 1:
            yield BITS + _DEADLINE + cell % points
        elif deadline == 0 or signs & _EARLY:
            yield BITS + _DEADLINE + points + cell % points


def sign_parts(lanes: Sequence[int], points: int) -> tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int]]:
    """Bits, bins around the deadline, scores of the closings just before it, and of the early ones."""
    near = BITS + _DEADLINE
    return lanes[:BITS], lanes[BITS:near], lanes[near : near + points], lanes[near + points :]


# --- who passed it on


def passing_of(held: Iterable[str], passed: Iterable[str]) -> str:
    """Who held a ticket that was passed on, and who passed it on, as ``nps_closure.passing`` keeps it."""
    return json.dumps([sorted({*held} - {""}), sorted({*passed} - {""})], ensure_ascii=False, separators=(",", ":"))


def read_passing(kept: str) -> tuple[list[str], list[str]]:
    """The same again."""
    held, passed = json.loads(kept)
    return held, passed


# --- in SQL


def sign_columns(dialect: str, tenant: Tenant) -> Mapping[str, Any]:
    """``signs``, ``reply`` and ``passing`` of a row of ``nps_closure``; ``nps_survey`` is the one that was chosen."""
    c, rules = closures.c, tenant.signs
    took = func.coalesce(_us(c.worked), _us(c.elapsed))
    ratio = cast(_us(c.worked), Float(53)) / cast(_us(c.target), Float(53))
    brush = and_(took.is_not(None), _us(c.target) > 0, or_(c.replies != 1, c.last_reply_length.is_not(None)))
    quick = and_(c.closed_at.is_not(None), brush, c.replies == 1, took < rules.brush_off_within * _us(c.target))
    asked, why_not = _first_respondent()
    bits = (
        (BACK, or_(reopened_soon(dialect, tenant), client_back(dialect, tenant))),
        (PAUSED_K, and_(c.still.is_not(None), c.worked.is_not(None))),
        (PAUSED, _us(c.still) > rules.paused_over * (_us(c.still) + _us(c.worked))),
        (BRUSH_K, brush),
        (PASSES_K, c.passes.is_not(None)),
        (BOUNCING, c.passes >= rules.bouncing_from),
        (ALONE, c.passes == 0),
        (ASKED_K, asked),
        (NOT_ASKED, func.coalesce(why_not, "").in_([reason.value for reason in OF_THE_TICKET])),
        (
            _EARLY,
            and_(c.worked.is_not(None), _us(c.target) > 0, ratio >= EARLY[0], ratio <= literal_column(repr(EARLY[1]))),
        ),
    )
    signs: Any = literal_column(str(CLOSED)) + _address_bits(dialect)
    for bit, seen in bits:
        signs = signs + case((seen, literal_column(str(bit))), else_=literal_column("0"))
    return {
        "signs": case((c.closed_at.is_(None), literal_column("0")), else_=signs),
        "reply": case((quick, c.last_reply_length)),
        "passing": case((and_(c.closed_at.is_not(None), c.passes > 0), c.passing), else_=literal_column("''")),
    }


def _first_respondent() -> tuple[Any, Any]:
    """Whether the ticket's client has a survey or a reason, and the reason."""
    first = surveys.alias("first_respondent")
    where = [first.c[name] == closures.c[name] for name in ("tenant_id", *_KEY)]
    own = surveys.c.respondent == 0
    why = select(first.c.not_asked).where(*where, first.c.respondent == 0).correlate(closures).scalar_subquery()
    there = exists().where(*where, first.c.respondent == 0).correlate(closures)
    return or_(own, there), case((own, surveys.c.not_asked), else_=why)


def reopened_soon(dialect: str, tenant: Tenant) -> Any:
    """Whether a closing in ``nps_closure`` was taken up again within ``signs.quick_fix_within``."""
    c = closures.c
    limit = _after(dialect, c.closed_at, tenant.signs.quick_fix_within)
    again = closures.alias("again")
    told = exists().where(
        reopenings.c.tenant_id == c.tenant_id,
        *(reopenings.c[name] == c[name] for name in _KEY),
        reopenings.c.at <= limit,
    )
    # nobody told of the reopening, and yet it was closed again
    untold = _any(
        again.c.closure,
        again.c.tenant_id == c.tenant_id,
        again.c.host == c.host,
        again.c.ticket == c.ticket,
        again.c.closure > c.closure,
        again.c.closed_at <= limit,
    )
    return or_(told, untold)


def client_back(dialect: str, tenant: Tenant) -> Any:
    """Whether the client of a closing in ``nps_closure`` had another ticket of the same service, else queue, opened
    within ``signs.quick_fix_within`` (and closed by now)."""
    c = closures.c
    later = closures.alias("later")
    return _any(
        later.c.opened_at,
        later.c.tenant_id == c.tenant_id,
        later.c.client == c.client,
        later.c.opened_at > c.closed_at,
        later.c.opened_at <= _after(dialect, c.closed_at, tenant.signs.quick_fix_within),
        later.c.host == c.host,
        later.c.ticket != c.ticket,
        case((c.service != "", later.c.service == c.service), else_=and_(c.queue != "", later.c.queue == c.queue)),
    )


def _any(first: Any, *where: Any) -> Any:
    """Whether there is one such. ``first``: by which it is found first, so that an index that ends with it is used also
    where PostgreSQL has no statistics and takes any index that begins with the tenant to be as good."""
    one: Any = select(literal_column("1")).where(*where).order_by(first).limit(literal_column("1"))
    return one.correlate(closures).scalar_subquery().is_not(None)


def _address_bits(dialect: str) -> Any:
    """``ADDRESS_K`` where an earlier closing of the client, or of the ticket, has addresses that this one's can be held
    against, and ``ADDRESS`` where one of them changed."""
    c = closures.c
    before, same = closures.alias("before"), closures.alias("same_ticket")
    latest = [before.c.closed_at.desc(), before.c.host.desc(), before.c.ticket.desc(), before.c.closure.desc()]
    own = select(_against(before.c.addresses)).where(
        before.c.tenant_id == c.tenant_id, before.c.client == c.client, before.c.closed_at < c.closed_at
    )
    ticket = select(_against(same.c.addresses)).where(
        same.c.tenant_id == c.tenant_id,
        same.c.host == c.host,
        same.c.ticket == c.ticket,
        same.c.closure < c.closure,
    )
    greatest = func.greatest if dialect == "postgresql" else func.max
    found = [
        func.coalesce(one.order_by(*order).limit(1).correlate(closures).scalar_subquery(), 0)
        for one, order in ((own, latest), (ticket, [same.c.closure.desc()]))
    ]
    return case((c.addresses != "", greatest(*found)), else_=literal_column("0"))


def _against(before: Any) -> Any:
    """``store.addresses.changed_kinds`` in SQL: its bits for the addresses of a closing before."""
    now = closures.c.addresses
    ways = []
    for place in range(len(KINDS)):
        old, new = (func.substr(text, KEY + 1 + WIDTH * place, WIDTH) for text in (before, now))
        ways.append(and_(old != new, old != NONE, new != NONE))
    other_secret = or_(before == "", func.substr(before, 1, KEY) != func.substr(now, 1, KEY))
    found: Any = literal_column(str(ADDRESS_K | ADDRESS))
    return case((other_secret, literal_column("0")), (or_(*ways), found), else_=literal_column(str(ADDRESS_K)))


def _us(column: Any) -> Any:
    return type_coerce(column, BigInteger)


def _after(dialect: str, at: Any, time: timedelta) -> Any:
    """A stored time and some more, to hold another stored time against."""
    if dialect == "sqlite":
        # stored as text to the microsecond, of which SQLite computes thousands
        moved = func.strftime("%Y-%m-%d %H:%M:%f", at, f"{time.total_seconds():+f} seconds")
        return type_coerce(moved, Text).op("||", return_type=Text())("999")
    return at + literal(time, Interval)
