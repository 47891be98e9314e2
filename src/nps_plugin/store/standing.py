"""The rows of standings: the last verdict on each slice, and how often something of it was folded since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from .tables import standings
from .upsert import insert_or

#: the slices of which a standing is kept; "total" has the value ""
DIMENSIONS = ("total", "agent", "queue", "service")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Kept(NamedTuple):
    """A row: whose, how it stood ("" before its first verdict), how many changes were folded since."""

    dimension: str
    value: str
    level: str
    link: str
    trap: str
    verdict: Mapping[str, Any]
    changes: int


def mark(connection: Connection, tenant: str, slices: Iterable[tuple[str, str]]) -> None:
    """Something of these slices (dimension, value) was folded; in the transaction that folds it."""
    rows = [
        {
            "tenant_id": tenant,
            "dimension": dimension,
            "value": value,
            "level": "",
            "link": "",
            "trap": "",
            "verdict": {},
            "at": _LONG_AGO,
            "rest_until": _LONG_AGO,
            "changes": 1,
        }
        for dimension, value in sorted(set(slices))
    ]
    if rows:
        adding = insert_or(connection, standings)
        same = ["tenant_id", "dimension", "value"]
        more = {"changes": standings.c.changes + 1}
        connection.execute(adding.on_conflict_do_update(index_elements=same, set_=more), rows)


def tenants_changed(connection: Connection, now: datetime) -> list[str]:
    """The tenants that have slices to judge again."""
    query = select(standings.c.tenant_id).where(standings.c.changes > 0, standings.c.rest_until <= now).distinct()
    return list(connection.execute(query).scalars())


def changed(connection: Connection, tenant: str, now: datetime, limit: int) -> list[Kept]:
    """Those of which something was folded since their verdict, longest ago first."""
    rows = connection.execute(
        _columns()
        .where(standings.c.tenant_id == tenant, standings.c.changes > 0, standings.c.rest_until <= now)
        .order_by(standings.c.at, standings.c.dimension, standings.c.value)
        .limit(limit)
    )
    return [Kept._make(row) for row in rows]


def find(connection: Connection, tenant: str, dimension: str, value: str) -> Kept | None:
    """One row; None where nothing of the slice was folded yet. One look-up by the primary key."""
    row = connection.execute(_columns().filter_by(tenant_id=tenant, dimension=dimension, value=value)).first()
    return None if row is None else Kept._make(row)


def keep(
    connection: Connection, tenant: str, seen: Kept, verdict: Mapping[str, Any], now: datetime, rest_until: datetime
) -> bool:
    """Put a verdict in the place of the one that was ``seen``; False where another worker was quicker.

    ``changes`` folded meanwhile stay to be judged.
    """
    done = connection.execute(
        update(standings)
        .filter_by(tenant_id=tenant, dimension=seen.dimension, value=seen.value)
        .where(
            standings.c.changes >= seen.changes,
            *(standings.c[name] == getattr(seen, name) for name in ("level", "link", "trap")),
        )
        .values(
            **{name: verdict[name] for name in ("level", "link", "trap")},
            verdict=dict(verdict),
            at=now,
            rest_until=rest_until,
            changes=standings.c.changes - seen.changes,
        )
    )
    return done.rowcount == 1


def _columns() -> Any:
    return select(*(standings.c[name] for name in Kept._fields))
