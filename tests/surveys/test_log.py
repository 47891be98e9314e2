"""Why did this client get this, or nothing? One call answers, for every end that a question can come to."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.surveys.wires import Book, wired
from tests.world import send

from nps_plugin import Client, DeliveryError, Exclusion, NotAskedReason, UnknownTenant, UnknownTicket, hookimpl

IVAN = Client(id="7", email="ivan@example.org", phone="+7 900 123-45-67", name="Ivan Petrov")


def told(world, ticket="17"):
    return [entry.what.value for entry in world.ratings.survey_log("acme", ticket)]


def detail(world, what, ticket="17"):
    (found,) = [entry.detail for entry in world.ratings.survey_log("acme", ticket) if entry.what == what]
    return found


def test_the_way_of_a_question_that_was_answered_changed_and_reopened(world):
    token = world.asked(client=IVAN)
    world.clock.advance(timedelta(minutes=1))
    browser = world.browser()
    send(browser, token, 1)
    world.clock.advance(timedelta(minutes=1))
    send(browser, token, 3)
    world.clock.advance(timedelta(minutes=1))
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    told_now = told(world)
    assert [what for what in told_now if what != "visited"] == [
        "closed",
        "planned",
        "sent",
        "answered",
        "changed",
        "marked",
        "reopened",
    ]
    assert "visited" in told_now
    assert detail(world, "closed") == "resolution-time target met"
    assert detail(world, "planned").startswith("over email; due 2026-11-20 12:00 UTC")
    assert "score 1 from client" in detail(world, "answered")
    assert "superseded" in detail(world, "marked")


def test_times_run_forward_and_closures_and_respondents_are_told_apart(world):
    world.close(client=IVAN, respondents=(Client(email="olga@example.org"), IVAN))
    world.clock.advance(timedelta(hours=1))
    world.ratings.run_due()
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    world.clock.advance(timedelta(hours=1))
    world.close(client=IVAN)
    log = world.ratings.survey_log("acme", "17")
    assert [entry.at for entry in log] == sorted(entry.at for entry in log)
    first = [(entry.what.value, entry.respondent) for entry in log if entry.closure == 1]
    assert ("not_asked", 2) in first
    assert ("cancelled", 0) in first
    assert ("cancelled", 1) in first
    assert [entry.what.value for entry in log if entry.closure == 2] == ["closed", "planned"]


def test_what_was_left_out_at_closing_says_why_and_was_never_planned(make_world):
    class Says:
        nps_name = "says"

        @hookimpl
        def nps_exclude_from_survey(self, closed):
            return Exclusion(why="in court with us")

    world = make_world(plugins=[Says()])
    world.close()
    assert told(world) == ["closed", "not_asked"]
    assert detail(world, "not_asked") == "excluded: in court with us"


@pytest.mark.parametrize("reason", ["quarantine", "opted_out", "no_address"])
def test_what_was_left_out_at_the_claim_was_planned_before(make_world, reason):
    world = make_world()
    client = Client(id="9") if reason == "no_address" else IVAN
    if reason == "quarantine":
        world.asked("1", client=IVAN)
    world.close(client=client)
    world.clock.advance(timedelta(hours=1))
    if reason == "opted_out":
        world.ratings.opt_out("acme", IVAN)
    world.ratings.run_due()
    assert told(world) == ["closed", "planned", "not_asked"]
    assert detail(world, "not_asked") == reason


def test_failures_are_told_without_what_providers_repeat_of_a_person(make_world):
    book = Book()
    world = make_world(**wired(book), strict=False)
    book.says = [DeliveryError("busy: +7 900 123-45-67"), DeliveryError("gone: +79001234567", final=True)]
    world.mailbox.answers["ivan@example.org"] = "550 <ivan@example.org>: no such user"
    world.close(client=IVAN)
    for _ in range(3):
        world.ratings.run_due()
        world.clock.advance(timedelta(hours=1))
    log = world.ratings.survey_log("acme", "17")
    assert [entry.what.value for entry in log] == ["closed", "planned", "failed", "failed", "failed", "given_up"]
    assert [entry.channel for entry in log[2:]] == ["phone", "phone", "email", "email"]
    said = json.dumps([entry.to_dict() for entry in log])
    assert "550" in said
    for personal in ("ivan", "Ivan", "900", "123-45"):
        assert personal not in said


def test_comments_are_not_in_the_log(world):
    world.ratings.record_answer("acme", 1, token=world.asked(client=IVAN), comment="Call me: Ivan Petrov")
    assert "Petrov" not in str([entry.to_dict() for entry in world.ratings.survey_log("acme", "17")])


def test_a_question_that_is_put_off_says_until_when(make_world):
    world = make_world(ask={"hours": {"email": "14:00-15:00"}})
    world.close()
    world.ratings.run_due()
    assert "now put off until 2026-11-20 14:00 UTC" in detail(world, "planned")


def test_the_end_of_the_time_to_answer_is_told(world):
    world.asked()
    world.clock.advance(timedelta(days=28))
    world.ratings.run_due()
    assert told(world)[-1] == "expired"


def test_an_unknown_ticket_and_tenant_are_named(world):
    with pytest.raises(UnknownTicket, match="'18'"):
        world.ratings.survey_log("acme", "18")
    with pytest.raises(UnknownTenant, match="acmee"):
        world.ratings.survey_log("acmee", "17")


def test_a_reopening_of_a_ticket_whose_closing_nobody_told_is_in_the_log(world):
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    assert told(world) == ["reopened"]


def test_who_was_not_asked_is_counted_by_reason_and_time(world):
    for number in ("1", "2", "3"):
        world.close(number, client=Client(email="a@example.org", consent=False))
        world.clock.advance(timedelta(days=1))
    world.close("4", client=None)
    counts = world.ratings.not_asked_counts("acme")
    assert (counts[NotAskedReason.NO_CONSENT], counts[NotAskedReason.NO_ADDRESS]) == (3, 1)
    assert set(counts) == set(NotAskedReason)
    now = world.clock.now()
    part = world.ratings.not_asked_counts("acme", since=now - timedelta(days=2), until=now)
    assert (part[NotAskedReason.NO_CONSENT], part[NotAskedReason.NO_ADDRESS]) == (2, 0)
