"""What comes back is recorded once, never overwritten, and told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.world import nonce_of, send

from nps_plugin import (
    AnswerLocked,
    Effect,
    Evidence,
    ScoreOffScale,
    SurveyCancelled,
    SurveyExpired,
    TokenUnknown,
    UnknownReason,
    UnknownSurvey,
    UnknownTenant,
)

pytestmark = pytest.mark.both_engines

HERE, THERE = Evidence(agent="Firefox", address="192.0.2.0/24"), Evidence(agent="Safari", address="198.51.100.0/24")


def states(world):
    return [(row.score, row.state) for row in world.rows("answer")]


def test_the_first_answer_counts_and_gives_the_verdict(world):
    recorded = world.ratings.record_answer("acme", 1, token=world.asked())
    assert recorded.effect is Effect.RECORDED
    assert recorded.verdict.kind == "watermelon"
    assert states(world) == [(1, "counted")]


def test_an_equal_answer_is_a_repeat_at_any_time(world):
    token = world.asked()
    world.ratings.record_answer("acme", 3, token=token, evidence=HERE)
    world.clock.advance(timedelta(days=200))
    assert world.ratings.record_answer("acme", "3", token=token, evidence=THERE).effect is Effect.REPEATED
    assert states(world) == [(3, "counted")]


def test_the_same_visitor_may_change_the_answer_inside_the_window_and_both_are_kept(world):
    token = world.asked()
    world.ratings.record_answer("acme", 3, token=token, evidence=HERE)
    world.clock.advance(timedelta(hours=23))
    changed = world.ratings.record_answer("acme", 1, token=token, evidence=HERE)
    assert changed.effect is Effect.CHANGED
    assert changed.verdict.kind == "watermelon"
    assert sorted(states(world)) == [(1, "counted"), (3, "superseded")]
    (mark,) = world.rows("answer_mark")
    assert mark.state == "superseded"


def test_another_visitors_different_answer_is_suspect_and_the_first_stays(world):
    token = world.asked()
    world.ratings.record_answer("acme", 3, token=token, evidence=HERE)
    other = world.ratings.record_answer("acme", 1, token=token, evidence=THERE)
    assert other.effect is Effect.SUSPECT
    assert other.verdict.kind == "confirmed"
    assert sorted(states(world)) == [(1, "suspect"), (3, "counted")]
    assert world.ratings.record_answer("acme", 1, token=token, evidence=THERE).effect is Effect.REPEATED


def test_after_the_window_a_different_answer_is_refused(world):
    token = world.asked()
    world.ratings.record_answer("acme", 3, token=token)
    world.clock.advance(timedelta(hours=24, seconds=1))
    with pytest.raises(AnswerLocked):
        world.ratings.record_answer("acme", 1, token=token)
    assert states(world) == [(3, "counted")]


def test_changes_do_not_prolong_the_window(world):
    token = world.asked()
    for score in (3, 2, 3):
        world.ratings.record_answer("acme", score, token=token)
        world.clock.advance(timedelta(hours=9))
    with pytest.raises(AnswerLocked):
        world.ratings.record_answer("acme", 1, token=token)


def test_reasons_and_comment_are_added_to_the_answer_that_stands(world):
    token = world.asked()
    world.ratings.record_answer("acme", 1, token=token)
    world.clock.advance(timedelta(minutes=1))
    world.ratings.record_answer("acme", 1, token=token, reasons=["speed"])
    recorded = world.ratings.record_answer("acme", 1, token=token, reasons=["speed", "errors"], comment="Three days!")
    assert set(recorded.answer.reasons) == {"speed", "errors"}
    assert recorded.answer.comment == "Three days!"
    assert len(world.rows("answer")) == 1


def test_a_reason_that_the_catalogue_lacks_is_refused_and_nothing_is_stored(world):
    token = world.asked()
    with pytest.raises(UnknownReason, match="speed"):
        world.ratings.record_answer("acme", 1, token=token, reasons=["weather"])
    assert states(world) == []


@pytest.mark.parametrize("score", [0, 4, -1, "", "5", "2.0", "²", True, None, 10**30])
def test_a_score_off_the_scale_is_refused(world, score):
    token = world.asked()
    with pytest.raises(ScoreOffScale, match="faces-3"):
        world.ratings.record_answer("acme", score, token=token)
    assert states(world) == []


def test_unknown_links_surveys_and_tenants_are_refused_by_name(world):
    token = world.asked()
    with pytest.raises(TokenUnknown):
        world.ratings.record_answer("acme", 1, token="x" * 22)
    with pytest.raises(TokenUnknown):
        world.ratings.record_answer("acme", 1, token=token[:-1])
    with pytest.raises(UnknownSurvey):
        world.ratings.record_answer("acme", 1, survey="none")
    with pytest.raises(UnknownTenant, match="acme"):
        world.ratings.record_answer("other", 1, token=token)
    with pytest.raises(ValueError, match="exactly one"):
        world.ratings.record_answer("acme", 1)


def test_a_reopened_ticket_takes_no_answer(world):
    token = world.asked()
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    with pytest.raises(SurveyCancelled):
        world.ratings.record_answer("acme", 1, token=token)
    assert world.browser().get(f"/acme/{token}").status_code == 410


def test_an_answer_before_the_reopening_stays_and_the_verdict_is_marked(world):
    token = world.asked()
    world.ratings.record_answer("acme", 3, token=token)
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    verdict = world.ratings.ticket_verdict("acme", "17")
    assert (verdict.kind, verdict.reopened) == ("confirmed", True)


def test_an_expired_survey_takes_no_answer_whether_or_not_the_worker_has_seen_it(world):
    token = world.asked()
    world.clock.advance(timedelta(days=28))
    for _ in range(2):
        with pytest.raises(SurveyExpired):
            world.ratings.record_answer("acme", 1, token=token)
        world.ratings.run_due()


def test_an_operator_enters_an_answer_before_the_mail_left_and_then_none_leaves(world):
    survey = world.close().survey
    recorded = world.ratings.record_answer("acme", 2, survey=survey.id, source="operator", by="pavel")
    assert (recorded.answer.source, recorded.answer.by) == ("operator", "pavel")
    assert recorded.verdict.kind == "lukewarm"
    assert world.ratings.run_due().sent == 0


def test_of_several_respondents_the_lowest_counts(world):
    from nps_plugin import Client

    receipt = world.close(respondents=(Client(email="boss@example.org"),))
    world.ratings.record_answer("acme", 3, survey=receipt.survey.id)
    assert world.ratings.ticket_verdict("acme", "17").kind == "confirmed"
    world.ratings.record_answer("acme", 1, survey=receipt.others[0].id)
    assert world.ratings.ticket_verdict("acme", "17").kind == "watermelon"


def test_through_the_page_the_score_is_stored_before_the_reasons_are_asked(world):
    token, browser = world.asked(), world.browser()
    page = send(browser, token, 1)
    assert states(world) == [(1, "counted")]
    data = {"nonce": nonce_of(page), "step": "why", "score": "1", "reason": ["speed"], "comment": "Slow <b>"}
    thanks = browser.post(f"/acme/{token}", data=data)
    thanks.close()
    assert thanks.status_code == 200
    assert "Slow" not in thanks.text
    assert [row.text for row in world.rows("comment")] == ["Slow <b>"]
    assert [row.reason for row in world.rows("answer_reason")] == ["speed"]


def test_looking_at_the_page_writes_no_answer_and_moves_no_survey(world):
    token, browser = world.asked(), world.browser()
    before = world.rows("survey")
    for query in ("", "?s=1", "?s=99", "?s=1&reason=speed&comment=x"):
        assert browser.get(f"/acme/{token}{query}").status_code == 200
        browser.head(f"/acme/{token}{query}")
    assert world.rows("answer") == []
    assert world.rows("survey") == before
    assert {row.link for row in world.rows("evidence")} <= {"sent", "opened"}


def test_a_form_that_was_not_ours_or_lay_too_long_stores_nothing_and_comes_back_fresh(world):
    token, browser = world.asked(), world.browser()
    other = world.asked("18")
    page = browser.get(f"/acme/{token}?s=1")
    old = nonce_of(page)
    for nonce in ("", "x", nonce_of(browser.get(f"/acme/{other}"))):
        refused = browser.post(f"/acme/{token}", data={"nonce": nonce, "score": "1"})
        assert refused.status_code == 422
        assert nonce_of(refused)
    world.clock.advance(timedelta(minutes=31))
    late = browser.post(f"/acme/{token}", data={"nonce": old, "score": "1"})
    assert late.status_code == 422
    assert states(world) == []
    assert browser.post(f"/acme/{token}", data={"nonce": nonce_of(late), "score": "1"}).status_code == 200
    assert states(world) == [(1, "counted")]


def test_one_click_unsubscription_is_taken_without_a_form_and_only_by_post(world):
    token, browser = world.asked(), world.browser()
    assert browser.get(f"/acme/{token}/unsubscribe").status_code == 200
    assert world.close("18", client=world.ticket().client).survey is not None
    for _ in range(2):
        done = browser.post(f"/acme/{token}/unsubscribe", data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
    assert world.close("19", client=world.ticket().client).not_asked.reason == "opted_out"
    assert world.ratings.run_due().sent == 0
