"""The verdict stands on the ticket: once per revision, corrected beside it, in the tenant's language."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.adapters.trac.site import Site
from tests.world import token_of
from trac.ticket.model import Ticket

from nps_adapters.trac.hooks import Hooks
from nps_plugin import Ratings, VerdictKind, VerdictReached

pytestmark = pytest.mark.host


def title(comment: str) -> str:
    return comment.splitlines()[0]


def closed(site: Site) -> int:
    number = site.open().id
    site.resolve(number, "Done.")
    return int(number)


def test_a_verdict_becomes_a_comment_and_neither_closes_nor_asks_again(site: Site) -> None:
    number = closed(site)
    site.rate(1)
    site.ratings.run_due()

    (comment,) = site.comments(number)
    assert title(comment) == "'''Client rating: 1'''"
    assert comment.splitlines()[2] == site.ratings.ticket_verdict("acme", str(number)).sentence
    assert "watermelon" in comment
    assert Ticket(site.env, number)["status"] == "closed"
    assert site.closures() == [("1", 1)]
    assert len(site.mailbox.mails) == 1


def test_an_answer_that_a_process_without_trac_took_is_written_by_the_worker(site: Site) -> None:
    number = closed(site)
    site.ratings.run_due()
    with Ratings.open(site.path / "conf" / "nps.toml") as elsewhere:
        elsewhere.record_answer("acme", 1, token=token_of(site.mailbox.mails[-1]))
        assert [(one.subscriber, one.untold) for one in elsewhere.untold()] == [("trac", 1)]
    assert site.comments(number) == []
    site.ratings.run_due(datetime.now(UTC) + timedelta(hours=1))
    assert [title(comment) for comment in site.comments(number)] == ["'''Client rating: 1'''"]


def test_a_corrected_answer_adds_a_comment(site: Site) -> None:
    number = closed(site)
    site.rate(1)
    site.ratings.record_answer("acme", 3, token=token_of(site.mailbox.mails[-1]))
    site.ratings.run_due()
    titles = [title(comment) for comment in site.comments(number)]
    assert titles == ["'''Client rating: 1'''", "'''Client rating corrected: 3'''"]


def test_each_resolution_has_its_own_verdict(site: Site) -> None:
    number = closed(site)
    site.rate(1)
    site.reopen_ticket(number)
    site.resolve(number)
    hooks = Hooks(site.env, site.plugin.options, "en")
    hooks.nps_verdict_reached(news(site, number, 1, score=3, kind=VerdictKind.CONFIRMED))
    titles = [title(comment) for comment in site.comments(number)]
    assert titles == ["'''Client rating: 1'''", "'''Client rating: 3'''"]


def news(site: Site, number: int, revision: int, **verdict: Any) -> VerdictReached:
    reached = replace(site.ratings.ticket_verdict("acme", str(number)), **verdict)
    return VerdictReached(
        tenant="acme",
        event=f"e{revision}",
        revision=revision,
        at=datetime.now(UTC),
        ticket=str(number),
        closure=reached.closure,
        verdict=reached,
    )


def test_what_is_told_again_or_late_is_written_once(site: Site) -> None:
    number = closed(site)
    site.rate(2)
    hooks = Hooks(site.env, site.plugin.options, "en")
    again, later = news(site, number, 1), news(site, number, 2, sentence="Another sentence.", score=3)
    for told in (again, again, later, later, again):
        hooks.nps_verdict_reached(told)
    # words that stand there already are not repeated, whatever their revision
    hooks.nps_verdict_reached(news(site, number, 3, sentence="Another sentence."))
    assert len(site.comments(number)) == 2


def test_a_mark_in_anybody_elses_comment_is_not_believed(site: Site) -> None:
    number = closed(site)
    site.change(number, "ivan", "{{{\n#!comment\nnps-plugin 1.99\n}}}")
    site.rate(1)
    assert len(site.comments(number)) == 1


def test_the_verdict_of_another_tenant_host_or_ticket_is_not_written(site: Site) -> None:
    number = closed(site)
    site.rate(1)
    hooks = Hooks(site.env, site.plugin.options, "en")
    other = news(site, number, 5, sentence="Not ours.")
    for told in (replace(other, tenant="b"), replace(other, host="b"), replace(other, ticket="99")):
        hooks.nps_verdict_reached(told)
    off = Hooks(site.env, site.plugin.options, "en", write_verdicts=False)
    off.nps_verdict_reached(other)
    assert len(site.comments(number)) == 1


def test_in_russian_under_the_name_that_the_site_chose(site: Site) -> None:
    site.configure(locale="ru", nps={"author": "оценка"})
    number = closed(site)
    site.rate(3)
    (comment,) = site.comments(number, "оценка")
    assert title(comment) == "'''Оценка клиента: 3'''"


def test_a_ticket_on_which_nobody_answered_gets_no_comment(site: Site) -> None:
    number = closed(site)
    hooks = Hooks(site.env, site.plugin.options, "en")
    hooks.nps_verdict_reached(news(site, number, 1))
    assert site.comments(number) == []


# --- the worker


def trac_admin(site: Site, *command: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "trac.admin.console", str(site.path), *command]
    return subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)


def test_the_worker_finds_what_gave_no_event_asks_and_ends(site: Site) -> None:
    reopened = closed(site)
    with site.out_of_order():
        site.reopen_ticket(reopened)
        site.resolve(site.open(reporter="b@example.org").id)

    done = trac_admin(site, "nps", "work", "once")

    assert done.returncode == 0, done.stderr
    assert "1 closing(s) and 1 reopening(s) found" in done.stdout
    assert [mail["To"] for mail in site.mailbox.mails] == ["b@example.org"]
    assert "found" not in trac_admin(site, "nps", "work", "once").stdout


def test_check_says_whether_all_is_well(site: Site) -> None:
    well = trac_admin(site, "nps", "check")
    assert (well.returncode, well.stdout[:12]) == (0, "All is well;"), well
    with site.out_of_order():
        ill = trac_admin(site, "nps", "check")
    assert ill.returncode != 0
    assert "nps.toml: is not valid TOML" in ill.stderr
