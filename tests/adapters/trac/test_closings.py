"""Trac tells of closings and reopenings, the library hears each once, and Trac never hears of our trouble."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

import pytest
from tests.adapters.trac.site import Site
from trac.core import Component, ComponentMeta, implements
from trac.ticket.api import ITicketChangeListener
from trac.ticket.model import Ticket

pytestmark = pytest.mark.host


def surveys(site: Site) -> list[tuple[str, str]]:
    return [(row.ticket, row.state) for row in site.rows("survey")]


def test_a_ticket_closes_reopens_and_closes_again(site: Site) -> None:
    number = site.open().id
    site.resolve(number, "Done.")
    site.change(number, comment="Closed tickets are commented too.")
    assert site.closures() == [("1", 1)]

    site.reopen_ticket(number)
    assert surveys(site) == [("1", "cancelled")]
    site.resolve(number)

    assert site.closures() == [("1", 1), ("1", 2)]
    assert [row.closure for row in site.rows("reopening")] == [1]
    assert surveys(site) == [("1", "cancelled"), ("1", "scheduled")]
    assert not site.plugin.problems


def test_a_ticket_that_is_created_closed_is_one_closing(site: Site) -> None:
    ticket = site.open(status="closed", resolution="fixed")
    assert site.closures() == [("1", 1)]
    (kept,) = site.rows("closure")
    assert (kept.closed_at, kept.closed_by, kept.replies, kept.reopened) == (ticket["time"], "ivan", 0, 0)


def test_nobody_is_asked_about_what_was_no_work(site: Site) -> None:
    for resolution in ("duplicate", "invalid", "wontfix"):
        site.resolve(site.open(reporter=f"{resolution}@example.org").id, resolution=resolution)
    kept = [(row.not_asked, row.detail) for row in site.rows("survey")]
    assert kept == [("excluded", "closed as duplicate"), ("excluded", "closed as invalid"), (None, "")]


def test_the_question_about_a_deleted_ticket_is_withdrawn(site: Site) -> None:
    ticket = site.open()
    site.resolve(ticket.id)
    Ticket(site.env, ticket.id).delete()
    assert surveys(site) == [("1", "cancelled")]


def test_deleting_an_open_ticket_or_one_that_nobody_knows_says_nothing(site: Site) -> None:
    site.open().delete()
    with site.out_of_order():
        site.resolve(site.open().id)
    Ticket(site.env, 1 if site.env.db_query("SELECT 1 FROM ticket WHERE id=1") else 2).delete()
    assert not site.plugin.problems
    assert site.rows("reopening") == []


def test_undoing_the_change_that_closed_a_ticket_reopens_it(site: Site) -> None:
    number = site.open().id
    when = site.resolve(number)
    Ticket(site.env, number).delete_change(cdate=when)
    assert surveys(site) == [("1", "cancelled")]


# --- batch modification


def batch(site: Site, *numbers: int) -> None:
    site.request(
        "/batchmodify",
        "POST",
        action="resolve",
        action_resolve_resolve_resolution="fixed",
        selected_tickets=",".join(map(str, numbers)),
        __FORM_TOKEN="",
    )


def test_a_batch_is_a_closing_of_each_ticket(site: Site) -> None:
    numbers = [site.open(reporter=f"c{number}@example.org").id for number in range(3)]
    batch(site, *numbers)
    assert site.closures() == [("1", 1), ("2", 1), ("3", 1)]


@pytest.fixture
def tripwire() -> Any:
    """Another plugin of the site, which fails at the second ticket of a batch."""

    class Tripwire(Component):
        implements(ITicketChangeListener)

        def ticket_created(self, ticket: Any) -> None: ...

        def ticket_changed(self, ticket: Any, comment: str, author: str, old_values: Any) -> None:
            if ticket.id == 2:
                raise RuntimeError("the second of the batch")

        def ticket_deleted(self, ticket: Any) -> None: ...

    yield Tripwire
    ComponentMeta.deregister(Tripwire)


def test_a_batch_that_is_rolled_back_was_no_closing(site: Site, tripwire: Any) -> None:
    numbers = [site.open(reporter=f"c{number}@example.org").id for number in range(2)]
    site.env.enable_component(tripwire)
    with pytest.raises(RuntimeError, match="second of the batch"):
        batch(site, *numbers)
    assert Ticket(site.env, 1)["status"] == "new"
    assert site.closures() == []


# --- our trouble


def test_a_ticket_closes_while_the_plugin_is_out_of_order_and_is_found_later(site: Site) -> None:
    number, before = site.open().id, site.open(reporter="other@example.org").id
    site.resolve(before)
    with site.out_of_order():
        when = site.resolve(number)
        site.reopen_ticket(before)
        assert Ticket(site.env, number)["status"] == "closed"
        assert site.plugin.problems == {"handing": 2}
        log = (site.path / "log" / "trac.log").read_text(encoding="utf-8")
        assert "handing over ticket 1 failed (ConfigError: " in log
        assert "`trac-admin ENV nps work` finds the change later" in log
        assert site.request("/rate/acme/x").status_sent == ["503 Service Unavailable"]

    assert site.ratings.reconcile("acme", when - timedelta(hours=1)) == 1
    found = {row.ticket: row.closed_at for row in site.rows("closure")}
    assert set(found) == {"1", "2"}
    assert found["1"] == when


def test_what_neither_closes_nor_reopens_is_not_handed_over(site: Site) -> None:
    number = site.open().id
    with site.out_of_order():  # whatever is handed over is a problem now
        site.change(number, status="accepted")
        site.change(number, comment="Looking at it.", owner="boris")
        assert not site.plugin.problems


def test_a_tenant_that_is_not_configured_is_named(site: Site) -> None:
    site.configure(nps={"tenant": "akme"})
    site.resolve(site.open().id)
    log = (site.path / "log" / "trac.log").read_text(encoding="utf-8")
    assert "'akme' is no tenant of" in log
    assert "there are: acme" in log


def test_reconcile_takes_each_closing_once_and_leaves_what_was_closed_before(site: Site) -> None:
    with site.out_of_order():
        old = site.resolve(site.open().id)
        new = site.resolve(site.open(reporter="b@example.org").id)
        # a comment on a ticket long closed is no closing
        site.change(1, comment="Thanks!")
    assert old < new
    assert site.ratings.reconcile("acme", new) == 1
    assert site.ratings.reconcile("acme", new) == 0
    assert site.closures() == [("2", 1)]
    assert site.ratings.reconcile("acme", old) == 1


def test_two_environments_in_one_process_know_nothing_of_each_other(site: Site, blank: Any, empty_store: Any) -> None:
    folder = site.folder / "second"
    shutil.copytree(blank, folder / "env")
    shutil.copy(empty_store, folder / "nps.sqlite3")
    second = Site(folder, site.mailbox)
    site.resolve(site.open().id)
    with site.env.db_transaction as db:
        db("UPDATE ticket SET status='new'")
    second.resolve(second.open().id)
    second.resolve(second.open(reporter="b@example.org").id)
    assert (len(site.closures()), len(second.closures())) == (1, 2)
    second.close()
