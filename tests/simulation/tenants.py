"""Tenants with a planted truth: rows of answered closings, drawn from the latent model with a given seed."""

from __future__ import annotations

import random
from bisect import bisect, bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import log, pi, sin

from nps_plugin.config import Target
from nps_plugin.counts import MET, MISSED, Row, Stratum, StratumTally, Tally
from nps_plugin.model import SCALES, Level, Link, Scale

from .latent import below, expit, latent, logit, solve

#: What a tenant in these simulations has agreed on.
AGREED = Target(kpi_share=0.9, satisfied_share=0.8)
EMAIL, PHONE = Stratum("email", "en"), Stratum("phone", "en")
#: (dissatisfied, neutral, satisfied) of a content and of a discontent clientele, on faces-3
CONTENT, DISCONTENT = (0.06, 0.04, 0.90), (0.20, 0.10, 0.70)


@dataclass(frozen=True, kw_only=True)
class Population:
    """Tickets and clients of one kind, by the model of latent.py.

    ``clients`` 0: every answer comes from a client of its own; else they come from so many: each as often as the
    others (``skew`` None), by chance alone (0), or the client of rank r by chance in proportion to 1/r^skew, so that at
    1 a few are big. ``kpi_sd`` lets clients differ in how often their target is met, on the logit scale, whatever they
    think; ``missers``: only the last so many clients ever have a missed target, and never another one.
    """

    scale: str = "faces-3"
    shares: tuple[float, ...] = CONTENT
    d: float = 0.0
    kpi: float = 0.95
    clients: int = 0
    client_sd: float = 0.0
    skew: float | None = None
    kpi_sd: float = 0.0
    missers: int = 0
    stratum: Stratum = EMAIL
    name: str = ""

    def rows(self, answers: int, dice: random.Random, *, missed: int | None = None) -> list[Row]:
        """So many answers. ``missed``: exactly so many with a missed target; None: by chance."""
        cuts, shift = latent(self.shares, self.d, self.kpi, self.client_sd)
        if not self.clients and not self.client_sd:
            return [
                Row(kpi, _point(cuts, -shift if kpi else 0.0, dice), True, self.stratum)
                for kpi in _kpis(answers, missed, self.kpi, dice)
            ]
        count = self.clients or answers
        moods = [dice.gauss(0, self.client_sd) for _ in range(count)]
        whose = self._whose(answers, count, dice) if self.clients else range(answers)
        if self.missers:
            kpis = _kpis(answers, missed, self.kpi, dice)
            others = count - self.missers
            whose = [others + c % self.missers if kpi else c % others for c, kpi in zip(whose, kpis, strict=True)]
        elif self.kpi_sd:
            level = solve(lambda x: below(x, self.kpi_sd), self.kpi)
            chances = [expit(level + dice.gauss(0, self.kpi_sd)) for _ in range(count)]
            kpis = [MET if dice.random() < chances[client] else MISSED for client in whose]
        else:
            kpis = _kpis(answers, missed, self.kpi, dice)
        return [
            Row(kpi, _point(cuts, moods[c] - (shift if kpi else 0.0), dice), True, self.stratum, (self.name, c))
            for kpi, c in zip(kpis, whose, strict=True)
        ]

    def _whose(self, answers: int, clients: int, dice: random.Random) -> list[int]:
        if self.skew is None:
            whose = [number % clients for number in range(answers)]
            dice.shuffle(whose)
            return whose
        sizes = list(accumulate(1 / rank**self.skew for rank in range(1, clients + 1)))
        return [bisect(sizes, dice.random() * sizes[-1]) for _ in range(answers)]


def _kpis(answers: int, missed: int | None, share: float, dice: random.Random) -> list[int]:
    if missed is None:
        return [MET if dice.random() < share else MISSED for _ in range(answers)]
    kpis = [MISSED] * missed + [MET] * (answers - missed)
    dice.shuffle(kpis)
    return kpis


def _point(cuts: Sequence[float], mood: float, dice: random.Random) -> int:
    u = dice.random() or 0.5
    return bisect_left(cuts, mood + log(u / (1 - u)))


@dataclass(frozen=True, kw_only=True)
class Part:
    """A population with its share of a tenant's answers. Parts are kinds of tickets (cells of the case mix)."""

    share: float
    population: Population


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What was drawn: rows, and the (missed, met) histograms of each kind of ticket."""

    rows: list[Row]
    mix: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    scale: Scale


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A tenant's planted truth, and the verdict that it deserves once there is enough data (None: not laid down)."""

    parts: tuple[Part, ...]
    level: Level | None = None
    link: Link | None = None
    simpson: bool | None = None
    target: Target = AGREED
    #: from how many answers on the verdict is to be expected nearly always
    enough: int = 4000

    def draw(self, answers: int, dice: random.Random) -> Sample:
        """So many answers, in parts by chance."""
        rows: list[Row] = []
        mix = []
        sizes = [0] * len(self.parts)
        borders = list(accumulate(part.share for part in self.parts))
        for _ in range(answers):
            sizes[min(bisect(borders, dice.random()), len(sizes) - 1)] += 1
        for part, size in zip(self.parts, sizes, strict=True):
            drawn = part.population.rows(size, dice)
            points = len(SCALES[part.population.scale].points)
            missed, met = ([0] * points, [0] * points)
            for row in drawn:
                if row.point is not None:
                    (missed if row.kpi == MISSED else met)[row.point] += 1
            mix.append((tuple(missed), tuple(met)))
            rows += drawn
        return Sample(rows=rows, mix=tuple(mix), scale=SCALES[self.parts[0].population.scale])


def plain(**population: object) -> tuple[Part, ...]:
    """A tenant of one population."""
    return (Part(share=1.0, population=Population(**population)),)  # type: ignore[arg-type]


#: Hard tickets are slower and leave clients less content; within a kind the KPI says nothing.
SIMPSON = (
    Part(share=0.6, population=Population(shares=(0.04, 0.06, 0.90), kpi=0.95, name="easy")),
    Part(share=0.4, population=Population(shares=(0.35, 0.15, 0.50), kpi=0.45, name="hard")),
)

TRUTHS: dict[str, Truth] = {
    "healthy": Truth(parts=plain(kpi=0.95), level=Level.HEALTHY),
    "tracks": Truth(parts=plain(kpi=0.93, d=0.5), level=Level.HEALTHY, link=Link.TRACKS),
    "watermelon": Truth(parts=plain(shares=DISCONTENT), level=Level.WATERMELON, link=Link.NOT_REFLECTED),
    "too strict": Truth(parts=plain(kpi=0.7), level=Level.TOO_STRICT, link=Link.NOT_REFLECTED),
    "missed but happy": Truth(parts=plain(kpi=0.7, d=0.35), level=Level.MISSED_BUT_HAPPY, link=Link.TRACKS),
    "failing": Truth(parts=plain(kpi=0.7, shares=DISCONTENT, d=0.4), level=Level.FAILING, link=Link.TRACKS),
    "not reflected": Truth(parts=plain(kpi=0.75, shares=DISCONTENT), level=Level.FAILING, link=Link.NOT_REFLECTED),
    "contradicts": Truth(
        parts=plain(kpi=0.93, shares=DISCONTENT, d=-0.25), level=Level.WATERMELON, link=Link.CONTRADICTS
    ),
    "simpson": Truth(parts=SIMPSON, simpson=True, link=Link.TRACKS),
    "on target": Truth(parts=plain(shares=(0.1, 0.1, 0.8)), level=Level.UNDECIDED, enough=1_000_000),
    "few big clients": Truth(
        parts=plain(shares=(0.3, 0.1, 0.6), clients=400, client_sd=1.2, skew=1), level=Level.WATERMELON
    ),
}


def seeded(name: str, number: int = 0) -> random.Random:
    """The dice of one tenant: the same name and number always throw the same."""
    return random.Random(f"{name}/{number}")


def tenants(truth: Truth, answers: int, count: int, seed: str) -> Iterator[Sample]:
    """So many tenants of one truth."""
    return (truth.draw(answers, seeded(seed, number)) for number in range(count))


@dataclass(frozen=True, kw_only=True)
class Course:
    """Months in a row: KPI and satisfied share move evenly by so much on the logit scale from first to last month, and
    every month has a mood of its own with this sd. ``season`` is how far, on that scale, the KPI is up and the score
    down in one half of the year and the other way round in the other, whichever half comes first. ``closings`` of each
    month, of which ``answers`` are answered."""

    months: int = 12
    answers: int = 30
    closings: int = 120
    kpi: float = 0.85
    kpi_moves: float = 0.0
    satisfied: float = 0.8
    satisfied_moves: float = 0.0
    month_sd: float = 0.0
    season: float = 0.0
    scale: Scale = field(default=SCALES["faces-3"])

    def draw(self, dice: random.Random) -> list[Tally]:
        """The counts of each month. The mean of the course is at ``kpi`` and ``satisfied``."""
        begin = dice.random() if self.season else 0.0
        return [self._month(month, begin, dice) for month in range(self.months)]

    def _month(self, month: int, begin: float, dice: random.Random) -> Tally:
        way = month / (self.months - 1) - 0.5
        tide = self.season * sin(2 * pi * (month / 12 + begin))
        kpi = expit(logit(self.kpi) + self.kpi_moves * way + tide + dice.gauss(0, self.month_sd))
        happy = expit(logit(self.satisfied) + self.satisfied_moves * way - tide + dice.gauss(0, self.month_sd))
        top = len(self.scale.points) - 1
        rated = [[0] * (top + 1) for _ in range(3)]
        for _ in range(self.answers):
            of_kpi = rated[MET if dice.random() < kpi else MISSED]
            of_kpi[top if dice.random() < happy else dice.randrange(top)] += 1
        silent = self.closings - self.answers
        met = sum(dice.random() < kpi for _ in range(silent))
        return whole(self.scale, EMAIL, rated, (met, silent - met, 0))


def whole(
    scale: Scale, stratum: Stratum, rated: Iterable[Iterable[int]], unanswered: tuple[int, int, int] = (0, 0, 0)
) -> Tally:
    """The tally of one stratum, each answer of a client of its own."""
    counts = tuple(tuple(row) for row in rated)
    return Tally(scale=scale, strata=(StratumTally(stratum=stratum, rated=counts, unanswered=unanswered),))


def together(months: Sequence[Tally]) -> Tally:
    """All months in one tally of their one stratum."""
    strata = [month.strata[0] for month in months]
    rated = [
        [sum(cells) for cells in zip(*rows, strict=True)] for rows in zip(*(one.rated for one in strata), strict=True)
    ]
    met, missed, unknown = (sum(cells) for cells in zip(*(one.unanswered for one in strata), strict=True))
    return whole(months[0].scale, strata[0].stratum, rated, (met, missed, unknown))


def deadline_bins(closings: int, pulled: float, dice: random.Random, shape: str = "lognormal") -> tuple[int, ...]:
    """Closings in the four bins of ln(time/target) around the deadline, -.30 to .30; ``pulled``: the share of the
    just late ones (0 to .15) that are closed just in time instead."""
    bins = [0, 0, 0, 0]
    for _ in range(closings):
        ratio = {
            "lognormal": lambda: dice.lognormvariate(-0.3, 1.0),
            "gamma": lambda: dice.gammavariate(2.0, 0.45),
            "weibull": lambda: dice.weibullvariate(1.0, 1.5),
        }[shape]()
        at = int((log(ratio) + 0.30) // 0.15) if ratio > 0 else -1
        if at == 2 and dice.random() < pulled:
            at = 1
        if 0 <= at < 4:
            bins[at] += 1
    return tuple(bins)
