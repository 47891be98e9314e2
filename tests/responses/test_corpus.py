"""No scanner's answer counts, and no person's is lost: the corpus, played against the real pages."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.responses.corpus import CORPUS, DESK, SANDBOX, Case, Step, answers, clicks_all, play, table

from nps_plugin.counts import read_counts
from nps_plugin.responses.screening import SIGNS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "hearing.md"


@pytest.mark.parametrize("case", CORPUS, ids=[case.name for case in CORPUS])
def test_no_scanners_answer_counts_and_no_persons_is_lost(world, case):
    play(world, case)
    rows = world.rows("answer")
    counted = [row.score for row in rows if row.state == "counted"]
    assert counted == ([] if case.person is None else [case.person])
    assert sorted((row.score, row.state) for row in rows) == sorted(case.kept)
    if case.verdict:
        assert world.ratings.ticket_verdict("acme", "17").kind == case.verdict
    else:
        verdict = {1: "watermelon", 2: "lukewarm", 3: "confirmed"}[case.person]
        assert world.ratings.ticket_verdict("acme", "17").kind == verdict
    # what counts is counted, no more and no less
    with world.ratings._parts.store.read() as connection:
        found = read_counts(connection, world.ratings.settings.tenants["acme"])
    assert [sum(one.tally.answered for one in found)] == [len(counted)]


def test_words_of_a_scanner_do_not_stand_with_the_persons_answer(world):
    case = next(case for case in CORPUS if case.name.endswith("every score, after the person"))
    play(world, case)
    (answer,) = [one for one in world.ratings.answers("acme") if one.state == "counted"]
    assert (answer.reasons, answer.comment) == ((), "")
    assert len(world.rows("comment")) == 3


def test_the_corpus_can_fail(world):
    lost = Case("wrong", answers(DESK, 3, 3600), 1, ((1, "counted"),))
    with pytest.raises(AssertionError):
        test_no_scanners_answer_counts_and_no_persons_is_lost(world, lost)


def test_a_head_and_a_logo_leave_no_visit(world):
    for case in CORPUS:
        if "HEAD" in case.name:
            play(world, case)
    assert world.rows("evidence") == []


def test_visits_are_kept_with_what_screening_needs_and_no_address(world):
    steps = (*clicks_all(SANDBOX, 4), Step(2, SANDBOX, "send", 1))
    play(world, Case("all links", steps, None, ()))
    kept = [(row.link, row.score, row.address) for row in sorted(world.rows("evidence"), key=lambda row: row.at)]
    network = "192.0.2.0/24"
    assert kept == [
        ("sent", 1, network),
        ("sent", 2, network),
        ("sent", 3, network),
        ("decoy", None, network),
        ("submitted", 1, network),
    ]
    (answer,) = world.ratings.answers("acme")
    assert (answer.state, answer.grade) == ("provisional", "scanner")
    world.clock.advance(timedelta(days=29))
    world.ratings.run_due()
    assert world.ratings.ticket_verdict("acme", "17").kind == "unanswered"


def test_the_document_prints_the_corpus_and_the_signs():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert "\n".join(table()) in text
    signs = re.findall(r"^\| (.+?) \| (.+?) \| `(human|unclear|scanner)` \|$", text, flags=re.MULTILINE)
    assert signs == [(sign.name, sign.says, sign.grade.value) for sign in SIGNS]
