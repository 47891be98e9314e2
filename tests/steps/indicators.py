"""The steps of indicators.feature: a shared-service centre and three levels of its clients."""

from __future__ import annotations

import re
from datetime import timedelta

from bs4 import BeautifulSoup
from pytest_bdd import given, parsers, then, when

from nps_plugin import Client
from nps_plugin.model import INDICATORS
from tests.world import nonce_of, send, text_of, token_of

MINUTES = timedelta(minutes=5)


class Centre:
    """What the steps share."""

    def __init__(self, world):
        self.world, self.page, self.token = world, None, ""

    def agree(self, **settings):
        tenant = self.world.config["tenants"]["acme"]
        tenant |= settings
        self.world.ratings.reload(self.world.config)

    def score(self, token, score):
        """Open the link of a score, press "send"."""
        self.world.clock.advance(MINUTES)
        self.token, self.clicked = token, score
        self.page = send(self.world.browser(), token, score)

    def say(self, **indicators):
        """Tap on the page that thanks, press "send"."""
        form = {"nonce": nonce_of(self.page), "score": self.clicked, "step": "why"}
        form |= {f"i.{code}": value for code, value in indicators.items()}
        done = self.world.browser().post(f"/acme/{self.token}", data=form)
        assert "We have received everything" in done.text

    def three(self):
        return list(dict.fromkeys(re.findall(r'name="i\.(\w+)"', self.page.text)))

    def report(self):
        return self.world.ratings.report("acme", last=1)

    def shown(self, part):
        html = self.report().html("en", pictures=False)
        return BeautifulSoup(html, "html.parser").select_one(f"[aria-labelledby=h-{part}]").get_text(" ", strip=True)


@given(
    "a service centre that agreed on the indicators no_errors, fixed_quickly and kept_informed",
    target_fixture="centre",
)
def centre(make_world):
    agreed = {"use": ["no_errors", "fixed_quickly", "kept_informed"]}
    return Centre(make_world(indicators=agreed, ask={"quarantine": "0d"}))


@given("it agreed on everything that ships")
def everything(centre):
    centre.agree(indicators={"use": list(INDICATORS)})


@when("six users answer on the page, of whom two saw no errors and five saw errors fixed quickly")
def six_users(centre):
    for number in range(6):
        centre.score(centre.world.asked(str(number)), 1 if number == 5 else 3)
        fine, quick = number < 2, number < 5
        centre.say(no_errors="yes" if fine else "no", fixed_quickly="yes" if quick else "partly")


@then(parsers.parse('the report says of "{text}" that {share} call it fulfilled'))
def fulfilled(centre, text, share):
    assert re.search(rf"{text} \w+ 6 {share} \(", centre.shown("indicators"))


@then("the scores and the verdicts are those of the faces that were clicked")
def untouched(centre):
    kinds = [centre.world.ratings.ticket_verdict("acme", str(number)).kind for number in range(6)]
    assert kinds == ["confirmed"] * 5 + ["watermelon"]
    (row,) = centre.report().rows()
    assert (row["answered"], row["satisfied"], row["dissatisfied"]) == (6, 5, 1)


@when('a user has answered the question with one press of "send"')
def answered(centre):
    centre.score(centre.world.asked(), 3)
    assert len(centre.world.ratings.answers("acme")) == 1


@then("the page asks for three indicators, none of them answered beforehand")
def asks_three(centre):
    assert len(centre.three()) == 3
    assert "checked" not in centre.page.text.split("</style>")[1]


@then("it asks for the same three when it is loaded again")
def same_three(centre):
    before = centre.three()
    centre.score(centre.token, 3)
    assert centre.three() == before


@when('the user taps "partly" on the first and presses "send" once more')
def taps(centre):
    centre.first = centre.three()[0]
    centre.say(**{centre.first: "partly"})


@then("that is kept with the answer")
def kept(centre):
    (answer,) = centre.world.ratings.answers("acme")
    assert (answer.score, dict(answer.indicators)) == (3, {centre.first: "partly"})


@given("heads are called by an operator, managers get a mail of their own after two days, users a mail at once")
def three_ways(centre):
    question = {"en": "Did it keep your team working?"}
    centre.agree(levels={"head": {"channels": ["operator"]}, "manager": {"delay": "2d", "question": question}})


@when("a ticket is closed for which a user, a manager and a head speak")
def closed_for_three(centre):
    user, manager, head = (
        Client(id=level, email=f"{level}@north.example", phone="+7 900 1", level=level)
        for level in ("user", "manager", "head")
    )
    centre.world.close(client=user, respondents=(manager, head))
    centre.world.ratings.run_due()


@then(parsers.parse('the user has a mail that asks "{question}"'))
def user_asked(centre, question):
    (mail,) = centre.world.mailbox.mails
    assert "user@north.example" in str(mail["To"])
    assert question in text_of(mail)
    centre.mails = {"user": mail}


@then("a call to the head waits for an operator")
def head_called(centre):
    (call,) = centre.world.ratings.calls.due("acme", "anna")
    centre.call = centre.world.ratings.calls.claim("acme", call.id, "anna")
    assert (call.kind, call.ticket) == ("question", "17")


@then(parsers.parse('two days later the manager has a mail that asks "{question}"'))
def manager_asked(centre, question):
    centre.world.clock.advance(timedelta(days=2))
    centre.world.ratings.run_due()
    _, mail = centre.world.mailbox.mails
    assert "manager@north.example" in str(mail["To"])
    assert question in text_of(mail)
    centre.mails["manager"] = mail


@when("the user and the manager answer 3, and the head tells the operator 1 and that errors come back")
def three_answers(centre):
    for level in ("user", "manager"):
        centre.score(token_of(centre.mails[level]), 3)
        centre.say(no_errors="yes")
    calls = centre.world.ratings.calls
    calls.claim("acme", centre.call.id, "anna")
    calls.done("acme", centre.call.id, "anna", "reached", score=1, indicators={"no_errors": "no"})


@then("the report tells the whole of three answers, and of each level one")
def whole_and_levels(centre):
    told = centre.report().details().indicators
    assert [(one.n, one.yes) for one in told.whole if one.indicator == "no_errors"] == [(3, 2)]
    assert {one.value: (one.figures[0].n, one.figures[0].yes) for one in told.slices} == {
        "head": (1, 0),
        "manager": (1, 1),
        "user": (1, 1),
    }
    assert "By level Indicator head manager user" in centre.shown("indicators")


@given("a user has answered 3 and called no_errors fulfilled")
def one_answer(centre):
    centre.score(centre.world.asked(), 3)
    centre.say(no_errors="yes")


@when("heads say in an interview, and eight managers in a focus group, that there are too many errors")
def voices(centre):
    say = centre.world.ratings.record_voice
    say("acme", "interview", by="olga", level="head", text="there are too many errors for us", score=1)
    counts = {"no_errors": {"yes": 1, "no": 7}}
    say("acme", "focus_group", by="olga", level="manager", participants=8, indicators=counts)


@then("the report quotes both, each with its level")
def quoted(centre):
    told = centre.shown("voices")
    assert re.search(r"there are too many errors for us Interview · head · .* · score 1", told)
    assert re.search(r"The service works without errors: yes 1, no 7 Focus group · manager · .* · 8 participants", told)


@then("the satisfied share is still that of the one answer")
def share_stays(centre):
    (row,) = centre.report().rows()
    assert (row["answered"], row["satisfied_share"]) == (1, 1.0)
    assert centre.report().details().indicators.whole[0].n == 1
