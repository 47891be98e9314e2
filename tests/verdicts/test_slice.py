"""The verdict on a slice, from made-up counts: its level, its link, the trap, and what is missing for them."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.verdicts.made import FACES, MAIL, PHONE, TARGET, made, rows

from nps_plugin.config.settings import Minimum, Target
from nps_plugin.counts import MET, MISSED, Moments, Row, Stratum, Tally
from nps_plugin.model import SCALES, Band, Level, Link, Need, Share, Sign, SignFinding, Trap
from nps_plugin.statistics import newcombe, score_interval, t_critical, theta, theta_interval, theta_weights, wilson
from nps_plugin.statistics.association import logit_interval
from nps_plugin.verdicts import judge_slice
from nps_plugin.verdicts.figures import figures, fixed_weights, share_where

HEALTHY = rows((10, 10, 280), (1, 1, 10))


def level_of(*groups: Any, **more: Any) -> Level:
    return judge_slice(made(*groups), **{"target": TARGET, **more}).level


def link_of(*groups: Any, **more: Any) -> Link:
    return judge_slice(made(*groups), **{"target": TARGET, **more}).link


# --- level ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "level"),
    [
        (HEALTHY, Level.HEALTHY),
        (rows((60, 30, 200), (5, 2, 5)), Level.WATERMELON),
        (rows((5, 5, 90), (4, 4, 92)), Level.TOO_STRICT),
        (rows((5, 5, 150), (8, 3, 40)), Level.MISSED_BUT_HAPPY),
        (rows((30, 10, 60), (30, 5, 15)), Level.FAILING),
        (rows((15, 5, 90), (2, 0, 5)), Level.UNDECIDED),
        (rows(unknown=(1, 1, 100)), Level.UNDECIDED),
        ([], Level.UNDECIDED),
    ],
)
def test_each_level_is_reached(group: Any, level: Level):
    assert level_of(group) is level


@pytest.mark.parametrize(
    "target", [Target(), Target(kpi_share=0.9), Target(satisfied_share=0.8)], ids=["none", "kpi", "satisfied"]
)
def test_without_both_targets_there_is_no_level(target: Target):
    verdict = judge_slice(made(HEALTHY), target=target)
    assert verdict.level is Level.NO_TARGET
    assert verdict.needs[0] == Need(of="level", what="targets")


def test_a_kpi_share_exactly_at_its_target_is_reached():
    at_target = rows((0, 0, 180), (0, 0, 20))
    assert level_of(at_target) is Level.HEALTHY
    assert level_of(at_target, target=Target(kpi_share=0.9001, satisfied_share=0.8)) is Level.TOO_STRICT


def test_the_kpi_counts_all_closings_and_not_only_the_rated_ones():
    # the rated ones met it in 96 of 100, all of them in 60
    group = rows((0, 0, 96), (0, 0, 4), silent=(0, 60, 0))
    verdict = judge_slice(made(group), target=TARGET)
    assert verdict.kpi.share == pytest.approx(0.6)
    assert verdict.kpi.rated_share == pytest.approx(0.96)
    difference = newcombe(96, 100, 0, 60)
    assert difference is not None
    assert verdict.kpi.rated_interval == pytest.approx(tuple(difference.interval))
    assert verdict.level is Level.MISSED_BUT_HAPPY


def test_the_satisfied_share_counts_by_its_interval_and_not_by_its_estimate():
    group = rows((3, 0, 27))
    verdict = judge_slice(made(group), target=TARGET)
    low, high = wilson(27, 30)
    assert verdict.score.interval == pytest.approx((low, high))
    assert verdict.level is Level.UNDECIDED
    lower = Target(kpi_share=0.9, satisfied_share=low)
    assert level_of(group, target=lower) is Level.HEALTHY
    upper = Target(kpi_share=0.9, satisfied_share=high + 1e-9)
    assert level_of(group, target=upper) is Level.WATERMELON
    at_upper = Target(kpi_share=0.9, satisfied_share=high)
    assert level_of(group, target=at_upper) is Level.UNDECIDED


def test_a_target_is_too_strict_only_where_those_whose_ticket_missed_it_are_satisfied_too():
    # 60 of 60 met are satisfied; of the missed ones 9, 10, or 10 with one bad one
    assert level_of(rows((0, 0, 60), (0, 0, 9))) is Level.MISSED_BUT_HAPPY
    few = rows((0, 0, 60), (0, 0, 30))
    assert level_of(few) is Level.TOO_STRICT
    assert level_of(rows((0, 0, 60), (5, 0, 30))) is Level.MISSED_BUT_HAPPY
    verdict = judge_slice(made(few), target=TARGET)
    assert verdict.missed_satisfied == Share(
        count=30, n=30, value=1.0, interval=verdict.missed_satisfied.interval, clients=30.0
    )


def test_too_strict_takes_ten_answers_of_those_whose_ticket_missed_it():
    half = Target(kpi_share=0.9, satisfied_share=0.5)
    assert level_of(rows((0, 0, 60), (0, 0, 9)), target=half) is Level.MISSED_BUT_HAPPY
    assert level_of(rows((0, 0, 60), (0, 0, 10)), target=half) is Level.TOO_STRICT


def test_a_target_that_scores_move_with_is_not_too_strict():
    group = rows((0, 5, 995), (0, 60, 940))
    assert level_of(group, target=Target(kpi_share=0.9, satisfied_share=0.8)) is Level.TOO_STRICT
    apart = rows((0, 0, 1000), (0, 160, 1000))
    verdict = judge_slice(made(apart), target=TARGET)
    assert verdict.missed_satisfied.interval is not None
    assert verdict.missed_satisfied.interval[0] > 0.8
    assert verdict.level is Level.TOO_STRICT if verdict.link is not Link.TRACKS else Level.MISSED_BUT_HAPPY
    tracking = rows((0, 0, 1000), (0, 200, 1000))
    verdict = judge_slice(made(tracking), target=TARGET)
    assert (verdict.link, verdict.level) == (Link.TRACKS, Level.MISSED_BUT_HAPPY)


# --- what is missing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answers", "missing"), [(1, 9), (9, 1), (10, None)])
def test_below_ten_answers_nothing_is_said_but_how_many_are_missing(answers: int, missing: int | None):
    verdict = judge_slice(made(rows((0, 0, answers))), target=Target(kpi_share=0.9, satisfied_share=0.3))
    assert verdict.level is (Level.UNDECIDED if missing else Level.HEALTHY)
    told = [need.more for need in verdict.needs if need.of == "level"]
    assert told == ([missing] if missing else [])


def test_the_least_data_may_be_raised():
    group = rows((0, 0, 40))
    assert level_of(group) is Level.HEALTHY
    verdict = judge_slice(made(group), target=TARGET, minimum=Minimum(ratings=50))
    assert (verdict.level, verdict.needs[0]) == (Level.UNDECIDED, Need(of="level", what="answers", more=10))
    verdict = judge_slice(made(group), target=TARGET, minimum=Minimum(clients=41))
    assert verdict.needs[0] == Need(of="level", what="clients", more=1)


def test_many_answers_of_few_clients_are_few():
    seven = rows((0, 0, 700), (0, 0, 20), client=lambda n: n % 7)
    verdict = judge_slice(made(seven), target=TARGET)
    assert (verdict.level, verdict.link) == (Level.UNDECIDED, Link.INSUFFICIENT)
    assert Need(of="level", what="clients", more=1) in verdict.needs
    assert level_of(rows((0, 0, 720), client=lambda n: n % 9)) is Level.HEALTHY


def test_where_the_interval_straddles_the_target_the_answers_that_would_decide_are_told():
    verdict = judge_slice(made(rows((15, 5, 90), (2, 0, 5))), target=TARGET)
    (need,) = [need for need in verdict.needs if need.of == "level"]
    assert need.what == "precision"
    assert need.more is not None
    # so many more, at the same share, do decide; half of them do not
    share = verdict.score.share
    assert share is not None
    n = 117 + need.more
    assert not wilson(share * n, n).low < 0.8 < wilson(share * n, n).high
    half = 117 + need.more // 2
    assert wilson(share * half, half).low < 0.8


def test_at_its_target_no_number_of_answers_decides():
    verdict = judge_slice(made(rows((20, 0, 80))), target=TARGET)
    assert verdict.needs[0] == Need(of="level", what="precision", more=None)


def test_answers_spread_over_channels_with_few_each_are_no_verdict():
    spread = [rows((0, 0, 9), stratum=Stratum(f"channel {n}", "en")) for n in range(3)]
    verdict = judge_slice(made(*spread), target=TARGET)
    assert (verdict.answered, verdict.score.share, verdict.dropped_share) == (27, None, 1.0)
    assert verdict.needs[0] == Need(of="level", what="answers", more=1)


# --- link -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "link"),
    [
        (rows((10, 10, 80), (30, 5, 15)), Link.TRACKS),
        (rows((50, 10, 40), (5, 5, 90)), Link.CONTRADICTS),
        (rows((50, 50, 300), (20, 20, 120)), Link.NOT_REFLECTED),
        # D = +.05 and -.05, sure in so many answers, and negligible either way
        (rows((900, 0, 1100), (1000, 0, 1000)), Link.NOT_REFLECTED),
        (rows((1000, 0, 1000), (900, 0, 1100)), Link.NOT_REFLECTED),
        (rows((3, 3, 14), (3, 2, 10)), Link.INSUFFICIENT),
        (rows(unknown=(50, 50, 50)), Link.INSUFFICIENT),
    ],
)
def test_each_link_is_reached(group: Any, link: Link):
    assert link_of(group) is link


@pytest.mark.parametrize(
    ("met", "missed", "lacking"), [(9, 10, ["met"]), (10, 9, ["missed"]), (3, 4, ["met", "missed"])]
)
def test_a_link_needs_ten_answers_on_both_sides(met: int, missed: int, lacking: list[str]):
    verdict = judge_slice(made(rows((0, 0, met), (missed, 0, 0))))
    assert verdict.link is Link.INSUFFICIENT
    assert [need.what for need in verdict.needs if need.of == "link"] == lacking
    assert judge_slice(made(rows((0, 0, 10), (10, 0, 0)))).link is Link.TRACKS


def test_equivalence_is_judged_by_the_interval_of_90_percent():
    verdict = judge_slice(made(rows((20, 0, 100), (15, 0, 45))))
    wide, narrow = verdict.association.interval_d, verdict.association.interval_d_90
    assert wide is not None
    assert narrow is not None
    assert -0.2 < narrow[0] < narrow[1] < 0.2 < wide[1]
    assert verdict.link is Link.NOT_REFLECTED


def test_a_link_over_strata_is_clustered_over_the_clients_of_all_of_them():
    def answers() -> list[Row]:
        mail = rows((3, 4, 23), (8, 2, 5), stratum=MAIL, client=lambda n: n % 20)
        return mail + rows((6, 1, 33), (9, 9, 2), stratum=PHONE, client=lambda n: n % 20)

    found = judge_slice(made(answers())).association
    parts = []
    for stratum in (MAIL, PHONE):
        own = made([row for row in answers() if row.stratum == stratum])
        one = theta(own.histogram(MISSED), own.histogram(MET))
        assert one is not None
        parts.append((stratum, one.n_missed * one.n_met / (one.n_missed + one.n_met + 1), one))
    total = sum(weight for _, weight, _ in parts)
    value = sum(weight * one.value for _, weight, one in parts) / total
    assert found.theta == pytest.approx(value)
    influence: dict[Any, float] = {}
    for row in answers():
        weight, one = next((weight, one) for stratum, weight, one in parts if stratum == row.stratum)
        moves = theta_weights(one)[row.kpi == MET][row.point or 0]
        influence[row.client] = influence.get(row.client, 0.0) + weight / total * moves
    clients = found.clients
    assert clients is not None
    variance = sum(e * e for e in influence.values()) * clients / (clients - 1)
    delong = sum((weight / total) ** 2 * (one.variance or 0.0) for _, weight, one in parts)
    low, high = logit_interval(value, math.sqrt(max(variance, delong)), t_critical(0.95, clients - 1))
    assert found.interval_d is not None
    assert variance > delong, "the clients of this test are not alike"
    assert found.interval_d[0] == pytest.approx(2 * low - 1, abs=1e-6)
    assert found.interval_d[1] >= 2 * high - 1 - 1e-6


def test_a_visible_but_negligible_difference_is_no_tracking():
    group = rows((1000, 0, 3000), (1200, 0, 2800))
    verdict = judge_slice(made(group))
    assert verdict.association.interval_d is not None
    assert verdict.association.interval_d[0] > 0
    assert verdict.association.d is not None
    assert verdict.association.d < 0.147
    assert verdict.link is Link.NOT_REFLECTED


def test_with_one_answer_a_client_the_link_has_the_interval_of_theta():
    group = rows((10, 10, 80), (30, 5, 15))
    found = judge_slice(made(group)).association
    for level, limits in ((0.95, found.interval_d), (0.9, found.interval_d_90)):
        interval = theta_interval((30, 5, 15), (10, 10, 80), level)
        assert interval is not None
        assert limits == pytest.approx((2 * interval.low - 1, 2 * interval.high - 1))
    assert (found.crude_theta, found.crude_interval_d) == (found.theta, found.interval_d)


def test_a_link_that_is_only_between_channels_is_none():
    # those on the telephone are kinder, and their tickets are in time; inside each channel there is nothing
    mail = rows((40, 0, 40), (40, 0, 40), stratum=MAIL)
    phone = rows((20, 0, 380), (2, 0, 38), stratum=PHONE)
    verdict = judge_slice(made(mail, phone))
    assert verdict.association.crude_interval_d is not None
    assert verdict.association.crude_interval_d[0] > 0.13
    assert verdict.association.d == pytest.approx(0, abs=1e-9)
    assert verdict.link is Link.NOT_REFLECTED


def test_the_ticket_mix_is_flagged_where_the_difference_goes_along_with_it():
    mix = [((40, 0, 40), (10, 0, 10)), ((2, 0, 38), (20, 0, 380))]
    group = rows((30, 0, 390), (42, 0, 78))
    verdict = judge_slice(made(group), mix=mix)
    assert verdict.link is Link.TRACKS
    assert verdict.association.simpson is True
    assert verdict.association.mix_theta == pytest.approx(0.5, abs=1e-9)
    assert judge_slice(made(group), mix=[((42, 0, 78), (30, 0, 390))]).association.simpson is False
    assert judge_slice(made(group)).association.simpson is None


# --- trap -------------------------------------------------------------------------------------------------------------


def months(*course: tuple[int, int]) -> list[tuple[date, Tally]]:
    """(met of 100 closings, satisfied of 50 answers) by month."""
    found = []
    for number, (met, satisfied) in enumerate(course):
        group = rows((50 - satisfied, 0, satisfied), silent=(met - 50, 100 - met, 0))
        found.append((date(2024 + number // 12, number % 12 + 1, 1), made(group)))
    return found


TRAPPED = [(70 + 2 * n, 45 - n) for n in range(12)]


def trap_of(course: list[tuple[int, int]], **more: Any) -> Trap:
    return judge_slice(made(HEALTHY), periods=months(*course), **more).trap


def test_a_kpi_that_rises_while_the_satisfied_share_falls_is_a_trap():
    verdict = judge_slice(made(HEALTHY), target=TARGET, periods=months(*TRAPPED))
    assert verdict.trap is Trap.TRAP
    assert verdict.trap_figures.periods == 12
    assert verdict.trap_figures.kpi_change == pytest.approx(0.22)
    assert verdict.trap_figures.score_change == pytest.approx(-0.22)
    assert verdict.headline.startswith("Trap")


@pytest.mark.parametrize(
    "course",
    [
        [(70 + 2 * n, 45) for n in range(12)],
        [(80, 45 - n) for n in range(12)],
        [(90 - 2 * n, 20 + n) for n in range(12)],
        # both change without a doubt, and by too little to matter
        [(70 + n // 6, 45 - n) for n in range(12)],
        [(70 + 2 * n, 45 - n // 6) for n in range(12)],
        # both by much, and up and down all the time
        [(62, 49), (84, 34), (70, 34), (79, 44), (81, 41), (74, 31), (85, 27), (84, 39)],
    ],
    ids=["kpi alone", "score alone", "the other way", "kpi by 1 point", "score by 2 points", "chance"],
)
def test_anything_less_is_none(course: list[tuple[int, int]]):
    assert trap_of(course) is Trap.NONE


def test_a_trap_needs_eight_periods_of_ten_answers():
    assert trap_of(TRAPPED[:8]) is Trap.TRAP
    assert trap_of(TRAPPED[:7]) is Trap.INSUFFICIENT
    assert trap_of(TRAPPED, minimum=Minimum(periods=13)) is Trap.INSUFFICIENT
    few = [(day, made(rows((3, 0, 6), silent=(80, 11, 0)))) for day, _ in months(*TRAPPED)]
    assert judge_slice(made(HEALTHY), periods=few).trap is Trap.INSUFFICIENT


def test_a_channel_that_comes_in_later_makes_no_trap():
    # mail stays as it was; the telephone, whose clients are less content, comes in with half a year gone
    def month(number: int) -> tuple[date, Tally]:
        groups = [rows((10, 0, 40), silent=(20 + 2 * number, 30 - 2 * number, 0))]
        if number >= 6:
            groups.append(rows((30, 0, 20), stratum=PHONE))
        return date(2025, number + 1, 1), made(*groups)

    assert judge_slice(made(HEALTHY), periods=[month(n) for n in range(12)]).trap is Trap.NONE


def test_two_years_are_held_month_against_month():
    course = [(75 + n % 12 * 2, 45 - n % 12) for n in range(24)]
    verdict = judge_slice(made(HEALTHY), periods=months(*course))
    assert verdict.trap_figures.seasonal
    assert verdict.trap is Trap.NONE


def test_a_month_without_closings_keeps_its_place():
    course = months(*TRAPPED)
    del course[5]
    verdict = judge_slice(made(HEALTHY), periods=course)
    assert (verdict.trap, verdict.trap_figures.periods) == (Trap.TRAP, 11)
    assert verdict.trap_figures.kpi_change == pytest.approx(0.22)


@pytest.mark.parametrize(
    ("course", "trap"), [([], Trap.SIGNS_ONLY), ([(80, 45)] * 12, Trap.SIGNS_ONLY), (TRAPPED, Trap.TRAP)]
)
def test_signs_that_were_found_are_told(course: list[tuple[int, int]], trap: Trap):
    seen = SignFinding(sign=Sign.BRUSH_OFF, share=Share(count=9, n=30), found=True)
    unseen = SignFinding(sign=Sign.BOUNCING, share=Share(count=1, n=30))
    assert trap_of(course, signs=(seen, unseen)) is trap
    assert trap_of(course, signs=(unseen,)) is not Trap.SIGNS_ONLY


# --- strata and clients -----------------------------------------------------------------------------------------------


def test_strata_are_totalled_with_their_fixed_weights_and_not_by_how_many_answered():
    mail, phone = rows((50, 0, 50), stratum=MAIL), rows((0, 0, 20), stratum=PHONE)
    found = judge_slice(made(mail, phone), weights={MAIL: 0.25, PHONE: 0.75})
    assert found.score.share == pytest.approx(0.25 * 0.5 + 0.75 * 1)
    assert [(one.channel, one.weight, one.share) for one in found.strata] == [
        ("email", 0.25, 0.5),
        ("phone", 0.75, 1.0),
    ]
    assert found.score.satisfied == 70


def test_without_fixed_weights_the_questions_sent_weigh_and_not_the_answers():
    mail = rows((50, 0, 50), silent=(200, 0, 0), stratum=MAIL)
    phone = rows((0, 0, 100), stratum=PHONE)
    assert judge_slice(made(mail, phone)).score.share == pytest.approx(0.75 * 0.5 + 0.25)


def test_a_stratum_below_ten_answers_is_left_out_and_its_share_is_told():
    mail, phone = rows((10, 0, 81), stratum=MAIL), rows((9, 0, 0), stratum=PHONE)
    verdict = judge_slice(made(mail, phone), weights={MAIL: 0.5, PHONE: 0.5})
    assert verdict.score.share == pytest.approx(81 / 91)
    assert verdict.dropped_share == pytest.approx(0.09)
    assert [one.weight for one in verdict.strata] == [1.0, None]
    assert any(note.startswith("9% of the answers are not in the totals") for note in verdict.notes)
    one_more = judge_slice(made(mail, rows((10, 0, 0), stratum=PHONE)), weights={MAIL: 0.5, PHONE: 0.5})
    assert one_more.dropped_share == 0
    assert one_more.score.share == pytest.approx(81 / 91 / 2)


def test_the_weights_of_strata_that_all_drop_out_give_way_to_the_mix_as_sent():
    assert fixed_weights(made(rows((0, 0, 30))), {PHONE: 1.0}) == (1.0,)
    both = made(rows((0, 0, 30)), rows((0, 0, 10), stratum=PHONE))
    assert fixed_weights(both, {Stratum("sms", "en"): 1.0}) == (0.75, 0.25)


@pytest.mark.parametrize(
    ("mail", "phone", "shifted"),
    [(500, 500, False), (580, 420, False), (650, 350, True), (1000, 0, True), (13, 7, False)],
)
def test_another_mix_than_the_weights_were_frozen_with_is_flagged(mail: int, phone: int, shifted: bool):
    counts = made(rows((0, 0, mail), stratum=MAIL), rows((0, 0, phone), stratum=PHONE))
    verdict = judge_slice(counts, weights={MAIL: 0.5, PHONE: 0.5})
    assert verdict.mix_shifted is shifted
    assert any("other channels or languages" in note for note in verdict.notes) is shifted


def test_answers_of_the_same_clients_widen_every_interval():
    plain = judge_slice(made(rows((60, 20, 120), (40, 10, 50))))
    # each client answers always alike: ten answers say what one says
    clustered = judge_slice(made(rows((60, 20, 120), (40, 10, 50), client=lambda n: n // 10)))
    for one, other in (
        (plain.score.interval, clustered.score.interval),
        (plain.score.net_interval, clustered.score.net_interval),
        (plain.watermelon_share.interval, clustered.watermelon_share.interval),
        (plain.association.interval_d, clustered.association.interval_d),
    ):
        assert one is not None
        assert other is not None
        assert other[0] < one[0] < one[1] < other[1]
        assert other[1] - other[0] > 2 * (one[1] - one[0])
    assert clustered.score.clients == pytest.approx(30)
    assert plain.score.share == clustered.score.share


def test_clustering_holds_across_strata():
    def both(client: Any) -> Tally:
        groups = [rows((30, 0, 70), stratum=one, client=client) for one in (MAIL, PHONE)]
        return made(*groups)

    alone = judge_slice(both(lambda _: None)).score
    # the same hundred people, each asked once on either channel
    same = judge_slice(both(lambda n: n)).score
    assert alone.interval is not None
    assert same.interval is not None
    assert same.interval[0] < alone.interval[0]
    assert same.clients == pytest.approx(100)


def test_with_one_answer_a_client_the_intervals_are_the_closed_ones():
    found = figures(made(rows((10, 20, 70))))
    assert found.score.interval == pytest.approx(tuple(wilson(70, 100)))
    assert found.score.net_interval == pytest.approx(tuple(score_interval(10, 20, 70)))
    assert found.watermelon.interval == pytest.approx(tuple(wilson(10, 100)))
    without = Tally(scale=FACES, strata=made(rows((10, 20, 70))).strata)
    assert figures(without) == found


# --- beside the shares ------------------------------------------------------------------------------------------------


def test_the_watermelon_share_is_of_the_met_ones():
    found = judge_slice(made(rows((20, 10, 70), (50, 0, 0), (50, 0, 0)))).watermelon_share
    assert (found.count, found.n, found.value) == (20, 100, 0.2)
    assert found.interval == pytest.approx(tuple(wilson(20, 100)))


def test_the_tipping_point_says_what_the_silent_would_have_to_think():
    # a fifth answered, 90 % of those satisfied: under 77.5 % of the silent the whole is under 80 %
    found = judge_slice(made(rows((10, 0, 90), silent=(400, 0, 0))), target=TARGET).score
    assert found.tipping_point == pytest.approx(0.775)
    assert judge_slice(made(rows((10, 0, 90))), target=TARGET).score.tipping_point is None
    assert judge_slice(made(rows((0, 0, 90), silent=(10, 0, 0))), target=TARGET).score.tipping_point is None


def test_quadrants_sum_to_the_answers():
    found = judge_slice(made(rows((1, 2, 3), (4, 5, 6), (7, 8, 9), silent=(1, 1, 1)))).quadrants
    assert (found.watermelon, found.confirmed, found.failed, found.forgiven) == (1, 3, 4, 6)
    assert (found.lukewarm, found.untargeted) == (7, 24)


@pytest.mark.parametrize(
    ("scale", "recommend", "label"),
    [
        ("nps-11", True, "NPS"),
        ("nps-11", False, "net score"),
        ("keypad-10", True, "net score"),
        ("faces-3", True, "net score"),
    ],
)
def test_nps_is_the_name_of_ten_point_answers_to_the_recommend_question_alone(scale: str, recommend: bool, label: str):
    counts = made(rows([3] * len(SCALES[scale].points)), scale=SCALES[scale])
    assert judge_slice(counts, recommend=recommend).score.net_label == label


# --- whatever the counts ----------------------------------------------------------------------------------------------

CELLS = st.lists(st.integers(0, 30), min_size=3, max_size=3)
CLIENTS = st.sampled_from([None, 3, 12, 40])


def counts(met: list[int], missed: list[int], clients: int | None, *more: Any) -> Tally:
    whose = (lambda _: None) if clients is None else (lambda n: n * 7 % clients)
    return made(rows(met, missed, client=whose), *more)


@settings(max_examples=150, deadline=None)
@given(CELLS, CELLS, CELLS, CLIENTS, CELLS)
def test_no_figure_is_ever_a_nan(
    met: list[int], missed: list[int], phone: list[int], clients: int | None, silent: list[int]
):
    tally = counts(met, missed, clients, rows(phone, stratum=PHONE, silent=silent))
    verdict = judge_slice(
        tally,
        target=TARGET,
        weights={MAIL: 0.3, PHONE: 0.7},
        mix=[(missed, met)],
        periods=[(date(2025, 1, 1), tally)] * 9,
    )
    written = json.dumps(verdict.to_dict())
    assert "NaN" not in written
    assert "Infinity" not in written
    for share, interval in (
        (verdict.score.share, verdict.score.interval),
        (verdict.score.net, verdict.score.net_interval),
        (verdict.watermelon_share.value, verdict.watermelon_share.interval),
    ):
        assert (share is None) == (interval is None)
        if share is not None and interval is not None:
            assert -1 <= interval[0] <= share + 1e-12
            assert share - 1e-12 <= interval[1] <= 1
            assert math.isfinite(share)


ORDER = {Level.WATERMELON: 0, Level.FAILING: 0, Level.UNDECIDED: 1}


@settings(max_examples=150, deadline=None)
@given(CELLS, CELLS, st.integers(1, 60))
def test_satisfied_answers_never_worsen_the_score_side(met: list[int], missed: list[int], more: int):
    before = judge_slice(counts(met, missed, None), target=TARGET)
    after = judge_slice(counts([met[0], met[1], met[2] + more], missed, None), target=TARGET)
    if before.answered >= 10:
        assert ORDER.get(after.level, 2) >= ORDER.get(before.level, 2)
    if before.score.interval is not None:
        assert after.score.interval is not None
        assert after.score.interval[0] >= before.score.interval[0] - 1e-12


FLIPPED = {link: link for link in Link} | {Link.TRACKS: Link.CONTRADICTS, Link.CONTRADICTS: Link.TRACKS}


@settings(max_examples=150, deadline=None)
@given(CELLS, CELLS, CLIENTS)
def test_met_and_missed_exchanged_turn_the_link_around(met: list[int], missed: list[int], clients: int | None):
    one = judge_slice(counts(met, missed, clients))
    whose = (lambda _: None) if clients is None else (lambda n: n * 7 % clients)
    turned = [row._replace(kpi=1 - row.kpi) for row in rows(met, missed, client=whose)]
    other = judge_slice(made(turned))
    if one.association.d is None:
        assert other.association.d is None
        return
    assert other.association.d == pytest.approx(-one.association.d)
    assert one.association.interval_d is not None
    assert other.association.interval_d == pytest.approx(tuple(-end for end in reversed(one.association.interval_d)))
    assert other.link is FLIPPED[one.link]


@pytest.mark.parametrize("moments", [None, Moments(entries={})])
def test_a_tally_of_nothing_has_figures_and_a_verdict(moments: Moments | None):
    nothing = Tally(scale=FACES, moments=moments)
    for weights in (None, {}, {MAIL: 1.0}):
        found = figures(nothing, weights=weights, target=TARGET, crude=True)
        assert (found.score.share, found.kpi.share, found.association.theta, found.weights) == (None, None, None, ())
        verdict = judge_slice(nothing, weights=weights, target=TARGET, periods=[(date(2026, 1, 1), nothing)] * 9)
        assert (verdict.level, verdict.link, verdict.trap) == (Level.UNDECIDED, Link.INSUFFICIENT, Trap.INSUFFICIENT)


def test_the_share_of_one_side_alone_can_be_asked_for():
    counts_ = made(rows((0, 0, 30), (6, 0, 14)))
    found = share_where(counts_, fixed_weights(counts_, None, (MISSED,)), Band.SATISFIED, (MISSED,))
    assert (found.count, found.n, found.value) == (14, 20, 0.7)
