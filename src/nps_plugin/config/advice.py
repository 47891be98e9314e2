"""Advice on a configuration that can be used: what it asks for without use. Mistakes are errors; this is not."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Band
from .settings import Tenant

#: More points than this need a reason: each band is one of satisfied, neutral and dissatisfied.
ENOUGH = 3


def advice_on(tenant: Tenant) -> Iterator[str]:
    """What a tenant could do without, or would never see work; each with what to do."""
    scale, bands = tenant.scale, {tenant.scale.band(point) for point in tenant.scale.points}
    if len(scale.points) > ENOUGH:
        alike = [
            f"{points[0]} to {points[-1]} ({band})"
            for band in Band
            if len(points := [point for point in scale.points if scale.band(point) is band]) > 1
        ]
        simpler = "thumbs-2" if len(bands) == 2 else "faces-3"
        reason = "; keep it where you compare with others' NPS" if scale.name == "nps-11" else ""
        yield (
            f"scale {scale.name} has {len(scale.points)} points, and verdicts treat {', '.join(alike)} alike:"
            f" {simpler} asks less of clients and tells as much{reason}"
        )
    for band in sorted(tenant.ask.ask_why - bands):
        yield f"ask.ask_why names {band}, and no point of scale {scale.name} is {band}: that never happens"
    if not tenant.kpi:
        yield "no kpi rule: unless tickets bring their own target, every verdict is untargeted"
    for number, rule in enumerate(tenant.kpi[:-1], start=1):
        if not any((rule.priority, rule.queue, rule.service, rule.organization, rule.contract)):
            yield f"kpi rule {number} matches every ticket, so the {len(tenant.kpi) - number} below it never count"
            break
