"""Agents are held against the others on tickets of the same kind; whoever stands out does so beyond chance."""

from __future__ import annotations

import random
from math import sqrt
from statistics import mean

import pytest
from tests.simulation.agents import Team, counted

from nps_plugin.config import Minimum
from nps_plugin.counts import MET, MISSED, Row, Stratum, tally
from nps_plugin.model import SCALES, PeerMark, Peers
from nps_plugin.verdicts.peers import PeerCounts, judge_peers, peer_counts

FACES = SCALES["faces-3"]


def team(*shares: tuple[int, int]) -> list[PeerCounts]:
    return [counted(f"a{number}", {0: pair}) for number, pair in enumerate(shares)]


def marks(found: Peers) -> dict[str, PeerMark]:
    return {one.agent: one.mark for one in found.agents}


def reports(plan: Team, times: int) -> list[Peers]:
    return [judge_peers(plan.report(random.Random(f"report {number}"))) for number in range(times)]


def accused(plan: Team, found: Peers) -> int:
    ordinary = found.agents[: plan.agents - plan.bad]
    return sum(one.mark in {PeerMark.BELOW, PeerMark.ABOVE} for one in ordinary)


def test_one_far_below_the_others_is_marked_and_nobody_else():
    found = judge_peers(team(*[(85 + number % 5, 100) for number in range(20)], (40, 100)))
    assert [agent for agent, mark in marks(found).items() if mark is PeerMark.BELOW] == ["a20"]
    assert set(marks(found).values()) == {PeerMark.BELOW, PeerMark.LIKE_OTHERS}


def test_one_far_above_the_others_is_marked_as_above():
    found = judge_peers(team(*[(50 + number % 5, 100) for number in range(20)], (95, 100)))
    assert marks(found)["a20"] is PeerMark.ABOVE


def test_whoever_takes_the_hard_tickets_is_not_blamed_for_them():
    easy, hard = (90, 100), (50, 100)
    agents = [counted(f"a{n}", {"easy": easy, "hard": (5, 10)}) for n in range(10)]
    agents += [counted("z", {"easy": (9, 10), "hard": hard})]
    agents += [counted(f"b{n}", {"hard": hard}) for n in range(3)]
    found = judge_peers(agents)
    z = found.agents[-1]
    assert z.agent == "z"
    assert z.share == pytest.approx(59 / 110)
    assert z.difference == pytest.approx(0, abs=0.02)
    assert z.mark is PeerMark.LIKE_OTHERS


def test_the_difference_is_to_the_others_alone():
    found = judge_peers(team((10, 40), (30, 40), (30, 40)))
    assert found.agents[0].difference == pytest.approx(10 / 40 - 60 / 80)
    assert found.agents[0].expected == pytest.approx(60 / 80)


def test_the_variance_is_that_of_two_shares_under_no_difference():
    found = judge_peers(team((10, 40), (30, 40), (30, 40)))
    pooled = 70 / 120
    assert found.agents[0].variance == pytest.approx(pooled * (1 - pooled) * (1 / 40 + 1 / 80))


def test_fewer_than_five_agents_are_shown_but_not_marked():
    found = judge_peers(team((5, 100), (95, 100), (95, 100), (95, 100)))
    assert found.compared == 4
    assert set(marks(found).values()) == {PeerMark.TOO_FEW}
    assert found.agents[0].difference == pytest.approx(-0.9)


def test_under_ten_answers_nobody_is_marked():
    found = judge_peers(team((0, 9), *[(95, 100)] * 10))
    assert marks(found)["a0"] is PeerMark.TOO_FEW
    assert found.agents[0].p is None


def test_the_minimum_can_be_raised():
    found = judge_peers(team((0, 20), *[(95, 100)] * 10), minimum=Minimum(ratings=30))
    assert marks(found)["a0"] is PeerMark.TOO_FEW


def test_an_agent_of_few_clients_is_not_marked():
    angry = counted("angry", {0: (0, 60)}, [(0, 20)] * 3)
    others = [counted(f"b{n}", {0: (57, 60)}, [(19, 20)] * 3) for n in range(9)]
    found = judge_peers([angry, *others])
    assert found.agents[0].clients == pytest.approx(3)
    assert marks(found)["angry"] is PeerMark.TOO_FEW


def test_kinds_of_tickets_that_nobody_else_has_are_no_ground_for_a_mark():
    alone = counted("alone", {"its own": (5, 100)})
    found = judge_peers([alone, *team(*[(95, 100)] * 10)])
    assert found.agents[-1].agent == "alone"
    assert found.agents[-1].mark is PeerMark.TOO_FEW
    assert found.agents[-1].difference is None


def test_a_few_shared_tickets_are_no_ground_for_a_mark_on_the_many_others():
    mostly_alone = counted("alone", {"its own": (81, 90), 0: (0, 10)})
    found = judge_peers([mostly_alone, *team(*[(95, 100)] * 10)])
    assert found.agents[-1].difference == pytest.approx(-0.95, abs=0.01)
    assert found.agents[-1].mark is PeerMark.TOO_FEW


def test_a_value_is_drawn_to_the_mean_the_more_the_fewer_its_answers():
    found = judge_peers(team((4, 20), (400, 2000), *[(70 + n, 100) for n in range(20)]))
    few, many = found.agents[0], found.agents[1]
    assert found.mean is not None
    kept = [(one.shrunken - found.mean) / (one.share - found.mean) for one in (few, many)]  # type: ignore[operator]
    assert 0 < kept[0] < 0.9 < kept[1] < 1


def test_where_chance_explains_all_differences_every_value_is_the_mean():
    found = judge_peers(team(*[(80, 100)] * 10))
    assert found.tau2 == 0
    assert {one.shrunken for one in found.agents} == {0.8}


def test_agents_stand_by_name_and_without_answers_too():
    found = judge_peers([PeerCounts(agent="b", cells={}), *team((9, 10)), PeerCounts(agent="a", cells={})])
    assert [one.agent for one in found.agents] == ["a", "a0", "b"]
    assert found.agents[0].share is None
    assert judge_peers([]) == Peers()
    assert judge_peers([PeerCounts(agent="b", cells={})]).agents[0].mark is PeerMark.TOO_FEW


def test_agents_that_satisfied_everybody_are_alike():
    found = judge_peers(team(*[(50, 50)] * 10))
    assert {one.mark for one in found.agents} == {PeerMark.TOO_FEW}
    assert {one.shrunken for one in found.agents} == {1.0}


def test_counts_of_an_agent_keep_strata_apart_and_know_its_clients():
    mail, phone = Stratum("email", "en"), Stratum("phone", "ru")
    slow = [Row(MISSED, 0, True, mail, "x"), Row(MISSED, 2, True, phone, "y"), Row(MET, None, True, mail, "x")]
    fast = [Row(MET, 2, True, mail, "x"), Row(MET, 1, True, mail, "z")]
    counts = peer_counts("anna", tally(FACES, slow + fast), {"slow": tally(FACES, slow), "fast": tally(FACES, fast)})
    assert dict(counts.cells) == {("slow", mail): (0, 1), ("slow", phone): (1, 1), ("fast", mail): (1, 2)}
    assert counts.square_total == 2 * 2 + 1 + 1
    # mean 1/2: x has 1 of 2, y 1 of 1, z 0 of 1
    assert counts.square_off == pytest.approx(0 + 0.25 + 0.25)


def test_likeness_is_the_correlation_within_clients():
    alike = [counted(f"a{n}", {0: (30, 40)}, [(4, 4)] * 7 + [(0, 4)] * 2 + [(2, 4)]) for n in range(20)]
    assert judge_peers(alike).likeness == pytest.approx(0.87, abs=0.05)
    lone = [counted(f"a{n}", {0: (30, 40)}, [(1, 1)] * 30 + [(0, 1)] * 10) for n in range(20)]
    assert judge_peers(lone).likeness == 0


def test_clients_that_come_again_widen_the_interval_by_the_design_effect():
    clients = [(4, 4)] * 7 + [(0, 4)] * 2 + [(2, 4)]
    with_clients = judge_peers([counted(f"a{n}", {0: (30, 40)}, clients) for n in range(20)])
    without = judge_peers([counted(f"a{n}", {0: (30, 40)}) for n in range(20)])
    one, other = with_clients.agents[0], without.agents[0]
    assert one.variance is not None
    assert other.variance is not None
    assert sqrt(one.variance / other.variance) == pytest.approx(sqrt(1 + 3 * with_clients.likeness))


@pytest.mark.parametrize(
    "plan",
    [
        Team(bad=1),
        Team(clients=40, client_sd=1.2, skew=1, bad=1),
        Team(spread=0.0, answers=12, uneven=False),
        Team(share=0.95, answers=15, spread=0.0),
    ],
    ids=["one bad", "few big clients", "few answers", "nearly all satisfied"],
)
def test_fewer_than_one_ordinary_agent_of_sixty_is_accused(plan: Team):
    assert mean(accused(plan, found) for found in reports(plan, 40)) < 1


def test_the_bad_agent_among_sixty_is_found():
    assert mean(found.agents[-1].mark is PeerMark.BELOW for found in reports(Team(bad=1), 40)) > 0.7
