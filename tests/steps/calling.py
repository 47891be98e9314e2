"""The steps of calling.feature: a recruiting agency, its clients' representatives, its operators."""

from __future__ import annotations

import re
from datetime import timedelta

from pytest_bdd import given, parsers, then, when
from werkzeug.test import Client as Browser

from nps_plugin import Client
from tests.world import followed, nonce_of, send, text_of, token_of

IVAN, OLGA = (
    Client(id=number, name=name, email=f"{number}@north.example", phone=phone, organization="North")
    for number, name, phone in (("1", "Ivan Petrov", "+7 900 1"), ("2", "Olga Orlova", "+7 900 2"))
)


class Agency:
    """What the steps share."""

    def __init__(self, world):
        self.world, self.orders, self.page = world, 0, None
        self.mails = {}

    def close(self):
        self.orders += 1
        self.world.mailbox.clear()
        self.world.close(str(self.orders), client=IVAN, respondents=(OLGA,), agent="pavel")
        self.world.ratings.run_due()
        for mail in self.world.mailbox.mails:
            self.mails[self.orders, str(mail["To"]).split("<")[-1].rstrip(">")] = mail

    def staff(self, user):
        return Browser(self.world.ratings.staff("acme", user=user, role="operator", locale="en").wsgi)

    def listed(self, user):
        return self.staff(user).get("/staff/calls").text


@given(
    parsers.parse('a recruiting agency that asks from 0, "{worst}", to 10, "{best}", and calls to learn why'),
    target_fixture="agency",
)
def agency(make_world, worst, best):
    scale = {"low": 0, "high": 10, "dissatisfied_to": 6, "satisfied_from": 9, "ends": {"en": [worst, best]}}
    asking = {"quarantine": "0d", "why_call": {"bands": ["satisfied", "neutral", "dissatisfied"]}, "max_contacts": 10}
    return Agency(make_world(scale="agency", scales={"agency": scale}, ask=asking))


@when("an order of the company North is closed")
@when("the next order of the company North is closed the same day")
def closes(agency):
    agency.close()


@then(parsers.parse('each of its two representatives is asked, from "{worst}" to "{best}"'))
def asked_from_to(agency, worst, best):
    each_asked(agency)
    for mail in agency.world.mailbox.mails:
        assert worst in text_of(mail)
        assert best in text_of(mail)


@then("each of its two representatives is asked again, as always")
def each_asked(agency):
    assert {to for order, to in agency.mails if order == agency.orders} == {IVAN.email, OLGA.email}
    assert len(agency.world.mailbox.mails) == 2


@when(parsers.re(r"the first representative answers (?P<score>\d+) to the (?P<which>first|next) order"))
def answers(agency, score, which):
    agency.world.clock.advance(timedelta(minutes=5))
    token = token_of(agency.mails[1 if which == "first" else 2, IVAN.email])
    assert send(agency.world.browser(), token, score).status_code == 200


@then(parsers.parse("the operators' page shows a call to ask why of the {score}, and not who the client is"))
def shows_call(agency, score):
    page = agency.listed("anna")
    assert f"Ask why: the score is {score}" in page
    assert "Petrov" not in page
    assert IVAN.phone not in page


@then("the agent who worked on the order does not see it")
def agent_sees_nothing(agency):
    assert "Nobody is to be called now." in agency.listed("pavel")


@when("an operator takes the call")
def takes(agency):
    browser = agency.staff("anna")
    (call,) = re.findall(r'href="calls/(\w+)"', agency.listed("anna"))
    agency.path = f"/staff/calls/{call}"
    nonce = nonce_of(browser.get(agency.path))
    agency.page = followed(browser, agency.path, browser.post(agency.path, data={"nonce": nonce, "do": "claim"}))
    assert agency.page.status_code == 200


@then("the page shows whom to call, what to say and the scores of the company so far")
def shows_client(agency):
    text = agency.page.text
    for said in ("Ivan Petrov", IVAN.phone, "What was the main reason for this score?", "Scores of North"):
        assert said in text
    assert "<b>10</b>" in text.split("Scores of North")[1]


@when(parsers.parse('the operator notes "{cause}" and finds {finding}'))
def notes(agency, cause, finding):
    data = {"nonce": nonce_of(agency.page), "do": "done", "outcome": "reached", "cause": cause, "finding": finding}
    anna = agency.staff("anna")
    agency.page = followed(anna, agency.path, anna.post(agency.path, data=data))
    assert "Stored. Thank you!" in agency.page.text


@then(parsers.parse("the score is still {score:d}, and counted as the client's own"))
def still(agency, score):
    (answer,) = agency.world.ratings.answers("acme")
    assert (answer.score, answer.state, answer.source) == (score, "counted", "client")
    assert agency.world.ratings.client_history("acme", organization="North").entries[-1].score == score


@then(parsers.parse("the page shows that it was found: {words}"))
def shows_finding(agency, words):
    so_far = agency.page.text.split("So far")[1]
    assert words in so_far
    assert "A candidate came late" in so_far


@then("the log of the first order holds the calls, and no other score")
def log_holds_calls(agency):
    entries = agency.world.ratings.survey_log("acme", "1")
    for entry in entries:
        who = "" if entry.respondent is None else entry.respondent
        print(f"{entry.at:%a %d %b %H:%M}  {entry.what.value:9} {who:1}  {entry.channel:6} {entry.detail}")
    told = [(entry.what.value, entry.respondent) for entry in entries]
    assert told.count(("closed", None)) == 1
    assert told.count(("planned", 0)) == told.count(("planned", 1)) == 1
    assert [who for what, who in told if what == "answered"] == [0]
    assert [who for what, who in told if what == "called"] == [0]
