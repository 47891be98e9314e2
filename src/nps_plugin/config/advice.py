"""Advice on a configuration that can be used: what it asks for without use. Mistakes are errors; this is not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ..model import Band, Scale
from .settings import Tenant

#: More points than this need a reason: each band is one of satisfied, neutral and dissatisfied.
ENOUGH = 3


def taken_into_account(tenant: Tenant, scale: Scale, lower: int, upper: int) -> tuple[str, ...]:
    """The settings that treat two scores differently: ``bands`` (and with them every verdict), ``ask_why``,
    ``why_call``. Empty: the difference between them is taken into account nowhere."""
    first, second = scale.band(lower), scale.band(upper)
    why_call = getattr(getattr(tenant.ask, "why_call", None), "bands", ())
    by_band = {"ask_why": tenant.ask.ask_why, "why_call": why_call}
    split = [name for name, bands in by_band.items() if (first in bands) is not (second in bands)]
    return ("bands", *split) if first is not second else ()


def unused_differences(scale: Scale) -> tuple[tuple[int, ...], ...]:
    """The groups of two points and more that nothing tells apart, lowest first: settings go by band, so the bands."""
    groups = (tuple(points) for _, points in groupby(scale.points, key=scale.band))
    return tuple(points for points in groups if len(points) > 1)


def advice_on(tenant: Tenant) -> Iterator[str]:
    """What a tenant could do without, or would never see work; each with what to do."""
    scale, bands = tenant.scale, {tenant.scale.band(point) for point in tenant.scale.points}
    if len(scale.points) > ENOUGH:
        alike = [f"{points[0]} to {points[-1]} ({scale.band(points[0])})" for points in unused_differences(scale)]
        simpler = "thumbs-2" if len(bands) == 2 else "faces-3"
        reason = "; keep it where you compare with others' NPS" if scale.name == "nps-11" else ""
        yield (
            f"scale {scale.name} has {len(scale.points)} points, and verdicts treat {', '.join(alike)} alike:"
            f" nothing takes the difference between them into account, neither bands nor ask_why;"
            f" {simpler} asks less of clients and tells as much{reason}"
        )
    for band in sorted(tenant.ask.ask_why - bands):
        yield f"ask.ask_why names {band}, and no point of scale {scale.name} is {band}: that never happens"
    for name, one in tenant.indicators.items():
        if one.bands != set(Band):
            after = ", ".join(band for band in Band if band in one.bands) or "no"
            yield f"indicators.{name} is asked after {after} scores only, so it cannot be held against the score"
    if not tenant.kpi:
        yield "no kpi rule: unless tickets bring their own target, every verdict is untargeted"
    for number, rule in enumerate(tenant.kpi[:-1], start=1):
        if not any((rule.priority, rule.queue, rule.service, rule.organization, rule.contract)):
            yield f"kpi rule {number} matches every ticket, so the {len(tenant.kpi) - number} below it never count"
            break
