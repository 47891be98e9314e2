"""Signs counted from the facts by one statement, with a look-up of its own for each sign of each closing: slow, and
knows nothing of counts and folds, which are held against it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import exp
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Interval,
    Text,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from nps_plugin.config.settings import Tenant
from nps_plugin.model import NotAskedReason, Sign
from nps_plugin.store.addresses import KEY, KINDS, NONE, WIDTH
from nps_plugin.store.tables import closures, reopenings, surveys
from nps_plugin.verdicts.passing import hand_overs, read_path
from nps_plugin.verdicts.sign_counts import Count, JumpCounts, Seen, Window, scored

#: Reasons for not asking that lie with the ticket or with what is known of its client, and so within an agent's reach.
OF_THE_TICKET = (
    NotAskedReason.EXCLUDED,
    NotAskedReason.DUPLICATE,
    NotAskedReason.NO_ADDRESS,
    NotAskedReason.NO_CONSENT,
    NotAskedReason.INTERNAL_CLIENT,
    NotAskedReason.TOO_OLD,
)
#: Edges of the bins around the deadline, as shares of the target: a, b | c, d of ``statistics.deadline_jump``.
EDGES = (exp(-0.30), exp(-0.15), 1.0, exp(0.15), exp(0.30))
#: From where on closings before bin b are compared with those in it.
EARLY = 0.5
_KEY = ("host", "ticket", "closure")
_COLUMNS = {"agent": "credited"}


def by_statement(
    connection: Connection, tenant: Tenant, window: Window, *, by: str = "", now: datetime, short: int | None
) -> dict[str, Any]:
    """What read_sign_counts has to give: for each value (seen, known) by sign, and of the whole its deadline jump."""
    found: dict[str, Any] = dict(_sign_counts(connection, tenant, window, by=by, now=now, short=short))
    return found if by else found | {"jump": read_jump(connection, tenant, window)}


def shown(found: Mapping[str, Seen], by: str = "") -> dict[str, Any]:
    """What read_sign_counts gave, in the same shape."""
    counts = {value: dict(one.counts) for value, one in found.items() if one.counts}
    nothing = JumpCounts(bins=(0, 0, 0, 0), near=(0, 0, 0), early=(0, 0, 0))
    return counts if by else counts | {"jump": found[""].jump if "" in found else nothing}


def _sign_counts(
    connection: Connection, tenant: Tenant, window: Window, *, by: str = "", now: datetime, short: int | None
) -> dict[str, dict[Sign, Count]]:
    """For each value of ``by`` ("" without): how many closings have each sign, of how many it can be told of.

    ``short``: see ``signs.short_reply``. Quick fixes are counted of closings that are old enough for one. By agent,
    ``bouncing`` counts the tickets that an agent held, and of those passed on too often the ones that it passed on;
    who is not asked is counted by agent alone.
    """
    facts = _facts(connection.dialect.name, tenant, window, by, now)
    flags = _flags(facts, tenant, by, short)
    listed = [
        func.sum(case((and_(*conditions), 1), else_=0)).label(name)
        for sign, (known, seen) in flags.items()
        for name, conditions in ((f"{sign}_seen", (known, seen)), (f"{sign}_known", (known,)))
    ]
    query = select(facts.c.value, *listed).group_by(facts.c.value)
    found: dict[str, dict[Sign, Count]] = {}
    for row in connection.execute(query):
        sums = dict(zip((one.name for one in listed), row[1:], strict=True))
        found[str(row[0])] = {
            sign: (int(sums[f"{sign}_seen"] or 0), int(sums[f"{sign}_known"] or 0))
            for sign in Sign
            if f"{sign}_seen" in sums
        }
    if by == "agent":
        _add_passing(connection, tenant, window, found)
    return found


def _facts(dialect: str, tenant: Tenant, window: Window, by: str, now: datetime) -> Any:
    """A row for each closing of the window: what signs are told by, of its own and of what came before and after.

    Materialized, so that each look-up is done once a row however many conditions name it.
    """
    c = closures.c
    own, ticket = _address_before()
    quick = c.closed_at <= now - tenant.signs.quick_fix_within
    soon = reopened_soon(dialect, tenant), client_back(dialect, tenant)
    columns = [
        (_dimension(by) if by else literal("", Text)).label("value"),
        *(_us(c[name]).label(name) for name in ("worked", "target", "still")),
        func.coalesce(_us(c.worked), _us(c.elapsed)).label("took"),
        *(c.replies, c.last_reply_length, c.passes, c.addresses),
        case((quick, 1), else_=0).label("old"),
        case((and_(quick, or_(*soon)), 1), else_=0).label("back"),
        case((c.addresses != "", own)).label("own_before"),
        case((and_(c.addresses != "", c.closure > 1), ticket)).label("ticket_before"),
    ]
    source: Any = closures
    if by == "agent":
        mine = and_(*(surveys.c[name] == c[name] for name in ("tenant_id", *_KEY)), surveys.c.respondent == 0)
        source = closures.outerjoin(surveys, mine)
        columns += [surveys.c.state, surveys.c.not_asked]
    query = select(*columns).select_from(source).where(*window.conditions(tenant))
    return query.cte("facts").prefix_with("MATERIALIZED")


def _flags(facts: Any, tenant: Tenant, by: str, short: int | None) -> dict[Sign, tuple[Any, Any]]:
    """For each sign: of which closings it can be told, and which of those have it."""
    f, rules = facts.c, tenant.signs
    befores = (f.own_before, f.ticket_before)
    found = {
        Sign.QUICK_FIX: (f.old == 1, f.back == 1),
        Sign.PAUSED_CLOCK: (
            and_(f.still.is_not(None), f.worked.is_not(None)),
            f.still > rules.paused_over * (f.still + f.worked),
        ),
        Sign.ADDRESS_CHANGED: (
            or_(*(_same_secret(before, f.addresses) for before in befores)),
            or_(*(_changed(before, f.addresses) for before in befores)),
        ),
    }
    if short is not None:
        found[Sign.BRUSH_OFF] = (
            and_(f.took.is_not(None), f.target > 0, or_(f.replies != 1, f.last_reply_length.is_not(None))),
            and_(f.replies == 1, f.took < rules.brush_off_within * f.target, f.last_reply_length < short),
        )
    if by == "agent":
        reasons = [reason.value for reason in OF_THE_TICKET]
        found[Sign.NOT_ASKED_SHARE] = (f.state.is_not(None), func.coalesce(f.not_asked, "").in_(reasons))
    else:
        found[Sign.BOUNCING] = (f.passes.is_not(None), f.passes >= rules.bouncing_from)
    return found


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
    untold = exists().where(
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
    return exists().where(
        later.c.tenant_id == c.tenant_id,
        later.c.client == c.client,
        later.c.opened_at > c.closed_at,
        later.c.opened_at <= _after(dialect, c.closed_at, tenant.signs.quick_fix_within),
        later.c.host == c.host,
        later.c.ticket != c.ticket,
        case((c.service != "", later.c.service == c.service), else_=and_(c.queue != "", later.c.queue == c.queue)),
    )


def _address_before() -> tuple[Any, Any]:
    c = closures.c
    before, same = closures.alias("before"), closures.alias("same_ticket")
    own = (
        select(before.c.addresses)
        .where(before.c.tenant_id == c.tenant_id, before.c.client == c.client, before.c.closed_at < c.closed_at)
        .order_by(before.c.closed_at.desc())
        .limit(1)
        .correlate(closures)
        .scalar_subquery()
    )
    ticket = (
        select(same.c.addresses)
        .where(
            same.c.tenant_id == c.tenant_id,
            same.c.host == c.host,
            same.c.ticket == c.ticket,
            same.c.closure < c.closure,
        )
        .order_by(same.c.closure.desc())
        .limit(1)
        .correlate(closures)
        .scalar_subquery()
    )
    return own, ticket


def _same_secret(before: Any, now: Any) -> Any:
    return and_(before != "", func.substr(before, 1, KEY) == func.substr(now, 1, KEY))


def _changed(before: Any, now: Any) -> Any:
    """``store.addresses.changed_kinds`` in SQL."""
    ways = []
    for place in range(len(KINDS)):
        old, new = (func.substr(text, KEY + 1 + WIDTH * place, WIDTH) for text in (before, now))
        ways.append(and_(old != new, old != NONE, new != NONE))
    return and_(before != now, _same_secret(before, now), or_(*ways))


def _add_passing(connection: Connection, tenant: Tenant, window: Window, found: dict[str, dict[Sign, Count]]) -> None:
    """Bouncing by agent, charged to who passed it on, whoever is credited with the closing."""
    conditions = window.conditions(tenant)
    passed: dict[str, int] = {}
    alone = select(closures.c.credited, func.count()).where(*conditions, closures.c.passes == 0)
    held = {str(agent): int(n) for agent, n in connection.execute(alone.group_by(closures.c.credited))}
    moved = select(closures.c.path, closures.c.passes).where(*conditions, closures.c.passes > 0)
    for row in connection.execute(moved.execution_options(yield_per=5000)):
        path = read_path(row.path)
        for agent in {one.agent for one in path if one.agent}:
            held[agent] = held.get(agent, 0) + 1
        if row.passes >= tenant.signs.bouncing_from:
            for agent in {one.agent for one in hand_overs(path) if one.agent}:
                passed[agent] = passed.get(agent, 0) + 1
    for agent, n in held.items():
        found.setdefault(agent, {})[Sign.BOUNCING] = (passed.get(agent, 0), n)


# --- the deadline


def read_jump(connection: Connection, tenant: Tenant, window: Window) -> JumpCounts:
    """The closings of a window around their own deadlines; exactly at the target is before it, as the KPI has it."""
    c = closures.c
    ratio = (_us(c.worked) * 1.0) / _us(c.target)
    first, second, deadline, third, last = EDGES
    place = case(
        (ratio < EARLY, None),
        (ratio < first, 0),
        (ratio < second, 1),
        (ratio <= deadline, 2),
        (ratio < third, 3),
        (ratio < last, 4),
    ).label("place")
    usable = [*window.conditions(tenant), _us(c.target) > 0, c.worked.is_not(None)]
    placed = select(place, *(c[name] for name in _KEY)).where(*usable).subquery()
    tally = select(placed.c.place, func.count()).where(placed.c.place.is_not(None)).group_by(placed.c.place)
    bins = {int(where): n for where, n in connection.execute(tally)}
    heard = scored(tenant, tenant.scale)
    both = and_(*(placed.c[name] == heard.c[name] for name in _KEY))
    scores = select(placed.c.place, heard.c.score, func.count()).select_from(placed.join(heard, both))
    near, early = ([0] * len(tenant.scale.points) for _ in range(2))
    for where, score, n in connection.execute(
        scores.where(placed.c.place <= 2).group_by(placed.c.place, heard.c.score)
    ):
        (near if where == 2 else early)[score - tenant.scale.low] += n
    return JumpCounts(bins=tuple(bins.get(n, 0) for n in (1, 2, 3, 4)), near=tuple(near), early=tuple(early))


def _dimension(name: str) -> Any:
    column = _COLUMNS.get(name, name)
    return closures.c[column] if column in closures.c else closures.c.facts[name].as_string()


def _us(column: Any) -> Any:
    return type_coerce(column, BigInteger)


def _after(dialect: str, at: Any, time: timedelta) -> Any:
    """A stored time and some more, to hold another stored time against."""
    if dialect == "sqlite":
        # stored as text to the microsecond, of which SQLite computes thousands
        moved = func.strftime("%Y-%m-%d %H:%M:%f", at, f"{time.total_seconds():+f} seconds")
        return type_coerce(moved, Text).op("||", return_type=Text())("999")
    return at + literal(time, Interval)
