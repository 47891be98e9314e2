"""Too little gives None, wrong input a ValueError that names it; nothing gives NaN or a traceback."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from nps_plugin import statistics as st

quick = settings(deadline=None, derandomize=True, database=None, max_examples=150)

TOO_LITTLE: dict[str, Callable[[], object]] = {
    "net score of nothing": lambda: st.net_score(0, 0, 0),
    "difference to nothing": lambda: st.net_difference((0, 0, 0), (1, 2, 3)),
    "difference of shares to nothing": lambda: st.newcombe(1, 2, 0, 0),
    "a share that is its target": lambda: st.answers_needed(0.8, 0.8),
    "theta with none missed": lambda: st.theta([0, 0, 0], [1, 2, 3]),
    "theta with none met": lambda: st.theta_interval([1, 2, 3], [0, 0, 0]),
    "Brunner-Munzel of two answers": lambda: st.brunner_munzel([1, 0], [0, 1]),
    "Brunner-Munzel where all say the same": lambda: st.brunner_munzel([0, 5], [0, 9]),
    "Brunner-Munzel where both sides are apart": lambda: st.brunner_munzel([7, 0, 0], [0, 0, 9]),
    "a table of one row": lambda: st.ordinal_association([[1, 2, 3]]),
    "a table of one used column": lambda: st.ordinal_association([[0, 2], [0, 3]]),
    "an empty table": lambda: st.ordinal_association([]),
    "a trend in shares of one group": lambda: st.cochran_armitage([0, 0], [1, 2]),
    "a trend in shares at one point": lambda: st.cochran_armitage([0, 4], [0, 2]),
    "no strata": lambda: st.stratified_theta([]),
    "strata with one side": lambda: st.stratified_theta([([0, 0], [1, 2]), ([3, 1], [0, 0])]),
    "Mantel-Haenszel of empty rows": lambda: st.cmh([[[0, 0], [3, 4]]]),
    "Mantel-Haenszel of no tables": lambda: st.cmh([]),
    "the variance of one client": lambda: st.cluster_variance(3.0, 10, 1.0),
    "the interval of one client": lambda: st.cluster_interval(0.8, 0, 10, 100, 0.01),
    "the interval of no client": lambda: st.cluster_interval(0.8, 0, 0, 0, 0),
    "theta of one client": lambda: st.cluster_theta_interval(0.7, 0.1, 1, 0.01),
    "theta of clients fully apart": lambda: st.cluster_theta_interval(1.0, 0.0, 20, 0.01),
    "sums of nothing": lambda: st.sums_by_cluster([]),
    "one period": lambda: st.mann_kendall([3]),
    "only holes": lambda: st.mann_kendall([None, None, 1.0]),
    "one year": lambda: st.seasonal_mann_kendall(list(range(12))),
    "the slope of one period": lambda: st.sen_slope([3]),
    "the seasonal slope of one year": lambda: st.seasonal_sen_slope(list(range(12))),
    "limits of one period": lambda: st.laney([3], [10]),
    "limits where all succeed": lambda: st.laney([10, 20], [10, 20]),
    "limits where nobody answered": lambda: st.laney([0, 0], [0, 0]),
    "a trap in one period": lambda: st.trap_test([1], [1]),
    "a trap in one year by seasons": lambda: st.trap_test(list(range(12)), list(range(12)), seasonal=True),
    "a jump from four in a bin": lambda: st.deadline_jump(4, 50, 50, 50),
    "no agents": lambda: st.observed_expected({}),
    "agents without answers": lambda: st.observed_expected({"a": [], "b": [(0, 0, 0.5)]}),
    "the entropy of nothing": lambda: st.entropy([0, 0]),
    "points of nothing": lambda: st.effective_points([]),
    "information of nothing": lambda: st.information([[0, 0], [0, 0]]),
    "kept of no information": lambda: st.kept_information([[5, 5], [5, 5]], [[0, 1]]),
    "a curve without answers": lambda: st.isotonic([0, 0], [0, 0]),
    "a curve without bins": lambda: st.isotonic_band([], []),
    "a curve that stays over the target": lambda: st.crossing([0, 1, 2], [9, 9], [10, 10], 0.5),
    "nobody silent": lambda: st.tipping_point(0.9, 1.0, 0.8),
    "response of one asked": lambda: st.r_indicator([(1, 1)]),
    "bias where nobody answered": lambda: st.bias_bound(st.Representative(1, 0, 0), 0.4),
    "cells with four answers": lambda: st.post_stratified([(4, 4, 9), (9, 9, 9)]),
}


@pytest.mark.parametrize("call", TOO_LITTLE.values(), ids=TOO_LITTLE.keys())
def test_too_little_is_none(call: Callable[[], object]):
    assert call() is None


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "more than all": (lambda: st.wilson(5, 4), "k is 5 and n is 4"),
    "a negative count": (lambda: st.net_score(1, -2, 3), r"counts\[1\] is -2"),
    "a count that is no number": (lambda: st.theta([1, math.nan], [1, 1]), r"missed\[1\] is nan"),
    "infinitely many": (lambda: st.wilson(1, math.inf), "finite"),
    "a level of 95": (lambda: st.wilson(1, 2, 95), "level is 95"),
    "a level of 1": (lambda: st.score_interval(1, 2, 3, 1), "level is 1"),
    "histograms of two scales": (lambda: st.theta([1, 2], [1, 2, 3]), "missed has 2, met has 3"),
    "a scale of one point": (lambda: st.theta([1], [1]), "at least 2"),
    "a ragged table": (lambda: st.ordinal_association([[1, 2], [3]]), r"table\[1\] has 1 columns"),
    "a 2x3 table": (lambda: st.cmh([[[1, 2], [3, 4]], [[1, 2, 3], [4, 5, 6]]]), r"tables\[1\] is not 2x2"),
    "a probability of 1": (lambda: st.normal_quantile(1), "p is 1"),
    "no degrees of freedom": (lambda: st.t_quantile(0.9, 0), "df is 0"),
    "a negative degree of freedom": (lambda: st.t_sf(0.9, -1), "df is -1"),
    "half a degree of freedom": (lambda: st.chi2_sf(1, 0.5), "df is 0.5"),
    "chi-square of no number": (lambda: st.chi2_sf(math.nan, 2), "not a number"),
    "a share above 1": (lambda: st.answers_needed(1.2, 0.8), "observed is 1.2"),
    "no margin": (lambda: st.sample_size(0.4, 0), "margin is 0"),
    "a power of 1": (lambda: st.sample_size_difference(0.4, 0.4, 0.1, power=1), "power is 1"),
    "a period that is no number": (lambda: st.mann_kendall([1, math.nan]), r"values\[1\] is nan"),
    "no seasons": (lambda: st.seasonal_mann_kendall([1, 2], 0), "period is 0"),
    "events of other periods": (lambda: st.laney([1], [1, 2]), "events has 1, sizes has 2"),
    "more events than tickets": (lambda: st.laney([3, 1], [2, 2]), "an event count is 3"),
    "series of two lengths": (lambda: st.trap_test([1, 2], [1]), "kpi_values has 2"),
    "a negative bin": (lambda: st.deadline_jump(9, 9, 9, -1), r"bins\[3\]"),
    "an agent's share above 1": (lambda: st.observed_expected({"ann": [(1, 2, 1.5)]}), "ann: expected share is 1.5"),
    "an agent with more than all": (lambda: st.observed_expected({"ann": [(3, 2, 0.5)]}), "ann: observed is 3"),
    "a p of 2": (lambda: st.adjusted_p([0.1, 2]), r"p_values\[1\] is 2"),
    "negative spread": (lambda: st.funnel_limits(0.5, 10, -1), "tau2 is -1"),
    "rows that are not there": (lambda: st.g2_partition([[1, 2], [3, 4]], 0, 2), "rows 0 and 2"),
    "groups that lose a row": (lambda: st.kept_information([[1, 2], [3, 4]], [[0]]), "each of 2 rows once"),
    "a score off the scale": (lambda: st.rank_p([1, 2], 2), "score_index is 2"),
    "a prior of nothing": (lambda: st.dirichlet_p([1, 2], 0, [0, 0]), "prior is empty"),
    "no strength": (lambda: st.dirichlet_p([1, 2], 0, [1, 1], 0), "strength is 0"),
    "more successes than answers": (lambda: st.isotonic([3], [2]), "a success count is 3"),
    "an edge too few": (lambda: st.crossing([0, 1], [1, 1], [2, 2], 0.5), "one edge more"),
    "edges that fall": (lambda: st.crossing([0, 2, 1], [1, 1], [2, 2], 0.5), "do not rise"),
    "a rate above 1": (lambda: st.tipping_point(0.9, 1.1, 0.8), "response_rate is 1.1"),
    "more answered than asked": (lambda: st.r_indicator([(3, 2)]), "answered is 3"),
    "a negative sum of squares": (lambda: st.cluster_variance(-1, 10, 5), "sum_e_sq is -1"),
}


@pytest.mark.parametrize(("call", "named"), WRONG.values(), ids=WRONG.keys())
def test_wrong_input_is_named(call: Callable[[], object], named: str):
    with pytest.raises(ValueError, match=named):
        call()


def test_an_interval_of_nothing_is_the_whole_range():
    assert st.wilson(0, 0) == (0, 1)
    assert st.score_interval(0, 0, 0) == st.adjusted_wald(0, 0, 0) == (-1, 1)
    assert st.funnel_limits(0.8, 0) == (0, 1)


def test_a_period_without_answers_is_passed_over():
    found, without = st.laney([3, 0, 5, 9], [10, 0, 12, 10]), st.laney([3, 5, 9], [10, 12, 10])
    assert found is not None
    assert without is not None
    assert found.limits[1] == (0, 1)
    assert (found.centre, found.sigma_z) == (without.centre, without.sigma_z)


def test_a_new_period_is_held_against_the_earlier_ones_alone():
    events, sizes = [80, 82, 79, 81, 80, 78, 82, 81, 50], [100] * 9
    found = st.laney(events, sizes, baseline=8)
    assert found is not None
    assert found.centre == pytest.approx(sum(events[:8]) / 800)
    assert found.outside == [8]


def numbers(found: Any) -> list[float]:
    """Every number in a result, however deep."""
    if isinstance(found, float | int):
        return [found]
    if isinstance(found, dict):
        found = list(found.values())
    return [number for each in found for number in numbers(each)] if isinstance(found, list | tuple) else []


few = some.sampled_from([0, 0, 0, 1, 1, 2, 7, 100, 10**6])


@quick
@given(some.data())
def test_no_counts_give_what_is_not_a_number(data: some.DataObject):
    def row(length: int) -> list[int]:
        return data.draw(some.lists(few, min_size=length, max_size=length))

    d, p, r, a = row(4)
    points = data.draw(some.integers(2, 5))
    missed, met, third = row(points), row(points), row(points)
    totals = [x + y for x, y in zip(missed, met, strict=True)]
    found = [
        st.net_score(d, p, r),
        st.score_interval(d, p, r),
        st.adjusted_wald(d, p, r),
        st.net_difference((d, p, r), (a, d, p)),
        st.wilson(d, d + p),
        st.newcombe(d, d + p, r, r + a),
        st.theta(missed, met),
        st.theta_interval(missed, met),
        st.brunner_munzel(missed, met),
        st.ordinal_association([missed, met, third]),
        st.cochran_armitage(missed, met),
        st.stratified_theta([(missed, met), (third, met), (met, third)]),
        st.cmh([[[d, p], [r, a]], [[a, p], [p, d]]]),
        st.laney(missed, totals),
        st.mann_kendall(missed),
        st.seasonal_mann_kendall(missed, 2),
        st.trap_test(missed, met),
        st.deadline_jump(d, p, r, a),
        st.observed_expected({"a": [(d, d + p, 0.8)], "b": [(r, r + a, 1.0)], "c": [(p, p + r, 0.3)]}),
        st.effective_points(missed),
        st.g2([missed, met, third]),
        st.g2_partition([missed, met, third], 0, 2),
        st.information([missed, met, third]),
        st.kept_information([missed, met, third], [[0, 1], [2]]),
        st.isotonic(missed, totals),
        st.isotonic_band(missed, totals),
        st.crossing(range(points + 1), missed, totals, 0.8),
        st.rank_p(missed, 0),
        st.r_indicator(list(zip(missed, totals, strict=True))),
        st.post_stratified([(d, d + p, d + p + r)]),
    ]
    assert all(math.isfinite(number) for number in numbers(found))


@quick
@given(some.lists(some.sampled_from([0.0, 0.5, 1.0, None]), min_size=2, max_size=30))
def test_series_full_of_holes_and_ties(values: list[float | None]):
    found = [
        st.mann_kendall(values),
        st.sen_slope(values),
        st.seasonal_mann_kendall(values, 3),
        st.seasonal_sen_slope(values, 3),
    ]
    assert all(math.isfinite(number) for number in numbers(found))
    assert all(0 <= trend.p <= 1 for trend in (found[0], found[2]) if isinstance(trend, st.Trend))


@pytest.mark.parametrize("n", [10**6, 10**9])
def test_millions_of_answers(n: int):
    assert st.score_interval(n, n, n).high < 0.01
    assert st.theta_interval([n, n, n], [n, n, 2 * n]) is not None
    found = st.ordinal_association([[n, 2 * n], [2 * n, n]])
    assert found is not None
    assert found.gamma == pytest.approx(-0.6)
