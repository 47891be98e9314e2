"""Is the difference between 4 and 5 taken into account anywhere, and do clients who choose them differ in anything?"""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.world import World

from nps_plugin import SCALES, Client
from nps_plugin.config.advice import taken_into_account
from nps_plugin.model import Alike, ScaleAdvice, ScaleSays
from nps_plugin.verdicts.scale_advice import ScaleCounts, advise_scale, read_scale_counts

STARS, FACES, NPS = SCALES["stars-5"], SCALES["faces-3"], SCALES["nps-11"]
DAY = timedelta(days=1)


def planted(shares, n: int = 4000, seed: int = 1, scale=STARS) -> ScaleCounts:
    """Ratings, each point as often; ``shares`` by point of tickets reopened and clients back. Next scores follow the
    same: the more trouble, the lower."""
    random_, size = random.Random(seed), len(scale.points)
    reopened, back = [[0, 0] for _ in range(size)], [[0, 0] for _ in range(size)]
    following = [[0] * size for _ in range(size)]
    for number in range(n):
        point = number % size
        reopened[point][random_.random() < shares[point]] += 1
        back[point][random_.random() < shares[point]] += 1
        top = random_.random() >= shares[point]
        following[point][random_.randint(size // 2 + 1, size - 1) if top else random_.randint(0, size // 2)] += 1
    return ScaleCounts(ratings=[sum(row) for row in reopened], reopened=reopened, back=back, next_score=following)


def test_with_no_data_it_names_the_points_that_nothing_tells_apart():
    advice = advise_scale(STARS, ScaleCounts(ratings=[0] * 5))
    assert advice.says is ScaleSays.UNUSED
    assert advice.unused == ((1, 2), (4, 5))
    assert [(pair.lower, pair.upper, bool(pair.used_by)) for pair in advice.neighbours] == [
        (1, 2, False),
        (2, 3, True),
        (3, 4, True),
        (4, 5, False),
    ]
    unused, few = advice.sentences
    assert unused == (
        "The difference between the points 1\N{EN DASH}2, 4\N{EN DASH}5 is taken into account nowhere: neither in the"
        " bands, nor in whom to ask why."
    )
    assert few == (
        "0 ratings are too few to say whether what follows after neighbouring points differs: it takes 200, 30 of each"
        " point."
    )
    assert advice.fewer == ()


def test_a_scale_of_which_each_point_is_used_is_kept():
    advice = advise_scale(FACES, ScaleCounts(ratings=[0] * 3))
    assert (advice.says, advice.unused) == (ScaleSays.KEEP, ())


def test_neighbours_that_differ_in_nothing_are_one_point():
    advice = advise_scale(STARS, planted([0.6, 0.6, 0.6, 0.1, 0.1], n=20_000))
    assert [pair.alike for pair in advice.neighbours] == [Alike.SAME, Alike.SAME, Alike.DIFFERENT, Alike.SAME]
    assert advice.says is ScaleSays.FEWER
    two = advice.fewer[-1]
    assert (two.points, two.groups, two.enough) == (2, ((1, 2, 3), (4, 5)), True)
    assert min(two.kept.values()) > 0.95
    assert "A scale of 2 points would ask less of clients and tell as much." in advice.sentences
    assert 4.9 < advice.effective_points <= 5


def test_points_that_differ_in_what_follows_are_worth_using():
    advice = advise_scale(STARS, planted([0.9, 0.6, 0.4, 0.25, 0.05], n=8000))
    assert {pair.alike for pair in advice.neighbours} == {Alike.DIFFERENT}
    assert advice.says is ScaleSays.USE
    assert not any(one.enough for one in advice.fewer)
    assert advice.fewer[0].kept["reopened"] > advice.fewer[1].kept["reopened"]
    said = " ".join(advice.sentences)
    assert "After 5 the ticket is reopened less often than after 4: by 20 percentage points (" in said
    assert "After 5 the same client's next score is satisfied more often than after 4" in said


def test_the_same_in_russian():
    advice = advise_scale(STARS, planted([0.9, 0.6, 0.4, 0.25, 0.05], n=8000), locale="ru")
    assert "После 5 обращение открывают повторно реже, чем после 4: на 20 процентных пунктов (" in " ".join(
        advice.sentences
    )


def test_199_ratings_and_29_of_a_point_are_too_few():
    counts = planted([0.9, 0.9, 0.5, 0.1, 0.1], n=200)
    fewer = ScaleCounts(ratings=[39, *counts.ratings[1:]], reopened=counts.reopened, back=counts.back)
    assert advise_scale(STARS, counts).neighbours[2].outcomes
    assert not advise_scale(STARS, fewer).neighbours[2].outcomes
    few = [[2, 27], [30, 0]]
    advice = advise_scale(SCALES["thumbs-2"], ScaleCounts(ratings=[29, 200], reopened=few, back=[[3, 27], [30, 0]]))
    assert [one.alike for one in advice.neighbours[0].outcomes] == [Alike.NOT_ENOUGH, Alike.DIFFERENT]


def test_the_same_on_one_outcome_alone_is_not_the_same():
    rows = [[3000, 1000]] * 3
    alone = advise_scale(FACES, ScaleCounts(ratings=[4000] * 3, reopened=rows))
    assert {pair.outcomes[0].alike for pair in alone.neighbours} == {Alike.SAME}
    assert {pair.alike for pair in alone.neighbours} == {Alike.NOT_ENOUGH}
    assert alone.says is ScaleSays.KEEP
    both = advise_scale(FACES, ScaleCounts(ratings=[4000] * 3, reopened=rows, back=rows))
    assert {pair.alike for pair in both.neighbours} == {Alike.SAME}
    assert both.says is ScaleSays.FEWER


def test_a_sure_but_small_difference_is_negligible():
    rows = [[90_000, 10_000], [89_000, 11_000], [89_000, 11_000]]
    advice = advise_scale(FACES, ScaleCounts(ratings=[100_000] * 3, reopened=rows, back=rows))
    assert [pair.alike for pair in advice.neighbours] == [Alike.NEGLIGIBLE, Alike.SAME]


def test_of_points_that_are_alike_few_are_called_different():
    found = [advise_scale(STARS, planted([0.3] * 5, n=2000, seed=seed)) for seed in range(100)]
    different = sum(pair.alike is Alike.DIFFERENT for one in found for pair in one.neighbours)
    print(f"neighbours that are alike called different: {different} of {4 * len(found)}")
    # three looks of 5 % each at a pair
    assert different <= 0.2 * 4 * len(found)


def tables(rows: int, columns: int, most: int) -> st.SearchStrategy[list[list[int]]]:
    return st.lists(st.lists(st.integers(0, most), min_size=columns, max_size=columns), min_size=rows, max_size=rows)


COUNTS = st.sampled_from([STARS, FACES, NPS]).flatmap(
    lambda scale: st.tuples(
        st.just(scale), tables(len(scale.points), 2, 300), tables(len(scale.points), len(scale.points), 40)
    )
)


@given(COUNTS, st.sampled_from(["en", "ru"]))
def test_whatever_the_counts_the_advice_is_plain_data_and_keeps_every_point(drawn, locale):
    scale, outcome, following = drawn
    counts = ScaleCounts(ratings=[sum(row) for row in outcome], reopened=outcome, back=outcome, next_score=following)
    advice = advise_scale(scale, counts, locale=locale)
    json.dumps(advice.to_dict(), allow_nan=False)
    for one in advice.fewer:
        assert [point for group in one.groups for point in group] == list(scale.points)
        assert len(one.groups) == one.points < len(scale.points)
        assert all(kept is None or 0 <= kept <= 1 for kept in one.kept.values())


# --- from the store


@pytest.fixture
def stars(make_world) -> World:
    return make_world(scale="stars-5", ask={"quarantine": "0s", "ask_why": ["dissatisfied"]})


def rate(world: World, number: str, score: int, client: str, **facts) -> None:
    world.clock.advance(timedelta(hours=1))
    world.close(number, client=Client(id=client, email="a@x.example"), took=timedelta(minutes=30), **facts)
    survey = next(row for row in world.rows("survey") if row.ticket == number)
    world.ratings.record_answer("acme", score, survey=survey.survey, source="operator", by="vera")


def test_what_the_configuration_uses_is_told_by_setting(stars):
    tenant = stars.ratings.settings.tenants["acme"]
    used = {pair: taken_into_account(tenant, STARS, *pair) for pair in ((1, 2), (2, 3), (3, 4), (4, 5))}
    assert used == {(1, 2): (), (2, 3): ("bands", "ask_why"), (3, 4): ("bands",), (4, 5): ()}
    advice: ScaleAdvice = stars.ratings.scale_advice("acme")
    assert {(pair.lower, pair.upper): pair.used_by for pair in advice.neighbours} == used
    assert (advice.says, advice.ratings) == (ScaleSays.UNUSED, 0)


@pytest.mark.both_engines
def test_what_followed_each_score_is_counted(stars):
    rate(stars, "1", 5, "a", queue="first")
    rate(stars, "2", 2, "a", queue="first")
    rate(stars, "3", 4, "b")
    stars.ratings.ticket_reopened("acme", "3", stars.clock.now())
    rate(stars, "4", 1, "a", queue="second")
    stars.close("unrated", client=Client(id="b", email="a@x.example"))
    tenant, now = stars.ratings.settings.tenants["acme"], stars.clock.now()
    with stars.ratings._parts.store.read() as connection:
        counts = read_scale_counts(connection, tenant, now + 20 * DAY)
        early = read_scale_counts(connection, tenant, now)
    assert list(counts.ratings) == list(early.ratings) == [1, 1, 0, 1, 1]
    assert counts.reopened == [[1, 0], [1, 0], [0, 0], [0, 1], [1, 0]]
    assert counts.back == [[1, 0], [1, 0], [0, 0], [1, 0], [0, 1]]
    assert early.reopened == early.back == [[0, 0]] * 5
    following = [[0] * 5 for _ in range(5)]
    following[4][1] = following[1][0] = 1
    assert counts.next_score == following


def test_answers_on_another_scale_or_under_another_procedure_are_not_pooled(stars):
    rate(stars, "1", 5, "a")
    config = stars.config
    config["tenants"]["acme"]["ask"]["delay"] = "2d"
    stars.ratings.reload(config)
    rate(stars, "2", 4, "b")
    assert stars.ratings.scale_advice("acme").ratings == 1
    config["tenants"]["acme"]["scale"] = "nps-11"
    stars.ratings.reload(config)
    assert stars.ratings.scale_advice("acme").ratings == 0
