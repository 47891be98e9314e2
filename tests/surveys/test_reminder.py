"""One reminder, to somebody who has not answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.surveys.wires import Book, wired
from tests.world import send, text_of, token_of

from nps_plugin import Client, DeliveryError

IVAN = Client(id="7", email="ivan@example.org", phone="+7 900 1234567")
LINE = "You have not answered yet"


@pytest.fixture
def reminded(make_world):
    """A world that reminds after three days."""

    def make(**ask):
        return make_world(ask={"remind_after": "3d", **ask})

    return make


def later(world, **time):
    world.clock.advance(timedelta(**time))
    return world.ratings.run_due()


def test_who_has_not_answered_is_reminded_once_in_a_mail_of_its_own(reminded):
    world = reminded()
    first = world.asked(client=IVAN)
    assert later(world, days=2, hours=23).reminded == 0
    done = later(world, hours=1)
    assert (done.reminded, done.sent) == (1, 0)
    mails = world.mailbox.mails
    second = token_of(mails[1])
    assert second != first
    assert [LINE in text_of(mail) for mail in mails] == [False, True]
    assert mails[1]["Subject"].startswith("Reminder: ")
    assert [row.kind for row in world.rows("message")] == ["question", "reminder"]
    for _ in range(5):
        assert later(world, days=4).reminded == 0
    assert len(mails) == 2


def test_both_links_lead_to_the_one_survey(reminded):
    world = reminded()
    first = world.asked(client=IVAN)
    later(world, days=3)
    assert send(world.browser(), token_of(world.mailbox.mails[1]), 3).status_code == 200
    assert world.browser().get(f"/acme/{first}").status_code == 200
    assert len(world.rows("survey")) == len(world.rows("answer")) == 1
    assert world.ratings.ticket_verdict("acme", "17").kind == "confirmed"


def test_a_reminder_does_not_prolong_the_time_to_answer(reminded):
    world = reminded()
    world.asked(client=IVAN)
    before = world.rows("survey")[0].expires_at
    later(world, days=3)
    token = token_of(world.mailbox.mails[1])
    assert world.rows("survey")[0].expires_at == before
    world.clock.set(before)
    assert world.ratings.run_due().expired == 1
    assert world.browser().get(f"/acme/{token}").status_code == 410


def test_nobody_is_reminded_unless_configured(world):
    world.asked(client=IVAN)
    for _ in range(9):
        assert later(world, days=3).reminded == 0


def test_who_answered_is_not_reminded(reminded):
    world = reminded()
    send(world.browser(), world.asked(client=IVAN), 3)
    assert later(world, days=3).reminded == 0


def test_nobody_is_reminded_of_a_ticket_that_was_reopened(reminded):
    world = reminded()
    world.asked(client=IVAN)
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    assert later(world, days=3).reminded == 0


def test_who_opted_out_is_not_reminded_and_the_log_says_so(reminded):
    world = reminded()
    world.asked(client=IVAN)
    world.ratings.opt_out("acme", Client(email="ivan@example.org"))
    assert later(world, days=3).reminded == 0
    assert len(world.mailbox.mails) == 1
    last = world.ratings.survey_log("acme", "17")[-1]
    assert (last.what, last.detail) == ("not_reminded", "not reminded: opted_out")


def test_a_reminder_counts_as_a_contact(reminded):
    world = reminded(max_contacts=1)
    world.asked(client=IVAN)
    assert later(world, days=3).reminded == 0
    assert "max_contacts" in world.ratings.survey_log("acme", "17")[-1].detail


def test_a_reminder_is_no_new_question_for_the_quarantine(reminded):
    world = reminded(quarantine="5d")
    world.asked("1", client=IVAN)
    assert later(world, days=3).reminded == 1
    world.close("2", client=IVAN)
    assert later(world, days=2).sent == 1


def test_a_reminder_waits_for_the_hours_of_its_channel(reminded):
    world = reminded(hours={"email": "09:00-18:00"}, remind_after="8h")
    world.asked(client=IVAN)
    assert later(world, hours=8).reminded == 0
    assert later(world, hours=12, minutes=59).reminded == 0
    assert later(world, minutes=1).reminded == 1


def test_a_reminder_that_fails_is_tried_again_and_then_left(make_world):
    book = Book()
    ask = {"channels": ["phone"], "remind_after": "1d", "attempts": {"phone": 2}}
    world = make_world(**wired(book, ask=ask), strict=False)
    world.close(client=IVAN)
    world.ratings.run_due()
    book.says = [DeliveryError("busy"), DeliveryError("busy"), None]
    assert later(world, days=1).retried == 1
    for _ in range(3):
        later(world, hours=7)
    assert len(book.sent) == 1
    (row,) = world.rows("survey")
    assert (row.state, row.detail) == ("sent", "not reminded: busy")


def test_a_reminder_goes_over_the_channel_on_which_the_question_left(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"remind_after": "1d"}), strict=False)
    book.says = [DeliveryError("no such number", final=True)]
    world.close(client=IVAN)
    world.ratings.run_due()
    assert len(world.mailbox.mails) == 1
    assert later(world, days=1).reminded == 1
    assert (len(book.sent), len(world.mailbox.mails)) == (0, 2)


def test_a_worker_that_dies_while_it_reminds_leads_to_no_second_reminder(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"channels": ["phone"], "remind_after": "1d"}))
    world.close(client=IVAN)
    world.ratings.run_due()

    def dies():
        raise KeyboardInterrupt

    book.during = dies
    with pytest.raises(KeyboardInterrupt):
        later(world, days=1)
    book.during = None
    for _ in range(3):
        assert later(world, days=1).reminded == 0
    # the question itself is not repeated either
    assert len(book.sent) == 1


def test_a_reminder_switched_off_meanwhile_does_not_leave(reminded):
    world = reminded()
    world.asked(client=IVAN)
    config = dict(world.config)
    config["tenants"] = {"acme": {**config["tenants"]["acme"], "ask": {}}}
    world.ratings.reload(config)
    assert later(world, days=3).reminded == 0


def test_whose_answer_was_withdrawn_is_not_told_that_there_is_none(reminded):
    world = reminded()
    answer = world.ratings.record_answer("acme", 3, token=world.asked(client=IVAN)).answer
    world.ratings.withdraw_answer("acme", answer.id, "boss", "the wrong ticket")
    assert later(world, days=3).reminded == 0
    assert "withdrawn" in world.ratings.survey_log("acme", "17")[-1].detail
