"""Published examples and worked numbers come out to the last published digit: tests/statistics/reference.json."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from nps_plugin import statistics as st

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))


def near(expected: Any, digits: int) -> Any:
    """Equal up to half of the last published digit, and rounding's own."""
    return pytest.approx(expected, abs=0.5001 * 10**-digits, rel=0)


def cases(name: str) -> list[Any]:
    return FACTS[name]["cases"]


def test_the_net_score():
    fact = FACTS["net_score"]
    found = st.net_score(*fact["counts"])
    assert found is not None
    assert (found.value, found.variance, found.se) == (
        near(fact["value"], 9),
        near(fact["variance"], 9),
        near(fact["se"], 6),
    )


@pytest.mark.parametrize("case", cases("net_intervals"), ids=lambda case: str(case["counts"]))
def test_intervals_of_the_net_score(case: dict[str, Any]):
    score, wald = st.score_interval(*case["counts"]), st.adjusted_wald(*case["counts"])
    assert [100 * limit for limit in score] == near(case["score"], 3)
    assert [100 * limit for limit in wald] == near(case["adj_wald"], 3)


@pytest.mark.parametrize("case", cases("net_differences"), ids=lambda case: str(case["before"]))
def test_differences_of_the_net_score(case: dict[str, Any]):
    before, after = case["before"], case["after"]
    found = st.net_difference(before, after)
    assert found is not None
    assert 100 * found.estimate == near(case["diff"], 9)
    assert [100 * limit for limit in found.interval] == near(case["adjwald_ci"], 3)
    assert 50 * sum(found.interval) == near(case["adjwald_diff"], 3)
    assert found.p == near(case["p"], 4)
    one, two = st.net_score(*before), st.net_score(*after)
    assert one is not None
    assert two is not None
    moved = st.mover(two.value, st.score_interval(*after), one.value, st.score_interval(*before))
    assert [100 * limit for limit in moved] == near(case["mover_ci"], 3)


@pytest.mark.parametrize("case", cases("wilson"), ids=lambda case: f"{case['k']}/{case['n']}")
def test_wilson(case: dict[str, Any]):
    assert list(st.wilson(case["k"], case["n"])) == near(case["ci"], 4)


@pytest.mark.parametrize("case", cases("newcombe"), ids=lambda case: str(case["in"]))
def test_newcombe(case: dict[str, Any]):
    found = st.newcombe(*case["in"])
    assert found is not None
    assert [found.estimate, *found.interval] == near(case["out"], 4)


@pytest.mark.parametrize("name", ["gamma", "tau_b", "d_cr", "d_rc"])
def test_ordinal_measures_of_the_pain_table(name: str):
    fact = FACTS["pain"]
    found = st.ordinal_association(fact["table"])
    assert found is not None
    value, ase = getattr(found, name), getattr(found, f"{name}_se")
    z = st.normal_quantile(0.975)
    assert [value, ase, value - z * ase, value + z * ase] == near(fact[name], 4)


def test_theta_of_the_pain_table():
    fact = FACTS["pain"]
    found, test = st.theta(*fact["table"]), st.brunner_munzel(*fact["table"])
    assert found is not None
    assert test is not None
    assert found.value == near(fact["theta"], 6)
    assert found.d == near(fact["d_cr"][0], 4), "D is Somers' D of the columns given the rows"
    assert (test.statistic, test.df) == (near(fact["bm_stat"], 6), near(fact["bm_df"], 6))


def test_cochran_armitage_of_the_pain_table():
    found = st.cochran_armitage(*FACTS["pain"]["table"])
    assert found is not None
    assert found.z == near(FACTS["pain"]["cochran_armitage"], 4)


def test_gamma_of_income_and_satisfaction():
    fact = FACTS["income"]
    found = st.ordinal_association(fact["table"])
    assert found is not None
    assert (found.concordant, found.discordant) == (fact["C"], fact["D"])
    assert (found.gamma, found.gamma_se) == (near(fact["gamma"], 4), near(fact["ase"], 4))


def test_the_hotel_table():
    fact = FACTS["hotel"]
    found = st.ordinal_association(fact["table"])
    assert found is not None
    assert found.d_cr == pytest.approx(fact["somers_d_col_given_row"], rel=1e-14)
    assert found.tau_b == pytest.approx(fact["tau_b"], rel=1e-14)
    assert found.p == pytest.approx(fact["p"], rel=1e-10)


@pytest.mark.parametrize("case", cases("theta"), ids=lambda case: str(case["missed"]))
def test_theta_with_its_intervals(case: dict[str, Any]):
    missed, met = case["missed"], case["met"]
    found = st.theta(missed, met)
    assert found is not None
    assert (found.value, found.d) == (near(case["theta"], 6), near(case["D"], 6))
    for level, limits in ((0.95, case["ci95_theta"]), (0.9, case["ci90_theta"])):
        interval = st.theta_interval(missed, met, level)
        assert interval is not None
        assert list(interval) == near(limits, 6)


def test_benjamini_and_hochbergs_own_example():
    fact = FACTS["bh"]
    assert sum(st.benjamini_hochberg(fact["p"])) == fact["rejections_at_.05"]
    assert sum(p <= 0.05 / len(fact["p"]) for p in fact["p"]) == fact["bonferroni"]


def test_five_points_that_are_used_as_two_and_a_half():
    fact = FACTS["csat"]
    counts = fact["counts_1..5"]
    assert st.effective_points(counts) == near(fact["effective_points"], 4)
    assert list(st.wilson(sum(counts[3:]), sum(counts))) == near(fact["top2"], 5)


def test_the_plain_p_chart_of_the_orange_juice():
    fact = FACTS["juice"]
    sizes = [fact["n"]] * len(fact["D"])
    plain, laney = st.laney(fact["D"], sizes, sigma_z=1), st.laney(fact["D"], sizes)
    assert plain is not None
    assert laney is not None
    assert plain.centre == near(fact["pbar"], 6)
    assert list(plain.limits[0]) == near([fact["LCL"], fact["UCL"]], 6)
    assert [place + 1 for place in plain.outside] == fact["out"]
    assert laney.sigma_z == near(fact["laney_sigma_z"], 6)


def test_laneys_limits_end_the_false_alarms_of_the_p_chart():
    fact = FACTS["weekly"]
    plain, laney = st.laney(fact["r"], fact["n"], sigma_z=1), st.laney(fact["r"], fact["n"])
    assert plain is not None
    assert laney is not None
    assert (laney.centre, laney.sigma_z) == (near(fact["pbar"], 4), near(fact["sigma_z"], 6))
    assert (len(plain.outside), len(laney.outside)) == (fact["p_chart_out"], fact["pprime_out"])


def test_a_fall_that_is_no_fall_once_the_seasons_are_compared():
    fact = FACTS["monthly"]
    found, seasonal = st.mann_kendall(fact["perf"]), st.seasonal_mann_kendall(fact["perf"])
    assert found is not None
    assert seasonal is not None
    assert (found.s, found.variance) == (fact["S"], near(fact["varS"], 9))
    assert (found.z, found.p) == (near(fact["z"], 6), near(fact["p"], 6))
    assert found.p_down == near(fact["p"] / 2, 6)
    assert (seasonal.s, seasonal.variance) == (fact["seasonal_S"], near(fact["seasonal_var"], 9))
    assert (seasonal.z, seasonal.p) == (near(fact["seasonal_z"], 6), near(fact["seasonal_p"], 6))
    # the published slope is of shares before they were rounded to six digits
    assert st.sen_slope(fact["perf"]) == pytest.approx(fact["sen_per_month"], abs=1e-6)


def admissions() -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Women as the first group, men as the second; rejected below admitted."""
    return [((wr, wa), (mr, ma)) for ma, mr, wa, wr in FACTS["admissions"]["departments"]]


def pooled(pairs: list[tuple[tuple[int, int], tuple[int, int]]]) -> tuple[list[int], list[int]]:
    first, second = ([sum(pair[side][k] for pair in pairs) for k in (0, 1)] for side in (0, 1))
    return first, second


def test_admissions_are_explained_by_the_departments():
    fact = FACTS["admissions"]
    pairs = admissions()
    crude, interval, total = st.theta(*pooled(pairs)), st.theta_interval(*pooled(pairs)), st.stratified_theta(pairs)
    assert crude is not None
    assert interval is not None
    assert total is not None
    assert (crude.value, list(interval)) == (near(fact["crude_theta"], 4), near(fact["crude_interval"], 4))
    assert (total.value, list(total.interval)) == (
        near(fact["stratified_theta"], 4),
        near(fact["stratified_interval"], 4),
    )
    assert (total.heterogeneity, total.heterogeneity_df) == (near(fact["heterogeneity"], 2), 5)
    assert total.heterogeneity_p == near(fact["heterogeneity_p"], 5)
    assert st.simpson(interval, total.interval)


def test_the_odds_of_admission():
    fact = FACTS["admissions"]
    tables = [[[wa, wr], [ma, mr]] for ma, mr, wa, wr in fact["departments"]]
    turned = [[row[::-1] for row in table] for table in tables]
    found = st.cmh(turned, continuity=True)
    assert found is not None
    assert found.interval is not None
    assert (found.statistic, found.p) == (near(fact["cmh"], 4), near(fact["p"], 4))
    assert (found.odds_ratio, list(found.interval)) == (near(fact["odds_ratio"], 4), near(fact["interval"], 4))
    assert found.crude_odds_ratio == near(fact["crude_odds_ratio"], 3)


def test_kidney_stones_turn_round_without_proof():
    fact = FACTS["stones"]
    tables = [[[a, b], [c, d]] for a, b, c, d in fact["sizes"]]
    found = st.cmh(tables, continuity=True)
    assert found is not None
    assert (found.statistic, found.p) == (near(fact["cmh"], 4), near(fact["p"], 4))
    assert (found.odds_ratio, found.crude_odds_ratio) == (
        near(fact["odds_ratio"], 3),
        near(fact["crude_odds_ratio"], 3),
    )
    pairs = [((d, c), (b, a)) for a, b, c, d in fact["sizes"]]
    crude, total = st.theta_interval(*pooled(pairs)), st.stratified_theta(pairs)
    assert crude is not None
    assert total is not None
    assert (list(crude), total.value) == (near(fact["crude_interval"], 3), near(fact["stratified_theta"], 3))
    assert list(total.interval) == near(fact["stratified_interval"], 3)
    assert not st.simpson(crude, total.interval), "the points change sides, but both intervals hold 1/2"


def test_a_low_score_of_a_contented_client():
    fact = FACTS["history"]
    assert st.rank_p(fact["history"], 1) == pytest.approx(fact["rank"])
    # a twentieth of all clients at or below point 1: (0 + 8 * 0.05)/18
    assert st.dirichlet_p(fact["history"], 1, [2, 3, 5, 30, 60], 8) == pytest.approx(0.4 / 18)


def test_the_silent_can_turn_the_verdict():
    fact = FACTS["silence"]
    assert st.tipping_point(fact["observed"], fact["rate"], fact["target"]) == pytest.approx(fact["tipping"])
    assert list(st.manski(fact["observed"], fact["rate"])) == pytest.approx(fact["bounds"])


def test_how_many_answers_a_margin_needs():
    # V z^2/h^2 - 3 by hand: 0.43 * 3.8415 / 0.01 - 3 = 162.18
    assert st.sample_size(0.43, 0.1) == 163
    # (0.43 + 0.43) * (1.96 + 0.8416)^2 / 0.2^2 - 3 = 165.75
    assert st.sample_size_difference(0.43, 0.43, 0.2) == 166
    # a change of 45 points is what 30 answers a period find
    assert st.sample_size_difference(0.43, 0.43, 0.45) == pytest.approx(30, abs=1)


def test_the_deadline_jump_by_hand():
    found = st.deadline_jump(40, 60, 20, 25)
    assert found is not None
    jump = math.log(60.5 / 20.5) - math.log(40.5 / 25.5) / 3
    se = math.sqrt(1 / 60.5 + 1 / 20.5 + (1 / 40.5 + 1 / 25.5) / 9)
    assert (found.jump, found.z) == (pytest.approx(jump), pytest.approx(jump / se))
    assert found.p == pytest.approx(st.normal_sf(jump / se))
