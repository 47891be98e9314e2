"""Operators ask for indicators too: beside the score, or in a call that asks why."""

from __future__ import annotations

import re

import pytest
from tests.followups.conftest import IVAN, taken
from tests.world import followed, nonce_of
from werkzeug.test import Client as Browser

from nps_plugin import CallRefused

AGREED = {"use": ["no_errors", "solved"], "courteous": {"bands": ["dissatisfied"]}}


@pytest.fixture
def agency(make_world):
    why = {"bands": ["satisfied", "dissatisfied"]}
    return make_world(
        scale="nps-11", indicators=AGREED, ask={"channels": ["operator"], "quarantine": "0d", "why_call": why}
    )


def test_beside_the_score_those_are_asked_that_any_score_is_asked_for(agency):
    call = taken(agency)
    script = agency.ratings.calls.script("acme", call.id, "anna")
    assert {one.code: one.text for one in script.indicators}.keys() == {"no_errors", "solved"}
    done = agency.ratings.calls.done("acme", call.id, "anna", "reached", score=2, indicators={"solved": "no"})
    assert done.recorded.answer.indicators == {"solved": "no"}
    (row,) = agency.rows("indicator")
    assert (row.source, row.by) == ("operator", "anna")


def test_a_call_that_asks_why_adds_what_was_not_said_and_changes_nothing_that_was(agency):
    first = taken(agency)
    agency.ratings.calls.done("acme", first.id, "anna", "reached", score=2, indicators={"solved": "no"})
    (why,) = agency.ratings.calls.due("acme", "anna")
    agency.ratings.calls.claim("acme", why.id, "anna")
    asked = {one.code for one in agency.ratings.calls.script("acme", why.id, "anna").indicators}
    assert asked == {"no_errors", "solved", "courteous"}
    said = {"solved": "yes", "courteous": "partly"}
    found = {"cause": "Rude", "finding": "our_fault"}
    done = agency.ratings.calls.done("acme", why.id, "anna", "reached", indicators=said, **found)
    assert done.recorded is None
    (answer,) = agency.ratings.answers("acme")
    assert (answer.score, dict(answer.indicators)) == (2, {"solved": "no", "courteous": "partly"})


def test_who_was_not_reached_said_nothing(agency):
    call = taken(agency)
    with pytest.raises(CallRefused, match="comes from a client who was reached, not from busy"):
        agency.ratings.calls.done("acme", call.id, "anna", "busy", indicators={"solved": "no"})


def test_the_staff_page_has_a_field_for_each(agency):
    call = taken(agency, client=IVAN)
    anna = Browser(agency.ratings.staff("acme", user="anna", locale="en").wsgi)
    path = f"/staff/calls/{call.id}"
    page = anna.get(path)
    assert set(re.findall(r'<select id="i\.(\w+)"', page.text)) == {"no_errors", "solved"}
    form = {"nonce": nonce_of(page), "do": "done", "outcome": "reached", "score": "9", "i.solved": "yes"}
    assert "Stored. Thank you!" in followed(anna, path, anna.post(path, data=form)).text
    assert agency.ratings.answers("acme")[0].indicators == {"solved": "yes"}
