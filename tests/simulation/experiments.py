"""Experiments: tenants of one planted truth, judged, counted, and held against what methods allow.

Every experiment takes the function that judges, so that a test can plant a wrong one and see it caught, and ``size``,
how long to look: 0 for a test, 1 for a quick look, 2 for the numbers of docs/truth.md.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any

from nps_plugin.counts import Stratum, Tally, tally
from nps_plugin.model import SCALES, Level, Link, PeerMark, Sign, SliceVerdict, Trap
from nps_plugin.statistics import deadline_jump
from nps_plugin.verdicts.peers import judge_peers
from nps_plugin.verdicts.traps import SignCount, sign_findings_from_counts

from .agents import Team
from .latent import expit, logit
from .tenants import (
    AGREED,
    DISCONTENT,
    EMAIL,
    PHONE,
    TRUTHS,
    Course,
    Part,
    Population,
    Sample,
    Truth,
    deadline_bins,
    plain,
    seeded,
    together,
)

Judge = Callable[..., SliceVerdict]


@dataclass(frozen=True, kw_only=True)
class Check:
    """A measured rate and its bound."""

    what: str
    measured: float
    tenants: int
    bound: float
    at_most: bool = True

    def held(self, *, exactly: bool = False) -> bool:
        """Within the bound; unless ``exactly``, two standard errors of the simulation are granted."""
        slack = 0.0 if exactly else 2 * sqrt(min(0.25, self.bound * (1 - min(1.0, self.bound))) / self.tenants)
        return self.measured <= self.bound + slack if self.at_most else self.measured >= self.bound - slack


@dataclass(frozen=True, kw_only=True)
class Table:
    """What one experiment prints, and what it is held against."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    checks: tuple[Check, ...] = ()
    note: str = ""

    def markdown(self) -> str:
        """The table as it stands in docs/truth.md."""
        lines = [f"### {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        lines += ["| " + " | ".join(row) + " |" for row in (self.columns, ("---",) * len(self.columns), *self.rows)]
        return "\n".join(lines) + "\n"


def judged(judge: Judge, sample: Sample, **more: Any) -> SliceVerdict:
    """The verdict on one simulated tenant. Clients are passed on only where some come again, as counts does."""
    counted = tally(sample.scale, sample.rows)
    return judge(counted, **({"target": AGREED} | more))


def verdicts(judge: Judge, draw: Callable[[random.Random], Sample], count: int, seed: str) -> Iterable[SliceVerdict]:
    """The verdicts on so many tenants."""
    return (judged(judge, draw(seeded(seed, number))) for number in range(count))


def many(size: int, quick: int, full: int) -> int:
    """How many tenants: a quarter of a quick look for a test."""
    return (max(10, quick // 4), quick, full)[size]


def rate(hits: int, count: int) -> str:
    """A share as it is printed: 0.026, or 0 where nothing was ever seen."""
    return f"{hits / count:.3f}" if hits else "0"


# --- the link ---------------------------------------------------------------------------------------------------------

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


# --- the level --------------------------------------------------------------------------------------------------------


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


# --- months -----------------------------------------------------------------------------------------------------------

_MOVES: dict[str, dict[str, float]] = {
    "nothing happens": {},
    "nothing, months differ (sd .15)": {"month_sd": 0.15},
    "nothing, months differ (sd .30)": {"month_sd": 0.30},
    "the KPI alone rises": {"kpi_moves": 2.0},
    "the score alone falls": {"satisfied_moves": -2.0},
    "opposite seasons (.3)": {"season": 0.3},
    "opposite seasons (.6)": {"season": 0.6},
    "both rise": {"kpi_moves": 2.0, "satisfied_moves": 2.0},
    "trap": {"kpi_moves": 1.0, "satisfied_moves": -1.0},
    "trap, months differ (sd .15)": {"kpi_moves": 1.0, "satisfied_moves": -1.0, "month_sd": 0.15},
}
_POWER = {(8, 30): ".34", (12, 30): ".58", (24, 30): ".87", (8, 100): ".71", (12, 100): ".92", (24, 100): ".995"}


def traps(judge: Judge, size: int = 1) -> Table:
    """The Goodhart trap over months."""
    rows, checks = [], []
    count = many(size, 25, 400)
    for name, moves in _MOVES.items():
        cells, false, tenants = [], 0, 0
        for months, answers in _POWER:
            hits = 0
            for number in range(count):
                course = Course(months=months, answers=answers, closings=4 * answers, **moves)  # type: ignore[arg-type]
                dice = seeded(f"trap {name} {months} {answers}", number)
                hits += judge_course(judge, course, dice).trap is Trap.TRAP
            cells.append(rate(hits, count))
            # a season cannot be told from a trend before two years are over
            if "season" not in moves or months >= 24:
                false, tenants = false + hits, tenants + count
        rows.append((name, *cells))
        if not name.startswith("trap"):
            checks.append(Check(what=f"false trap, {name}", measured=false / tenants, tenants=tenants, bound=0.05))
    rows.append(("methods: trap", *_POWER.values()))
    return Table(
        title="Goodhart trap over months",
        note="Share of tenants called a trap. From first to last month a trap moves KPI and score by 1 on the logit"
        " scale (KPI about .78 to .90, satisfied .87 to .71), what moves alone by 2. Methods: nothing happens"
        " .001-.003, the KPI alone rises <= .05. Opposite seasons: KPI up and score down in one half of the year and"
        " the other way round in the other; bounded from 24 months.",
        columns=("truth", *(f"{months} months, {answers} answers" for months, answers in _POWER)),
        rows=tuple(rows),
        checks=tuple(checks),
    )


def judge_course(judge: Judge, course: Course, dice: random.Random) -> SliceVerdict:
    """The verdict on months in a row."""
    months = course.draw(dice)
    periods = [(date(2024 + number // 12, number % 12 + 1, 1), month) for number, month in enumerate(months)]
    return judge(together(months), periods=periods, target=AGREED)


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


# --- agents and deadlines ---------------------------------------------------------------------------------------------

TEAMS: dict[str, Team] = {
    "sixty alike, spread .3": Team(),
    "one bad among them": Team(bad=1),
    "two bad": Team(bad=2),
    "no spread at all": Team(spread=0.0),
    "12 answers each": Team(spread=0.0, answers=12, uneven=False),
    "200 answers each, one bad": Team(answers=200, bad=1),
    "20 clients each, sd 1.2, one bad": Team(clients=20, client_sd=1.2, bad=1),
    "40 clients of sizes 1/r, sd 1.2, one bad": Team(clients=40, client_sd=1.2, skew=1, bad=1),
    "share .95, 15 answers": Team(share=0.95, answers=15, spread=0.0),
    "five agents": Team(agents=5),
}


def agents(_: Judge, size: int = 1) -> Table:
    """Agents who are like the others must not be accused; one who is not must be found."""
    rows, checks = [], []
    count = many(size, 30, 400)
    for name, team in TEAMS.items():
        false = below = found = 0
        for number in range(count):
            report = judge_peers(team.report(seeded(f"team {name}", number)))
            marks = [one.mark for one in report.agents]
            ordinary = marks[: team.agents - team.bad]
            false += sum(one in {PeerMark.BELOW, PeerMark.ABOVE} for one in ordinary)
            below += ordinary.count(PeerMark.BELOW)
            found += marks[team.agents - team.bad :].count(PeerMark.BELOW)
        bad = f"{found / count / team.bad:.2f}" if team.bad else ""
        rows.append((name, f"{false / count:.2f}", f"{below / count:.2f}", bad))
        checks.append(Check(what=f"agents accused, {name}", measured=false / count, tenants=count, bound=1.0))
    return Table(
        title="Agents against their peers",
        note="Per report; 85 % satisfied on easy kinds of tickets, fewer on hard ones, each agent with a mix of its"
        " own, 60 answers on average; the bad one reaches 55 %. Methods: .69 accused, 1.97 of 2 found.",
        columns=("team", "accused though ordinary", "of them as below", "bad found"),
        rows=tuple(rows),
        checks=tuple(checks),
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


# --- signs ------------------------------------------------------------------------------------------------------------

_SHARES = {
    Sign.BRUSH_OFF: 0.04,
    Sign.BOUNCING: 0.08,
    Sign.QUICK_FIX: 0.1,
    Sign.PAUSED_CLOCK: 0.12,
    Sign.NOT_ASKED_SHARE: 0.2,
    Sign.ADDRESS_CHANGED: 0.02,
}


def seen(closings: int, shares: dict[Sign, float], dice: random.Random) -> dict[Sign, tuple[int, int]]:
    """Each sign as (seen, known) closings."""
    return {sign: (sum(dice.random() < share for _ in range(closings)), closings) for sign, share in shares.items()}


def signs(_: Judge, size: int = 1) -> Table:
    """Signs against the time before, and an agent's against those of the peers."""
    rows, checks = [], []
    count = many(size, 40, 600)
    planted: dict[str, Sign | None] = {"nothing": None} | {f"{sign} +.12": sign for sign in _SHARES}
    for name, sign in planted.items():
        cells = []
        for closings, against_peers in ((100, False), (400, False), (100, True), (400, True)):
            hits, false = 0, 0.0
            for number in range(count):
                dice = seeded(f"signs {name} {closings} {against_peers}", number)
                found = _found_signs(closings, sign, against_peers, dice)
                hits += sign in found
                false += len(found - {sign}) / max(1, len(found))
            cells.append((f"{hits / count:.2f} / " if sign else "") + f"{false / count:.3f}")
            where = "peers" if against_peers else "before"
            what = f"false share of signs, {name}, {closings} closings against {where}"
            checks.append(Check(what=what, measured=false / count, tenants=count, bound=0.05))
            if sign and closings == 400 and not against_peers:
                what = f"{sign} found in 400 closings against before"
                checks.append(Check(what=what, measured=hits / count, tenants=count, bound=0.8, at_most=False))
        rows.append((name, *cells))
    return Table(
        title="Signs",
        note="Six signs on one slice, seen in 2 to 20 % of closings; one of them 12 points more often than in as many"
        " closings before, or than in those of 15 agents whose own shares differ (sd .3 on the logit scale). Found /"
        " false share of what was found.",
        columns=("planted", "100, against before", "400", "100, against peers", "400"),
        rows=tuple(rows),
        checks=tuple(checks),
    )


def _found_signs(closings: int, planted: Sign | None, against_peers: bool, dice: random.Random) -> set[Sign]:
    def own_way() -> dict[Sign, float]:
        spread = 0.3 if against_peers else 0.0
        return {sign: expit(logit(share) + dice.gauss(0, spread)) for sign, share in _SHARES.items()}

    own = own_way()
    if planted:
        own[planted] = min(0.9, _SHARES[planted] + 0.12)
    mine = seen(closings, own, dice)
    others = [seen(closings, own_way(), dice) for _ in range(15 if against_peers else 1)]
    counts = [
        SignCount(sign=sign, own=mine[sign], peers=[one[sign] for one in others])
        if against_peers
        else SignCount(sign=sign, own=mine[sign], before=others[0][sign])
        for sign in _SHARES
    ]
    return {one.sign for one in sign_findings_from_counts(counts, agent=against_peers) if one.found}


EXPERIMENTS: Sequence[Callable[[Judge, int], Table | list[Table]]] = (
    no_link,
    link_found,
    no_link_big_clients,
    watermelon,
    confusion,
    simpson_flag,
    traps,
    mix_shift,
    agents,
    signs,
    deadline,
)


def run(judge: Judge, size: int = 1) -> Iterable[Table]:
    """Every experiment's tables, one after the other."""
    for experiment in EXPERIMENTS:
        found = experiment(judge, size)
        yield from found if isinstance(found, list) else [found]


__all__ = ["EXPERIMENTS", "Check", "Stratum", "Table", "Tally", "run"]
