"""The facts of a closing, on each way that closes a ticket of Trac; docs/trac.md has them as a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.adapters.trac.site import Site
from tests.adapters.trac.test_closings import batch
from trac.ticket.model import Ticket

from nps_adapters.trac.facts import closed_ticket
from nps_plugin import Assignment, Client, ClosedTicket

pytestmark = pytest.mark.host


def facts(site: Site, number: int, *, seen: bool = True) -> ClosedTicket:
    return closed_ticket(site.env, Ticket(site.env, number), site.plugin.options, seen=seen)


def worked_on(site: Site) -> int:
    number = site.open(keywords="paper, fire", priority="critical", service="printing", type="defect").id
    site.change(number, "olga", "Have you tried turning it off?")
    site.change(number, "ivan", "Yes.")
    site.change(number, "olga", owner="boris", component="component2")
    site.change(number, "boris", "It is the roller.")
    return int(number)


def by_sql(site: Site, number: int) -> None:
    with site.env.db_transaction as db:
        db("UPDATE ticket SET status='closed', resolution='fixed', changetime=changetime+1 WHERE id=%s", (number,))


#: how a ticket is closed, by whom, whether the change log then tells when, and whether the plugin is told
WAYS: dict[str, tuple[Callable[[Site, int], Any], str, bool, bool]] = {
    "save_changes": (lambda site, number: site.resolve(number, by="boris"), "boris", True, True),
    # the dispatcher of a test knows nobody by name
    "batch": (batch, "", True, True),
    "sql": (by_sql, "", False, False),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_facts_on_each_way(site: Site, way: str) -> None:
    close, closer, timed, told = WAYS[way]
    number = worked_on(site)
    opened = Ticket(site.env, number)["time"]

    close(site, number)

    if not told:
        assert site.ratings.reconcile("acme", opened - timedelta(hours=1)) == 1
    (kept,) = site.rows("closure")
    log = Ticket(site.env, number).get_changelog()
    assert kept.opened_at == opened
    assert kept.closed_at == (log[-1][0] if timed else None)
    assert (kept.closed_by, kept.agent, kept.last_replier) == (closer, "boris", "boris")
    assert (kept.queue, kept.service, kept.priority) == ("component2", "printing", "critical")
    assert kept.tags == ["paper", "fire"]
    assert kept.facts == {"resolution": "fixed", "type": "defect"}
    assert (kept.reopened, kept.replies, kept.last_reply_length) == (0, 2, len("It is the roller."))
    assert [one[:2] for one in kept.path] == [["olga", "component1"], ["boris", "component2"]]


def test_one_change_of_owner_and_component_is_one_station(site: Site) -> None:
    number = site.open(owner="").id
    first = site.change(number, owner="olga")
    second = site.change(number, owner="boris", component="component2")
    assert facts(site, number).path == (
        Assignment(agent="", queue="component1", at=Ticket(site.env, number)["time"]),
        Assignment(agent="olga", queue="component1", at=first),
        Assignment(agent="boris", queue="component2", at=second),
    )


def test_a_change_back_is_a_station_too(site: Site) -> None:
    number = site.open().id
    site.change(number, owner="boris")
    site.change(number, owner="olga")
    assert [station.agent for station in facts(site, number).path] == ["olga", "boris", "olga"]


def test_reopenings_are_counted_and_the_last_closing_tells(site: Site) -> None:
    number = site.open().id
    site.resolve(number, by="boris")
    site.reopen_ticket(number)
    when = site.resolve(number)
    found = facts(site, number)
    assert (found.reopened, found.closed_at, found.closed_by) == (1, when, "olga")


def test_what_the_client_and_we_write_is_no_reply(site: Site) -> None:
    site.user("ivan2", "Ivan at home", "IVAN@example.org")
    number = site.open().id
    for author in ("ivan", "ivan2", "client-rating"):
        site.change(number, author, f"from {author}")
    site.change(number, "olga", owner="boris")
    found = facts(site, number)
    assert (found.replies, found.last_replier, found.last_reply_length) == (0, "", None)


@pytest.mark.parametrize(
    ("reporter", "client"),
    [
        ("ivan", Client(id="ivan", name="Ivan Petrov", email="ivan@example.org")),
        ("olga", Client(id="olga", name="Olga")),
        ("anna@example.org", Client(email="anna@example.org")),
        ("Anna Orlova <anna@example.org>", Client(name="Anna Orlova", email="anna@example.org")),
        ("anonymous", None),
        ("somebody unknown", None),
        ("", None),
    ],
)
def test_who_the_client_is(site: Site, reporter: str, client: Client | None) -> None:
    assert facts(site, site.open(reporter=reporter).id).client == client


def test_the_client_has_the_language_of_their_preferences_and_the_sites_mail_domain(site: Site) -> None:
    site.configure(notification={"smtp_default_domain": "corp.example"})
    site.user("pyotr", "Пётр", "", language="ru")
    expected = Client(id="pyotr", name="Пётр", email="pyotr@corp.example", locale="ru")
    assert facts(site, site.open(reporter="pyotr").id).client == expected


def test_a_ticket_that_was_found_closed_without_a_trace_has_no_closing_time(site: Site) -> None:
    number = site.open(status="closed").id
    assert facts(site, number, seen=False).closed_at == Ticket(site.env, number)["time"]
    by_sql(site, number)
    assert facts(site, number, seen=False).closed_at is None
