"""What a worker asks the database for each message: statements compiled once.

They are spelt so that their cost does not grow with the tables, and hangs on no statistics: a database that was filled
a minute ago has none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, exists, func, literal_column, not_, or_, select, text, update

from ..links import token_digest
from ..store.prepared import prepared
from ..store.tables import clients, closures, contacts, messages, surveys
from ..store.types import UtcDateTime

#: Outcomes of messages that the client noticed, or may have.
NOTICED = ("sending", "sent", "delivered", "unanswered")
_CLOSURE = ("tenant_id", "host", "ticket", "closure")
# written out, as the index has them
_OPEN = text("nps_survey.state IN ('scheduled', 'sending', 'sent')")
_NOW = bindparam("now", type_=UtcDateTime())


def due_lanes(connection: Connection, now: datetime) -> list[tuple[str, str]]:
    """The tenants and lanes (channels) in which something is due, the longest due first."""
    found: Any = prepared(connection.dialect, _due_lanes).run(connection, {"now": now})
    return [(tenant, lane) for tenant, lane, _ in found]


def next_due(connection: Connection, tenant: str, lane: str, now: datetime) -> Any:
    """The survey of a lane that is due longest, locked, past what others hold; None where nothing is due."""
    return prepared(connection.dialect, _next_due).first(connection, {"tenant": tenant, "lane": lane, "now": now})


def about_client(connection: Connection, row: Any) -> Any:
    """Of a survey: its contact, the person's key, the chat that they linked, the closure's service. ``client`` is None
    where there is no contact."""
    return prepared(connection.dialect, _about_client).first(
        connection, {"survey": row.survey, **{name: getattr(row, name) for name in _CLOSURE}}
    )


def standing(
    connection: Connection, keys: dict[str, Any], whose: str, who: str, since: datetime | None
) -> tuple[bool, int]:
    """Whether somebody was asked since then about another closure, and how often the respondents of this one were
    contacted. ``keys``: of the closure; ``whose``: "client" or "organization"; ``since`` None: nobody asks."""
    values = keys if since is None else {**keys, "who": who, "since": since}
    found: Any = prepared(connection.dialect, _standing, whose, since is not None).run(connection, values)
    asked, contacted = found.one()
    return bool(asked), int(contacted)


def mark_sent(connection: Connection, tenant: str, token: str, reference: str) -> None:
    """Keep what the channel gave back for a message, unless a report was quicker."""
    values = {"tenant": tenant, "digest": token_digest(token), "reference": reference}
    prepared(connection.dialect, _mark_sent).run(connection, values)


def _due_lanes(_dialect: str) -> Any:
    since = func.min(surveys.c.due_at)
    return (
        select(surveys.c.tenant_id, surveys.c.lane, since)
        .where(_OPEN, surveys.c.due_at <= _NOW)
        .group_by(surveys.c.tenant_id, surveys.c.lane)
        .order_by(since, surveys.c.tenant_id, surveys.c.lane)
    )


def _next_due(_dialect: str) -> Any:
    return (
        select(surveys)
        .where(
            surveys.c.tenant_id == bindparam("tenant"),
            surveys.c.lane == bindparam("lane"),
            _OPEN,
            surveys.c.due_at <= _NOW,
            surveys.c.expires_at > _NOW,
        )
        .order_by(surveys.c.due_at)
        .limit(literal_column("1"))
        .offset(literal_column("0"))
        .with_for_update(skip_locked=True)
    )


def _about_client(_dialect: str) -> Any:
    mine = and_(contacts.c.tenant_id == bindparam("tenant_id"), contacts.c.survey == bindparam("survey"))
    person = and_(clients.c.tenant_id == bindparam("tenant_id"), clients.c.client == contacts.c.client)
    return (
        select(contacts, clients.c.key, clients.c.telegram.label("linked"), closures.c.service)
        .select_from(closures.outerjoin(contacts, mine).outerjoin(clients, person))
        .where(*(closures.c[name] == bindparam(name) for name in _CLOSURE))
    )


def _standing(_dialect: str, whose: str, asks: bool) -> Any:
    asked: Any = literal_column("0")
    if asks:
        same = and_(
            surveys.c.host == bindparam("host"),
            surveys.c.ticket == bindparam("ticket"),
            or_(surveys.c.closure == bindparam("closure"), surveys.c.state == literal_column("'cancelled'")),
        )
        asked = exists().where(
            surveys.c.tenant_id == bindparam("tenant_id"),
            surveys.c[whose] == bindparam("who"),
            surveys.c.sent_at > bindparam("since", type_=UtcDateTime()),
            not_(same),
        )
    return select(asked, _contacted([surveys.c[name] == bindparam(name) for name in _CLOSURE]))


def _contacted(closure: list[Any]) -> Any:
    # a look-up by each survey of the closure: a join would let the planner begin with all messages of the tenant
    each = (
        select(func.count())
        .select_from(messages)
        .where(
            messages.c.tenant_id == surveys.c.tenant_id,
            messages.c.survey == surveys.c.survey,
            messages.c.outcome.in_([literal_column(f"'{outcome}'") for outcome in NOTICED]),
        )
        .correlate(surveys)
        .scalar_subquery()
    )
    return select(func.coalesce(func.sum(each), literal_column("0"))).where(*closure).scalar_subquery()


def _mark_sent(_dialect: str) -> Any:
    # a report may have been quicker than we are
    kept = case((messages.c.outcome == literal_column("'sending'"), literal_column("'sent'")), else_=messages.c.outcome)
    return (
        update(messages)
        .where(messages.c.tenant_id == bindparam("tenant"), messages.c.token_digest == bindparam("digest"))
        .values(reference=bindparam("reference"), outcome=kept)
    )
