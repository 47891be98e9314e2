"""What people decide about answers, and by which ways answers come: kept with who and why, told again, counted once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.responses.corpus import SANDBOX, Case, clicks_all, play
from tests.responses.corpus import Step as Visit
from tests.responses.test_news import Hears, kinds

from nps_plugin import (
    AnswerLocked,
    AnswerRefused,
    Client,
    Effect,
    Evidence,
    SurveyCancelled,
    SurveyExpired,
    UnknownAnswer,
    UnknownTicket,
)
from nps_plugin.counts import read_counts

HERE, THERE = Evidence(agent="Firefox", address="192.0.2.0/24"), Evidence(agent="Safari", address="198.51.100.0/24")
PAVEL = {"by": "pavel", "why": "the client said so on the telephone"}


def kept(world):
    return sorted((row.score, row.state) for row in world.rows("answer"))


def marks(world):
    return [(row.state, row.by, row.why) for row in sorted(world.rows("answer_mark"), key=lambda row: row.at)]


def queued(world):
    """How many scores count now, folded or still waiting to be."""
    with world.ratings._parts.store.read() as connection:
        found = read_counts(connection, world.ratings.settings.tenants["acme"])
    return sum(one.tally.answered for one in found)


def kind(world):
    return world.ratings.ticket_verdict("acme", "17").kind


def provisional(world):
    """A scanner's 1, alone."""
    token = play(world, Case("", (*clicks_all(SANDBOX, 4), Visit(2, SANDBOX, "send", 1)), None, ()))
    (answer,) = world.ratings.answers("acme", state="provisional")
    return token, answer.id


def suspect(world, token=None):
    token = token or world.asked()
    world.ratings.record_answer("acme", 3, token=token, evidence=HERE)
    world.clock.advance(timedelta(minutes=1))
    return token, world.ratings.record_answer("acme", 1, token=token, evidence=THERE).answer.id


def test_a_provisional_answer_does_not_count_nor_close_the_question(world):
    provisional(world)
    assert (kind(world), queued(world), kept(world)) == ("pending", 0, [(1, "provisional")])
    assert [row.state for row in world.rows("survey")] == ["sent"]


def test_a_provisional_answer_may_be_accepted_even_when_the_time_is_over(world):
    _, answer = provisional(world)
    world.clock.advance(timedelta(days=30))
    world.ratings.run_due()
    assert kind(world) == "unanswered"
    recorded = world.ratings.accept_answer("acme", answer, **PAVEL)
    assert (recorded.effect, recorded.answer.state, recorded.verdict.kind) == ("accepted", "counted", "watermelon")
    assert marks(world) == [("counted", "pavel", PAVEL["why"])]
    assert queued(world) == 1


def test_a_persons_comment_confirms_what_a_scanner_said_first(world):
    token, _ = provisional(world)
    world.clock.advance(timedelta(hours=1))
    person = {"token": token, "evidence": HERE, "comment": "Too slow"}
    assert world.ratings.record_answer("acme", 1, **person).effect is Effect.CONFIRMED
    assert kept(world) == [(1, "counted")]
    assert marks(world) == [("counted", "", "a person said the same")]
    # and it is the person's now: they may change it, the scanner may not
    changed = world.ratings.record_answer("acme", 3, token=token, evidence=HERE)
    assert (changed.effect, changed.verdict.kind) == ("changed", "confirmed")


def test_a_scanner_that_repeats_itself_confirms_nothing(world):
    token, _ = provisional(world)
    scanner = Evidence(agent=SANDBOX.agent, address="192.0.2.0/24")
    for _ in range(2):
        again = world.ratings.record_answer("acme", 1, token=token, evidence=scanner, comment="test")
        assert (again.effect, again.answer.state) == ("repeated", "provisional")
    assert kind(world) == "pending"


def test_an_answer_of_20_days_later_may_still_change_though_a_scanner_came_at_once(world):
    token, _ = provisional(world)
    world.clock.advance(timedelta(days=20))
    world.ratings.record_answer("acme", 3, token=token, evidence=HERE)
    world.clock.advance(timedelta(hours=23))
    assert "You have answered already" in world.browser().get(f"/acme/{token}").text
    assert world.ratings.record_answer("acme", 2, token=token, evidence=HERE).effect is Effect.CHANGED
    world.clock.advance(timedelta(hours=2))
    with pytest.raises(AnswerLocked):
        world.ratings.record_answer("acme", 3, token=token, evidence=HERE)


def test_a_suspect_answer_that_is_accepted_supersedes_the_one_that_counted(make_world):
    ears = Hears()
    world = make_world(plugins=[ears])
    _, answer = suspect(world)
    ears.heard.clear()
    assert world.ratings.accept_answer("acme", answer, **PAVEL).verdict.kind == "watermelon"
    assert kept(world) == [(1, "counted"), (3, "superseded")]
    assert {mark[:2] for mark in marks(world)} == {("superseded", "pavel"), ("counted", "pavel")}
    assert queued(world) == 1
    assert kinds(ears) == [("AnswerRecorded", 2), ("VerdictReached", 2)]
    assert ears.heard[1].verdict.kind == "watermelon"


def test_a_withdrawn_answer_leaves_the_question_open_and_the_client_may_answer(make_world):
    ears = Hears()
    world = make_world(plugins=[ears])
    token = world.asked()
    answer = world.ratings.record_answer("acme", 1, token=token).answer.id
    ears.heard.clear()
    recorded = world.ratings.withdraw_answer("acme", answer, **PAVEL)
    assert (recorded.effect, recorded.answer.state, recorded.verdict.kind) == ("withdrawn", "withdrawn", "pending")
    assert queued(world) == 0
    assert kinds(ears) == [("AnswerRecorded", 2), ("VerdictReached", 2)]
    assert world.ratings.withdraw_answer("acme", answer, **PAVEL).effect is Effect.REPEATED
    assert len(marks(world)) == 1
    world.clock.advance(timedelta(days=3))
    assert world.ratings.record_answer("acme", 3, token=token).verdict.kind == "confirmed"
    assert kept(world) == [(1, "withdrawn"), (3, "counted")]


def test_a_withdrawal_after_the_time_to_answer_leaves_the_ticket_unanswered(world):
    token = world.asked()
    answer = world.ratings.record_answer("acme", 1, token=token).answer.id
    world.clock.advance(timedelta(days=40))
    assert world.ratings.withdraw_answer("acme", answer, **PAVEL).verdict.kind == "unanswered"
    with pytest.raises(SurveyExpired):
        world.ratings.record_answer("acme", 3, token=token)
    assert world.browser().get(f"/acme/{token}").status_code == 410


def test_a_withdrawal_after_a_reopening_leaves_nothing_to_answer(world):
    token = world.asked()
    answer = world.ratings.record_answer("acme", 1, token=token).answer.id
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    world.ratings.withdraw_answer("acme", answer, **PAVEL)
    with pytest.raises(SurveyCancelled):
        world.ratings.record_answer("acme", 3, token=token)


@pytest.mark.both_engines
def test_a_ruling_is_reversed_by_another(world):
    _, answer = suspect(world)
    first = next(one for one in world.ratings.answers("acme") if one.state == "counted")
    world.ratings.accept_answer("acme", answer, **PAVEL)
    world.ratings.withdraw_answer("acme", answer, **PAVEL)
    assert kind(world) == "pending"
    assert world.ratings.accept_answer("acme", first.id, **PAVEL).verdict.kind == "confirmed"
    assert world.ratings.accept_answer("acme", first.id, **PAVEL).effect is Effect.REPEATED
    assert (kept(world), queued(world)) == ([(1, "withdrawn"), (3, "counted")], 1)


@pytest.mark.both_engines
def test_those_that_wait_for_a_ruling_are_listed_with_their_ticket(world):
    suspect(world)
    waiting = world.ratings.answers("acme", state=("provisional", "suspect"))
    assert [(one.ticket, one.closure, one.score, one.state, one.grade) for one in waiting] == [
        ("17", 1, 1, "suspect", "unclear")
    ]
    assert [one.score for one in world.ratings.answers("acme", ticket="17")] == [1, 3]
    assert world.ratings.answers("acme", ticket="18") == ()
    assert world.ratings.answers("acme", ticket="17", host="other") == ()
    assert len(world.ratings.answers("acme", limit=1)) == 1
    with pytest.raises(ValueError, match="lost"):
        world.ratings.answers("acme", state="lost")


@pytest.mark.parametrize("way", ["accept_answer", "withdraw_answer"])
def test_a_ruling_needs_a_known_answer_a_person_and_a_reason(world, way):
    _, answer = suspect(world)
    rule = getattr(world.ratings, way)
    with pytest.raises(UnknownAnswer):
        rule("acme", "none", **PAVEL)
    for missing in ("by", "why"):
        with pytest.raises(AnswerRefused, match=missing):
            rule("acme", answer, **(PAVEL | {missing: " "}))
    with pytest.raises(AnswerRefused, match=r"Olga.*agent of ticket"):
        rule("acme", answer, by=" Olga ", why="mine")
    assert kept(world) == [(1, "suspect"), (3, "counted")]
    assert marks(world) == []


# --- by which way


@pytest.mark.both_engines
def test_a_client_who_is_logged_in_rates_before_the_mail_leaves_and_then_none_does(world):
    world.close()
    recorded = world.ratings.rate("acme", "17", 1, by="client17@example.org")
    answer = recorded.answer
    assert (answer.source, answer.by, answer.channel, answer.grade) == (
        "portal",
        "client17@example.org",
        "portal",
        "human",
    )
    assert recorded.verdict.kind == "watermelon"
    assert world.ratings.run_due().sent == 0
    assert queued(world) == 1


def test_a_rating_in_the_portal_may_be_changed_there_and_differs_in_the_mail(world):
    token = world.asked()
    world.ratings.rate("acme", "17", 1, by="ivan")
    assert world.ratings.rate("acme", "17", 1, by="ivan").effect is Effect.REPEATED
    assert world.ratings.rate("acme", "17", 2, by="ivan").effect is Effect.CHANGED
    assert world.ratings.rate("acme", "17", 3, by="boss").effect is Effect.SUSPECT
    assert world.ratings.record_answer("acme", 3, token=token, evidence=HERE).effect is Effect.SUSPECT
    assert kind(world) == "lukewarm"


def test_a_rating_in_the_portal_goes_to_the_survey_of_its_person(world):
    receipt = world.close(respondents=(Client(id="b1", email="boss@example.org"),))
    assert world.ratings.rate("acme", "17", 1, by="b1").answer.survey == receipt.others[0].id
    assert world.ratings.rate("acme", "17", 3, by="client17@example.org").answer.survey == receipt.survey.id


def test_what_cannot_be_rated_in_the_portal(world):
    with pytest.raises(UnknownTicket, match="'17'"):
        world.ratings.rate("acme", "17", 3, by="ivan")
    world.asked()
    with pytest.raises(UnknownTicket):
        world.ratings.rate("acme", "17", 3, by="ivan", closure=2)
    with pytest.raises(AnswerRefused, match="olga"):
        world.ratings.rate("acme", "17", 3, by="olga")
    with pytest.raises(AnswerRefused, match="by="):
        world.ratings.rate("acme", "17", 3, by="")
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    with pytest.raises(SurveyCancelled):
        world.ratings.rate("acme", "17", 3, by="ivan")
    world.asked("18")
    world.clock.advance(timedelta(days=28))
    with pytest.raises(SurveyExpired):
        world.ratings.rate("acme", "18", 3, by="ivan")
    world.close("19", client=Client(id="x", email="x@example.org", consent=False))
    with pytest.raises(AnswerRefused, match="no_consent"):
        world.ratings.rate("acme", "19", 3, by="x")
    assert world.rows("answer") == []


def test_an_operator_is_named_and_is_never_the_tickets_own_agent(world):
    survey = world.close(closed_by="petr").survey.id
    for by, why in (("olga", "agent of ticket"), ("OLGA ", "agent of ticket"), ("", "by="), (None, "by=")):
        with pytest.raises(AnswerRefused, match=why):
            world.ratings.record_answer("acme", 3, survey=survey, source="operator", by=by)
    with pytest.raises(AnswerRefused, match="agent of ticket"):
        world.ratings.record_answer("acme", 3, survey=survey, source="import", by="olga")
    with pytest.raises(AnswerRefused, match="operator"):
        world.ratings.record_answer("acme", 3, survey=survey, source="operater", by="pavel")
    recorded = world.ratings.record_answer("acme", 3, survey=survey, source="operator", by="pavel")
    assert (recorded.answer.grade, recorded.answer.by) == ("human", "pavel")


def test_the_one_credited_is_the_own_agent_too(make_world):
    world = make_world(attribution="closer")
    survey = world.close(closed_by="petr").survey.id
    for by in ("olga", "petr"):
        with pytest.raises(AnswerRefused, match=by):
            world.ratings.record_answer("acme", 3, survey=survey, source="operator", by=by)


@pytest.mark.both_engines
def test_an_operator_who_differs_from_the_client_waits_for_a_ruling(world):
    token = world.asked()
    recorded = world.ratings.record_answer("acme", 1, token=token)
    other = world.ratings.record_answer("acme", 3, survey=recorded.answer.survey, source="operator", by="pavel")
    assert (other.effect, other.verdict.kind) == ("suspect", "watermelon")


def test_a_change_moves_the_counts_by_one_out_and_one_in(world):
    token = world.asked()
    world.ratings.record_answer("acme", 3, token=token)
    world.ratings.record_answer("acme", 1, token=token)
    assert queued(world) == 1
    with world.ratings._parts.store.read() as connection:
        (found,) = read_counts(connection, world.ratings.settings.tenants["acme"])
    assert found.tally.scores == (1, 0, 0)


def test_words_for_an_answer_that_does_not_count_are_kept_and_not_told(make_world):
    ears = Hears()
    world = make_world(plugins=[ears])
    token, _ = suspect(world)
    ears.heard.clear()
    again = world.ratings.record_answer("acme", 1, token=token, evidence=THERE, comment="Really!")
    assert (again.effect, again.answer.comment) == ("repeated", "Really!")
    assert ears.heard == []


def test_who_repeats_an_answer_gets_no_right_to_change_it(world):
    token = world.asked()
    world.ratings.record_answer("acme", 3, token=token, evidence=HERE)
    assert world.ratings.record_answer("acme", 3, token=token, evidence=THERE).effect is Effect.REPEATED
    assert world.ratings.record_answer("acme", 1, token=token, evidence=THERE).effect is Effect.SUSPECT


def test_a_scanner_may_not_change_what_a_person_confirmed_though_it_said_it_first(world):
    token, _ = provisional(world)
    world.clock.advance(timedelta(hours=1))
    world.ratings.record_answer("acme", 1, token=token, evidence=HERE)
    # an hour later it no longer looks like one
    scanner = Evidence(agent=SANDBOX.agent, address="192.0.2.0/24")
    assert world.ratings.record_answer("acme", 3, token=token, evidence=scanner).effect is Effect.SUSPECT
    assert kind(world) == "watermelon"
