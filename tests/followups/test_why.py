"""Why: a call after the answer, by bands and share, that never changes a score by itself."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.followups.conftest import IVAN, taken
from tests.world import World, send

from nps_plugin import AnswerLocked, CallKind, CallRefused, Client, ConfigError

BOTH = {"bands": ["satisfied", "dissatisfied"]}
FOUND = {"cause": "You called back at once", "finding": "expectation_corrected"}


@pytest.fixture
def agency(make_world):
    """Makes worlds that ask by mail, 0 to 10, and then call; keys of ``why_call`` and ``ask`` may differ."""

    def make(why: dict | None = None, **ask) -> World:
        return make_world(scale="nps-11", ask={"quarantine": "0d", "why_call": BOTH | (why or {})} | ask)

    return make


def answered(world, score=10, number="17", client=IVAN):
    """A ticket whose client clicked that score in the mail."""
    token = world.asked(number, client=client)
    world.clock.advance(timedelta(minutes=5))
    assert send(world.browser(), token, score).status_code == 200
    return world.ratings.calls.due("acme", "anna")


def why(world, score=10):
    """Such a ticket's call, and anna has it."""
    (call,) = answered(world, score)
    return world.ratings.calls.claim("acme", call.id, "anna")


@pytest.mark.parametrize("score", [10, 0])
def test_an_answer_of_the_bands_makes_a_call_after_a_ten_too(agency, score):
    (call,) = answered(agency(), score)
    assert (call.kind, call.score, call.ticket) == (CallKind.WHY, score, "17")


def test_other_bands_and_no_setting_make_none(agency, make_world):
    assert answered(agency(), 7) == ()
    assert answered(make_world(scale="nps-11"), 10) == ()


@pytest.mark.both_engines
def test_the_answer_is_noted_beside_the_score_that_stays(agency):
    world = agency()
    call = why(world)
    done = world.ratings.calls.done("acme", call.id, "anna", "reached", suggestion="Send a photo", **FOUND)
    assert done.recorded is None
    assert (done.note.cause, done.note.suggestion, done.note.finding) == (
        "You called back at once",
        "Send a photo",
        "expectation_corrected",
    )
    (answer,) = world.ratings.answers("acme")
    assert (answer.score, answer.source, answer.comment) == (10, "client", "")
    assert world.ratings.calls.due("acme", "anna") == ()


def test_another_score_is_an_answer_by_the_rules_of_arbitration(agency):
    world = agency()
    done = world.ratings.calls.done("acme", why(world).id, "anna", "reached", score=6, **FOUND)
    assert done.recorded.effect == "suspect", "somebody else than the client said so: a manager rules"
    assert {(answer.score, answer.state) for answer in world.ratings.answers("acme")} == {
        (10, "counted"),
        (6, "suspect"),
    }
    ruled = world.ratings.accept_answer("acme", done.recorded.answer.id, by="boss", why="heard on the telephone")
    assert ruled.verdict.score == 6
    assert world.ratings.calls.due("acme", "anna") == (), "and nobody calls again to ask why of the six"


def test_after_the_edit_window_another_score_is_refused_and_nothing_is_stored(agency):
    world = agency(edit_window="1h")
    call = why(world)
    world.clock.advance(timedelta(hours=2))
    world.ratings.calls.claim("acme", call.id, "anna")
    with pytest.raises(AnswerLocked):
        world.ratings.calls.done("acme", call.id, "anna", "reached", score=6, **FOUND)
    assert world.rows("call_note") == []
    assert world.ratings.calls.done("acme", call.id, "anna", "reached", **FOUND).note.outcome == "reached"


@pytest.mark.parametrize("missing", ["cause", "finding"])
def test_a_client_who_was_reached_said_why_and_something_was_found(agency, missing):
    world = agency()
    call = why(world)
    with pytest.raises(CallRefused, match="needs the cause"):
        world.ratings.calls.done("acme", call.id, "anna", "reached", **(FOUND | {missing: ""}))


def test_the_share_is_drawn_by_a_keyed_hash(agency):
    def drawn(world):
        for number in range(16):
            answered(world, number=str(number), client=Client(email=f"{number}@example.org", phone=f"+7 9{number}"))
        # two looks at the queue draw nothing twice
        world.ratings.calls.due("acme", "anna")
        return len(world.ratings.calls.due("acme", "anna", limit=100))

    assert 2 < drawn(agency({"share": 0.5})) < 14
    assert drawn(agency({"share": 0.0})) == 0


def test_a_client_without_a_telephone_is_not_called(agency):
    assert answered(agency(), client=Client(email="ivan@example.org")) == ()


def test_calls_that_ask_why_are_contacts_too(agency):
    assert answered(agency(max_contacts=1)) == ()
    world = agency(max_contacts=2)
    call = why(world)
    assert world.ratings.calls.done("acme", call.id, "anna", "busy").next == "given_up"


def test_busy_comes_back_until_the_attempts_are_over(agency):
    world = agency(channels=["email", "operator"], attempts={"operator": 2}, max_contacts=10)
    call = why(world)
    assert world.ratings.calls.done("acme", call.id, "anna", "busy").next == "retried"
    assert world.ratings.calls.due("acme", "anna") == ()
    world.clock.advance(timedelta(minutes=6))
    (again,) = world.ratings.calls.due("acme", "boris")
    assert (again.id, again.attempts) == (call.id, 1)
    world.ratings.calls.claim("acme", call.id, "boris")
    assert world.ratings.calls.done("acme", call.id, "boris", "busy").next == "given_up"
    world.clock.advance(timedelta(days=1))
    assert world.ratings.calls.due("acme", "anna") == ()


def test_later_and_refused(agency):
    world = agency()
    call, at = why(world), world.clock.now() + timedelta(days=2)
    world.ratings.calls.done("acme", call.id, "anna", "later", later=at)
    world.clock.advance(timedelta(days=1))
    assert world.ratings.calls.due("acme", "anna") == ()
    world.clock.advance(timedelta(days=1))
    world.ratings.calls.claim("acme", call.id, "anna")
    assert world.ratings.calls.done("acme", call.id, "anna", "refused").next == ""
    assert world.ratings.calls.due("acme", "anna") == ()


def test_whoever_opted_out_is_not_asked_why(agency):
    world = agency()
    (call,) = answered(world)
    world.ratings.opt_out("acme", IVAN)
    with pytest.raises(CallRefused, match="does not want"):
        world.ratings.calls.claim("acme", call.id, "anna")
    assert world.ratings.calls.due("acme", "anna") == ()
    assert answered(agency(), number="18") != (), "others are"


def test_an_operator_who_learned_why_with_the_score_does_not_call_again(make_world):
    world = make_world(scale="nps-11", ask={"channels": ["operator"], "quarantine": "0d", "why_call": BOTH})
    calls = world.ratings.calls
    calls.done("acme", taken(world).id, "anna", "reached", score=3, cause="Slow", finding="our_fault")
    assert calls.due("acme", "anna") == ()
    calls.done("acme", taken(world, "18").id, "anna", "reached", score=3)
    assert [(call.kind, call.ticket) for call in calls.due("acme", "anna")] == [("why", "18")]


def test_the_script_asks_why_and_shows_the_clients_history(agency):
    world = agency()
    answered(world, 9, "16")
    calls = [call for call in answered(world, 10) if call.ticket == "17"]
    world.ratings.calls.claim("acme", calls[0].id, "anna")
    script = world.ratings.calls.script("acme", calls[0].id, "anna")
    assert any("You rated it 10" in line for line in script.lines)
    assert "What was the main reason for this score?" in script.lines
    assert [entry.score for entry in script.client_history.entries] == [9, 10]
    assert [entry.score for entry in script.company_history.entries] == [9, 10]


@pytest.mark.both_engines
def test_what_is_noted_is_handed_out_and_forgotten_with_the_person(agency):
    world = agency()
    world.ratings.calls.done("acme", why(world).id, "anna", "reached", **FOUND)
    answered(world, 0, "18")
    (survey, _) = world.ratings.export_person("acme", IVAN)["surveys"]
    (noted,) = survey["calls"]
    assert (noted["cause"], noted["finding"]) == (FOUND["cause"], FOUND["finding"])
    assert "anna" not in json.dumps(noted)
    assert world.ratings.forget_client("acme", IVAN).calls == 1
    (kept,) = world.rows("call_note")
    assert (kept.cause, kept.suggestion, kept.finding) == ("", "", "expectation_corrected")
    assert world.ratings.calls.due("acme", "anna") == (), "and nobody calls"
    assert world.ratings.forget_client("acme", IVAN).calls == 0


@pytest.mark.both_engines
def test_what_is_noted_goes_by_age(agency):
    world = agency()
    world.ratings.calls.done("acme", why(world).id, "anna", "reached", **FOUND)
    world.clock.advance(timedelta(days=729))
    world.ratings.run_due()
    assert world.rows("call_note")[0].cause
    world.clock.advance(timedelta(days=2))
    world.ratings.run_due()
    (kept,) = world.rows("call_note")
    assert (kept.cause, kept.finding) == ("", "expectation_corrected")


def test_mistakes_of_the_setting_are_named(agency):
    with pytest.raises(ConfigError, match=r"why_call\.bands: expected a list of"):
        agency({"bands": ["happy"]})
    with pytest.raises(ConfigError, match=r"why_call\.share: expected a share"):
        agency({"share": 2})
