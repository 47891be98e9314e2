"""Experiments: tenants of one planted truth, judged, counted, and held against what methods allow.

Every experiment takes the function that judges, so that a test can plant a wrong one and see it caught, and ``size``,
how long to look: 0 for a test, 1 for a quick look, 2 for the numbers of docs/truth.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .clocks import deadline, time_curve
from .courses import report_trends, traps
from .levels import confusion, mix_shift, simpson_flag, watermelon
from .links import link_found, no_link, no_link_big_clients
from .people import agents, signs
from .tables import Judge, Table

EXPERIMENTS: Sequence[Callable[[Judge, int], Table | list[Table]]] = (
    no_link,
    link_found,
    no_link_big_clients,
    watermelon,
    confusion,
    simpson_flag,
    traps,
    report_trends,
    mix_shift,
    agents,
    signs,
    deadline,
    time_curve,
)


def run(judge: Judge, size: int = 1) -> Iterable[Table]:
    """Every experiment's tables, one after the other."""
    for experiment in EXPERIMENTS:
        found = experiment(judge, size)
        yield from found if isinstance(found, list) else [found]
