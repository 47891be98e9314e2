"""KPI against score within strata, totalled by van Elteren weights, clients clustered."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from ..counts import MET, MISSED, Tally
from ..model import Association
from ..statistics import Interval, critical, wider
from ..statistics.association import logit_interval, padded_theta, theta, theta_weights
from .totals import Pairs, limits_of, quick_t, square, squares

#: |D| below this is negligible (Romano and others 2006)
NEGLIGIBLE = 0.147


class TotalTheta(NamedTuple):
    """theta totalled over strata by van Elteren weights; padded for its interval; answers on either side."""

    value: float
    padded: float
    padded_variance: float
    #: DeLong's, without padding; None where a side has one answer
    variance: float | None
    missed: int
    met: int
    influence: list[float]
    #: 1 for each stratum and KPI value that counts as missed; as met
    mass_missed: list[float]
    mass_met: list[float]


def total_theta(tally: Tally, *, crude: bool = False) -> TotalTheta | None:
    """Strata with an empty side say nothing and are left out; ``crude``: all strata thrown together."""
    points = tally.points
    width = 3 * points
    pairs = [(one.rated[MISSED], one.rated[MET]) for one in tally.strata]
    if crude:
        pairs = [(tally.histogram(MISSED), tally.histogram(MET))]
    found = []
    for number, (missed, met) in enumerate(pairs):
        plain, padded = theta(missed, met), padded_theta(missed, met)
        if plain is not None and padded is not None:
            weight = plain.n_missed * plain.n_met / (plain.n_missed + plain.n_met + 1)
            found.append((number, weight, plain, padded))
    if not found:
        return None
    total = sum(weight for _, weight, _, _ in found)
    influence = [0.0] * (width * len(tally.strata))
    mass_missed, mass_met = [0.0] * (3 * len(tally.strata)), [0.0] * (3 * len(tally.strata))
    value = shifted = shifted_variance = variance = 0.0
    known = True
    for number, weight, plain, padded in found:
        part = weight / total
        value += part * plain.value
        shifted += part * padded.value
        shifted_variance += part * part * (padded.variance or 0.0)
        variance += part * part * (plain.variance or 0.0)
        known = known and plain.variance is not None
        of_missed, of_met = theta_weights(plain)
        for stratum in range(len(tally.strata)) if crude else (number,):
            for kpi, moves, mass in ((MISSED, of_missed, mass_missed), (MET, of_met, mass_met)):
                at = stratum * width + kpi * points
                influence[at : at + points] = [part * each for each in moves]
                mass[stratum * 3 + kpi] = 1.0
    return TotalTheta(
        value,
        shifted,
        shifted_variance,
        variance if known else None,
        int(sum(plain.n_missed for _, _, plain, _ in found)),
        int(sum(plain.n_met for _, _, plain, _ in found)),
        influence,
        mass_missed,
        mass_met,
    )


def fewer_clients(link: TotalTheta, pairs: Pairs) -> float:
    """Kish's effective clients of the side that has fewer.

    Were the missed targets those of one client, its mood would make a link, and the spread between clients would not
    tell: the missed answers of that client differ from their own mean by nothing.
    """
    return min(link.missed**2 / square(pairs, link.mass_missed), link.met**2 / square(pairs, link.mass_met))


def theta_limits(link: TotalTheta, spread: float, clients: float | None, independent: bool, level: float) -> Interval:
    """Of D, on the logit scale: the wider of the padded DeLong form and the clustered one."""
    found = logit_interval(link.padded, sqrt(link.padded_variance), critical(level))
    if not independent and clients is not None and clients > 1 and 0 < link.value < 1:
        variance = max(spread * clients / (clients - 1), link.variance or 0.0)
        found = wider(found, logit_interval(link.value, sqrt(variance), quick_t(level, clients - 1)))
    return Interval(2 * found.low - 1, 2 * found.high - 1)


def association(
    tally: Tally, link: TotalTheta | None, spread: float, clients: float | None, independent: bool, crude: bool
) -> Association:
    """The link as a verdict shows it; ``spread`` and ``clients`` are of ``link``; ``crude``: without strata too."""
    if link is None:
        met, missed, _ = tally.kpi(rated=True)
        return Association(missed=missed, met=met)
    limits, narrower = (theta_limits(link, spread, clients, independent, level) for level in (0.95, 0.90))
    of_all: TotalTheta | None = link
    of_all_limits = limits
    if sum([bool(one.answered) for one in tally.strata]) > 1:
        of_all = total_theta(tally, crude=True) if crude else None
        if of_all is not None:
            (own, *_), pairs = squares(tally, of_all.influence, *[of_all.influence] * 3)
            of_all_limits = theta_limits(of_all, own, fewer_clients(of_all, pairs), independent, 0.95)
    return Association(
        missed=link.missed,
        met=link.met,
        theta=link.value,
        d=2 * link.value - 1,
        interval_d=limits_of(limits),
        interval_d_90=limits_of(narrower),
        crude_theta=None if of_all is None else of_all.value,
        crude_d=None if of_all is None else 2 * of_all.value - 1,
        crude_interval_d=None if of_all is None else limits_of(of_all_limits),
        clients=clients,
    )
