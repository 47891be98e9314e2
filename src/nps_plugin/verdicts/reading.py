"""The verdict on a slice, read from the counts: each procedure and scale apart, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..counts import Counted, Tally, final_at, read_counts, stratum_weights
from ..counts import Weights as StratumWeights
from ..model import Scale, SignFinding, SliceVerdict
from ..store.tables import procedures
from ..wording.catalogue import locale_for
from .slice import judge_slice
from .traps import sign_findings


@dataclass
class Procedures:
    """What is known of a tenant's procedures, each looked up once for as many slices as are read."""

    connection: Connection
    tenant: Tenant
    now: datetime
    _weights: dict[tuple[str, str], StratumWeights] = field(default_factory=dict)
    _recommend: dict[tuple[str, str], bool] = field(default_factory=dict)
    #: what the signs of several slices have in common: the agents of one window, the length of a short reply
    shared: dict[Any, Any] = field(default_factory=dict)

    def weights(self, procedure: str, scale: Scale) -> StratumWeights:
        """The fixed weights of its strata."""
        key = procedure, scale.name
        if key not in self._weights:
            self._weights[key] = stratum_weights(self.connection, self.tenant, procedure, scale, self.now)
        return self._weights[key]

    def recommend(self, procedure: str, scale: Scale) -> bool:
        """Whether it asks the question whose net score is called NPS: the shipped one of 0 to 10, in no other words."""
        key = procedure, scale.name
        if key not in self._recommend:
            row = {"tenant_id": self.tenant.name, "procedure": procedure}
            spec = self.connection.execute(select(procedures.c.spec).filter_by(**row)).scalar()
            questions = self.tenant.question.values() if spec is None else spec.get("question", {}).values()
            shipped = all(str(one).startswith("shipped ") for one in questions)
            self._recommend[key] = scale.name == "nps-11" and shipped
        return self._recommend[key]


def read_slice(
    connection: Connection,
    tenant: Tenant,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    basis: str = "closed",
    where: Mapping[str, str] | None = None,
    now: datetime,
    shown: Mapping[str, str] | None = None,
    known: Procedures | None = None,
) -> SliceVerdict:
    """The verdict on the closings of a slice from ``since`` until before ``until`` (None: all up to now).

    That of the newest procedure and scale; the rest stand in ``others``. Signs are those of the newest. ``shown``: what
    the verdict calls the slice, where that is not ``where`` (a client's surrogate key). ``known``: shared by reads of
    one snapshot. The connection has to show one snapshot, as that of ``Store.read()`` does.
    """
    where = dict(where or {})
    found = read_counts(connection, tenant, basis=basis, since=since, until=until, where=where, mix=True)
    known = known or Procedures(connection, tenant, now)
    signs = sign_findings(
        connection, tenant, since=since, until=until, basis=basis, where=where, now=now, shared=known.shared
    )
    about = {"since": since, "until": until, "basis": basis, "where": dict(where if shown is None else shown)}
    if not found:
        found = [Counted(value=(), procedure="", tally=Tally(scale=tenant.scale))]
    rest = tuple(_verdict(tenant, one, known, about) for one in found[1:])
    return _verdict(tenant, found[0], known, about, signs=signs, others=rest)


def _verdict(
    tenant: Tenant,
    counted: Counted,
    known: Procedures,
    about: Mapping[str, Any],
    signs: tuple[SignFinding, ...] = (),
    others: tuple[SliceVerdict, ...] = (),
) -> SliceVerdict:
    scale, procedure = counted.tally.scale, counted.procedure
    weights = known.weights(procedure, scale)
    until = about["until"]
    final = until is not None and known.now >= _final_at(tenant, about["basis"], until)
    return judge_slice(
        counted.tally,
        target=tenant.targets.of(about["where"]),
        minimum=tenant.minimum,
        weights=weights.shares or None,
        periods=[(first, tally) for first, tally in counted.months if _over(first, tenant, known.now)],
        mix=counted.mix,
        signs=signs,
        tenant=tenant.name,
        locale=locale_for(tenant.locale),
        recommend=known.recommend(procedure, scale),
        procedure=procedure,
        preliminary=not (final and weights.frozen),
        others=others,
        **about,
    )


def _final_at(tenant: Tenant, basis: str, until: datetime) -> datetime:
    return final_at(tenant, until) if basis == "closed" else until + tenant.ask.edit_window


def _over(first: date, tenant: Tenant, now: datetime) -> bool:
    """Whether a month is over: one that goes on would look like a change."""
    today = now.astimezone(tenant.timezone).date()
    return (first.year, first.month) < (today.year, today.month)
