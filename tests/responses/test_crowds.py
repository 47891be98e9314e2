"""A link that went round: what strangers can add to one survey ends, and what counts is never in their way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.world import send

from nps_plugin import Client, Effect, Evidence
from nps_plugin.responses.arbiter import BESIDE
from nps_plugin.responses.recording import COMMENTS

pytestmark = pytest.mark.both_engines

HERE = Evidence(agent="Firefox", address="192.0.2.0/24")
MANY = BESIDE + 7


def stranger(number: int, agent: str = "Firefox") -> Evidence:
    return Evidence(agent=agent, address=f"198.51.{number}.0/24")


def kept(world, state):
    return [row.score for row in world.rows("answer") if row.state == state]


def everything(world):
    return {name: len(world.rows(name)) for name in ("answer", "answer_mark", "comment", "answer_reason", "evidence")}


def crowd(world, token, score, agent="Firefox", numbers=range(MANY)):
    return [
        world.ratings.record_answer(
            "acme", score, token=token, comment=f"stranger {number}", evidence=stranger(number, agent)
        )
        for number in numbers
    ]


@pytest.fixture
def answered(world):
    token = world.asked()
    world.ratings.record_answer("acme", 3, token=token, comment="Thanks", evidence=HERE)
    return token


@pytest.mark.parametrize(("agent", "state"), [("Firefox", "suspect"), ("curl/8", "ignored")])
def test_so_many_answers_of_strangers_are_kept_and_then_counted_only(world, answered, caplog, agent, state):
    recorded = crowd(world, answered, 1, agent)
    assert [one.effect for one in recorded] == [Effect(state)] * BESIDE + [Effect.DROPPED] * (MANY - BESIDE)
    assert kept(world, state) == [1] * BESIDE
    assert world.ratings.check().counts == {"answers_dropped": MANY - BESIDE}
    assert caplog.text.count("one more was dropped") == MANY - BESIDE
    assert "stranger 2" not in caplog.text
    assert "198.51" not in caplog.text
    # what is told back is the answer that stands
    assert (recorded[-1].answer.state, recorded[-1].answer.score) == ("counted", 3)
    before = everything(world)
    crowd(world, answered, 1, agent, range(100, 110))
    assert everything(world) == before


def test_a_stranger_sees_the_same_page_whether_the_answer_is_kept_or_not(world, answered):
    pages = [
        send(world.browser(), answered, 1, User_Agent=f"Browser {number}", X_Forwarded_For="198.51.100.7")
        for number in range(BESIDE + 1)
    ]
    assert kept(world, "suspect") == [1] * BESIDE
    assert {page.status_code for page in pages} == {200}
    assert "Thank you" in pages[-1].text
    assert len({page.text.split("nonce")[0] for page in pages}) == 1


def test_a_crowd_of_scanners_is_in_nobodys_way(world):
    token = world.asked()
    crowd(world, token, 1, "curl/8")
    crowd(world, token, 2, "curl/8")
    assert kept(world, "provisional") == [1]
    assert kept(world, "ignored") == [2] * BESIDE
    world.clock.advance(timedelta(hours=1))
    assert world.ratings.record_answer("acme", 3, token=token, evidence=HERE).effect is Effect.RECORDED
    assert world.ratings.record_answer("acme", 1, token=token, evidence=stranger(1)).effect is Effect.SUSPECT
    assert kept(world, "counted") == [3]


def test_a_crowd_takes_no_change_and_no_word_from_whoever_gave_the_answer(world, answered):
    crowd(world, answered, 1)
    crowd(world, answered, 3)
    again = world.ratings.record_answer("acme", 3, token=answered, comment="and one more thing", evidence=HERE)
    assert "and one more thing" in again.answer.comment
    changed = world.ratings.record_answer("acme", 1, token=answered, comment="on second thoughts", evidence=HERE)
    assert changed.effect is Effect.CHANGED
    assert changed.answer.comment == "on second thoughts"


def test_a_score_that_no_stranger_gave_yet_is_kept_however_many_there_were(world, answered):
    crowd(world, answered, 1)
    said = world.ratings.record_answer("acme", 2, token=answered, evidence=stranger(200))
    assert said.effect is Effect.SUSPECT
    accepted = world.ratings.accept_answer("acme", said.answer.id, by="pavel", why="the client called")
    assert accepted.answer.score == 2


def test_comments_of_strangers_who_say_the_same_come_to_an_end(world, answered):
    crowd(world, answered, 3, numbers=range(COMMENTS + 5))
    assert len(world.rows("comment")) == COMMENTS
    assert world.ratings.check().counts == {"answers_dropped": 6}
    # a repeat of one that is kept adds nothing and is no other one
    crowd(world, answered, 3, numbers=[0])
    assert world.ratings.check().counts == {"answers_dropped": 6}


def test_who_stands_by_name_is_no_crowd(world):
    token = world.asked(client=Client(id="7", email="ivan@example.org"))
    world.ratings.record_answer("acme", 3, token=token, evidence=HERE)
    (survey,) = world.rows("survey")
    crowd(world, token, 1)
    entered = world.ratings.record_answer("acme", 1, survey=survey.survey, source="operator", by="pavel")
    assert entered.effect is Effect.SUSPECT
