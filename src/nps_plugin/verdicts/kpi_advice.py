"""From what resolution time on clients become unhappy, held against the target in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sqrt
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Integer, func, select

from ..config.settings import Minimum, Target, Tenant
from ..counts import Tally, bin_starts, read_counts
from ..model import Band, ClockAdvice, KpiAdvice, Scale, TimeBin, TimeSays
from ..statistics import crossing, effective_clusters, isotonic, isotonic_band, normal_quantile, ordinal_association
from ..store.tables import closures
from ..wording.advice_sentences import clock_sentence, kpi_sentences
from .sign_counts import Window

#: Rated closings with a known time that it takes to look for such a time.
ANSWERS = 100


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The targets that closings had: the most common one, its share of those with any, and the share that met theirs
    among those of which it is known. None: no closing has a target."""

    target: timedelta | None = None
    share: float | None = None
    within: float | None = None
    closings: int = 0


def advise_clock(
    clock: str,
    scale: Scale,
    times: Sequence[Sequence[int]],
    *,
    target: float | None,
    inflation: float = 1.0,
    clients: float | None = None,
    minimum: Minimum | None = None,
) -> ClockAdvice:
    """One clock's curve, from counts by time bin (``counts.bin_starts``) x point.

    The satisfied share is fitted as one that never rises with the time (PAVA), with a 95 % band; the time is where the
    fit falls under ``target``, its interval where the band does. ``inflation``: how much less answers say than as many
    of independent clients would (the design effect); the band is that of so many fewer answers. ``clients``: effective
    ones. Several answers of one client are not in tau-b's standard error.
    """
    starts = bin_starts()
    happy = [scale.band(point) is Band.SATISFIED for point in scale.points]
    totals = [sum(row) for row in times]
    good = [sum(n for n, one in zip(row, happy, strict=True) if one) for row in times]
    answers = sum(totals)
    tau = ordinal_association(times) if answers else None
    z = normal_quantile(0.975)
    found = ClockAdvice(
        clock=clock,
        answers=answers,
        tau_b=None if tau is None else tau.tau_b,
        tau_b_se=None if tau is None else tau.tau_b_se,
        tau_b_interval=None
        if tau is None
        else (max(-1.0, tau.tau_b - z * tau.tau_b_se), min(1.0, tau.tau_b + z * tau.tau_b_se)),
    )
    least = minimum or Minimum()
    if answers < max(ANSWERS, least.ratings) or (clients is not None and clients < least.clients):
        return replace(found, says=TimeSays.NOT_ENOUGH)
    fewer = [n / inflation for n in good], [n / inflation for n in totals]
    fitted, band = isotonic(good, totals) or [], isotonic_band(*fewer) or []
    curve = tuple(
        TimeBin(
            since=starts[place] if place else timedelta(0),
            until=starts[place + 1] if place + 1 < len(starts) else None,
            answers=totals[place],
            satisfied=good[place],
            share=good[place] / totals[place],
            fitted=fitted[place],
            band=(band[place].low, band[place].high),
        )
        for place in range(len(times))
        if totals[place]
    )
    found = replace(found, curve=curve)
    if target is None:
        return replace(found, says=TimeSays.NO_TARGET)
    edges = [0.0, *(start.total_seconds() for start in starts[1:]), starts[-1].total_seconds() * sqrt(2)]
    falls = crossing(edges, *fewer, target)
    if falls is not None and falls.low == 0 and falls.high is not None:
        return replace(found, says=TimeSays.ALWAYS_UNDER, high=timedelta(seconds=falls.high))
    if falls is None or not falls.visible or falls.high is None:
        return replace(found, says=TimeSays.NOT_VISIBLE)
    at, low, high = (timedelta(seconds=each) for each in (falls.at, falls.low, falls.high))
    return replace(found, says=TimeSays.VISIBLE, at=at, low=low, high=high)


def design_effect(tally: Tally) -> tuple[float, float | None]:
    """How much wider than by chance alone the satisfied share varies with its clients (1: not at all), and the
    effective clients (None: unknown)."""
    answered = tally.answered
    if tally.moments is None or not answered:
        return 1.0, None
    clients = effective_clusters(answered, tally.square_total)
    happy = tally.indicator([Band.SATISFIED])
    share = sum(n for n, one in zip(tally.scores, happy, strict=True) if one) / answered
    if clients <= 1 or not 0 < share < 1:
        return 1.0, clients
    off = [[[one - share for one in happy]] * 3] * len(tally.strata)
    clustered = tally.quadratic(off) * clients / (clients - 1)
    return max(1.0, clustered / (answered * share * (1 - share))), clients


def read_kpi_advice(
    connection: Connection,
    tenant: Tenant,
    where: Mapping[str, str],
    shown: Mapping[str, str] | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> KpiAdvice:
    """The advice on a slice, from the answers on the tenant's scale under the newest procedure, of closings from
    ``since`` until before ``until`` (None: all). ``shown``: the slice as whoever asked named it."""
    window = Window(since=since, until=until, where=where)
    counted = read_counts(connection, tenant, since=since, until=until, where=where, months=False, times=True)
    newest = next((one for one in counted if one.tally.scale.name == tenant.scale.name and one.tally.answered), None)
    target: Target = tenant.targets.of(where)
    force = _in_force(connection, tenant, window)
    advice = KpiAdvice(
        tenant=tenant.name,
        where=MappingProxyType(dict(where if shown is None else shown)),
        scale=tenant.scale.name,
        satisfied_target=target.satisfied_share,
        closings=force.closings,
        target=force.target,
        target_share=force.share,
        within_target=force.within,
    )
    inflation, clients = 1.0, None
    if newest is not None:
        inflation, clients = design_effect(newest.tally)
        advice = replace(advice, answers=newest.tally.answered, clients=clients)
    by_clock = {"worked": newest.worked if newest else (), "elapsed": newest.times if newest else ()}
    clocks: dict[str, Any] = {}
    for name, times in by_clock.items():
        clock = advise_clock(
            name,
            tenant.scale,
            times,
            target=target.satisfied_share,
            inflation=inflation,
            clients=clients,
            minimum=tenant.minimum,
        )
        if clock.at is not None:
            clock = replace(clock, closed_by_then=_closed_by(connection, tenant, window, name, clock.at))
        clocks[name] = replace(clock, sentence=clock_sentence(clock, advice, tenant.locale, needed=ANSWERS))
    advice = replace(advice, **clocks)
    return replace(advice, sentences=kpi_sentences(advice, tenant.locale))


def _in_force(connection: Connection, tenant: Tenant, window: Window) -> InForce:
    within = window.conditions(tenant)
    met = func.sum(func.coalesce(closures.c.kpi_met.cast(Integer), 0))
    known = func.count(closures.c.kpi_met)
    query = select(closures.c.target, func.count(), met, known).where(*within).group_by(closures.c.target)
    rows = connection.execute(query).all()
    closings = sum(row[1] for row in rows)
    some = [row for row in rows if row[0] is not None]
    if not some:
        return InForce(closings=closings)
    common = max(some, key=lambda row: (row[1], row[0]))
    checked = sum(row[3] for row in some)
    return InForce(
        target=common[0],
        share=common[1] / sum(row[1] for row in some),
        within=sum(row[2] for row in some) / checked if checked else None,
        closings=closings,
    )


def _closed_by(connection: Connection, tenant: Tenant, window: Window, clock: str, at: timedelta) -> float | None:
    took = closures.c[clock]
    within = [*window.conditions(tenant), took.is_not(None)]
    every = connection.execute(select(func.count()).select_from(closures).where(*within)).scalar_one()
    soon = connection.execute(select(func.count()).select_from(closures).where(*within, took <= at)).scalar_one()
    return soon / every if every else None
