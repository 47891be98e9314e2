"""Experiments on the link: none, one, and clients who come again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from nps_plugin.model import SCALES, Link

from .tables import Check, Judge, Table, judged, many, rate
from .tenants import (
    Population,
    Sample,
    seeded,
)

#: (missed, met): what methods.md 2.2 prints for D = 0 (not reflected), D = .30 (tracks) and D = .62 (tracks)
SIZES: dict[tuple[int, int], tuple[str, str, str]] = {
    (10, 20): ("", "", ".81"),
    (10, 90): ("", ".36", ".91"),
    (20, 80): ("", ".60", ""),
    (30, 70): (".15", ".72", ""),
    (30, 270): (".35", "", ""),
    (50, 150): (".61", ".91", ""),
    (100, 300): (".92", "", ""),
}
#: the shares of the points on every scale that ships with 2, 3, 5 and 11 points
SHAPES: dict[str, tuple[float, ...]] = {
    "thumbs-2": (0.2, 0.8),
    "faces-3": (0.15, 0.2, 0.65),
    "stars-5": (0.08, 0.06, 0.1, 0.26, 0.5),
    "nps-11": (0.03, 0.01, 0.02, 0.02, 0.03, 0.06, 0.05, 0.1, 0.18, 0.2, 0.3),
}


def _links(
    judge: Judge, d: float, size: tuple[int, int], count: int, scales: Iterable[str], **of: Any
) -> Counter[Link]:
    missed, met = size
    links: Counter[Link] = Counter()
    for scale in scales:
        population = Population(scale=scale, shares=SHAPES[scale], d=d, kpi=met / (met + missed), **of)
        for number in range(count):
            dice = seeded(f"link {d} {size} {scale} {of}", number)
            rows = population.rows(missed + met, dice, missed=None if population.kpi_sd else missed)
            links[judged(judge, Sample(rows=rows, mix=(), scale=SCALES[scale])).link] += 1
    return links


def no_link(judge: Judge, size: int = 1) -> Table:
    """KPI and score have nothing to do with each other, answers are independent."""
    rows, whole = [], Counter[Link]()
    count = many(size, 60, 1429)
    for sizes, (expected, _, _) in SIZES.items():
        links = _links(judge, 0.0, sizes, count, SHAPES)
        whole += links
        rows.append((f"{sizes[0]}/{sizes[1]}", *_link_cells(links), expected))
    rows.append(("all", *_link_cells(whole), ""))
    tenants = whole.total()
    return Table(
        title="No link: D = 0, independent clients",
        note=f"{tenants:,} tenants on scales of 2, 3, 5 and 11 points. Methods: tracks <= .026, contradicts <= .025.",
        columns=("missed/met", "tracks", "contradicts", "not reflected", "insufficient", "methods: not reflected"),
        rows=tuple(rows),
        checks=(
            Check(
                what="false tracks, independent", measured=whole[Link.TRACKS] / tenants, tenants=tenants, bound=0.026
            ),
            Check(
                what="false contradicts, independent",
                measured=whole[Link.CONTRADICTS] / tenants,
                tenants=tenants,
                bound=0.026,
            ),
        ),
    )


def _link_cells(links: Counter[Link]) -> tuple[str, ...]:
    return tuple(
        rate(links[one], links.total())
        for one in (Link.TRACKS, Link.CONTRADICTS, Link.NOT_REFLECTED, Link.INSUFFICIENT)
    )


def link_found(judge: Judge, size: int = 1) -> Table:
    """KPI and score move together."""
    rows, false, tenants = [], 0, 0
    for d, place in ((0.30, 1), (0.62, 2)):
        for sizes, expected in SIZES.items():
            scales = ["faces-3", "stars-5", "nps-11"] if d < 0.5 else ["stars-5", "nps-11"]
            links = _links(judge, d, sizes, many(size, 40, 600), scales)
            rows.append((f"{d:.2f}", f"{sizes[0]}/{sizes[1]}", *_link_cells(links), expected[place]))
            false, tenants = false + links[Link.NOT_REFLECTED], tenants + links.total()
    return Table(
        title="A link: D = .30 and D = .62, independent clients",
        note="3, 5 and 11 points (D = .62: 5 and 11). Methods: false not reflected <= .005.",
        columns=("D", "missed/met", "tracks", "contradicts", "not reflected", "insufficient", "methods: tracks"),
        rows=tuple(rows),
        checks=(Check(what="false not reflected at D >= .30", measured=false / tenants, tenants=tenants, bound=0.005),),
    )


#: What is told of clients in a line of a table: how many come again, how unlike they are, whether a few are big.
CLIENTS: dict[str, dict[str, Any]] = {
    "60 alike in size, sd 1.2": {"clients": 60, "client_sd": 1.2, "skew": 0},
    "60 of sizes 1/r, sd 1.2": {"clients": 60, "client_sd": 1.2, "skew": 1},
    "30 of sizes 1/r, sd 1.2": {"clients": 30, "client_sd": 1.2, "skew": 1},
    "60 of sizes 1/r, sd 1.2, own KPI (sd 1)": {"clients": 60, "client_sd": 1.2, "skew": 1, "kpi_sd": 1.0},
    "60 of sizes 1/r, sd 1.2, own KPI (sd 2)": {"clients": 60, "client_sd": 1.2, "skew": 1, "kpi_sd": 2.0},
    "60, all missed targets are of 3 of them": {"clients": 60, "client_sd": 1.2, "skew": 0, "missers": 3},
    "60, all missed targets are of 10 of them": {"clients": 60, "client_sd": 1.2, "skew": 0, "missers": 10},
}


def no_link_big_clients(judge: Judge, size: int = 1) -> Table:
    """No link, but clients come again, a few of them very often."""
    rows, checks = [], []
    scales = ["faces-3", "stars-5"]
    for name, of in CLIENTS.items():
        links: Counter[Link] = Counter()
        for sizes in ((20, 80), (30, 270), (100, 300)):
            links += _links(judge, 0.0, sizes, many(size, 40, 500), scales, **of)
        rows.append((name, *_link_cells(links)))
        for link in (Link.TRACKS, Link.CONTRADICTS):
            share = links[link] / links.total()
            checks.append(Check(what=f"false {link}, {name}", measured=share, tenants=links.total(), bound=0.045))
    return Table(
        title="No link, clients come again",
        note="20/80, 30/270 and 100/300 missed/met. Bound with few big clients: <= .045. Own KPI: clients differ in how"
        " often their target is met as well, whatever they think.",
        columns=("clients", "tracks", "contradicts", "not reflected", "insufficient"),
        rows=tuple(rows),
        checks=tuple(checks),
    )
