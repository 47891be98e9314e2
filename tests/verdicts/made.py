"""Counts made by hand: answers by point, lowest first, for tickets that met, missed, or have no KPI."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from nps_plugin.config.settings import Target
from nps_plugin.counts import Row, Stratum, Tally, tally
from nps_plugin.model import SCALES, Scale

FACES = SCALES["faces-3"]
MAIL, PHONE = Stratum("email", "en"), Stratum("phone", "en")
TARGET = Target(kpi_share=0.9, satisfied_share=0.8)


def rows(
    met: Sequence[int] = (),
    missed: Sequence[int] = (),
    unknown: Sequence[int] = (),
    *,
    silent: Sequence[int] = (),
    unasked: Sequence[int] = (),
    stratum: Stratum = MAIL,
    client: Callable[[int], Hashable] = lambda _: None,
) -> list[Row]:
    """``silent`` and ``unasked``: closings by KPI (met, missed, unknown). ``client``: whose the n-th answer is."""
    found = []
    for kpi, counts in enumerate((met, missed, unknown)):
        for point, n in enumerate(counts):
            found += [Row(kpi, point, True, stratum, client(len(found) + k)) for k in range(n)]
    for asked, closings in ((True, silent), (False, unasked)):
        for kpi, n in enumerate(closings):
            found += [Row(kpi, None, asked, stratum if asked else Stratum())] * n
    return found


def made(*groups: list[Row], scale: Scale = FACES) -> Tally:
    return tally(scale, [row for group in groups for row in group])
