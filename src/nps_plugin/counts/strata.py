"""The numbers under which the ways of asking stand in the folds."""

from __future__ import annotations

import json

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..model import Scale
from ..store.scales import scale_of
from ..store.tables import strata
from ..store.upsert import add
from .facts import Way
from .tally import Stratum


class Strata:
    """The strata of a tenant as one transaction sees them. What is met for the first time gets a number of its own,
    which holds beyond this object only once it is kept."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._tenant = tenant
        rows = connection.execute(select(strata).where(strata.c.tenant_id == tenant)).all()
        self.ways = {row.stratum: Way(row.procedure, row.scale, row.channel, row.locale) for row in rows}
        self._numbers = {way: number for number, way in self.ways.items()}
        self._new: list[int] = []
        self._strata: dict[int, Stratum] = {}
        self._points: dict[int, int] = {row.stratum: row.points for row in rows}

    def number(self, way: Way) -> int:
        """The number of a way of asking."""
        found = self._numbers.get(way)
        if found is None:
            found = self._numbers[way] = 1 + max(self.ways, default=0)
            self.ways[found] = way
            self._points[found] = way.points
            self._new.append(found)
        return found

    def keep(self, connection: Connection) -> None:
        """Write the new ones."""
        rows = [
            {"tenant_id": self._tenant, "stratum": number, **way._asdict(), "low": way.low, "points": way.points}
            for number, way in ((number, self.ways[number]) for number in self._new)
        ]
        add(connection, strata, *rows)
        self._new.clear()

    def points(self, number: int) -> int:
        """How many points the scale of a stratum has."""
        return self._points[number]

    def kind(self, number: int, tenant: Tenant) -> tuple[str, Scale]:
        """Procedure and scale of a stratum: what is never counted together with another."""
        way = self.ways[number]
        return way.procedure, scale_of(json.loads(way.scale), tenant.scale)

    def stratum(self, number: int) -> Stratum:
        """Channel and language of a stratum."""
        found = self._strata.get(number)
        if found is None:
            way = self.ways[number]
            found = self._strata[number] = Stratum(way.channel, way.locale)
        return found
