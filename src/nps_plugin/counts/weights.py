"""The fixed weights with which strata are totalled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..model import Plain, Scale
from ..store.tables import procedures
from .months import micros, month_of, start_of
from .reading import read_counts
from .tally import Stratum


@dataclass(frozen=True, kw_only=True)
class Weights(Plain):
    """Each stratum's share of the closings that were asked about in the procedure's first full quarter; they sum to 1.

    ``frozen`` False: that quarter is not over, and the shares are those up to now. Empty: nobody was asked yet.
    """

    shares: Mapping[Stratum, float]
    frozen: bool


def stratum_weights(
    connection: Connection, tenant: Tenant, procedure: str, scale: Scale, now: datetime | None = None
) -> Weights:
    """The weights of a procedure's strata. ``now`` None: as of the last closing known.

    The first full quarter is the first calendar quarter in the tenant's zone that begins no earlier than the day on
    which the procedure was first used.
    """
    found = [
        one for one in read_counts(connection, tenant, moments=False)
        if one.procedure == procedure and one.tally.scale == scale
    ]  # fmt: skip
    asked: dict[int, Counter[Stratum]] = {}
    for one in found:
        for day, tally in one.months:
            of_month = asked.setdefault(day.year * 12 + day.month - 1, Counter())
            for stratum in tally.strata:
                if stratum.stratum.channel:
                    of_month[stratum.stratum] += stratum.answered + sum(stratum.unanswered)
    if not asked:
        return Weights(shares={}, frozen=False)
    first = _first_full(connection, tenant, procedure, min(asked))
    last = start_of(max(asked), tenant.timezone) if now is None else now
    over = last >= start_of(first + 3, tenant.timezone)
    quarter = [counts for month, counts in asked.items() if not over or first <= month < first + 3]
    total: Counter[Stratum] = Counter()
    for counts in quarter:
        total.update(counts)
    if not sum(total.values()):
        # nothing was asked in that quarter: all there is has to serve
        over = False
        for counts in asked.values():
            total.update(counts)
    every = sum(total.values())
    return Weights(
        shares={stratum: count / every for stratum, count in sorted(total.items())} if every else {},
        frozen=over and bool(every),
    )


def _first_full(connection: Connection, tenant: Tenant, procedure: str, month: int) -> int:
    """The first month of the first full quarter of a procedure whose first closings are of that month."""
    zone = tenant.timezone
    started = connection.execute(select(procedures.c.at).filter_by(tenant_id=tenant.name, procedure=procedure)).scalar()
    since = start_of(month, zone)
    if started is not None and month_of(micros(started), zone) == month:
        day = started.astimezone(zone).date()
        since = datetime(day.year, day.month, day.day, tzinfo=zone)
    quarter = month - month % 3
    return quarter if since <= start_of(quarter, zone) else quarter + 3
