"""What a low key on the telephone leads to: reasons, an operator's call, a link that opens at the reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.channels.gateway import reached_by
from tests.channels.test_inbound import comes, log_of
from tests.surveys.wires import Book
from tests.world import nonce_of, text_of, token_of

from nps_plugin import Client, ConfigError, DeliveryError

IVAN = Client(id="7", name="Ivan", email="ivan@example.org", phone="+79161234567")
VOICE = {"needs_recording": True, "pending": True, "reasons": True, "points": 10, "keys": True}


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def called(make_world, book, tmp_path):
    """Makes a world in which Ivan was called about ticket 17 and pressed a key."""
    for name in ("loan", "why"):
        (tmp_path / f"{name}.wav").write_bytes(b"RIFF")

    def make(after_low, key=2, closing=None, **settings):
        phone = {"scale": "keypad-10", "after_low": after_low} | settings.pop("phone", {})
        loan = {"loan": {"recording": {"en": str(tmp_path / "loan.wav")}}}
        world = make_world(**reached_by(book, VOICE, phone=phone, services=loan, **settings), strict=False)
        world.close(client=IVAN, service="loan", **(closing or {}))
        world.ratings.run_due()
        assert len(book.sent) == 1
        comes(world, {"kind": "Scored", "reference": "call 1", "score": key})
        return world

    return make


def test_nothing_follows_unless_it_is_wanted(called, book):
    world = called("nothing")
    world.ratings.run_due()
    assert (world.mailbox.mails, world.ratings.calls.due("acme", "anna")) == ([], ())


def test_the_keys_of_the_menu_are_reasons_that_join_the_answer(called, book, tmp_path):
    menu = {"menu": {"en": str(tmp_path / "why.wav")}, "menu_keys": {"1": "speed", "2": "attitude"}}
    world = called("menu", phone=menu)
    (message,) = book.sent
    assert (message.menu, dict(message.menu_keys)) == (str(tmp_path / "why.wav"), {"1": "speed", "2": "attitude"})
    assert message.why == {0, 1, 2, 3, 4, 5}
    comes(world, {"kind": "Reasoned", "reference": "call 1", "reasons": ["2"], "event": "menu"})
    comes(world, {"kind": "Reasoned", "reference": "call 1", "reasons": ["9"], "event": "no such key"})
    (answer,) = world.ratings.answers("acme")
    assert (answer.score, answer.reasons) == (2, ("attitude",))


def test_an_operator_calls_though_no_why_call_is_configured(called):
    world = called("operator", closing={"agent": "pavel"})
    (call,) = world.ratings.calls.due("acme", "anna")
    assert (call.kind, call.score) == ("why", 2)
    assert world.ratings.calls.due("acme", "pavel") == ()
    world.ratings.calls.claim("acme", call.id, "anna")
    world.ratings.calls.done("acme", call.id, "anna", "reached", cause="It was late", finding="our_fault")
    assert world.ratings.calls.due("acme", "anna") == ()


def test_a_key_that_is_not_low_leads_to_nothing(called):
    world = called("operator", key=9)
    assert world.ratings.calls.due("acme", "anna") == ()


def test_the_link_opens_at_the_reasons_of_the_score_that_was_pressed(called, book):
    world = called("link")
    assert world.ratings.run_due().sent == 1
    (mail,) = world.mailbox.mails
    assert "You rated us 2. What went wrong?" in text_of(mail)
    assert "?s=" not in text_of(mail) + text_of(mail, "html")
    token, browser = token_of(mail), world.browser()
    world.clock.advance(timedelta(days=2))  # the score itself may no longer change by then
    page = browser.get(f"/acme/{token}").text
    assert 'type="radio"' not in page
    assert "What went wrong?" in page
    assert "<details open>" in page
    # whoever changes the form changes no score
    form = {"nonce": nonce_of(page), "score": "9", "reason": "speed", "comment": "It took a month"}
    browser.post(f"/acme/{token}", data=form).close()
    (answer,) = world.ratings.answers("acme")
    assert (answer.score, answer.reasons, answer.comment) == (2, ("speed",), "It took a month")
    assert log_of(world) == ["closed", "planned", "sent", "answered", "asked_why", "visited", "explained"]
    world.ratings.run_due()
    assert len(world.mailbox.mails) == 1


def test_the_link_is_one_contact_more_and_the_log_says_where_there_is_no_room(called):
    world = called("link", ask={"max_contacts": 1})
    world.ratings.run_due()
    assert world.mailbox.mails == []
    log = world.ratings.survey_log("acme", "17")
    assert [entry.detail for entry in log if entry.what == "skipped"] == ["max_contacts"]


def test_a_link_that_cannot_leave_is_tried_again_and_over_the_next_channel(called, book, mailbox):
    world = called("link", ask={"channels": ["phone", "email"]})
    mailbox.answers[IVAN.email] = "451 later"
    world.ratings.run_due()
    assert mailbox.mails == []
    mailbox.answers.clear()
    world.clock.advance(timedelta(minutes=6))
    world.ratings.run_due()
    world.ratings.run_due()
    assert len(mailbox.mails) == 1


def test_no_link_is_sent_to_somebody_who_wants_no_more(called):
    world = called("link")
    world.ratings.opt_out("acme", IVAN)
    world.ratings.run_due()
    assert world.mailbox.mails == []


@pytest.fixture
def texted(make_world, book, tmp_path):
    """Makes a world in which Ivan was called about ticket 17, pressed 2, and is to get the link as a short message; and
    the book of the short messages."""
    (tmp_path / "loan.wav").write_bytes(b"RIFF")

    def make(can=None, sms=None, before=None, client=IVAN):
        other = Book()
        settings = reached_by(
            book, VOICE, phone={"scale": "keypad-10", "after_low": "link"},
            ask={"channels": ["phone", "sms"], "quarantine": "0d", "max_contacts": 9},
            services={"loan": {"recording": {"en": str(tmp_path / "loan.wav")}}},
        )  # fmt: skip
        settings["channels"]["sms"] = {"adapter": "gateway", "book": other, "can": {"address": "phone"} | (can or {})}
        settings["channels"]["sms"] |= sms or {}
        world = make_world(**settings, strict=False)
        world.close(client=client, service="loan")
        world.ratings.run_due()
        if before is not None:
            before(world)
        comes(world, {"kind": "Scored", "reference": "call 1", "score": 2, "event": "pressed"})
        return world, other

    return make


def test_the_link_waits_until_no_question_to_the_number_is_open_that_its_answer_could_be_meant_for(texted):
    def asks_of_another(world):
        world.close("18", client=Client(id="8", phone=IVAN.phone))  # nothing is recorded: a short message asks
        world.ratings.run_due()

    world, other = texted(before=asks_of_another)
    world.ratings.run_due()
    assert [(message.kind, message.ticket) for message in other.sent] == [("question", "18")]
    comes(world, {"kind": "Scored", "address": IVAN.phone, "text": "3", "event": "sms"}, channel="sms")
    given = sorted((one.ticket, one.score, one.comment) for one in world.ratings.answers("acme"))
    assert given == [("17", 2, ""), ("18", 3, "")]
    world.clock.advance(timedelta(hours=6))
    world.ratings.run_due()
    assert [(message.kind, message.ticket) for message in other.sent[1:]] == [("why", "17")]


def test_words_sent_back_find_the_link_though_the_number_is_kept_without_its_country(texted):
    client = Client(id="7", name="Ivan", phone="916 123-45-67")
    world, other = texted(sms={"country_code": "7"}, client=client)
    world.ratings.run_due()
    assert [message.kind for message in other.sent] == ["why"]
    comes(world, {"kind": "Scored", "address": "+79161234567", "text": "It was late", "event": "sms"}, channel="sms")
    assert [(one.score, one.comment) for one in world.ratings.answers("acme")] == [(2, "It was late")]


def test_what_a_provider_says_of_a_link_that_failed_is_kept_without_the_client(texted, caplog):
    world, other = texted()
    other.says = [DeliveryError("no route to Ivan <ivan@example.org>, +79161234567")]
    world.ratings.run_due()
    (kept,) = [row.detail for row in world.rows("message") if row.kind == "why"]
    assert kept.startswith("no route to ***")
    for text in (kept, caplog.text):
        assert not any(word in text for word in ("Ivan", "ivan", "7916"))


def test_an_outage_of_a_day_loses_no_link_and_the_provider_knows_it_by_one_name(texted):
    world, other = texted(can={"pending": True})

    def lost():
        raise DeliveryError("sms: ReadTimeout", down=True)

    other.during = lost
    for _ in range(24):
        world.ratings.run_due()
        world.clock.advance(timedelta(hours=1))
    tries = [row for row in world.rows("message") if row.kind == "why"]
    assert 10 <= len(tries) <= 14, "every two hours"
    names = {row.reference for row in tries}
    assert len(names) == 1
    other.during = None
    world.clock.advance(timedelta(hours=2))
    world.ratings.run_due()
    assert [(message.kind, {message.once}) for message in other.sent] == [("why", names)]
    world.clock.advance(timedelta(hours=12))
    world.ratings.run_due()
    assert len(other.sent) == 1


def test_no_link_leaves_once_its_page_would_be_closed(texted):
    world, other = texted()
    world.clock.advance(timedelta(days=365))
    world.ratings.run_due()
    assert other.sent == []


def test_words_sent_back_to_the_link_are_words_whatever_they_begin_with(make_world, book, tmp_path):
    other = Book()
    (tmp_path / "loan.wav").write_bytes(b"RIFF")
    settings = reached_by(
        book, VOICE, phone={"scale": "keypad-10", "after_low": "link"}, ask={"channels": ["phone", "sms"]},
        services={"loan": {"recording": {"en": str(tmp_path / "loan.wav")}}},
    )  # fmt: skip
    settings["channels"]["sms"] = {"adapter": "gateway", "book": other, "can": {"address": "phone"}}
    world = make_world(**settings, strict=False)
    world.close(client=IVAN, service="loan")
    world.ratings.run_due()
    comes(world, {"kind": "Scored", "reference": "call 1", "score": 2})
    world.ratings.run_due()
    (asked,) = other.sent
    assert (asked.kind, asked.points, asked.short) == ("why", (), f"Acme: You rated us 2. What went wrong? {asked.url}")
    comes(world, {"kind": "Scored", "address": IVAN.phone, "text": "5 days I waited", "event": "sms"}, channel="sms")
    (answer,) = world.ratings.answers("acme")
    assert (answer.score, answer.comment) == (2, "5 days I waited")


def test_a_try_of_which_nobody_knows_keeps_its_name_and_its_late_report_counts(make_world, book, tmp_path):
    (tmp_path / "loan.wav").write_bytes(b"RIFF")
    loan = {"loan": {"recording": {"en": str(tmp_path / "loan.wav")}}}
    asks = {"attempts": {"phone": 2}, "max_contacts": 9}
    world = make_world(**reached_by(book, VOICE, scale="keypad-10", services=loan, ask=asks), strict=False)
    world.close(client=IVAN, service="loan")
    names = []
    book.after = lambda message: names.append(message.once)

    def lost(message):
        names.append(message.once)
        raise DeliveryError("pbx: ReadTimeout", down=True)

    book.after = lost
    world.ratings.run_due()
    world.clock.advance(timedelta(minutes=6))
    world.ratings.run_due()
    assert len(set(names)) == 1, "the PBX is told the same call again, and rings once"
    comes(world, {"kind": "Reported", "reference": names[0], "outcome": "unanswered"})
    (survey,) = world.rows("survey")
    assert (survey.state, survey.attempts) == ("scheduled", 1)
    book.after = lambda message: names.append(message.once)
    world.clock.advance(timedelta(minutes=6))
    world.ratings.run_due()
    assert len(set(names)) == 2
    comes(world, {"kind": "Scored", "reference": names[0], "score": 7, "event": "pressed late"})
    assert world.ratings.answers("acme")[0].score == 7, "a key counts whichever try it was"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"scale": "nps-11"}, "channels.phone.scale"),
        ({"scale": "low"}, "channels.phone.scale"),
        ({"after_low": "menu"}, "channels.phone.menu"),
        ({"menu_keys": {"1": "speed"}}, "channels.phone.menu_keys"),
        ({"after_low": "robot"}, "channels.phone.after_low"),
        ({"thanks": {"en": "nowhere.wav"}}, "channels.phone.thanks.en"),
    ],
)
def test_what_does_not_fit_a_telephone_is_named(make_world, book, change, key):
    low = {"low": -1, "high": 8, "dissatisfied_to": 3, "satisfied_from": 7, "ends": {"en": ["a", "b"]}}
    with pytest.raises(ConfigError) as raised:
        make_world(**reached_by(book, VOICE, phone={"scale": "keypad-10"} | change, scales={"low": low}))
    assert key in {problem.key for problem in raised.value.problems}


def test_recordings_at_a_channel_that_plays_none_are_named(make_world, book, tmp_path):
    (tmp_path / "thanks.wav").write_bytes(b"RIFF")
    with pytest.raises(ConfigError, match=r"channels\.phone\.thanks: is for a channel that plays"):
        make_world(**reached_by(book, phone={"thanks": {"en": str(tmp_path / "thanks.wav")}}))


def test_a_channel_that_was_passed_over_hides_no_report_of_the_next_one(make_world, book):
    other = Book()
    settings = reached_by(book, VOICE, phone={"scale": "keypad-10"}, ask={"channels": ["phone", "sms"]})
    can = {"pending": True, "report_within": timedelta(minutes=15)}
    settings["channels"]["sms"] = {"adapter": "gateway", "book": other, "can": can}
    world = make_world(**settings, strict=False)
    # ids of one moment stand in any order
    for number in range(8):
        world.close(str(number), client=Client(id=str(number), phone=f"+7916123{number:04d}"))
    world.ratings.run_due()
    assert (len(book.sent), len(other.sent)) == (0, 8)
    for number in range(4):
        told = {"kind": "Reported", "reference": f"call {number + 1}", "outcome": "failed", "event": f"f{number}"}
        comes(world, told, channel="sms")
    assert [row.state for row in world.rows("survey")].count("scheduled") == 4
    world.clock.advance(timedelta(minutes=16))
    world.ratings.run_due()
    assert world.ratings.run_due().sent == 0
    assert len(other.sent) == 12, "the four that failed are tried again"
    world.clock.advance(timedelta(minutes=6))
    world.ratings.run_due()
    assert len(other.sent) == 16, "and those of which nothing was heard"
