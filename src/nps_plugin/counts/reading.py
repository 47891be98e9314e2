"""Reading counts: what is folded and what still waits to be, in one snapshot, so that they are exact at any moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from ..config.settings import Tenant
from . import packed_reading, rows
from .collecting import Collector, Wanted
from .gathering import Counted
from .packed_reading import MIXED, change_moments, few_points, span_of
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
    mixed = span is not None and {*part.where, *part.by} <= MIXED
    crossed = mixed and not times and span is not None and not span.dimension
    if span is not None and span.dimension:
        packed_reading.read_cells(connection, span, into)
    elif not crossed:
        rows.read_cells(connection, into)
    if span is not None and mixed and (crossed or mix):
        packed_reading.read_mix(connection, span, into, cells=crossed)
    elif mix:
        rows.read_mix(connection, into)
    if moments:
        if span is not None and span.dimension and span.short and few_points(into):
            packed_reading.read_moments(connection, span, into)
        else:
            rows.read_moments(connection, into, whole=span is not None and span.most and part.in_order)
        change_moments(connection, into, changes)
    for change in changes:
        into.change(change)
    return into.finished()
