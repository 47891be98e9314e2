"""What comes back over a channel: answers, words, reports; replayed, forged, late, of another tenant."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import ClassVar

import pytest
from tests.channels.gateway import WORD, reached_by
from tests.surveys.wires import Book
from tests.world import send, token_of

from nps_plugin import SCALES, Client, hookimpl
from nps_plugin.responses.in_text import score_in

IVAN = Client(id="7", name="Ivan", email="ivan@example.org", phone="+7 916 123-45-67")


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def asked(make_world, book):
    """Makes a world in which ticket 17 was closed and its client asked over the gateway."""

    def make(can=None, strict=False, **settings):
        world = make_world(**reached_by(book, can, **settings), strict=strict)
        world.close(client=IVAN)
        assert world.ratings.run_due().sent == 1
        return world

    return make


def comes(world, *events, word=WORD, tenant="acme", channel="phone"):
    """The provider posts events; the response, read to its end."""
    at = world.clock.now().isoformat()
    body = json.dumps([{"at": at, "event": f"e{number}"} | one for number, one in enumerate(events)])
    response = world.browser().post(f"/hooks/{tenant}/{channel}", data=body, headers={"X-Word": word})
    response.close()
    return response


def scores(world):
    return [(row.score, row.state, row.grade, row.channel) for row in world.rows("answer")]


def log_of(world):
    return [entry.what.value for entry in world.ratings.survey_log("acme", "17")]


@pytest.mark.parametrize(
    ("text", "score", "words"),
    [
        ("5", 5, ""),
        ("5, great", 5, "great"),
        (" 4 – quick", 4, "quick"),
        ("5️⃣", 5, ""),
        ("55", None, "55"),
        ("5.5", None, "5.5"),
        ("5/10", None, "5/10"),
        ("0", None, "0"),
        ("great, 5", None, "great, 5"),
        ("", None, ""),
    ],
)
def test_the_value_must_start_the_text(text, score, words):
    assert score_in(text, SCALES["stars-5"]) == (score, words)


def test_a_tap_is_the_answer_and_the_client_is_thanked_after_it_is_stored(asked, book):
    world = asked()
    response = comes(world, {"kind": "Scored", "token": book.sent[0].token, "score": 1})
    assert (response.status_code, response.text) == (202, "taken")
    assert scores(world) == [(1, "counted", "human", "phone")]
    assert world.ratings.ticket_verdict("acme", "17").kind == "watermelon"
    (told,) = book.replies
    assert told.outcome == "thanks"
    assert told.text == "Thank you! Your answer is stored: 1 – Bad."
    assert told.why
    assert [choice.code for choice in told.reasons][:2] == ["speed", "errors"]


def test_an_answer_over_one_channel_closes_the_question_on_all(asked, book):
    world = asked(ask={"channels": ["phone", "email"], "remind_after": "1d"})
    comes(world, {"kind": "Scored", "reference": "call 1", "score": 3})
    world.clock.advance(timedelta(days=2))
    world.ratings.run_due()
    assert len(book.sent) == 1
    assert world.mailbox.mails == []
    assert world.rows("survey")[0].state == "answered"


def test_reasons_and_words_join_the_answer(asked, book):
    world = asked()
    token = book.sent[0].token
    comes(world, {"kind": "Scored", "token": token, "score": 1})
    comes(world, {"kind": "Reasoned", "token": token, "reasons": ["speed", "no such reason"], "event": "r1"})
    comes(world, {"kind": "Commented", "token": token, "text": "still broken", "event": "c1"})
    (answer,) = world.ratings.answers("acme")
    assert answer.reasons == ("speed",)
    assert answer.comment == "still broken"
    assert [one.outcome for one in book.replies] == ["thanks", "noted", "noted"]


@pytest.mark.both_engines
@pytest.mark.parametrize("odd", ["\x00", "\ud800"], ids=["NUL", "half a character"])
def test_what_no_database_keeps_stands_in_the_way_of_no_event(asked, book, odd):
    world = asked()
    report = {
        "kind": "Reported",
        "outcome": "busy",
        "reference": f"call 1{odd}",
        "event": f"b{odd}",
        "reason": f"486{odd}",
    }
    assert comes(world, report).status_code == 202
    assert [row.detail for row in world.rows("message")] == ["busy: 486"]
    long = {"kind": "Scored", "reference": f"call{odd} 1", "score": 3, "event": odd + "e" * 300}
    assert [comes(world, long).status_code for _ in range(2)] == [202, 202]
    assert comes(world, {"kind": "Blocked", "address": f"79{odd}", "event": "n"}).status_code == 202
    assert scores(world) == [(3, "counted", "human", "phone")]


def test_a_replayed_event_does_nothing(asked, book):
    world = asked()
    token = book.sent[0].token
    for score in (1, 3):
        comes(world, {"kind": "Scored", "token": token, "score": score, "event": "the same"})
    assert scores(world) == [(1, "counted", "human", "phone")]
    assert len(book.replies) == 1


def test_a_change_of_mind_takes_the_place_of_the_first_answer(asked, book):
    world = asked()
    for number, score in enumerate((1, 3)):
        comes(world, {"kind": "Scored", "token": book.sent[0].token, "score": score, "event": f"tap {number}"})
        world.clock.advance(timedelta(minutes=1))
    assert sorted(scores(world)) == [(1, "superseded", "human", "phone"), (3, "counted", "human", "phone")]
    assert book.replies[-1].outcome == "changed"


def test_a_text_finds_its_question_by_the_number_however_it_is_written(asked, book):
    world = asked(can={"address": "phone", "comments": True})
    comes(world, {"kind": "Scored", "address": "79161234567", "text": "3, thanks"})
    (answer,) = world.ratings.answers("acme")
    assert (answer.score, answer.comment) == (3, "thanks")


@pytest.mark.parametrize(("kept", "comes_from"), [("916 123-45-67", "+79161234567"), ("8 916 1234567", "9161234567")])
def test_a_number_without_its_country_is_the_same_where_the_channel_knows_the_country(
    make_world, book, kept, comes_from
):
    world = make_world(**reached_by(book, {"address": "phone"}, phone={"country_code": "7"}), strict=False)
    world.close(client=Client(id="7", phone=kept))
    world.ratings.run_due()
    comes(world, {"kind": "Scored", "address": comes_from, "text": "3"})
    assert scores(world) == [(3, "counted", "human", "phone")]


def test_words_without_a_number_are_kept_and_told_and_join_the_answer_that_comes(asked, book):
    class Manager:
        nps_name = "manager"
        heard: ClassVar[list] = []

        @hookimpl
        def nps_comment_received(self, news):
            self.heard.append(news)

    world = asked(can={"address": "phone"}, plugins=[Manager()])
    comes(world, {"kind": "Scored", "address": "+79161234567", "text": "The printer still smokes"})
    assert scores(world) == []
    assert book.replies[-1].outcome == "unread"
    world.ratings.run_due()
    (news,) = Manager.heard
    assert (news.ticket, news.channel, news.text) == ("17", "phone", "The printer still smokes")
    comes(world, {"kind": "Scored", "address": "+79161234567", "text": "1", "event": "later"})
    (answer,) = world.ratings.answers("acme")
    assert answer.comment == "The printer still smokes"


def test_one_number_has_one_open_question(asked, book):
    world = asked(can={"address": "phone"}, ask={"channels": ["phone"], "quarantine": "0d"})
    world.close("18", client=Client(id="8", phone="8 (916) 123-45-67"))
    world.ratings.run_due()
    assert len(book.sent) == 1
    comes(world, {"kind": "Scored", "address": "79161234567", "text": "3"})
    world.clock.advance(timedelta(hours=6))
    world.ratings.run_due()
    assert [message.ticket for message in book.sent] == ["17", "18"]


@pytest.mark.parametrize("outcome", ["unanswered", "busy", "silence", "refused", "failed"])
def test_a_call_that_failed_is_tried_again_once_for_each_report(asked, book, outcome):
    world = asked(can={"pending": True}, ask={"attempts": {"phone": 2}, "max_contacts": 9})
    for _ in range(2):
        comes(world, {"kind": "Reported", "reference": "call 1", "outcome": outcome, "event": str(_)})
    assert world.rows("survey")[0].state == "scheduled"
    world.clock.advance(timedelta(minutes=5))
    world.ratings.run_due()
    assert len(book.sent) == 2
    comes(world, {"kind": "Reported", "reference": "call 2", "outcome": outcome, "event": "second"})
    world.ratings.run_due()
    assert len(book.sent) == 2
    assert len(world.mailbox.mails) == 1
    assert log_of(world).count("failed") == 2


def test_a_report_after_the_answer_changes_nothing(asked, book):
    world = asked(can={"pending": True})
    comes(
        world,
        {"kind": "Scored", "reference": "call 1", "score": 3},
        {"kind": "Reported", "reference": "call 1", "outcome": "refused"},
    )
    assert world.rows("survey")[0].state == "answered"
    assert world.ratings.run_due().sent == 0


def test_a_channel_that_never_reports_does_not_hold_the_question(asked, book):
    world = asked(can={"pending": True, "report_within": timedelta(minutes=15)}, ask={"attempts": {"phone": 1}})
    world.clock.advance(timedelta(minutes=14))
    world.ratings.run_due()
    assert world.mailbox.mails == []
    world.clock.advance(timedelta(minutes=2))
    world.ratings.run_due()
    assert len(world.mailbox.mails) == 1


def test_a_report_quicker_than_the_workers_bookkeeping_is_asked_to_come_again(asked, book, make_world):
    world = make_world(**reached_by(book, {"pending": True}), strict=False)
    said = []

    def after(message):
        book.sent.append(message)
        said.append(comes(world, {"kind": "Reported", "reference": "call 1", "outcome": "busy"}))

    book.after = after
    world.close(client=IVAN)
    world.ratings.run_due()
    assert said[0].status_code == 503
    assert said[0].headers["Retry-After"] == "5"
    assert comes(world, {"kind": "Reported", "reference": "call 1", "outcome": "busy"}).status_code == 202
    assert world.rows("survey")[0].state == "scheduled"


@pytest.mark.parametrize("word", ["", "another word"])
def test_a_forged_request_is_refused_and_logged_without_what_it_holds(asked, book, caplog, word):
    world = asked()
    with caplog.at_level(logging.INFO):
        response = comes(world, {"kind": "Scored", "token": book.sent[0].token, "score": 1}, word=word)
    assert response.status_code == 403
    assert scores(world) == []
    assert "not signed" in caplog.text
    assert book.sent[0].token not in caplog.text


def test_what_belongs_to_no_question_says_so(asked, book, caplog):
    world = asked()
    comes(world, {"kind": "Scored", "token": "A" * 22, "score": 1}, {"kind": "Scored", "address": "+7", "score": 1})
    assert [one.outcome for one in book.replies] == ["unknown", "unknown"]
    assert scores(world) == []
    assert "no message of ours" in caplog.text


def test_doors_that_there_are_not_all_look_alike(asked):
    world = asked()
    answers = {comes(world, tenant=tenant, channel=channel).text for tenant, channel in
               [("acme", "email"), ("acme", "nothing"), ("nobody", "phone"), ("acme", "closures")]}  # fmt: skip
    assert len(answers) == 1
    assert comes(world, tenant="nobody").status_code == 404


def test_what_comes_late_is_refused_in_words(asked, book):
    world = asked(ask={"expires_after": "2d", "channels": ["phone"]})
    world.clock.advance(timedelta(days=3))
    comes(world, {"kind": "Scored", "token": book.sent[0].token, "score": 1})
    assert book.replies[-1].outcome == "expired"
    assert scores(world) == []


def test_an_answer_that_can_change_no_more_is_refused_in_words(asked, book):
    world = asked()
    comes(world, {"kind": "Scored", "token": book.sent[0].token, "score": 1})
    world.clock.advance(timedelta(days=2))
    comes(world, {"kind": "Scored", "token": book.sent[0].token, "score": 3, "event": "late"})
    assert book.replies[-1].outcome == "locked"
    assert scores(world) == [(1, "counted", "human", "phone")]


def test_who_asks_to_be_left_alone_is(asked, book):
    world = asked(ask={"channels": ["phone"], "quarantine": "0d"})
    comes(world, {"kind": "Stopped", "token": book.sent[0].token})
    assert book.replies[-1].text == "You will not be asked again."
    assert world.close("18", client=IVAN).not_asked.reason == "opted_out"


def test_a_score_on_the_channels_own_scale_stands_on_it(asked, book):
    world = asked(phone={"scale": "keypad-10"})
    assert book.sent[0].scale.name == "keypad-10"
    comes(world, {"kind": "Scored", "token": book.sent[0].token, "score": 9})
    (answer,) = world.ratings.answers("acme")
    assert (answer.scale, answer.band.value) == ("keypad-10", "satisfied")


def test_after_the_call_fails_the_mail_asks_on_the_tenants_scale(asked, book):
    world = asked(can={"pending": True}, phone={"scale": "keypad-10"}, ask={"attempts": {"phone": 1}})
    comes(world, {"kind": "Reported", "reference": "call 1", "outcome": "unanswered"})
    world.ratings.run_due()
    token = token_of(world.mailbox.mails[0])
    world.clock.advance(timedelta(minutes=5))
    assert send(world.browser(), token, 3).status_code == 200
    (answer,) = world.ratings.answers("acme")
    assert (answer.scale, answer.score) == ("faces-3", 3)


def test_of_two_scales_the_one_that_was_answered_closes_the_other(asked, book):
    world = asked(can={"pending": True}, phone={"scale": "keypad-10"}, ask={"attempts": {"phone": 1}})
    comes(world, {"kind": "Reported", "reference": "call 1", "outcome": "unanswered"})
    world.ratings.run_due()
    comes(world, {"kind": "Scored", "token": book.sent[0].token, "score": 2})
    page = world.browser().get(f"/acme/{token_of(world.mailbox.mails[0])}?s=3")
    assert 'name="nonce"' not in page.text
    assert [row.score for row in world.rows("answer")] == [2]


def test_what_came_in_is_forgotten_after_a_while(asked, book):
    world = asked(can={"pending": True}, ask={"attempts": {"phone": 1}})
    comes(world, {"kind": "Scored", "token": book.sent[0].token, "score": 1})
    assert len(world.rows("inbound_event")) == 1
    world.clock.advance(timedelta(days=31))
    world.ratings.run_due()
    assert world.rows("inbound_event") == []
