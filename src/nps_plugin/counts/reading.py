"""Reading counts: what is folded and what still waits to be, in one snapshot, so that they are exact at any moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from ..config.settings import Tenant
from . import packed_reading, rows
from .collecting import Collector, Wanted
from .gathering import Counted
from .packed_reading import change_moments, few_points, span_of
from .slices import Slice
from .waiting import waiting_of


def read_counts(
    connection: Connection,
    tenant: Tenant,
    *,
    basis: str = "closed",
    since: datetime | None = None,
    until: datetime | None = None,
    where: Mapping[str, str] | None = None,
    by: Sequence[str] = (),
    moments: bool = True,
    months: bool = True,
    mix: bool = False,
    times: bool = False,
) -> list[Counted]:
    """Closings from ``since`` until before ``until`` (aware; None: all) by KPI and score, apart by ``by``.

    One for each value, procedure and scale; values in order, the newest procedure first. ``basis``: by the time of the
    closing, or of the answer that counts (``answered``: then there are rated closings only). ``where`` and ``by`` name
    agent (the one credited), queue, service, level, priority, organization, client (surrogate key), contract or a fact
    of the tenant's own. ``moments``: with their clustering by client. ``months``: by month too. ``mix``: the rated
    ones by priority and queue too. ``times``: resolution times too.

    The connection has to show one snapshot, as that of ``Store.read()`` does. Exact at any moment: what was not folded
    yet is counted from the facts.
    """
    part = Slice(tenant=tenant, basis=basis, since=since, until=until, where=where or {}, by=by)
    wanted = Wanted(moments=moments, months=months, mix=mix, times=times)
    into = Collector(connection, part, wanted)
    changes = waiting_of(connection, part, into.strata)
    span = span_of(connection, part)
    if span is None:
        rows.read_cells(connection, into)
    else:
        packed_reading.read_cells(connection, span, into)
    if mix and span is not None and span.dimension in ("total", "agent", "queue"):
        packed_reading.read_mix(connection, span, into)
    elif mix:
        rows.read_mix(connection, into)
    for change in changes:
        into.change(change)
    if moments and span is not None and span.short and few_points(into):
        packed_reading.read_moments(connection, span, into)
        change_moments(connection, into, changes)
    elif moments:
        rows.read_moments(connection, into, changes)
    return into.finished()
