"""A link is found in the answers of many clients on both sides, or not at all."""

from __future__ import annotations

from collections import Counter

from tests.simulation.tenants import AGREED, Population, seeded

from nps_plugin.counts import tally
from nps_plugin.model import SCALES, Link
from nps_plugin.verdicts.slice import judge_slice


def links(missers: int, tenants: int = 60) -> Counter[Link]:
    kind = Population(shares=(0.15, 0.2, 0.65), kpi=0.9, clients=100, client_sd=1.2, skew=0, missers=missers)
    drawn = (kind.rows(300, seeded(f"{missers} missers", number), missed=30) for number in range(tenants))
    return Counter(judge_slice(tally(SCALES["faces-3"], rows), target=AGREED).link for rows in drawn)


def test_the_mood_of_the_one_client_behind_all_missed_targets_is_no_link():
    assert links(1) == {Link.INSUFFICIENT: 60}


def test_the_moods_of_a_few_clients_behind_all_missed_targets_are_no_link():
    assert links(5) == {Link.INSUFFICIENT: 60}


def test_with_enough_of_them_a_false_link_is_as_rare_as_elsewhere():
    found = links(20, 200)
    assert found[Link.TRACKS] + found[Link.CONTRADICTS] <= 0.09 * 200
    assert found[Link.NOT_REFLECTED] > 0
