"""Whom to ask, when, how often: the steps of asking.feature."""

from __future__ import annotations

from datetime import timedelta

from pytest_bdd import given, parsers, then, when

from nps_plugin import Client, Exclusion, hookimpl
from tests.steps.story import IVAN, Story
from tests.world import text_of

OLGA = Client(email="olga@example.org", name="Olga Orlova")
VLADIVOSTOK = Client(email="ivan@example.org", timezone="Asia/Vladivostok")
#: Who is left out at closing, by the reason that is kept.
LEFT_OUT = {
    "excluded": {"tags": ("in court",)},
    "no_consent": {"client": Client(email="ivan@example.org", consent=False)},
    "internal_client": {"client": Client(email="boss@acme.example")},
    "no_address": {"client": None},
}


class InCourt:
    """A plugin of the host that knows whom to leave alone."""

    nps_name = "in-court"

    @hookimpl
    def nps_exclude_from_survey(self, closed):
        return Exclusion(why="in court with us") if "in court" in closed.tags else None


@given("a help-desk with the usual rules", target_fixture="story")
def usual(make_world):
    return Story(make_world(internal_clients=["*@acme.example"], plugins=[InCourt()]))


@given(parsers.parse("a help-desk whose {rule} is {value}"), target_fixture="story")
def with_rule(make_world, rule, value):
    name = rule.replace(" ", "_")
    meant = {"hours": {"email": value}, "sample": float(value) if name == "sample" else None}.get(name, value)
    return Story(make_world(ask={name: meant}))


@given("the client was asked about another ticket today")
def asked_before(story):
    story.close("1")
    story.work()
    story.world.mailbox.clear()


@given(parsers.parse("{days:d} days have passed"))
@when(parsers.parse("{days:d} days have passed"))
def days_pass(story, days):
    story.wait(timedelta(days=days))
    story.world.ratings.run_due()


@when(parsers.parse("{hours:d} hours have passed"))
def hours_pass(story, hours):
    story.wait(timedelta(hours=hours))
    story.world.ratings.run_due()


@when("a ticket of a client in Vladivostok is closed at ten in the evening there")
def closed_far_away(story):
    story.close(client=VLADIVOSTOK)


@when("a ticket of two people is closed")
def closed_for_two(story):
    story.close(respondents=(OLGA,))


@when("a ticket is closed that names its client twice")
def closed_for_one_twice(story):
    story.close(respondents=(IVAN,))


@when(parsers.parse("a ticket is closed whose client is left out as {reason}"))
def closed_left_out(story, reason):
    story.close(**LEFT_OUT[reason])


@when('the client presses "unsubscribe"')
def unsubscribes(story):
    story.unsubscribe()


@then(parsers.parse("{count:d} mails have left"))
def mails_left(story, count):
    assert len(story.world.mailbox.mails) == count


@then("the last mail says that it is a reminder")
def says_reminder(story):
    mail = story.world.mailbox.mails[-1]
    assert mail["Subject"].startswith("Reminder: ")
    assert "this is our only reminder" in text_of(mail)


@then(parsers.parse('the log of the ticket ends with "{what}"'))
def log_ends(story, what):
    assert story.world.ratings.survey_log("acme", "17")[-1].what == what


@then(parsers.parse('the log of the ticket says "{words}"'))
def log_says(story, words):
    assert any(words in entry.detail for entry in story.world.ratings.survey_log("acme", "17"))


@then(parsers.parse("one more person counts as not asked for {reason}"))
def counted(story, reason):
    assert story.world.ratings.not_asked_counts("acme")[reason] == 1
