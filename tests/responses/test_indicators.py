"""Indicators: who is asked which, and what becomes of what they say. Score and verdict never hear of it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from tests.config.test_indicators import tenant
from tests.world import nonce_of, send

from nps_plugin import Client, Evidence, UnknownIndicator, UnknownTenant
from nps_plugin.model import INDICATORS, Band
from nps_plugin.responses.indicators import offered

HERE, THERE = (Evidence(agent=agent, address="192.0.2.0/24") for agent in ("Firefox", "Safari"))
AGREED = {"use": ["no_errors", "fixed_quickly", "courteous", "solved"]}


@pytest.fixture
def agreed(make_world):
    return make_world(indicators=AGREED, ask={"quarantine": "0d"})


def said(world, token, score=1, evidence=HERE, **indicators):
    recorded = world.ratings.record_answer("acme", score, token=token, indicators=indicators, evidence=evidence)
    return dict(recorded.answer.indicators)


# --- whose turn it is


def test_at_most_three_the_same_whenever_they_are_asked_for_and_others_of_another_survey():
    acme = tenant(indicators={"use": list(INDICATORS)})
    shown = {number: offered(acme, f"survey {number}", Band.NEUTRAL) for number in range(50)}
    assert all(len(set(three)) == 3 for three in shown.values())
    assert shown == {number: offered(acme, f"survey {number}", Band.NEUTRAL) for number in range(50)}
    assert len(set(shown.values())) > 40


def test_over_many_surveys_each_has_its_turn_as_often_and_stands_first_as_often_as_any_other():
    acme, surveys = tenant(indicators={"use": list(INDICATORS)}), 4000
    turns, firsts = Counter(), Counter()
    for number in range(surveys):
        three = offered(acme, f"survey {number}", Band.SATISFIED)
        turns.update(three)
        firsts[three[0]] += 1
    for counted, share in ((turns, 3 / 16), (firsts, 1 / 16)):
        spread = (surveys * share * (1 - share)) ** 0.5
        assert set(counted) == set(INDICATORS)
        assert all(abs(n - surveys * share) < 4 * spread for n in counted.values())


def test_the_band_of_the_score_decides_what_may_be_asked():
    acme = tenant(indicators={"use": ["solved"], "no_errors": {"bands": ["dissatisfied"]}})
    assert set(offered(acme, "7", Band.DISSATISFIED)) == {"solved", "no_errors"}
    assert offered(acme, "7", Band.SATISFIED) == offered(acme, "7", None) == ("solved",)
    assert offered(tenant(), "7", Band.SATISFIED) == ()


# --- what is kept


@pytest.mark.both_engines
def test_what_is_said_stands_beside_the_answer_and_changes_neither_score_nor_verdict(agreed):
    plain, spoken = (agreed.asked(number) for number in ("1", "2"))
    for token in (plain, spoken):
        agreed.ratings.record_answer("acme", 3, token=token, evidence=HERE)
    before = agreed.ratings.verdict("acme")
    assert said(agreed, spoken, 3, no_errors="no", solved="partly") == {"no_errors": "no", "solved": "partly"}
    assert agreed.ratings.verdict("acme") == before
    one, other = (agreed.ratings.ticket_verdict("acme", number) for number in ("1", "2"))
    assert (one.kind, one.score, one.signs) == (other.kind, other.score, other.signs)


@pytest.mark.both_engines
@pytest.mark.both_engines
def test_a_later_tap_of_the_same_person_corrects_and_nothing_is_overwritten(agreed):
    token = agreed.asked()
    said(agreed, token, no_errors="no")
    assert said(agreed, token, no_errors="yes", solved="no") == {"no_errors": "yes", "solved": "no"}
    kept = [(row.indicator, row.value) for row in sorted(agreed.rows("indicator"), key=lambda row: row.revision)]
    assert kept == [("no_errors", "no"), ("solved", "no"), ("no_errors", "yes")]
    assert said(agreed, token, no_errors="yes")["no_errors"] == "yes"
    assert len(agreed.rows("indicator")) == 3, "a repeat adds nothing"


def test_somebody_elses_tap_and_one_after_the_edit_window_correct_nothing(agreed):
    token = agreed.asked()
    said(agreed, token, no_errors="no")
    assert said(agreed, token, evidence=THERE, no_errors="yes", solved="yes") == {"no_errors": "no", "solved": "yes"}
    agreed.clock.advance(timedelta(hours=25))
    assert said(agreed, token, no_errors="yes")["no_errors"] == "no"


def test_who_changes_the_score_has_said_it_all_the_same(agreed):
    token = agreed.asked()
    said(agreed, token, 1, no_errors="no", solved="no")
    assert said(agreed, token, 3, solved="yes") == {"no_errors": "no", "solved": "yes"}


def test_what_came_with_an_answer_that_does_not_count_does_not_count(agreed):
    token = agreed.asked()
    said(agreed, token, no_errors="no")
    (answer,) = agreed.ratings.answers("acme")
    assert sum(one.n for one in agreed.ratings.indicators("acme").whole) == 1
    agreed.ratings.withdraw_answer("acme", answer.id, by="boris", why="not a client")
    assert sum(one.n for one in agreed.ratings.indicators("acme").whole) == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"no_eror": "yes"}, "no indicator 'no_eror'; did you mean 'no_errors'?; there are no_errors, fixed_quickly"),
        ({"on_time": "yes"}, "no indicator 'on_time'"),
        ({"solved": "maybe"}, "indicator solved: expected yes, partly, no, got 'maybe'"),
        ({"solved": True}, "expected yes, partly, no, got True"),
    ],
)
def test_what_was_not_agreed_on_is_refused_and_nothing_is_stored(agreed, given, told):
    token = agreed.asked()
    with pytest.raises(UnknownIndicator) as refused:
        agreed.ratings.record_answer("acme", 1, token=token, indicators=given)
    assert told in str(refused.value)
    assert agreed.rows("answer") == agreed.rows("indicator") == []


@pytest.mark.both_engines
def test_they_are_exported_with_the_answer(agreed):
    token = agreed.asked(client=Client(id="7", email="ivan@example.org"))
    said(agreed, token, no_errors="no")
    said(agreed, token, no_errors="partly")
    (row,) = agreed.ratings.export("acme")
    assert row["surveys"][0]["answers"][0]["indicators"] == {"no_errors": "partly"}
    (survey,) = agreed.ratings.export_person("acme", "id:7")["surveys"]
    assert survey["answers"][0]["indicators"] == {"no_errors": "partly"}
    agreed.ratings.forget_client("acme", "id:7")
    assert len(agreed.rows("indicator")) == 2, "what counts stays, and leads to nobody"


def test_the_page_asks_three_after_the_score_and_one_press_stores_them(agreed):
    token, browser = agreed.asked(), agreed.browser()
    agreed.clock.advance(timedelta(minutes=5))
    page = send(browser, token, 1)
    (survey,) = agreed.rows("survey")
    three = offered(agreed.ratings.settings.tenants["acme"], survey.survey, Band.DISSATISFIED)
    assert [code for code in AGREED["use"] if f'name="i.{code}"' in page.text] == sorted(three, key=AGREED["use"].index)
    form = {"nonce": nonce_of(page), "score": "1", "step": "why", f"i.{three[0]}": "no", f"i.{three[1]}": "partly"}
    assert browser.post(f"/acme/{token}", data=form).status_code == 200
    (answer,) = agreed.ratings.answers("acme")
    assert dict(answer.indicators) == {three[0]: "no", three[1]: "partly"}


def test_of_a_tenant_that_there_is_not_nothing_is_told(agreed):
    with pytest.raises(UnknownTenant):
        agreed.ratings.indicators("nobody")
