"""How often an interval holds the truth: by counting every outcome where possible, by seeded simulation where not."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate, product
from math import comb, exp, lgamma, log, sqrt

import pytest

from nps_plugin import statistics as st

#: where help-desks live: 2 to 30 % dissatisfied, 40 to 90 % satisfied, in steps of 2 %
REGION = [(d / 100, r / 100) for d, r in product(range(2, 31, 2), range(40, 91, 2)) if d + r <= 98]


def binomial(n: int, p: float) -> list[float]:
    return [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def trinomials(n: int) -> list[tuple[int, int, int]]:
    return [(d, n - d - r, r) for d in range(n + 1) for r in range(n + 1 - d)]


def net_coverage(method: Callable[[int, int, int], st.Interval], n: int) -> tuple[float, float]:
    """Mean and least coverage of 95 % intervals of the net score over the region, exactly."""
    outcomes = [(three, method(*three), lgamma(n + 1) - sum(lgamma(k + 1) for k in three)) for three in trinomials(n)]
    covered = []
    for d, r in REGION:
        logs = (log(d), log(1 - d - r), log(r))
        covered.append(
            sum(
                exp(ways + sum(k * each for k, each in zip(three, logs, strict=True)))
                for three, interval, ways in outcomes
                # an end that equals the truth but for rounding holds it
                if interval.low - 1e-12 <= r - d <= interval.high + 1e-12
            )
        )
    return sum(covered) / len(covered), min(covered)


SCORE = [(3, 0.966, 0.914), (5, 0.966, 0.918), (7, 0.966, 0.930), (10, 0.962, 0.931), (20, 0.956, 0.941)]
WALD = [(3, 0.932, 0.784), (5, 0.940, 0.837), (7, 0.946, 0.874), (10, 0.947, 0.893), (20, 0.950, 0.926)]


@pytest.mark.parametrize(("n", "mean", "least"), SCORE)
def test_the_score_interval_covers_at_every_size(n: int, mean: float, least: float):
    assert net_coverage(st.score_interval, n) == (pytest.approx(mean, abs=6e-4), pytest.approx(least, abs=6e-4))


@pytest.mark.parametrize(("n", "mean", "least"), WALD)
def test_the_adjusted_wald_interval_has_holes_below_ten_answers(n: int, mean: float, least: float):
    assert net_coverage(st.adjusted_wald, n) == (pytest.approx(mean, abs=6e-4), pytest.approx(least, abs=6e-4))


@pytest.mark.parametrize("n", [5, 10, 20, 50, 100])
def test_wilson_covers_between_a_fiftieth_and_the_rest(n: int):
    intervals = [st.wilson(k, n) for k in range(n + 1)]
    covered = []
    for p in (step / 200 for step in range(4, 197)):
        chances = binomial(n, p)
        covered.append(sum(chance for chance, each in zip(chances, intervals, strict=True) if each.contains(p)))
    assert 0.945 <= sum(covered) / len(covered) <= 0.965
    assert min(covered) >= 0.83, "Wilson's known dips near 0 and 1"
    inner = covered[36:-36]
    assert min(inner) >= 0.915


@pytest.mark.parametrize(("n1", "n2"), [(10, 10), (10, 30), (25, 25)])
def test_newcombe_covers(n1: int, n2: int):
    intervals = [[st.newcombe(k1, n1, k2, n2) for k2 in range(n2 + 1)] for k1 in range(n1 + 1)]
    covered = []
    for p1, p2 in product((0.05, 0.2, 0.4, 0.6, 0.75, 0.85, 0.95), repeat=2):
        one, two = binomial(n1, p1), binomial(n2, p2)
        covered.append(
            sum(
                one[k1] * two[k2]
                for k1, row in enumerate(intervals)
                for k2, found in enumerate(row)
                if found is not None and found.interval.contains(p1 - p2)
            )
        )
    assert 0.945 <= sum(covered) / len(covered) <= 0.975
    assert min(covered) >= 0.915


def test_the_net_difference_covers():
    n = 10
    threes = trinomials(n)
    intervals = {(a, b): st.net_difference(a, b) for a in threes for b in threes}
    truths = [(0.1, 0.65), (0.2, 0.5), (0.05, 0.85)]
    chances = {
        (d, r): {(a, b, c): comb(n, a) * comb(n - a, c) * d**a * r**c * (1 - d - r) ** b for a, b, c in threes}
        for d, r in truths
    }
    covered = []
    for before, after in product(truths, repeat=2):
        true = (after[1] - after[0]) - (before[1] - before[0])
        covered.append(
            sum(
                chances[before][a] * chances[after][b]
                for (a, b), found in intervals.items()
                if found is not None and found.interval.contains(true)
            )
        )
    assert 0.955 <= sum(covered) / len(covered) <= 0.985
    assert min(covered) >= 0.93


@pytest.mark.parametrize(
    ("n_missed", "n_met", "least"), [(5, 50, 0.86), (10, 20, 0.915), (10, 90, 0.92), (20, 40, 0.925)]
)
def test_theta_on_two_points_covers(n_missed: int, n_met: int, least: float):
    intervals = [
        [st.theta_interval((n_missed - x, x), (n_met - y, y)) for y in range(n_met + 1)] for x in range(n_missed + 1)
    ]
    covered = []
    for p_missed, p_met in product((0.1, 0.3, 0.5, 0.7, 0.85, 0.95), repeat=2):
        theta = 0.5 + (p_met - p_missed) / 2
        one, two = binomial(n_missed, p_missed), binomial(n_met, p_met)
        covered.append(
            sum(
                one[x] * two[y]
                for x, row in enumerate(intervals)
                for y, found in enumerate(row)
                if found is not None and found.contains(theta)
            )
        )
    assert 0.94 <= sum(covered) / len(covered) <= 0.985
    assert min(covered) >= least


def drawn(dice: random.Random, shares: tuple[float, ...], n: int) -> list[int]:
    histogram = [0] * len(shares)
    for point in dice.choices(range(len(shares)), cum_weights=list(accumulate(shares)), k=n):
        histogram[point] += 1
    return histogram


def test_the_stratified_interval_covers_in_small_strata():
    dice = random.Random(1)
    missed, met = (0.2, 0.1, 0.1, 0.2, 0.4), (0.05, 0.05, 0.1, 0.2, 0.6)
    true = st.theta(missed, met)
    assert true is not None
    held = 0
    for _ in range(600):
        found = st.stratified_theta([(drawn(dice, missed, 4), drawn(dice, met, 12)) for _ in range(5)])
        assert found is not None
        held += found.interval.contains(true.value)
    assert 0.92 <= held / 600 <= 0.975


def clients(dice: random.Random, how_many: int, each: int) -> Iterator[tuple[int, int]]:
    """Answers of clients who differ: log-odds normal around 1 with sd 1.2."""
    for client in range(how_many):
        p = 1 / (1 + exp(-dice.gauss(1, 1.2)))
        for _ in range(each):
            yield client, int(dice.random() < p)


@pytest.mark.parametrize(("how_many", "each", "naive_at_most"), [(10, 10, 0.80), (20, 5, 0.88)])
def test_clients_who_answer_often_need_the_clustered_interval(how_many: int, each: int, naive_at_most: float):
    dice = random.Random(2)
    true = sum(1 / (1 + exp(-(1 + 1.2 * st.normal_quantile((i + 0.5) / 2000)))) for i in range(2000)) / 2000
    naive = clustered = 0
    rounds = 700
    for _ in range(rounds):
        sums = st.sums_by_cluster(clients(dice, how_many, each))
        assert sums is not None
        plain = st.wilson(sums.mean * sums.n, sums.n)
        iid = sums.mean * (1 - sums.mean) / sums.n
        found = st.cluster_interval(sums.mean, sums.sum_e_sq, sums.n, sums.sum_n_sq, iid, bounds=(0, 1))
        assert found is not None
        naive += plain.contains(true)
        clustered += st.wider(plain, found.interval).contains(true)
    assert naive / rounds <= naive_at_most
    assert 0.915 <= clustered / rounds <= 0.975


def test_theta_of_clients_who_answer_often():
    dice = random.Random(3)
    held = naive = 0
    rounds = 400
    for _ in range(rounds):
        # no link at all, but all tickets of a client go the same way: clients are what is compared
        answers = [(client, client % 3 > 0, point) for client, point in clients(dice, 15, 8)]
        cells = Counter((was_met, point) for _, was_met, point in answers)
        missed, met = ([cells[side, point] for point in (0, 1)] for side in (False, True))
        found, plain = st.theta(missed, met), st.theta_interval(missed, met)
        assert found is not None
        assert found.variance is not None
        assert plain is not None
        effective = st.effective_clusters(15 * 8, 15 * 8 * 8)
        sum_e_sq = st.theta_sum_by_cluster(found, answers)
        clustered = st.cluster_theta_interval(found.value, sum_e_sq, effective, found.variance)
        naive += plain.contains(0.5)
        held += st.wider(plain, clustered and clustered.interval).contains(0.5)
    assert naive / rounds < 0.85
    assert held / rounds >= 0.90


def test_the_isotonic_band_covers_each_bin():
    dice = random.Random(4)
    truth = [0.95, 0.93, 0.9, 0.88, 0.8, 0.7, 0.6, 0.55]
    totals = [40, 60, 80, 60, 50, 40, 30, 20]
    held, rounds = [0] * len(truth), 400
    crossings = 0
    for _ in range(rounds):
        successes = [sum(dice.random() < p for _ in range(n)) for p, n in zip(truth, totals, strict=True)]
        band = st.isotonic_band(successes, totals)
        assert band is not None
        held = [old + each.contains(p) for old, each, p in zip(held, band, truth, strict=True)]
        found = st.crossing(range(9), successes, totals, 0.75)
        crossings += found is not None and found.low <= 5 and (found.high is None or found.high >= 5)
    assert min(held) / rounds >= 0.94
    assert crossings / rounds >= 0.94, "the share falls under 0.75 at edge 5"


def test_few_agents_who_work_alike_are_accused():
    dice = random.Random(5)
    accused = naive = 0
    rounds = 60
    for _ in range(rounds):
        agents = {}
        for agent in range(60):
            p = 1 / (1 + exp(-dice.gauss(1.5, 0.3)))
            agents[f"a{agent}"] = [(sum(dice.random() < p for _ in range(100)), 100, 0.81)]
        found = st.observed_expected(agents)
        assert found is not None
        p_values = [each.p for each in found.agents.values() if each.p is not None]
        accused += sum(st.benjamini_hochberg(p_values))
        naive += sum(abs(each.z or 0) > 1.96 for each in found.agents.values())
    assert accused / rounds < 1
    assert naive / rounds > 5


def test_agents_who_differ_by_chance_alone_show_no_spread_and_one_who_does_stands_out():
    dice = random.Random(6)
    agents = {f"a{i}": [(sum(dice.random() < 0.8 for _ in range(200)), 200, 0.8)] for i in range(40)}
    agents["bad"] = [(110, 200, 0.8)]
    found = st.observed_expected(agents)
    assert found is not None
    assert sqrt(found.tau2) < 0.03
    p_values = [each.p if each.p is not None else 1.0 for each in found.agents.values()]
    flags = dict(zip(found.agents, st.benjamini_hochberg(p_values), strict=True))
    assert [name for name, flag in flags.items() if flag] == ["bad"]


def test_a_trap_is_not_found_where_only_the_kpi_rises():
    dice = random.Random(7)
    found = 0
    for _ in range(500):
        test = st.trap_test(
            [0.7 + 0.02 * t + dice.gauss(0, 0.005) for t in range(10)], [dice.gauss(0, 1) for _ in range(10)]
        )
        assert test is not None
        assert test.p_kpi_up < 0.001
        found += test.p <= 0.05
    assert found / 500 <= 0.07


@pytest.mark.parametrize("shape", ["lognormal", "weibull"])
def test_smooth_times_make_no_deadline_jump_and_pulled_tickets_do(shape: str):
    dice = random.Random(8)

    def log_time() -> float:
        return dice.gauss(-0.2, 0.8) if shape == "lognormal" else log(dice.weibullvariate(1.1, 1.5))

    def jump(pulled: float) -> st.Jump | None:
        bins = [0, 0, 0, 0]
        for _ in range(800):
            at = log_time()
            if 0 <= at < 0.3 and dice.random() < pulled:
                at = -0.01
            if -0.3 <= at < 0.3:
                bins[int((at + 0.3) / 0.15)] += 1
        return st.deadline_jump(*bins)

    rounds = 150
    false = sum((found := jump(0)) is not None and found.p <= 0.05 for _ in range(rounds))
    true = sum((found := jump(0.4)) is not None and found.p <= 0.05 for _ in range(rounds))
    assert false / rounds <= 0.10
    assert true / rounds >= 0.85
