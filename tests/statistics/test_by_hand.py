"""Small examples worked out by other means than the code's, where neither a vector nor an oracle computes the same."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from nps_plugin import statistics as st

#: client -> answers (1 satisfied, 0 not)
ANSWERS = {"a": [1, 1, 1], "b": [0, 0], "c": [1, 0, 1, 1], "d": [1], "e": [0, 1]}
PAIRS = [(client, value) for client, values in ANSWERS.items() for value in values]


def test_sums_and_interval_of_clustered_answers():
    sums = st.sums_by_cluster(PAIRS)
    assert sums is not None
    assert (sums.n, sums.clients, sums.mean, sums.sum_n_sq) == (12, 5, pytest.approx(8 / 12), 9 + 4 + 16 + 1 + 4)
    off = [3 - 3 * 2 / 3, 0 - 2 * 2 / 3, 3 - 4 * 2 / 3, 1 - 2 / 3, 1 - 2 * 2 / 3]
    assert sums.sum_e_sq == pytest.approx(sum(each * each for each in off))
    effective = 144 / 34
    assert st.effective_clusters(12, 34) == pytest.approx(effective)
    variance = sums.sum_e_sq / 144 * effective / (effective - 1)
    iid = 8 / 12 * 4 / 12 / 12
    assert variance > iid
    found = st.cluster_interval(sums.mean, sums.sum_e_sq, 12, 34, iid)
    assert found is not None
    half = stats.t.ppf(0.975, effective - 1) * math.sqrt(variance)
    assert (found.estimate, found.variance, found.effective) == pytest.approx((8 / 12, variance, effective))
    assert list(found.interval) == pytest.approx([8 / 12 - half, 8 / 12 + half])
    cut = st.cluster_interval(sums.mean, sums.sum_e_sq, 12, 34, iid, bounds=(0, 1))
    assert cut is not None
    assert list(cut.interval) == [pytest.approx(8 / 12 - half), 1]


def test_a_weighted_total_is_clustered_by_shares_of_it():
    # two strata at 0.6 and 0.4; every client's e_c is already a share of the total
    e = [0.6 * 0.02 - 0.4 * 0.01, -0.6 * 0.03, 0.4 * 0.05, -0.6 * 0.01 + 0.4 * 0.02]
    squares = sum(each * each for each in e)
    found = st.weighted_cluster_interval(0.7, squares, 9.5, 0.0, 0.9)
    assert found is not None
    half = stats.t.ppf(0.95, 8.5) * math.sqrt(squares * 9.5 / 8.5)
    assert list(found.interval) == pytest.approx([0.7 - half, 0.7 + half])


def test_clustered_theta_on_the_logit_scale():
    value, squares, effective, delong = 0.7, 0.002, 12.5, 0.001
    found = st.cluster_theta_interval(value, squares, effective, delong)
    assert found is not None
    se = math.sqrt(squares * 12.5 / 11.5)
    half = stats.t.ppf(0.975, 11.5) * se / (0.7 * 0.3)
    logit = math.log(0.7 / 0.3)
    assert list(found.interval) == pytest.approx([1 / (1 + math.exp(half - logit)), 1 / (1 + math.exp(-half - logit))])
    larger = st.cluster_theta_interval(value, squares, effective, 0.01)
    assert larger is not None
    assert larger.variance == 0.01, "never below DeLong's"


def test_theta_by_comparing_every_pair():
    missed, met = [3, 1, 2], [1, 2, 4]
    found = st.theta(missed, met)
    assert found is not None
    wins = sum(x * y * (1 if j > i else 0.5 if j == i else 0) for i, x in enumerate(missed) for j, y in enumerate(met))
    assert found.value == pytest.approx(wins / 42)
    assert found.placements_met == pytest.approx((1.5 / 6, 3.5 / 6, 5 / 6))
    assert found.placements_missed == pytest.approx((0.5 / 7, 2 / 7, 5 / 7))
    squares = sum(y * (p - found.value) ** 2 for y, p in zip(met, found.placements_met, strict=True)) / 6 / 7
    squares += sum(x * (q - 1 + found.value) ** 2 for x, q in zip(missed, found.placements_missed, strict=True)) / 5 / 6
    assert found.variance == pytest.approx(squares)


def test_the_weights_of_theta_are_its_change_with_one_more_answer():
    missed, met = [300, 100, 200], [100, 200, 400]
    found = st.theta(missed, met)
    assert found is not None
    over_missed, over_met = st.theta_weights(found)
    for k in range(3):
        more = st.theta([n + (i == k) for i, n in enumerate(missed)], met)
        assert more is not None
        assert more.value - found.value == pytest.approx(over_missed[k], rel=0.01)
        more = st.theta(missed, [n + (i == k) for i, n in enumerate(met)])
        assert more is not None
        assert more.value - found.value == pytest.approx(over_met[k], rel=0.01)


def test_agents_against_their_mix():
    cells = {
        "ann": [(40, 50, 0.9), (10, 20, 0.6)],
        "bob": [(45, 50, 0.9), (30, 40, 0.6)],
        "cat": [(88, 100, 0.9)],
        "dan": [(9, 30, 0.6)],
        "eve": [(28, 30, 0.9), (12, 16, 0.6)],
        "fay": [(10, 10, 1.0)],
    }
    found = st.observed_expected(cells)
    assert found is not None
    o, e, n, v = (
        np.array([sum(f(*cell) for cell in cells[name]) for name in cells])
        for f in (
            lambda k, n, p: k,
            lambda k, n, p: n * p,
            lambda k, n, p: n,
            lambda k, n, p: n * p * (1 - p),
        )
    )
    known = v > 0
    z = (o - e)[known] / np.sqrt(v[known])
    low, high = np.quantile(z, [0.1, 0.9])
    phi = np.mean(np.clip(z, low, high) ** 2)
    w = (n**2)[known] / v[known]
    tau2 = max(0, (len(z) * phi - (len(z) - 1)) / (w.sum() - (w**2).sum() / w.sum()))
    assert tau2 > 0
    assert (found.phi, found.tau2, found.mean) == pytest.approx((phi, tau2, o.sum() / n.sum()))
    for i, name in enumerate(cells):
        one = found.agents[name]
        s2 = v[i] / n[i] ** 2
        assert (one.observed, one.expected, one.n) == pytest.approx((o[i], e[i], n[i]))
        if name == "fay":
            assert one.z is one.z_adjusted is one.p is None
            continue
        adjusted = (o[i] - e[i]) / n[i] / math.sqrt(s2 + tau2)
        assert one.z == pytest.approx((o[i] - e[i]) / math.sqrt(v[i]))
        assert (one.z_adjusted, one.p) == pytest.approx((adjusted, 2 * stats.norm.sf(abs(adjusted))))
        assert one.shrunken == pytest.approx(found.mean + tau2 / (tau2 + s2) * (o[i] - e[i]) / n[i])


def test_the_funnel_widens_with_the_spread_that_all_share():
    narrow, wide = st.funnel_limits(0.8, 100), st.funnel_limits(0.8, 100, 0.003)
    assert list(narrow) == pytest.approx([0.8 - 1.959964 * 0.04, 0.8 + 1.959964 * 0.04])
    assert list(wide) == pytest.approx([0.8 - 1.959964 * math.sqrt(0.0046), 0.8 + 1.959964 * math.sqrt(0.0046)])


def test_how_alike_the_cells_answer():
    # 20 of 100 and 60 of 100: rate 0.4, spread 0.2 over 199 instead of 200
    found = st.r_indicator([(20, 100), (60, 100)])
    assert found is not None
    spread = 0.2 * math.sqrt(200 / 199)
    assert (found.r, found.rate, found.spread) == pytest.approx((1 - 2 * spread, 0.4, spread))
    assert st.bias_bound(found, 0.5) == pytest.approx(spread / 0.4 * 0.5)
    # 15/20 and 30/60 at equal weights
    assert st.post_stratified([(15, 20, 100), (30, 60, 100)]) == pytest.approx(0.625)


def test_information_by_the_definition():
    table = [[30, 10], [5, 40], [8, 8]]
    whole = np.array(table) / np.sum(table)
    rows, columns = whole.sum(axis=1, keepdims=True), whole.sum(axis=0, keepdims=True)
    plain = float((whole * np.log(whole / rows / columns)).sum())
    assert st.g2(table).statistic == pytest.approx(2 * 101 * plain)
    # six cells, three rows, two columns
    assert st.information(table) == pytest.approx(plain - (6 - 3 - 2 + 1) / 202)
    merged = st.information([[35, 50], [8, 8]])
    assert st.kept_information(table, [[0, 1], [2]]) == pytest.approx(merged / st.information(table))
    assert st.kept_information([[30, 10], [60, 20], [5, 40]], [[0, 1], [2]]) == 1, "alike points lose nothing"


def test_a_sharp_fall_is_seen_and_where():
    edges = [0, 1, 2, 4, 8, 16, 32]
    totals = [200] * 6
    found = st.crossing(edges, [184, 182, 180, 130, 120, 110], totals, 0.8)
    assert found == st.Crossing(4, 4, 4, visible=True)
    few = st.crossing(edges, [9, 9, 9, 7, 6, 6], [10] * 6, 0.8)
    assert few is not None
    assert not few.visible
    assert few.low < 4
    band = st.isotonic_band([184, 182, 180, 130, 120, 110], totals)
    assert band is not None
    # each bin holds the 113 answers that a window needs, so it stands for itself
    assert list(band[0]) == pytest.approx(list(st.wilson(184, 200)))
    assert all(each.high - each.low < 0.14 for each in band)


def test_a_share_under_the_target_from_the_start_is_no_visible_fall():
    found = st.crossing([0, 1, 2], [50, 40], [100, 100], 0.8)
    assert found == st.Crossing(0, 0, 0, visible=False)


def test_the_slope_of_a_season_is_per_period():
    # up by 12 a year, wherever the year stands
    values = [place + 100 * (place % 12 == 3) for place in range(36)]
    assert st.seasonal_sen_slope(values) == 1
    found = st.trap_test(values, [-value for value in values], seasonal=True)
    assert found is not None
    assert (found.kpi_change, found.score_change) == (35, -35)
    assert found.p < 0.001


def test_the_hull_of_two_intervals():
    assert st.wider(st.Interval(0.2, 0.5), st.Interval(0.3, 0.6)) == (0.2, 0.6)
    assert st.wider(st.Interval(0.2, 0.5), None) == (0.2, 0.5)
    assert st.Interval(0.2, 0.5).contains(0.2)
    assert not st.Interval(0.2, 0.5).contains(0.51)
