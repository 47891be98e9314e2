"""Each way to close a ticket gives exactly one closure, with and without a transaction around the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.adapters.django_helpdesk.site import Site

from nps_adapters.django_helpdesk.demo.browser import read_page

pytestmark = pytest.mark.host

CLOSING = {
    "staff form, resolved": lambda site, ticket: site.respond(ticket, 3, comment="Replaced the roller."),
    "staff form, closed": lambda site, ticket: site.respond(ticket, 4, comment="Replaced the roller."),
    "REST followup": lambda site, ticket: site.followup_by_rest(ticket, 4),
    "bulk close": lambda site, ticket: site.bulk("close", ticket),
    "bulk close_public": lambda site, ticket: site.bulk("close_public", ticket),
    "REST PATCH": lambda site, ticket: site.patch(ticket, 4),
    "kanban": lambda site, ticket: site.kanban(ticket, 4),
}


@pytest.fixture(autouse=True)
def transactions(site: Site, atomic_requests: bool) -> Iterator[None]:
    with site.settings(atomic_requests=atomic_requests):
        yield
        assert not site.problems


@pytest.mark.parametrize("way", CLOSING)
def test_a_closing_is_recorded_once(site: Site, way: str) -> None:
    ticket = site.ticket()

    CLOSING[way](site, ticket)

    assert site.status(ticket) in (3, 4)
    (closed,) = site.observer.closed
    assert (closed.tenant, closed.ticket, closed.agent, closed.queue) == ("acme", str(ticket.pk), "anna", "support")
    assert site.ratings.ticket_verdict("acme", str(ticket.pk)).closure == 1


def test_several_tickets_in_one_bulk_request_are_several_closures(site: Site) -> None:
    tickets = [site.ticket(submitter_email=f"{number}@client.example") for number in range(3)]

    site.bulk("close", *tickets)

    assert sorted(closed.ticket for closed in site.observer.closed) == sorted(str(ticket.pk) for ticket in tickets)


def test_a_client_who_accepts_a_resolution_makes_no_second_closure(site: Site) -> None:
    ticket = site.ticket()
    site.respond(ticket, 3, comment="Replaced the roller.")

    site.accept(ticket)

    assert site.status(ticket) == 4
    assert len(site.observer.closed) == 1


def test_accepting_is_the_closing_where_only_closed_ends_the_work(site: Site, atomic_requests: bool) -> None:
    with site.settings(atomic_requests=atomic_requests, closed_statuses=[4]):
        ticket = site.ticket()
        site.respond(ticket, 3, comment="Replaced the roller.")
        assert site.observer.closed == []

        site.accept(ticket)

        (closed,) = site.observer.closed
        assert closed.closed_by == ""
        assert closed.replies == 1


def test_the_staff_link_that_closes_nothing_gives_nothing(site: Site) -> None:
    ticket = site.ticket(status=3)
    site.observer.closed.clear()

    site.browser().get(f"/tickets/{ticket.pk}/?close")

    # django-helpdesk 2.6 leaves the ticket resolved; there is no second closure to tell of
    assert site.status(ticket) == 3
    assert site.observer.closed == []


def test_a_followup_alone_closes_nothing(site: Site) -> None:
    from django.utils import timezone
    from helpdesk.models import FollowUp

    ticket = site.ticket()
    FollowUp(ticket=ticket, date=timezone.now(), new_status=4, public=True, user=site.anna).save()

    assert site.status(ticket) == 1
    assert site.observer.closed == []


def test_an_update_that_does_not_close_gives_nothing(site: Site) -> None:
    ticket = site.ticket()

    site.respond(ticket, comment="We are looking into it.", priority=1)

    assert site.observer.closed == []
    assert site.observer.reopened == []


def test_a_comment_on_a_closed_ticket_gives_nothing(site: Site) -> None:
    ticket = site.ticket()
    site.respond(ticket, 3, comment="Replaced the roller.")

    site.respond(ticket, comment="The invoice follows.")

    assert len(site.observer.closed) == 1


def test_a_ticket_that_is_created_closed_is_a_closing(site: Site) -> None:
    ticket = site.ticket(status=4)

    assert [closed.ticket for closed in site.observer.closed] == [str(ticket.pk)]


def test_loading_a_fixture_is_no_closing(site: Site) -> None:
    from django.core import serializers

    ticket = site.ticket()
    ticket.status = 4
    for loaded in serializers.deserialize("json", serializers.serialize("json", [ticket])):
        loaded.save()

    assert site.status(ticket) == 4
    assert site.observer.closed == []


def test_update_ticket_in_a_script_is_one_closing_with_all_its_facts(site: Site) -> None:
    from helpdesk.update_ticket import update_ticket

    ticket = site.ticket()

    update_ticket(
        site.boris, ticket, comment="Replaced the roller.", public=True, new_status=3, owner=site.boris.pk, priority=1
    )

    (closed,) = site.observer.closed
    assert (closed.closed_by, closed.agent, closed.priority, closed.replies) == ("boris", "boris", "1", 1)
    assert [station.agent for station in closed.path] == ["anna", "boris"]


def test_a_script_that_rolls_back_closes_nothing(site: Site) -> None:
    from django.db import transaction

    ticket = site.ticket()
    with transaction.atomic():
        ticket.status = 4
        ticket.save()
        transaction.set_rollback(True)

    assert site.status(ticket) == 1
    assert site.observer.closed == []


def test_a_ticket_closed_and_taken_up_again_in_one_transaction_is_not_asked_about(site: Site) -> None:
    from django.db import transaction

    ticket = site.ticket()
    with transaction.atomic():
        for status in (4, 2):
            ticket.status = status
            ticket.save()

    assert site.observer.closed == []


def test_merging_closes_the_duplicate_and_nobody_is_asked_about_it(site: Site) -> None:
    kept, duplicate = site.ticket(), site.ticket(title="Printer again")
    url = f"/tickets/merge?tickets={kept.pk}&tickets={duplicate.pk}"
    response = site.browser().post(url, {"chosen_ticket": kept.pk})
    assert response.status_code == 302, response.content

    (closed,) = site.observer.closed
    assert closed.ticket == str(duplicate.pk)
    assert site.ratings.ticket_verdict("acme", str(duplicate.pk)).kind == "not_asked"


def test_tickets_of_nobody_are_left_alone(site: Site, atomic_requests: bool) -> None:
    with site.settings(atomic_requests=atomic_requests, tenant=lambda ticket: None):
        site.respond(site.ticket(), 3, comment="Replaced the roller.")

        assert site.observer.closed == []


REOPENING: dict[str, Callable[[Site, Any], None]] = {
    "staff form": lambda site, ticket: site.respond(ticket, 2, comment="It jams again."),
    "REST PATCH": lambda site, ticket: site.patch(ticket, 2),
    "kanban": lambda site, ticket: site.kanban(ticket, 2),
    "e-mail": lambda site, ticket: site.mail_from_client(ticket),
}


@pytest.mark.parametrize("way", REOPENING)
def test_reopening_withdraws_the_question(site: Site, way: str) -> None:
    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.")

    REOPENING[way](site, ticket)

    assert site.status(ticket) == 2
    assert [reopened.ticket for reopened in site.observer.reopened] == [str(ticket.pk)]
    assert site.ratings.ticket_verdict("acme", str(ticket.pk)).reopened
    assert site.ratings.run_due().sent == 0


@pytest.mark.parametrize("way", REOPENING)
def test_closing_again_is_a_second_closure(site: Site, way: str) -> None:
    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.")
    REOPENING[way](site, ticket)

    site.respond(ticket, 4, comment="Replaced the whole printer.")

    assert [closed.ticket for closed in site.observer.closed] == [str(ticket.pk)] * 2
    assert site.ratings.ticket_verdict("acme", str(ticket.pk)).closure == 2


def test_mail_about_an_open_ticket_gives_nothing(site: Site) -> None:
    ticket = site.ticket()

    site.mail_from_client(ticket)

    assert (site.observer.closed, site.observer.reopened) == ([], [])


def test_the_admin_closes_as_everyone_else(site: Site) -> None:
    ticket = site.ticket()
    browser = site.browser()
    page = read_page(200, "", browser.get(f"/admin/helpdesk/ticket/{ticket.pk}/change/").content.decode())
    form = page.form(id="ticket_form")
    response = browser.post(f"/admin/helpdesk/ticket/{ticket.pk}/change/", form.values | {"status": ["4"]})
    assert response.status_code == 302, response.content

    assert [closed.ticket for closed in site.observer.closed] == [str(ticket.pk)]
