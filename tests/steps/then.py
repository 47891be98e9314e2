"""What people see."""

from __future__ import annotations

from bs4 import BeautifulSoup
from pytest_bdd import parsers, then

from tests.world import text_of


@then(parsers.parse("the verdict on the ticket is {kind}"))
def verdict_is(story, kind):
    assert story.world.ratings.ticket_verdict("acme", "17").kind == kind


@then(parsers.parse('the verdict says "{words}"'))
def verdict_says(story, words):
    assert story.world.ratings.ticket_verdict("acme", "17").sentence.startswith(words)


@then("the answer is refused, since the score is off the scale")
def refused(story):
    assert story.refused is not None


@then("the client gets one mail")
def one_mail(story):
    assert len(story.world.mailbox.mails) == 1


@then("the client gets no mail")
def no_mail(story):
    assert story.world.mailbox.mails == []


@then(parsers.parse("the mail has a link for each of the scores {scores}"))
def links(story, scores):
    (mail,) = story.world.mailbox.mails
    for score in scores.split(", "):
        assert f"/acme/{story.token}?s={score}" in text_of(mail)
        assert f"/acme/{story.token}?s={score}" in text_of(mail, "html").replace("&amp;", "&")


@then("the mail can be answered with one click to be asked no more")
def unsubscribes(story):
    (mail,) = story.world.mailbox.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert story.token in mail["List-Unsubscribe"]


@then("a reply to the mail does not go to the help-desk's own mailbox")
def replies(story):
    (mail,) = story.world.mailbox.mails
    assert mail["Reply-To"]
    assert "help@acme.example" not in mail["Reply-To"]


@then(parsers.parse("the reason kept for not asking is {reason}"))
def reason_kept(story, reason):
    assert [row.not_asked for row in story.world.rows("survey") if row.ticket == "17"] == [reason]


@then("the page says that nothing was sent yet")
def not_yet(story):
    assert story.page.status_code == 200
    assert "not sent yet" in story.page.text.lower()


@then("the page says that it must be sent again")
def again(story):
    assert story.page.status_code == 422


@then("the page asks why, with at most three reasons at first")
def asks_why(story):
    page = BeautifulSoup(story.page.text, "html.parser")
    chips = page.select("input[name=reason]")
    assert chips
    assert 0 < len([chip for chip in chips if chip.find_parent("details") is None]) <= 3
    assert page.select_one("textarea").find_parent("details") is not None


@then("the page does not ask why")
def no_why(story):
    assert story.page.status_code == 200
    assert not BeautifulSoup(story.page.text, "html.parser").select("input[name=reason]")


@then("both answers are kept")
def both(story):
    assert sorted(row.state for row in story.world.rows("answer")) == ["counted", "superseded"]


@then("one answer is kept")
def one(story):
    assert [row.state for row in story.world.rows("answer")] == ["counted"]


@then("an answer waits for a ruling")
def waits_for_ruling(story):
    assert sorted(row.state for row in story.world.rows("answer")) == ["counted", "suspect"]


@then(parsers.parse("the page says that the question is answered already, with status {status:d}"))
@then(parsers.parse("the page is friendly, with status {status:d}"))
def friendly(story, status):
    page = BeautifulSoup(story.page.text, "html.parser")
    assert story.page.status_code == status
    assert page.select_one("h1").get_text(strip=True)
    assert "error" not in page.get_text().lower()
