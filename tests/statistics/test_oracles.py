"""Random input against scipy, statsmodels and pymannkendall, where they compute the same: equal to 1e-9."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import numpy as np
import pymannkendall
import pytest
from scipy import optimize, stats
from statsmodels.stats import contingency_tables, multitest, proportion

from nps_plugin import statistics as st

MANY = 150


def same(value: object) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


def histograms(dice: random.Random, how_many: int = MANY) -> Iterator[tuple[list[int], list[int]]]:
    for _ in range(how_many):
        points = dice.choice([2, 3, 5, 10, 11])
        most = dice.choice([3, 12, 60])
        yield [dice.randint(0, most) for _ in range(points)], [dice.randint(0, most) for _ in range(points)]


def raw(histogram: list[int]) -> list[int]:
    return [point for point, count in enumerate(histogram) for _ in range(count)]


def tables(dice: random.Random) -> Iterator[list[list[int]]]:
    for _ in range(MANY):
        rows, columns = dice.randint(2, 6), dice.randint(2, 11)
        yield [[dice.choice([0, dice.randint(0, 15)]) for _ in range(columns)] for _ in range(rows)]


def test_normal_tail_and_quantile(dice: random.Random):
    for _ in range(2000):
        z, p = dice.uniform(-37, 37), 10 ** dice.uniform(-300, -0.31)
        assert st.normal_sf(z) == pytest.approx(stats.norm.sf(z), rel=1e-9, abs=1e-300)
        assert st.normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-12)
        q = dice.random()
        assert st.normal_quantile(q) == pytest.approx(stats.norm.ppf(q), rel=1e-12, abs=1e-15)


def test_t_tail(dice: random.Random):
    for _ in range(3000):
        t, df = math.exp(dice.uniform(-8, 3)), math.exp(dice.uniform(math.log(0.1), math.log(1e9)))
        assert st.t_sf(t, df) == pytest.approx(stats.t.sf(t, df), rel=1e-9, abs=1e-290)
        assert st.t_sf(-t, df) == pytest.approx(stats.t.sf(-t, df), rel=1e-9)


def test_t_quantile(dice: random.Random):
    for _ in range(2000):
        p, df = 10 ** dice.uniform(-12, -0.302), math.exp(dice.uniform(math.log(0.3), math.log(1e7)))
        assert st.t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-9)
        assert st.t_quantile(1 - p, df) == -st.t_quantile(1 - (1 - p), df)
    assert st.t_quantile(0.5, 3.3) == 0
    assert st.t_critical(0.95, 7.25) == same(stats.t.ppf(0.975, 7.25))


def test_chi_square_tail(dice: random.Random):
    for _ in range(1000):
        x, df = math.exp(dice.uniform(-6, 7)), dice.choice([1, 2, 3, 4, 5, 7, 10, 25, 60, 101, 400])
        assert st.chi2_sf(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9, abs=1e-290)


def test_wilson_and_newcombe(dice: random.Random):
    for _ in range(MANY):
        n1, n2 = dice.randint(1, 300), dice.randint(1, 300)
        k1, k2 = dice.randint(0, n1), dice.randint(0, n2)
        level = dice.choice([0.8, 0.9, 0.95, 0.99])
        assert list(st.wilson(k1, n1, level)) == same(
            list(proportion.proportion_confint(k1, n1, 1 - level, method="wilson"))
        )
        found = st.newcombe(k1, n1, k2, n2, level)
        assert found is not None
        low, high = proportion.confint_proportions_2indep(k1, n1, k2, n2, method="newcomb", alpha=1 - level)
        assert list(found.interval) == same([low, high])
        if 0 < k1 + k2 < n1 + n2:
            _, p = proportion.proportions_ztest([k1, k2], [n1, n2])
            assert found.p == same(p)


def test_theta_is_the_mann_whitney_statistic_and_brunner_munzel_its_test(dice: random.Random):
    seen = 0
    for missed, met in histograms(dice):
        if not sum(missed) or not sum(met):
            continue
        found = st.theta(missed, met)
        assert found is not None
        u = stats.mannwhitneyu(raw(met), raw(missed)).statistic
        assert found.value == same(u / sum(missed) / sum(met))
        test = st.brunner_munzel(missed, met)
        if test is not None and found.variance is not None:
            oracle = stats.brunnermunzel(raw(missed), raw(met))
            assert (test.statistic, test.p) == (same(oracle.statistic), same(oracle.pvalue))
            seen += 1
    assert seen > MANY / 2


def test_ordinal_measures(dice: random.Random):
    seen = 0
    for table in tables(dice):
        found = st.ordinal_association(table)
        if found is None or found.z_null is None:
            continue
        somers = stats.somersd(table)
        assert found.d_cr == same(somers.statistic)
        assert found.p == same(somers.pvalue)
        assert found.d_rc == same(stats.somersd(np.transpose(table)).statistic)
        rows = [i for i, row in enumerate(table) for count in row for _ in range(count)]
        columns = [j for row in table for j, count in enumerate(row) for _ in range(count)]
        assert found.tau_b == same(stats.kendalltau(rows, columns).statistic)
        seen += 1
    assert seen > MANY / 2


def test_cochran_armitage(dice: random.Random):
    for missed, met in histograms(dice, 60):
        found = st.cochran_armitage(missed, met)
        if found is None:
            continue
        # the trend test is the correlation of group and point, times the root of n
        group, point = [0] * sum(missed) + [1] * sum(met), raw(missed) + raw(met)
        r = np.corrcoef(group, point)[0, 1]
        assert found.z == same(r * math.sqrt(len(point)))


def test_cochran_mantel_haenszel(dice: random.Random):
    for _ in range(60):
        cubes = [[[dice.randint(1, 40) for _ in range(2)] for _ in range(2)] for _ in range(dice.randint(1, 6))]
        oracle = contingency_tables.StratifiedTable([np.array(table) for table in cubes])
        for continuity in (False, True):
            found, test = st.cmh(cubes, continuity=continuity), oracle.test_null_odds(correction=continuity)
            assert found is not None
            assert found.interval is not None
            # statsmodels squares what the correction has made negative
            if found.statistic > 0:
                assert (found.statistic, found.p) == (same(test.statistic), same(test.pvalue))
            assert found.odds_ratio == same(oracle.oddsratio_pooled)
            assert list(found.interval) == same(list(oracle.oddsratio_pooled_confint()))


def series(dice: random.Random, longest: int = 40) -> list[float]:
    length = dice.randint(4, longest)
    return [round(dice.gauss(0.02 * place, 1), dice.choice([0, 1, 6])) for place in range(length)]


def test_mann_kendall_and_sen(dice: random.Random):
    for _ in range(MANY):
        values = series(dice)
        found, oracle = st.mann_kendall(values), pymannkendall.original_test(values)
        assert found is not None
        assert (found.s, found.variance, found.tau) == (oracle.s, same(oracle.var_s), same(oracle.Tau))
        assert found.z == same(oracle.z)
        if found.exact:
            assert found.p == same(stats.kendalltau(range(len(values)), values, method="exact").pvalue)
        else:
            assert found.p == same(oracle.p)
        assert st.sen_slope(values) == same(oracle.slope)


def test_exact_p_values_count_every_order(dice: random.Random):
    exact = 0
    for length in range(2, 11):
        values = dice.sample(range(1000), length)
        found = st.mann_kendall(values)
        assert found is not None
        assert found.exact
        assert found.p == same(stats.kendalltau(range(length), values, method="exact").pvalue)
        greater = stats.kendalltau(range(length), values, method="exact", alternative="greater").pvalue
        assert found.p_up == same(greater)
        exact += 1
    assert exact == 9


def test_seasonal_mann_kendall_and_sen(dice: random.Random):
    for _ in range(60):
        years, period = dice.randint(2, 6), dice.choice([4, 12])
        values = [round(dice.gauss(0, 1), dice.choice([1, 6])) for _ in range(years * period)]
        found, oracle = st.seasonal_mann_kendall(values, period), pymannkendall.seasonal_test(values, period)
        assert found is not None
        assert (found.s, found.variance, found.p) == (oracle.s, same(oracle.var_s), same(oracle.p))
        # theirs is per year
        assert st.seasonal_sen_slope(values, period) == same(oracle.slope / period)


def test_a_period_without_a_value_keeps_its_place(dice: random.Random):
    for _ in range(30):
        values = series(dice)
        holed: list[float | None] = [None if dice.random() < 0.2 else value for value in values]
        known = [(place, value) for place, value in enumerate(holed) if value is not None]
        if len(known) < 4:
            continue
        found = st.mann_kendall(holed)
        assert found is not None
        assert found.s == pymannkendall.original_test([value for _, value in known]).s
        slopes = stats.theilslopes([value for _, value in known], [place for place, _ in known])
        assert st.sen_slope(holed) == same(slopes.slope)


def test_benjamini_hochberg(dice: random.Random):
    for _ in range(MANY):
        p_values = [dice.random() ** dice.choice([1, 4]) for _ in range(dice.randint(1, 40))]
        assert st.adjusted_p(p_values) == same(list(stats.false_discovery_control(p_values)))
        q = dice.choice([0.01, 0.05, 0.2])
        assert st.benjamini_hochberg(p_values, q) == list(multitest.multipletests(p_values, q, "fdr_bh")[0])


def test_entropy_and_g2(dice: random.Random):
    for table in tables(dice):
        counts = table[0]
        if sum(counts):
            assert st.entropy(counts) == same(stats.entropy(counts))
        full = [row for row in table if sum(row)]
        full = [list(column) for column in zip(*full, strict=True) if sum(column)]
        found = st.g2(table)
        if len(full) > 1 and len(full[0]) > 1:
            oracle = stats.chi2_contingency(full, correction=False, lambda_="log-likelihood")
            assert (found.statistic, found.df) == (same(oracle.statistic), oracle.dof)
            assert found.p == pytest.approx(oracle.pvalue, rel=1e-9, abs=1e-290)


def test_the_isotonic_fit(dice: random.Random):
    for _ in range(MANY):
        totals = [dice.randint(1, 30) for _ in range(dice.randint(1, 20))]
        successes = [dice.randint(0, total) for total in totals]
        shares = [k / n for k, n in zip(successes, totals, strict=True)]
        for decreasing in (True, False):
            oracle = optimize.isotonic_regression(shares, weights=totals, increasing=not decreasing)
            assert st.isotonic(successes, totals, decreasing=decreasing) == same(list(oracle.x))


def test_the_strength_is_the_likeliest_on_the_grid(dice: random.Random):
    prior = [0.1, 0.1, 0.2, 0.6]
    rng = np.random.default_rng(7)
    histories = []
    for _ in range(200):
        shares = rng.dirichlet([6 * share for share in prior])
        histories.append([int(count) for count in rng.multinomial(dice.randint(1, 12), shares)])
    found = st.dirichlet_strength(histories, prior)

    def likelihood(strength: float) -> float:
        alpha = [strength * share for share in prior]
        return sum(stats.dirichlet_multinomial.logpmf(history, alpha, sum(history)) for history in histories)

    assert 3 <= found <= 12, "6 was planted"
    assert likelihood(found) >= max(likelihood(found * 2**0.5), likelihood(found / 2**0.5))
