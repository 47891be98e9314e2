"""The question as a call: it waits in the queue, one operator has it, and what comes of it goes on by the plan."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from tests.followups.conftest import IVAN, queued, taken
from tests.world import send, token_of

from nps_plugin import (
    AnswerRefused,
    CallKind,
    CallOutcome,
    CallRefused,
    CallTaken,
    Client,
    ConfigError,
    ScoreOffScale,
    UnknownCall,
    UnknownTenant,
)

DAY = timedelta(days=1)


def states(world):
    return [row.state for row in world.rows("survey")]


def test_a_due_question_waits_for_an_operator_instead_of_leaving(desk):
    world = desk()
    call = queued(world)
    assert (call.kind, call.ticket, call.score, call.attempts) == (CallKind.QUESTION, "17", None, 0)
    assert world.mailbox.mails == []
    assert world.ratings.survey_log("acme", "17")[-1].what == "sent"


def test_whoever_has_no_telephone_is_asked_over_the_next_channel(desk):
    world = desk(channels=["operator", "email"])
    world.close(client=Client(email="ivan@example.org"))
    world.ratings.run_due()
    assert world.ratings.calls.due("acme", "anna") == ()
    assert len(world.mailbox.mails) == 1


def test_the_score_that_the_operator_enters_is_the_answer(desk):
    world = desk()
    call = taken(world)
    done = world.ratings.calls.done("acme", call.id, "anna", "reached", score=9, cause="Fast and friendly")
    answer = done.recorded.answer
    assert (answer.score, answer.source, answer.by, answer.channel) == (9, "operator", "anna", "operator")
    assert (answer.comment, answer.state) == ("Fast and friendly", "counted")
    assert done.next == ""
    assert world.ratings.ticket_verdict("acme", "17").kind == "confirmed"
    assert world.ratings.calls.due("acme", "anna") == ()
    with pytest.raises(UnknownCall, match=call.id):
        world.ratings.calls.done("acme", call.id, "anna", "reached", score=1)


def test_a_cause_may_be_the_code_of_a_reason(desk):
    world = desk()
    done = world.ratings.calls.done("acme", taken(world).id, "anna", "reached", score=2, cause="speed")
    assert (done.note.reason, done.note.cause) == ("speed", "")
    assert done.recorded.answer.reasons == ("speed",)


def test_an_answer_elsewhere_takes_the_call_out_of_the_queue(desk):
    world = desk(channels=["email", "operator"], attempts={"email": 1})
    world.close(client=IVAN)
    world.mailbox.answers["ivan@example.org"] = "550 no such box"
    world.ratings.run_due()
    world.ratings.run_due()
    (call,) = world.ratings.calls.due("acme", "anna")
    world.ratings.rate("acme", "17", 8, by="ivan")
    assert world.ratings.calls.due("acme", "anna") == ()
    with pytest.raises(UnknownCall):
        world.ratings.calls.claim("acme", call.id, "anna")


def test_a_call_has_one_operator_at_a_time(desk):
    world = desk()
    call = taken(world)
    calls = world.ratings.calls
    assert call.claimed_by == "anna"
    assert calls.due("acme", "boris") == ()
    assert [one.id for one in calls.due("acme", "anna")] == [call.id]
    with pytest.raises(CallTaken):
        calls.claim("acme", call.id, "boris")
    with pytest.raises(CallTaken):
        calls.done("acme", call.id, "boris", "reached", score=1)
    calls.release("acme", call.id, "boris")
    assert calls.due("acme", "boris") == (), "a call is given back by whoever has it"
    calls.release("acme", call.id, "anna")
    assert calls.claim("acme", call.id, "boris").claimed_by == "boris"


def test_a_call_that_its_operator_forgot_is_free_after_half_an_hour(desk):
    world = desk()
    call = taken(world)
    world.clock.advance(timedelta(minutes=29))
    assert world.ratings.calls.due("acme", "boris") == ()
    world.clock.advance(timedelta(minutes=2))
    assert [one.id for one in world.ratings.calls.due("acme", "boris")] == [call.id]
    # whoever still speaks enters what comes of it, as long as nobody else has it
    assert world.ratings.calls.done("acme", call.id, "anna", "reached", score=9).recorded is not None


def test_nothing_is_entered_without_having_the_call(desk):
    world = desk()
    call = queued(world)
    with pytest.raises(CallRefused, match="claim"):
        world.ratings.calls.done("acme", call.id, "anna", "reached", score=9)
    assert world.rows("answer") == []


@pytest.mark.parametrize("who", ["olga", " OLGA "])
def test_the_tickets_own_agent_never_calls(desk, who):
    world = desk()
    call = queued(world)
    calls = world.ratings.calls
    assert calls.due("acme", who) == ()
    with pytest.raises(CallRefused, match="agent"):
        calls.claim("acme", call.id, who)
    with pytest.raises(CallRefused, match="agent"):
        calls.script("acme", call.id, who)
    with pytest.raises(CallRefused):
        calls.done("acme", call.id, who, "reached", score=9)


def test_busy_comes_back_after_the_usual_wait(desk):
    world = desk()
    call = taken(world)
    assert world.ratings.calls.done("acme", call.id, "anna", "busy").next == "retried"
    world.ratings.run_due()
    assert world.ratings.calls.due("acme", "anna") == ()
    world.clock.advance(timedelta(minutes=6))
    world.ratings.run_due()
    (again,) = world.ratings.calls.due("acme", "anna")
    assert again.id != call.id
    assert again.attempts == 1
    assert any("busy" in entry.detail for entry in world.ratings.survey_log("acme", "17"))


def test_later_comes_back_at_the_time_that_the_client_named(desk):
    world = desk()
    call, at = taken(world), world.clock.now() + timedelta(hours=20)
    done = world.ratings.calls.done("acme", call.id, "anna", CallOutcome.LATER, later=at)
    assert (done.next, done.note.later) == ("retried", at)
    world.clock.advance(timedelta(hours=19, minutes=59))
    world.ratings.run_due()
    assert world.ratings.calls.due("acme", "anna") == ()
    world.clock.advance(timedelta(minutes=1))
    world.ratings.run_due()
    assert len(world.ratings.calls.due("acme", "anna")) == 1


def test_after_its_attempts_the_question_goes_over_the_next_channel(desk):
    world = desk(channels=["operator", "email"], attempts={"operator": 2})
    for _ in range(2):
        call = taken(world) if not world.rows("survey") else world.ratings.calls.due("acme", "anna")[0]
        world.ratings.calls.claim("acme", call.id, "anna")
        world.ratings.calls.done("acme", call.id, "anna", "busy")
        assert world.mailbox.mails == []
        world.clock.advance(timedelta(minutes=6))
        world.ratings.run_due()
    assert world.ratings.calls.due("acme", "anna") == ()
    assert len(world.mailbox.mails) == 1


def test_calls_count_for_max_contacts(desk):
    world = desk(max_contacts=1)
    call = taken(world)
    world.ratings.calls.done("acme", call.id, "anna", "busy")
    world.clock.advance(timedelta(minutes=6))
    world.ratings.run_due()
    assert world.ratings.calls.due("acme", "anna") == ()
    assert states(world) == ["given_up"]


def test_whoever_refuses_is_asked_no_more_about_it_and_not_soon_again(desk):
    world = desk(channels=["operator", "email"], quarantine="30d")
    call = taken(world)
    assert world.ratings.calls.done("acme", call.id, "anna", "refused").next == "given_up"
    for _ in range(3):
        world.clock.advance(DAY)
        world.ratings.run_due()
    assert world.mailbox.mails == []
    assert states(world) == ["given_up"]
    world.close("18", client=IVAN)
    world.ratings.run_due()
    assert {row.not_asked for row in world.rows("survey")} == {None, "quarantine"}


def test_hours_keep_the_queue_empty_while_the_client_sleeps(desk):
    world = desk(hours={"operator": "10:00-19:00"})
    call = queued(world)
    world.clock.advance(timedelta(hours=8))
    assert world.ratings.calls.due("acme", "anna") == (), "it is 20:00"
    world.clock.advance(timedelta(hours=14))
    assert [one.id for one in world.ratings.calls.due("acme", "anna")] == [call.id]


def test_a_call_that_waits_is_not_reminded_of(desk):
    world = desk(remind_after="3d")
    call = queued(world)
    world.clock.advance(4 * DAY)
    world.ratings.run_due()
    assert [row.kind for row in world.rows("message")] == ["question"]
    assert [one.id for one in world.ratings.calls.due("acme", "anna")] == [call.id]


def test_whoever_opted_out_meanwhile_is_not_called(desk):
    world = desk(channels=["operator", "email"])
    call = queued(world)
    world.ratings.opt_out("acme", IVAN)
    with pytest.raises(CallRefused, match="does not want"):
        world.ratings.calls.claim("acme", call.id, "anna")
    assert world.ratings.calls.due("acme", "anna") == ()
    world.ratings.run_due()
    assert world.mailbox.mails == []


def test_a_call_whose_time_is_over_or_whose_ticket_was_reopened_is_gone(desk):
    world = desk()
    queued(world)
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    assert world.ratings.calls.due("acme", "anna") == ()
    queued(world, "18")
    world.clock.advance(29 * DAY)
    assert world.ratings.calls.due("acme", "anna") == ()


@pytest.mark.parametrize(
    ("outcome", "more", "words"),
    [
        ("met", {}, "outcomes: reached, busy, later, refused"),
        ("reached", {}, "needs the score"),
        ("busy", {"score": 9}, "a client who was reached"),
        ("refused", {"finding": "our_fault"}, "a client who was reached"),
        ("reached", {"score": 9, "finding": "nobody"}, "findings: our_fault, expectation_corrected"),
        ("later", {}, "needs the time"),
        ("busy", {"later": timedelta(hours=1)}, "only later"),
        ("later", {"later": timedelta(0)}, "must lie ahead"),
        ("later", {"later": timedelta(days=8)}, "within 7 days"),
    ],
)
def test_what_does_not_fit_together_is_refused_and_nothing_is_stored(desk, outcome, more, words):
    world = desk()
    call = taken(world)
    if "later" in more:
        more = {"later": world.clock.now() + more["later"]}
    with pytest.raises(CallRefused, match=words):
        world.ratings.calls.done("acme", call.id, "anna", outcome, **more)
    assert world.rows("call_note") == []
    assert states(world) == ["sent"]


def test_a_time_without_a_zone_is_refused(desk):
    world = desk()
    call, later = taken(world), world.clock.now().replace(tzinfo=None) + timedelta(hours=1)
    with pytest.raises(CallRefused, match="time zone"):
        world.ratings.calls.done("acme", call.id, "anna", "later", later=later)


def test_a_score_off_the_scale_is_refused_and_the_call_stays(desk):
    world = desk()
    call = taken(world)
    with pytest.raises(ScoreOffScale):
        world.ratings.calls.done("acme", call.id, "anna", "reached", score=11)
    assert world.rows("call_note") == []
    assert [one.id for one in world.ratings.calls.due("acme", "anna")] == [call.id]


def test_an_operator_must_be_named_and_the_tenant_known(desk):
    world = desk()
    call = queued(world)
    with pytest.raises(CallRefused, match="named"):
        world.ratings.calls.claim("acme", call.id, " ")
    with pytest.raises(UnknownTenant):
        world.ratings.calls.due("nobody", "anna")
    with pytest.raises(UnknownCall):
        world.ratings.calls.claim("acme", "no\x00such", "anna")


def test_the_script_says_what_to_say_and_only_whoever_has_the_call_sees_the_client(desk):
    world = desk()
    call = queued(world)
    closed = world.ratings.calls.script("acme", call.id)
    assert (closed.name, closed.phone, closed.subject, closed.lines) == ("", "", "", ())
    assert closed.client_history is None
    assert "Ivan" not in str(closed.to_dict())
    assert "900" not in str(closed.to_dict())
    assert world.ratings.calls.script("acme", call.id, "boris").phone == ""
    world.ratings.calls.claim("acme", call.id, "anna")
    mine = world.ratings.calls.script("acme", call.id, "anna")
    assert (mine.name, mine.phone, mine.agent, mine.kpi_met) == ("Ivan Petrov", IVAN.phone, "olga", True)
    said = " ".join(mine.lines)
    assert "Hello, Ivan Petrov! This is Acme." in said
    assert "The printer is on fire" in said
    assert "How likely" in said or "?" in said
    assert [point.score for point in mine.points] == list(range(11))
    assert mine.client_history.entries == ()
    assert mine.company_history.organization == "North"
    assert mine.log[0].what == "closed"
    assert "Ivan" not in repr(mine)
    assert IVAN.phone not in repr(mine)


def test_the_script_is_in_the_clients_language(desk):
    world = desk()
    call = taken(world, client=Client(id="7", name="Иван", phone="+7 900 1", locale="ru"))
    script = world.ratings.calls.script("acme", call.id, "anna")
    assert script.locale == "ru"
    assert script.lines[0] == "Здравствуйте, Иван! Это Acme."


def test_earlier_calls_are_seen_by_the_next_operator(desk):
    world = desk()
    call = taken(world)
    world.ratings.calls.done("acme", call.id, "anna", "busy", suggestion="try the mobile")
    world.clock.advance(timedelta(minutes=6))
    world.ratings.run_due()
    (again,) = world.ratings.calls.due("acme", "boris")
    world.ratings.calls.claim("acme", again.id, "boris")
    (note,) = world.ratings.calls.script("acme", again.id, "boris").notes
    assert (note.by, note.outcome, note.suggestion) == ("anna", "busy", "try the mobile")


def test_an_answered_question_cannot_be_answered_by_the_agent_through_a_mistaken_claim(desk):
    """Whoever becomes known as the agent by the answer's own rule is refused there too."""
    world = desk()
    call = queued(world)
    with pytest.raises((CallRefused, AnswerRefused)):
        world.ratings.calls.done("acme", call.id, "olga", "reached", score=10)


def test_the_channel_has_no_settings_of_its_own(make_world):
    with pytest.raises(ConfigError, match=r"channels\.operator\.url"):
        make_world(ask={"channels": ["operator"]}, channels={"operator": {"url": "https://x.example"}})


def test_another_name_and_scale_for_the_channel(make_world):
    world = make_world(
        ask={"channels": ["desk", "email"]}, channels={"desk": {"adapter": "operator", "scale": "keypad-10"}}
    )
    call = taken(world)
    assert call.scale == "keypad-10"
    assert world.ratings.calls.done("acme", call.id, "anna", "reached", score=9).recorded.answer.channel == "desk"


def test_nothing_personal_is_logged(desk, caplog):
    caplog.set_level(logging.DEBUG)
    world = desk()
    call = taken(world)
    world.ratings.calls.script("acme", call.id, "anna")
    world.ratings.calls.done("acme", call.id, "anna", "reached", score=1, cause="Quux", suggestion="Quux")
    assert not [text for text in (caplog.text,) for mark in ("Quux", "Petrov", "900 111") if mark in text]


def test_a_mail_after_calls_is_answered_as_ever(desk):
    world = desk(channels=["operator", "email"], attempts={"operator": 1})
    world.ratings.calls.done("acme", taken(world).id, "anna", "busy")
    world.ratings.run_due()
    token = token_of(world.mailbox.mails[-1])
    world.clock.advance(timedelta(minutes=5))
    assert send(world.browser(), token, 9).status_code == 200
    assert states(world) == ["answered"]
