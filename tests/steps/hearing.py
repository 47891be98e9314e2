"""Scanners, rulings, the portal."""

from __future__ import annotations

import pytest
from pytest_bdd import given, parsers, then, when

from nps_plugin import AnswerRefused
from tests.steps.story import ELSEWHERE


@given(parsers.parse("a mail scanner has sent score {score}"))
@when(parsers.parse("a mail scanner sends score {score} at once"))
def scanned(story, score):
    story.scan(score)


@given(parsers.parse("another person has answered {score} from another computer"))
def answered_elsewhere(story, score):
    story.answer(score, ELSEWHERE)


@when(parsers.parse('{who} accepts it, since "{why}"'))
def accepts(story, who, why):
    (waiting,) = story.world.ratings.answers("acme", state=("provisional", "suspect"))
    story.world.ratings.accept_answer("acme", waiting.id, by=who, why=why)


@when(parsers.parse('{who} withdraws it, since "{why}"'))
def withdraws(story, who, why):
    (counted,) = story.world.ratings.answers("acme", state="counted")
    story.world.ratings.withdraw_answer("acme", counted.id, by=who, why=why)


@when(parsers.parse("the client rates the ticket {score:d} in the portal"))
def rates(story, score):
    story.world.ratings.rate("acme", "17", score, by="ivan@example.org")


@when(parsers.parse("the ticket's agent tries to {what}"))
def agent_tries(story, what):
    ratings = story.world.ratings
    ways = {
        "enter an answer of score 3": lambda: ratings.record_answer(
            "acme", 3, survey=story.survey, source="operator", by="olga"
        ),
        "rate it 3 in the portal": lambda: ratings.rate("acme", "17", 3, by="olga"),
        "withdraw the answer": lambda: ratings.withdraw_answer(
            "acme", ratings.answers("acme")[0].id, by="olga", why="wrong"
        ),
    }
    with pytest.raises(AnswerRefused) as refused:
        ways[what]()
    story.refused = refused.value


@then("it is refused, and the agent is named")
def refused_by_name(story):
    assert "olga" in str(story.refused)


@then("an answer is provisional")
def is_provisional(story):
    assert [row.state for row in story.world.rows("answer")] == ["provisional"]


@then(parsers.parse("an answer of score {score:d} waits for a ruling"))
def one_waits(story, score):
    waiting = story.world.ratings.answers("acme", state=("provisional", "suspect"))
    assert [answer.score for answer in waiting] == [score]


@then(parsers.parse("the answers kept are {kept}"))
def answers_kept(story, kept):
    assert sorted(f"{row.score} {row.state}" for row in story.world.rows("answer")) == kept.split(", ")
