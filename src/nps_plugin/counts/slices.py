"""A slice over a window: which closings belong to it, and to which of its values, in SQL and in Python alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, tuple_

from ..config.settings import Tenant
from ..store.tables import closures, counted
from .facts import DIMENSIONS, Contribution, Key
from .months import micros

#: Columns of ``nps_counted`` that a slice may name; every other name is the contract or a fact of the tenant's own.
_OWN = (*DIMENSIONS, "client")
#: Those of which one value holds few closings and has an index of its own.
_RARE = frozenset({"client", "organization"})
_AT_ONCE = 500
#: By which time a closing belongs to a window.
BASES = ("closed", "answered")

#: The contract and the tenant's own facts of closures, where a slice names any.
More = Mapping[Key, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Closings of a tenant from ``since`` until before ``until`` (None: all) that agree with ``where``, apart by
    ``by``. A closing that has no such fact has the value ""."""

    tenant: Tenant
    basis: str = "closed"
    since: datetime | None = None
    until: datetime | None = None
    where: Mapping[str, str]
    by: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            raise ValueError(f"basis {self.basis!r:.40}: there are closed and answered")
        for name, at in (("since", self.since), ("until", self.until)):
            if at is not None and at.tzinfo is None:
                raise ValueError(f"{name} {at} has no time zone; give an aware time")
        if len(set(self.by)) < len(self.by):
            raise ValueError(f"by {', '.join(self.by)}: one slice is named twice")

    @property
    def zone(self) -> Any:
        """The tenant's time zone."""
        return self.tenant.timezone

    @property
    def window(self) -> tuple[int | None, int | None]:
        """``since`` and ``until`` in microseconds since 1970 UTC."""
        since, until = self.since, self.until
        return None if since is None else micros(since), None if until is None else micros(until)

    def at(self, one: Contribution) -> int | None:
        """The time by which a closing belongs to the window, in microseconds since 1970 UTC."""
        return one.closed if self.basis == "closed" else one.answered

    @property
    def in_order(self) -> bool:
        """Whether one index holds everything about it, by client, and nothing that it names is rare."""
        return set(self.by) | set(self.where) <= set(DIMENSIONS) - _RARE

    # --- in SQL

    @property
    def time(self) -> Any:
        """The column of that time."""
        return counted.c[self.basis]

    def source(self, table: Any = counted) -> Any:
        """``nps_counted`` (or a table like it), with the closures where the slice names a fact that only they have."""
        if set(self.by) | set(self.where) <= set(_OWN):
            return table
        same = and_(*(table.c[name] == closures.c[name] for name in ("host", "ticket", "closure")))
        return table.join(closures, and_(closures.c.tenant_id == self.tenant.name, same))

    def column(self, name: str, table: Any = counted) -> Any:
        """The column or JSON value of a slice's name."""
        return func.coalesce(table.c.client, "") if name == "client" else _column(name, table)

    def conditions(self, *, in_order: bool = False, table: Any = counted) -> list[ColumnElement[bool]]:
        """What rows of :meth:`source` fulfil. ``in_order``: the engine is not to look rows up by their time."""
        since, until = self.window
        # nor is it where a client or an organization has few of them: without statistics SQLite would take the time
        time = table.c[self.basis]
        time = time + 0 if in_order or _RARE & self.where.keys() else time
        found = [table.c.tenant_id == self.tenant.name] if "tenant_id" in table.c else []
        found += [_column(name, table) == value for name, value in self.where.items()]
        if since is not None:
            found.append(time >= since)
        if until is not None:
            found.append(time < until)
        if self.basis == "answered":
            found.append(table.c.answered.is_not(None))
        return found

    # --- in Python, for what is not folded yet

    def more(self, connection: Connection, keys: Iterable[Key]) -> More:
        """The contract and facts of these closures, where the slice names any."""
        if set(self.by) | set(self.where) <= set(_OWN):
            return {}
        found, listed = {}, list(keys)
        for start in range(0, len(listed), _AT_ONCE):
            some = tuple_(closures.c.host, closures.c.ticket, closures.c.closure).in_(listed[start : start + _AT_ONCE])
            query = select(
                closures.c.host, closures.c.ticket, closures.c.closure, closures.c.contract, closures.c.facts
            )
            for row in connection.execute(query.where(closures.c.tenant_id == self.tenant.name, some)):
                found[row.host, row.ticket, row.closure] = {**row.facts, "contract": row.contract}
        return found

    def holds(self, one: Contribution, more: More) -> bool:
        """Whether a closing belongs to the slice."""
        at, (since, until) = self.at(one), self.window
        if at is None or (since is not None and at < since) or (until is not None and at >= until):
            return False
        return all(_value(one, name, more) == value for name, value in self.where.items())

    def value(self, one: Contribution, more: More) -> tuple[str, ...]:
        """The values of ``by`` of a closing."""
        return tuple(_value(one, name, more) for name in self.by)


def grouped(connection: Connection, part: Slice, columns: list[Any], *more: ColumnElement[bool]) -> Any:
    """Each combination of the columns' values, and how often there is one."""
    names = [column.label(f"c{number}") for number, column in enumerate(columns)]
    # named first and grouped outside: what holds a parameter would be another expression each time it is written
    inner = select(*names).select_from(part.source()).where(*part.conditions(), *more).subquery()
    return connection.execute(select(*inner.c, func.count()).group_by(*inner.c))


def _column(name: str, table: Any = counted) -> Any:
    if name in _OWN:
        return table.c[name]
    if name == "contract":
        return closures.c.contract
    return func.coalesce(closures.c.facts[name].as_string(), "")


def _value(one: Contribution, name: str, more: More) -> str:
    if name in _OWN:
        return str(getattr(one, name) or "")
    return str(more.get(one.key, {}).get(name, ""))
