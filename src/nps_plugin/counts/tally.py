"""Counts of one slice over one window: closings by KPI and score, apart by stratum, and how they cluster by client."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from ..model import Band, Plain, Scale

#: The KPI's values in the order in which every count stands.
MET, MISSED, UNKNOWN = 0, 1, 2


class Stratum(NamedTuple):
    """How a question was really asked: channel and language; both "" where that is unknown or nothing was asked."""

    channel: str = ""
    language: str = ""


class Row(NamedTuple):
    """One closure: its KPI (``MET``, ``MISSED``, ``UNKNOWN``), the index of its score among the scale's points (None
    where nothing counts), whether anybody was asked, its stratum, and who the client is (None: nobody else's)."""

    kpi: int
    point: int | None
    asked: bool = True
    stratum: Stratum = Stratum()
    client: Hashable = None


@dataclass(frozen=True, kw_only=True)
class StratumTally(Plain):
    """Closings of one stratum: ``rated[kpi][point]``, ``unanswered[kpi]``, ``not_asked[kpi]``; lowest point first."""

    stratum: Stratum
    rated: tuple[tuple[int, ...], ...]
    unanswered: tuple[int, int, int] = (0, 0, 0)
    not_asked: tuple[int, int, int] = (0, 0, 0)

    @property
    def answered(self) -> int:
        """How many have a score that counts."""
        return sum(map(sum, self.rated))


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Second moments of the rated cells over clients, so that a linear statistic has its clustered variance exactly.

    A cell is ``stratum * 3K + kpi * K + point`` with the strata in the order of their tally. ``entries[i, j]`` (i <= j)
    is the sum over clients of n_i * n_j, twice that where i < j, so that a sum over entries is one over all pairs.
    """

    entries: Mapping[tuple[int, int], int]

    def quadratic(self, weights: Sequence[float]) -> float:
        """The sum over clients of (sum over cells of weight * count), squared: w'Mw."""
        return sum(count * weights[i] * weights[j] for (i, j), count in self.entries.items())

    @property
    def total(self) -> int:
        """The sum over clients of their number of answers, squared; Kish's effective clients are n^2 over it."""
        return sum(self.entries.values())


@dataclass(frozen=True, kw_only=True)
class Tally(Plain):
    """All strata of one slice, procedure and scale. ``moments`` None: each answer stands for a client of its own."""

    scale: Scale
    strata: tuple[StratumTally, ...] = ()
    moments: Moments | None = field(default=None, repr=False)

    @property
    def points(self) -> int:
        """How many points the scale has."""
        return len(self.scale.points)

    def histogram(self, kpi: int) -> tuple[int, ...]:
        """Answers by point under one value of the KPI, all strata together (crude)."""
        return tuple(sum(one.rated[kpi][point] for one in self.strata) for point in range(self.points))

    @property
    def scores(self) -> tuple[int, ...]:
        """Answers by point, whatever the KPI, all strata together (crude)."""
        return tuple(map(sum, zip(*(self.histogram(kpi) for kpi in (MET, MISSED, UNKNOWN)), strict=True)))

    @property
    def answered(self) -> int:
        """How many closings have a score that counts."""
        return sum(one.answered for one in self.strata)

    @property
    def asked(self) -> int:
        """How many closings had somebody asked, answered or not."""
        return self.answered + sum(sum(one.unanswered) for one in self.strata)

    @property
    def tickets(self) -> int:
        """All closings."""
        return self.asked + sum(sum(one.not_asked) for one in self.strata)

    def kpi(self, *, rated: bool = False) -> tuple[int, int, int]:
        """Closings by KPI: met, missed, unknown; of all, or of the rated ones."""
        met, missed, unknown = (
            sum(sum(one.rated[kpi]) + (0 if rated else one.unanswered[kpi] + one.not_asked[kpi]) for one in self.strata)
            for kpi in (MET, MISSED, UNKNOWN)
        )
        return met, missed, unknown

    def indicator(self, bands: Iterable[Band]) -> tuple[int, ...]:
        """1 for each point of the scale in one of these bands, 0 for the others."""
        wanted = frozenset(bands)
        return tuple(int(self.scale.band(point) in wanted) for point in self.scale.points)

    @property
    def square_total(self) -> int:
        """The sum over clients of their number of answers, squared; with no moments, the number of answers."""
        return self.answered if self.moments is None else self.moments.total

    def quadratic(self, weights: Sequence[Sequence[Sequence[float]]]) -> float:
        """The sum over clients of their weighted answers, squared, for ``weights[stratum][kpi][point]``."""
        if self.moments is None:
            return sum(
                count * weight * weight
                for one, of_stratum in zip(self.strata, weights, strict=True)
                for row, of_kpi in zip(one.rated, of_stratum, strict=True)
                for count, weight in zip(row, of_kpi, strict=True)
            )
        return self.moments.quadratic([w for of_stratum in weights for of_kpi in of_stratum for w in of_kpi])


def tally(scale: Scale, rows: Iterable[Row]) -> Tally:
    """Count rows, with their moments. A client of None is nobody else's. Strata stand in the order of their names."""
    points = len(scale.points)
    cells: dict[Stratum, list[int]] = {}
    clients: dict[Hashable, dict[tuple[Stratum, int], int]] = {}
    lone: dict[tuple[Stratum, int], int] = {}
    width = 3 * points
    for kpi, point, asked, stratum, client in rows:
        counts = cells.setdefault(stratum, [0] * (width + 6))
        if point is None:
            counts[width + (0 if asked else 3) + kpi] += 1
            continue
        cell = kpi * points + point
        counts[cell] += 1
        of = lone if client is None else clients.setdefault(client, {})
        of[stratum, cell] = of.get((stratum, cell), 0) + 1
    order = {stratum: number * width for number, stratum in enumerate(sorted(cells))}
    entries: dict[tuple[int, int], int] = {}
    for (stratum, cell), count in lone.items():
        at = order[stratum] + cell
        entries[at, at] = entries.get((at, at), 0) + count
    for held in clients.values():
        at_counts = sorted((order[stratum] + cell, count) for (stratum, cell), count in held.items())
        for number, (i, n) in enumerate(at_counts):
            entries[i, i] = entries.get((i, i), 0) + n * n
            for j, m in at_counts[number + 1 :]:
                entries[i, j] = entries.get((i, j), 0) + 2 * n * m
    return Tally(
        scale=scale,
        strata=tuple(stratum_tally(stratum, cells[stratum], points) for stratum in order),
        moments=Moments(entries=MappingProxyType(entries)),
    )


def stratum_tally(stratum: Stratum, counts: Sequence[int], points: int) -> StratumTally:
    """The tally of one stratum from its cells: KPI x point, then unanswered and not asked by KPI."""
    width = 3 * points
    met, missed, unknown, met_not, missed_not, unknown_not = counts[width:]
    return StratumTally(
        stratum=stratum,
        rated=tuple(tuple(counts[kpi * points : (kpi + 1) * points]) for kpi in (MET, MISSED, UNKNOWN)),
        unanswered=(met, missed, unknown),
        not_asked=(met_not, missed_not, unknown_not),
    )
