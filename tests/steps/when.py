"""What happens."""

from __future__ import annotations

from datetime import timedelta

from pytest_bdd import parsers, when

from nps_plugin import ScoreOffScale
from tests.steps.story import ELSEWHERE, HERE


@when("a ticket is closed")
@when("the same closing is told again")
def closed(story):
    story.close()


@when("the ticket is reopened")
def reopened(story):
    story.reopen()


@when("the worker runs")
def works(story):
    story.work()


@when(parsers.parse("the client answers {score} from {where} computer"))
def answers_from(story, score, where):
    # the form was opened in time; what is tested is what becomes of it
    story.answer(score, HERE if where == "the same" else ELSEWHERE)


@when(parsers.re(r"the client answers (?P<score>-?[\d.]+)"))
def answers(story, score):
    story.refused = None
    try:
        story.world.ratings.record_answer("acme", score, survey=story.survey)
    except ScoreOffScale as error:
        story.refused = error


@when("the time to answer is over")
def time_over(story):
    story.work()
    story.wait(timedelta(days=29))
    story.world.ratings.run_due()


@when(parsers.parse("the client opens the link of score {score}"))
def opens(story, score):
    story.open(score)


@when(parsers.parse('presses "send"'))
@when(parsers.parse('the client presses "send" on the page that came back'))
def presses(story):
    story.press()


@when(parsers.parse("waits for {minutes:d} minutes"))
@when(parsers.parse("the client waits for {minutes:d} minutes"))
def waits(story, minutes):
    story.wait(timedelta(minutes=minutes))
