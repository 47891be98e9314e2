"""What must hold for every input: symmetry, order, range, more certainty from more answers, sums that add up."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from nps_plugin import statistics as st

quick = settings(deadline=None, derandomize=True, database=None, max_examples=120)

counts = some.integers(0, 60)
levels = some.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])
thirds = some.tuples(counts, counts, counts)
shares = some.floats(0.01, 0.99)


@some.composite
def pairs(draw: some.DrawFn, most: int = 40, points: int | None = None) -> tuple[list[int], list[int]]:
    """Histograms of missed and met over one scale."""
    points = points or draw(some.integers(2, 11))
    one = some.lists(some.integers(0, most), min_size=points, max_size=points)
    return draw(one), draw(one)


@some.composite
def tables(draw: some.DrawFn) -> list[list[int]]:
    columns = draw(some.integers(2, 6))
    row = some.lists(some.integers(0, 20), min_size=columns, max_size=columns)
    return draw(some.lists(row, min_size=2, max_size=6))


@some.composite
def bins(draw: some.DrawFn) -> tuple[list[int], list[int]]:
    """Successes and totals of ordered bins."""
    totals = draw(some.lists(some.integers(0, 40), min_size=1, max_size=12))
    return [draw(some.integers(0, total)) for total in totals], totals


def flip(interval: st.Interval, whole: float = 0.0) -> list[float]:
    return [whole - interval.high, whole - interval.low]


def close(value: object) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


@quick
@given(counts, counts, levels)
def test_wilson_is_in_range_holds_the_share_and_mirrors(k: int, rest: int, level: float):
    n = k + rest
    interval = st.wilson(k, n, level)
    assert 0 <= interval.low <= interval.high <= 1
    assert n == 0 or interval.contains(k / n)
    assert list(st.wilson(rest, n, level)) == close(flip(interval, 1))


@quick
@given(counts, counts, some.integers(2, 50))
def test_more_answers_and_a_lower_level_narrow_wilson(k: int, rest: int, times: int):
    n = k + rest
    wide, narrow = st.wilson(k, n), st.wilson(k * times, n * times)
    assert narrow.high - narrow.low <= wide.high - wide.low + 1e-12
    lower = st.wilson(k, n, 0.8)
    assert wide.low <= lower.low <= lower.high <= wide.high


@quick
@given(shares, shares, levels)
def test_as_many_answers_as_are_said_to_be_needed_decide(observed: float, target: float, level: float):
    n = st.answers_needed(observed, target, level)
    if n is not None and n < 1e9:
        assert not st.wilson(observed * (n + 1), n + 1, level).contains(target)
        assert n == 1 or st.wilson(observed * (n - 1), n - 1, level).contains(target)


@quick
@given(counts, counts, counts, counts, levels)
def test_newcombe_changes_its_sign_with_the_order(k1: int, rest1: int, k2: int, rest2: int, level: float):
    one, two = (k1, k1 + rest1), (k2, k2 + rest2)
    found, turned = st.newcombe(*one, *two, level), st.newcombe(*two, *one, level)
    if found is None or turned is None:
        assert not one[1] or not two[1]
        return
    assert -1 - 1e-12 <= found.interval.low <= found.estimate <= found.interval.high <= 1 + 1e-12
    assert [*turned.interval, turned.estimate, turned.p] == close([*flip(found.interval), -found.estimate, found.p])


@quick
@given(thirds, levels)
def test_the_score_interval_mirrors_holds_the_score_and_widens(three: tuple[int, int, int], level: float):
    d, p, r = three
    interval, found = st.score_interval(d, p, r, level), st.net_score(d, p, r)
    assert -1 <= interval.low <= interval.high <= 1
    assert list(st.score_interval(r, p, d, level)) == close(flip(interval))
    wide = st.score_interval(d, p, r, 0.995)
    assert wide.low <= interval.low + 1e-12
    assert wide.high >= interval.high - 1e-12
    if found is not None:
        assert interval.low - 1e-12 <= found.value <= interval.high + 1e-12
        assert found.se**2 == close(found.variance / found.n)


@quick
@given(thirds, levels)
def test_the_limits_of_the_score_interval_are_where_the_score_test_stands(three: tuple[int, int, int], level: float):
    d, p, r = three
    n = d + p + r
    upper = st.score_interval(d, p, r, level).high
    if n in {r, 0}:
        assert upper == 1
        return
    # the likeliest share of dissatisfied at this limit, by search over the likelihood
    low, high = 0.0, (1 - upper) / 2

    def likelihood(q: float) -> float:
        known = zip((d, p, r), (q, 1 - 2 * q - upper, q + upper), strict=True)
        return sum(k * math.log(max(share, 1e-300)) for k, share in known if k)

    low = max(low, -upper)
    for _ in range(200):
        one, two = low + (high - low) / 3, high - (high - low) / 3
        low, high = (one, high) if likelihood(one) < likelihood(two) else (low, two)
    spread = low + high + upper * (1 - upper)
    assert abs(r - d - n * upper) == pytest.approx(st.critical(level) * math.sqrt(n * spread), rel=1e-5, abs=1e-4)


@quick
@given(thirds, thirds, levels)
def test_a_net_difference_changes_its_sign_with_the_order(
    before: tuple[int, int, int], after: tuple[int, int, int], level: float
):
    found, turned = st.net_difference(before, after, level), st.net_difference(after, before, level)
    if found is None or turned is None:
        assert not sum(before) or not sum(after)
        return
    assert -2 <= found.interval.low <= found.interval.high <= 2
    assert 0 <= found.p <= 1
    assert [*turned.interval, turned.p] == close([*flip(found.interval), found.p])


@quick
@given(pairs(), levels)
def test_theta_mirrors_when_sides_or_points_are_turned(pair: tuple[list[int], list[int]], level: float):
    missed, met = pair
    found, interval = st.theta(missed, met), st.theta_interval(missed, met, level)
    if found is None or interval is None:
        assert not sum(missed) or not sum(met)
        return
    swapped, turned = st.theta(met, missed), st.theta(missed[::-1], met[::-1])
    assert swapped is not None
    assert turned is not None
    assert 0 <= found.value <= 1
    assert (swapped.value, turned.value) == close((1 - found.value, 1 - found.value))
    assert swapped.variance == close(found.variance)
    swapped_interval = st.theta_interval(met, missed, level)
    assert swapped_interval is not None
    assert list(swapped_interval) == close(flip(interval, 1))
    wide = st.theta_interval(missed, met, 0.995)
    assert wide is not None
    assert 0 <= wide.low <= interval.low <= interval.high <= wide.high <= 1


@quick
@given(pairs())
def test_a_point_that_nobody_uses_changes_no_theta(pair: tuple[list[int], list[int]]):
    missed, met = pair
    found, longer = st.theta(missed, met), st.theta([*missed, 0], [*met, 0])
    assert (found is None) == (longer is None)
    if found is not None and longer is not None:
        assert longer.value == close(found.value)


@quick
@given(pairs(most=8))
def test_influences_of_single_answers_give_delongs_variance(pair: tuple[list[int], list[int]]):
    missed, met = pair
    found = st.theta(missed, met)
    if found is None or found.variance is None:
        return
    answers = [
        (f"{side}-{point}-{i}", side == "met", point)
        for side, histogram in (("missed", missed), ("met", met))
        for point, count in enumerate(histogram)
        for i in range(count)
    ]
    sum_e_sq = st.theta_sum_by_cluster(found, answers)
    low, high = (n / (n - 1) for n in sorted((found.n_missed, found.n_met), reverse=True))
    assert sum_e_sq * low - 1e-12 <= found.variance <= sum_e_sq * high + 1e-12


@quick
@given(some.lists(some.tuples(some.integers(0, 9), some.sampled_from([-1, 0, 1])), min_size=1, max_size=60))
def test_one_answer_for_each_client_is_the_plain_variance_and_doubling_all_is_seen_through(
    answers: list[tuple[int, int]],
):
    alone = st.sums_by_cluster((i, value) for i, (_, value) in enumerate(answers))
    doubled = st.sums_by_cluster((i, value) for i, (_, value) in enumerate(answers) for _ in range(2))
    assert alone is not None
    assert doubled is not None
    n = len(answers)
    effective = st.effective_clusters(n, alone.sum_n_sq)
    assert effective == n == close(st.effective_clusters(2 * n, doubled.sum_n_sq))
    plain, twice = (st.cluster_variance(sums.sum_e_sq, sums.n, effective) for sums in (alone, doubled))
    if n == 1:
        assert plain is None
        return
    spread = sum((value - alone.mean) ** 2 for _, value in answers)
    assert plain == close(spread / n / (n - 1))
    assert twice == close(plain), "the same answer twice tells nothing more"


@quick
@given(some.lists(some.tuples(some.integers(0, 9), some.integers(0, 1)), min_size=2, max_size=60), levels)
def test_a_clustered_interval_holds_its_estimate_and_keeps_the_bounds(answers: list[tuple[int, int]], level: float):
    sums = st.sums_by_cluster(answers)
    assert sums is not None
    assert 1 <= sums.clients <= 10
    effective = st.effective_clusters(sums.n, sums.sum_n_sq)
    assert effective <= sums.clients + 1e-9, "Kish: never more than there are"
    iid = sums.mean * (1 - sums.mean) / sums.n
    found = st.cluster_interval(sums.mean, sums.sum_e_sq, sums.n, sums.sum_n_sq, iid, level, bounds=(0, 1))
    assert (found is None) == (effective <= 1)
    if found is not None:
        assert 0 <= found.interval.low <= sums.mean <= found.interval.high <= 1
        assert found.variance >= iid
        hull = st.wider(st.wilson(sums.mean * sums.n, sums.n, level), found.interval)
        assert hull.low <= found.interval.low
        assert hull.high >= found.interval.high


@quick
@given(tables())
def test_ordinal_measures_turn_with_the_table(table: list[list[int]]):
    found = st.ordinal_association(table)
    if found is None:
        return
    turned = st.ordinal_association([list(row) for row in zip(*table, strict=True)])
    reversed_rows = st.ordinal_association(table[::-1])
    assert turned is not None
    assert reversed_rows is not None
    assert -1 - 1e-9 <= found.tau_b <= 1 + 1e-9
    assert (turned.tau_b, turned.tau_b_se, turned.d_cr, turned.d_cr_se) == close(
        (found.tau_b, found.tau_b_se, found.d_rc, found.d_rc_se)
    )
    assert (reversed_rows.gamma, reversed_rows.tau_b) == close((-found.gamma, -found.tau_b))
    assert found.tau_b**2 == close(found.d_cr * found.d_rc)


@quick
@given(pairs())
def test_d_is_somers_d_of_the_two_rows(pair: tuple[list[int], list[int]]):
    found, ordinal = st.theta(*pair), st.ordinal_association(list(pair))
    if found is not None and ordinal is not None:
        assert found.d == close(ordinal.d_cr)


@quick
@given(some.lists(pairs(most=15, points=3), min_size=1, max_size=4), levels)
def test_one_stratum_is_theta_itself_and_empty_ones_are_dropped(
    strata: list[tuple[list[int], list[int]]], level: float
):
    found = st.stratified_theta(strata, level)
    usable = [pair for pair in strata if sum(pair[0]) and sum(pair[1])]
    if found is None:
        assert not usable
        return
    assert 0 <= found.interval.low <= found.interval.high <= 1
    total = sum(sum(missed) + sum(met) for missed, met in strata)
    kept = sum(sum(missed) + sum(met) for missed, met in usable)
    assert found.dropped_share == close(1 - kept / total)
    assert sum(found.weights) == close(1)
    values = [each.value for each in (st.theta(*pair) for pair in usable) if each is not None]
    assert min(values) - 1e-9 <= found.value <= max(values) + 1e-9


@quick
@given(some.lists(some.integers(-9, 9), min_size=2, max_size=30))
def test_a_series_turned_round_or_upside_down_trends_the_other_way(values: list[int]):
    found, back, down = (st.mann_kendall(each) for each in (values, values[::-1], [-value for value in values]))
    assert found is not None
    assert back is not None
    assert down is not None
    assert (back.s, back.p_up, back.p_down) == (-found.s, close(found.p_down), close(found.p_up))
    assert (down.s, down.p) == (-found.s, close(found.p))
    assert 0 <= found.p <= 1
    slope, falling = st.sen_slope(values), st.sen_slope([-value for value in values])
    assert slope is not None
    assert falling == close(-slope)


@quick
@given(some.lists(some.floats(-5, 5), min_size=2, max_size=25), some.lists(some.floats(-5, 5), min_size=2, max_size=25))
def test_a_trap_needs_both(kpi: list[float], score: list[float]):
    length = min(len(kpi), len(score))
    found = st.trap_test(kpi[:length], score[:length])
    rise, fall = st.mann_kendall(kpi[:length]), st.mann_kendall(score[:length])
    assert found is not None
    assert rise is not None
    assert fall is not None
    assert (found.p_kpi_up, found.p_score_down) == (rise.p_up, fall.p_down)
    assert found.p == max(rise.p_up, fall.p_down)


@quick
@given(some.integers(5, 200), some.integers(5, 200), some.integers(5, 200), some.integers(5, 200))
def test_a_jump_mirrors_at_the_deadline(a: int, b: int, c: int, d: int):
    found, turned = st.deadline_jump(a, b, c, d), st.deadline_jump(d, c, b, a)
    assert found is not None
    assert turned is not None
    assert (turned.jump, turned.z, turned.p) == close((-found.jump, -found.z, 1 - found.p))
    more = st.deadline_jump(a, b + 1, c, d)
    assert more is not None
    assert more.jump > found.jump


@quick
@given(some.lists(some.floats(0, 1), max_size=30), some.floats(0, 1))
def test_adjusted_p_are_never_below_p_and_keep_their_order(p_values: list[float], q: float):
    adjusted = st.adjusted_p(p_values)
    assert all(p <= each + 1e-12 for p, each in zip(p_values, adjusted, strict=True))
    assert all(each <= 1 for each in adjusted)
    ordered = [each for _, each in sorted(zip(p_values, adjusted, strict=True))]
    assert ordered == sorted(ordered)
    assert sum(st.benjamini_hochberg(p_values, q)) >= sum(p * len(p_values) <= q for p in p_values)


@quick
@given(tables(), some.data())
def test_g2_splits_exactly_and_merging_never_adds(table: list[list[int]], data: some.DataObject):
    i, j = data.draw(some.lists(some.integers(0, len(table) - 1), min_size=2, max_size=2, unique=True))
    found = st.g2_partition(table, i, j)
    assert found.full.statistic == pytest.approx(found.merged.statistic + found.pair.statistic, abs=1e-8)
    assert found.merged.statistic <= found.full.statistic + 1e-8
    groups = [[i, j], *([k] for k in range(len(table)) if k not in {i, j})]
    kept = st.kept_information(table, groups)
    assert kept is None or 0 <= kept <= 1
    assert st.kept_information(table, [[k] for k in range(len(table))]) in {None, 1.0}


@quick
@given(some.lists(counts, min_size=1, max_size=11))
def test_effective_points_are_between_one_and_those_used(histogram: list[int]):
    found, used = st.effective_points(histogram), sum(count > 0 for count in histogram)
    assert (found is None) == (used == 0)
    assert found is None or 1 - 1e-9 <= found <= used + 1e-9


@quick
@given(bins())
def test_the_isotonic_fit_is_monotone_keeps_the_total_and_lies_in_its_band(pair: tuple[list[int], list[int]]):
    successes, totals = pair
    fitted, band = st.isotonic(successes, totals), st.isotonic_band(successes, totals)
    assert (fitted is None) == (band is None) == (sum(totals) == 0)
    if fitted is None or band is None:
        return
    assert all(a >= b for a, b in pairwise(fitted))
    assert sum(f * n for f, n in zip(fitted, totals, strict=True)) == close(sum(successes))
    assert all(each.contains(f) and each.low >= 0 and each.high <= 1 for each, f in zip(band, fitted, strict=True))
    for ends in ([each.low for each in band], [each.high for each in band]):
        assert ends == sorted(ends, reverse=True)
    wide = st.isotonic_band(successes, totals, 0.995)
    assert wide is not None
    assert all(w.low <= b.low and w.high >= b.high for w, b in zip(wide, band, strict=True))
    rising = st.isotonic(successes[::-1], totals[::-1], decreasing=False)
    assert rising == fitted[::-1]


@quick
@given(bins(), shares)
def test_a_crossing_lies_in_its_interval_and_is_where_the_fit_falls(pair: tuple[list[int], list[int]], target: float):
    successes, totals = pair
    edges = [float(2**i) for i in range(len(totals) + 1)]
    found, fitted = st.crossing(edges, successes, totals, target), st.isotonic(successes, totals)
    under = [] if fitted is None else [edge for edge, f in zip(edges, fitted, strict=False) if f < target]
    if found is None:
        assert not under
        return
    assert found.at == under[0]
    assert found.low <= found.at
    assert found.high is None or found.high >= found.at
    assert found.visible == (found.low > edges[0] and found.high is not None)


@quick
@given(some.lists(counts, min_size=5, max_size=5), some.floats(0.5, 100))
def test_a_lower_score_is_never_less_surprising(history: list[int], strength: float):
    prior = [1, 2, 3, 10, 20]
    ranks = [st.rank_p(history, k) for k in range(5)]
    chances = [st.dirichlet_p(history, k, prior, strength) for k in range(5)]
    assert ranks == sorted(ranks)
    assert chances == sorted(chances)
    assert (ranks[-1], chances[-1]) == close((1, 1))
    # with no history a client is like all clients
    assert st.dirichlet_p([0] * 5, 1, prior, strength) == close(3 / 36)


@quick
@given(shares, some.floats(0.01, 0.99), shares)
def test_the_whole_is_on_target_when_the_silent_are_at_the_tipping_point(observed: float, rate: float, target: float):
    found = st.tipping_point(observed, rate, target)
    assert found is not None
    assert rate * observed + (1 - rate) * found == close(target)
    bounds = st.manski(observed, rate)
    assert (0 <= found <= 1) == bounds.contains(target) or found == close(0) or found == close(1)
