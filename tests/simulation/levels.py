"""Experiments on the level and on what clouds it: clients who come again, the ticket mix, the channel mix."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from nps_plugin.model import SCALES, Level, Link

from .tables import Check, Judge, Table, judged, many, rate, verdicts
from .tenants import (
    DISCONTENT,
    EMAIL,
    PHONE,
    TRUTHS,
    Part,
    Population,
    Sample,
    Truth,
    plain,
    seeded,
)


def watermelon(judge: Judge, size: int = 1) -> Table:
    """KPI .95 told, satisfied share .7 against a target of .8, 300 answers of 150 clients."""
    kinds: dict[str, tuple[dict[str, Any], float | None]] = {
        "independent, two answers each": ({"clients": 150}, 0.95),
        "client sd 1.2, two answers each": ({"clients": 150, "client_sd": 1.2}, 0.92),
        "client sd 1.2, by chance more or less": ({"clients": 150, "client_sd": 1.2, "skew": 0}, None),
        "client sd 1.2, sizes 1/sqrt r": ({"clients": 150, "client_sd": 1.2, "skew": 0.5}, None),
        "client sd 1.2, sizes 1/r": ({"clients": 150, "client_sd": 1.2, "skew": 1}, None),
    }
    count = many(size, 300, 3000)
    rows, checks = [], []
    for name, (of, bound) in kinds.items():
        found = Counter(
            verdict.level
            for verdict in verdicts(judge, _drawing(300, shares=DISCONTENT, kpi=0.95, **of), count, f"melon {name}")
        )
        on_target = Counter(
            verdict.level
            for verdict in verdicts(judge, _drawing(300, shares=(0.1, 0.1, 0.8), **of), count, f"even {name}")
        )
        hits, false = found[Level.WATERMELON], on_target[Level.WATERMELON]
        rows.append((name, rate(hits, count), rate(false, count), rate(on_target[Level.HEALTHY], count)))
        if bound is not None:
            checks.append(
                Check(what=f"watermelon, {name}", measured=hits / count, tenants=count, bound=bound, at_most=False)
            )
        for what, hits_of in (("watermelon", false), ("healthy", on_target[Level.HEALTHY])):
            limit = 0.03 if of.get("skew", 0) != 1 else 0.05
            checks.append(Check(what=f"false {what}, {name}", measured=hits_of / count, tenants=count, bound=limit))
    return Table(
        title="Watermelon: KPI .95, target .8, 300 answers of 150 clients",
        note=f"{count:,} tenants a line.",
        columns=("clients", "found at true .7", "false at true .8", "false healthy at true .8"),
        rows=tuple(rows),
        checks=tuple(checks),
    )


def _drawing(answers: int, **of: Any) -> Callable[[random.Random], Sample]:
    truth = Truth(parts=plain(**of))
    return lambda dice: truth.draw(answers, dice)


def confusion(judge: Judge, size: int = 1) -> list[Table]:
    """Every planted truth against the verdicts that it gets, by number of answers."""
    levels: list[tuple[str, ...]] = []
    links: list[tuple[str, ...]] = []
    wrong = decided = 0
    count = many(size, 20, 300)
    for name, truth in TRUTHS.items():
        for answers in (8, 30, 100, 300, 1000, 4000):
            of_size = max(5, count // (4 if answers == 4000 else 1))
            found = list(
                verdicts(judge, lambda dice, t=truth, n=answers: t.draw(n, dice), of_size, f"{name} {answers}")
            )  # type: ignore[misc]
            of_level, of_link = Counter(one.level for one in found), Counter(one.link for one in found)
            levels.append((name, str(answers), *(str(of_level[one] or "") for one in _LEVELS), truth.level or ""))
            links.append((name, str(answers), *(str(of_link[one] or "") for one in Link), truth.link or ""))
            if truth.level is not None and truth.level is not Level.UNDECIDED:
                wrong += sum(_opposite(one.level, truth.level) for one in found)
                decided += of_size
    return [
        Table(
            title="Planted truth against level",
            note="Counts of tenants; target of the KPI .9, of satisfied clients .8.",
            columns=("truth", "answers", *(one.value for one in _LEVELS), "planted"),
            rows=tuple(levels),
            checks=(
                Check(
                    what="score called to be on the wrong side", measured=wrong / decided, tenants=decided, bound=0.01
                ),
            ),
        ),
        Table(
            title="Planted truth against link",
            note="Where nothing is planted, the level alone was laid down.",
            columns=("truth", "answers", *(one.value for one in Link), "planted"),
            rows=tuple(links),
        ),
    ]


_LEVELS = (
    Level.HEALTHY,
    Level.WATERMELON,
    Level.TOO_STRICT,
    Level.MISSED_BUT_HAPPY,
    Level.FAILING,
    Level.UNDECIDED,
)
_HAPPY = {Level.HEALTHY, Level.TOO_STRICT, Level.MISSED_BUT_HAPPY}
_UNHAPPY = {Level.WATERMELON, Level.FAILING}


def _opposite(said: Level, planted: Level) -> bool:
    return (said in _HAPPY and planted in _UNHAPPY) or (said in _UNHAPPY and planted in _HAPPY)


def simpson_flag(judge: Judge, size: int = 1) -> Table:
    """The ticket mix explains the link; and two cases in which it does not."""
    easy, hard = TRUTHS["simpson"].parts
    linked = tuple(
        Part(share=part.share, population=Population(shares=(0.15, 0.2, 0.65), kpi=kpi, d=0.5, name=name))
        for part, kpi, name in ((easy, 0.85, "easy"), (hard, 0.6, "hard"))
    )
    nothing = tuple(
        Part(share=part.share, population=Population(shares=(0.15, 0.2, 0.65), kpi=kpi, name=name))
        for part, kpi, name in ((easy, 0.85, "easy"), (hard, 0.6, "hard"))
    )
    thin = tuple(
        Part(share=1 / 60, population=Population(shares=(0.15, 0.2, 0.65), kpi=0.7, d=0.25)) for _ in range(60)
    )
    kinds = {
        "mix alone (D 0 inside)": (TRUTHS["simpson"].parts, None),
        "a link (D .25), 60 kinds of tickets alike": (thin, 0.05),
        "a link inside (D .5)": (linked, 0.05),
        "nothing at all": (nothing, 0.05),
    }
    rows, checks = [], []
    count = many(size, 50, 500)
    for name, (parts, bound) in kinds.items():
        truth = Truth(parts=parts)
        cells = []
        for answers in (100, 300, 1000):
            hits = 0
            for number in range(count):
                sample = truth.draw(answers, seeded(f"simpson {name} {answers}", number))
                hits += judged(judge, sample, mix=sample.mix).association.simpson is True
            cells.append(rate(hits, count))
            if bound is not None:
                what = f"false Simpson flag, {name}, {answers}"
                checks.append(Check(what=what, measured=hits / count, tenants=count, bound=bound))
            elif answers == 1000:
                what = "Simpson flag at 1,000 answers"
                checks.append(Check(what=what, measured=hits / count, tenants=count, bound=0.9, at_most=False))
        rows.append((name, *cells))
    return Table(
        title="Simpson flag",
        note="Two kinds of tickets, 60 % easy and 40 % hard; or 60 kinds with a few answers each.",
        columns=("truth", "100 answers", "300", "1,000"),
        rows=tuple(rows),
        checks=tuple(checks),
    )


def mix_shift(judge: Judge, size: int = 1) -> Table:
    """Telephone answers are kinder than mail; more and more is asked by telephone, and nothing else changes."""
    weights = {EMAIL: 0.8, PHONE: 0.2}
    mail = Population(shares=(0.15, 0.1, 0.75), stratum=EMAIL)
    phone = Population(shares=(0.04, 0.04, 0.92), stratum=PHONE)
    rows, checks = [], []
    count = many(size, 60, 1000)
    for by_phone in (0.2, 0.5, 0.8):
        flagged = said = 0
        crude = fixed = 0.0
        for number in range(count):
            dice = seeded(f"mix {by_phone}", number)
            called = round(500 * by_phone)
            drawn = mail.rows(500 - called, dice) + phone.rows(called, dice)
            verdict = judged(judge, Sample(rows=drawn, mix=(), scale=SCALES["faces-3"]), weights=weights)
            flagged += verdict.mix_shifted
            said += verdict.level is Level.HEALTHY
            crude += verdict.score.satisfied / verdict.answered / count
            fixed += (verdict.score.share or 0) / count
        rows.append((f"{by_phone:.1f}", rate(flagged, count), f"{crude:.3f}", f"{fixed:.3f}", rate(said, count)))
        moved = by_phone != 0.2
        share = flagged / count
        what = f"mix {'flagged' if moved else 'falsely flagged'} at {by_phone} by telephone"
        checks.append(Check(what=what, measured=share, tenants=count, bound=0.95 if moved else 0.05, at_most=not moved))
        off = abs(fixed - 0.784)
        checks.append(Check(what=f"total off its fixed weights at {by_phone}", measured=off, tenants=count, bound=0.01))
    return Table(
        title="Shift of the channel mix",
        note="Satisfied by mail .75, by telephone .92; weights frozen at .8 and .2, so the total is .784 whatever the"
        " mix; 500 answers.",
        columns=("share by telephone", "flagged", "raw share (mean)", "total (mean)", "healthy (target .8)"),
        rows=tuple(rows),
        checks=tuple(checks),
    )
