"""Experiments on resolution times: tickets pulled in before the deadline, the time after which clients are unhappy."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from math import log, sqrt

from nps_plugin.counts import bin_starts
from nps_plugin.model import SCALES, TimeSays
from nps_plugin.statistics import deadline_jump
from nps_plugin.verdicts.kpi_advice import advise_clock

from .latent import expit, logit
from .tables import Check, Judge, Table, many, rate
from .tenants import (
    deadline_bins,
    seeded,
)


def deadline(_: Judge, size: int = 1) -> Table:
    """Tickets pulled in just before the deadline."""
    rows, checks = [], []
    count = many(size, 150, 3000)
    power = {(400, 0.4): ".75", (400, 0.2): ".31", (800, 0.4): ".95", (800, 0.2): ".56"}
    for shape in ("lognormal", "gamma", "weibull"):
        for closings in (400, 800):
            cells = []
            for pulled in (0.0, 0.2, 0.4):
                tests = [
                    deadline_jump(
                        *deadline_bins(closings, pulled, seeded(f"jump {shape}{closings}{pulled}", number), shape)
                    )  # type: ignore[arg-type]
                    for number in range(count)
                ]
                known = [test.p for test in tests if test is not None]
                hits = sum(p <= 0.05 for p in known)
                cells.append(rate(hits, len(known)) + (f" ({power[closings, pulled]})" if pulled else ""))
                if not pulled:
                    what = f"false deadline jump, {shape}, {closings}"
                    checks.append(Check(what=what, measured=hits / len(known), tenants=len(known), bound=0.055))
            rows.append((shape, str(closings), *cells))
    return Table(
        title="Deadline jump",
        note="One-sided p <= .05; in brackets what methods.md prints. Methods: size .041-.051.",
        columns=("times", "closings", "nothing", "20 % pulled in", "40 % pulled in"),
        rows=tuple(rows),
        checks=tuple(checks),
    )


def time_curve(_: Judge, size: int = 1) -> Table:
    """The satisfied share falls with the resolution time, or does not."""
    starts = [start.total_seconds() for start in bin_starts()]
    scale, target, median = SCALES["faces-3"], 0.8, 6 * 3600.0
    falls: dict[str, Callable[[float], float]] = {
        "falls under .8 at 12 h, slowly": lambda hours: expit(logit(0.8) - 0.8 * log(hours / 12)),
        "falls under .8 at 12 h, at once": lambda hours: 0.92 if hours < 12 else 0.6,
        "flat at .8": lambda _: 0.8,
        "flat at .9": lambda _: 0.9,
    }
    rows, checks = [], []
    count = many(size, 30, 500)
    for name, share in falls.items():
        for answers in (150, 500, 2000):
            visible = held = 0
            for number in range(count):
                dice = seeded(f"time {name} {answers}", number)
                times = [[0] * 3 for _ in starts]
                for _ in range(answers):
                    took = median * dice.lognormvariate(0, 1.2)
                    happy = dice.random() < share(took / 3600)
                    times[max(0, bisect(starts, took) - 1)][2 if happy else dice.randrange(2)] += 1
                found = advise_clock("elapsed", scale, times, target=target)
                visible += found.says is TimeSays.VISIBLE
                if found.says is TimeSays.VISIBLE and found.low is not None and found.high is not None:
                    # the time lies in a bin: its ends are as near as counts can say
                    held += found.low.total_seconds() / sqrt(2) <= 12 * 3600 <= found.high.total_seconds() * sqrt(2)
            flat = name.startswith("flat")
            rows.append(
                (name, str(answers), rate(visible, count), "" if flat or not visible else f"{held / visible:.3f}")
            )
            what = f"{name}, {answers} answers"
            if flat:
                checks.append(Check(what=f"false time, {what}", measured=visible / count, tenants=count, bound=0.05))
            elif visible:
                share_held = held / visible
                checks.append(
                    Check(what=f"interval, {what}", measured=share_held, tenants=visible, bound=0.95, at_most=False)
                )
        if not name.startswith("flat"):
            what = f"time seen, {name}, 2,000 answers"
            checks.append(Check(what=what, measured=visible / count, tenants=count, bound=0.9, at_most=False))
    return Table(
        title="From what resolution time on clients become unhappy",
        note="Times are log-normal around 6 h; target .8. Said: that such a time is visible. Held: its interval holds"
        " 12 h, give or take the half octave of a bin.",
        columns=("truth", "answers", "said", "held"),
        rows=tuple(rows),
        checks=tuple(checks),
    )
