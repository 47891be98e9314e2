"""How things stand."""

from __future__ import annotations

from datetime import timedelta

from pytest_bdd import given, parsers

from nps_plugin import Client
from tests.steps.story import Story

TOOK = {"met": timedelta(hours=1), "missed": timedelta(hours=9), "unknown": None}


@given(parsers.parse("a help-desk that asks on the scale {scale}"), target_fixture="story")
def asks_on(make_world, scale):
    return Story(make_world(scale=scale))


@given(parsers.parse("a help-desk that speaks {language}"), target_fixture="story")
def speaks(make_world, language):
    return Story(make_world(locale=language))


@given(parsers.parse("a ticket whose resolution-time target was {kpi}"))
def with_kpi(story, kpi):
    took = TOOK[kpi]
    facts = {"opened_at": None} if took is None else {"took": took}
    story.close(**facts)


@given("a ticket that was resolved exactly at its target")
def at_target(story):
    story.close(took=timedelta(hours=4))


@given("a ticket of a client who did not agree to be asked")
def no_consent(story):
    story.close(client=Client(email="ivan@example.org", consent=False))


@given("the client has the mail")
def has_mail(story):
    story.work()


@given(parsers.parse("the client has answered {score}"))
def has_answered(story, score):
    story.answer(score)


@given(parsers.parse('the client has pressed "unsubscribe" in an earlier mail'))
def unsubscribed(story):
    story.close("1")
    story.work()
    story.unsubscribe()
    story.world.mailbox.clear()


@given("the ticket was reopened")
def was_reopened(story):
    story.reopen()


@given("the link was cut short")
def cut_short(story):
    story.token = story.token[:-2]


@given("the time to answer is over")
def too_late(story):
    story.world.clock.advance(timedelta(days=29))
