"""Signs on tickets of a real django-helpdesk, filled through its views: from what people do there."""

from __future__ import annotations

from typing import Any

import pytest
from tests.adapters.django_helpdesk.site import Site

from nps_plugin import SeenSign, Sign

pytestmark = pytest.mark.host

LONG = "We replaced the roller and the toner, printed forty pages, and left a spare roller in the cupboard. "


def signs(site: Site, ticket: Any, closure: int | None = None) -> dict[Sign, SeenSign]:
    verdict = site.ratings.ticket_verdict("acme", str(ticket.pk), closure=closure)
    return {one.sign: one for one in verdict.evidence}


def usual_work(site: Site, tickets: int = 20) -> None:
    """Tickets of other clients with replies of a usual length."""
    for number in range(tickets):
        ticket = site.ticket(submitter_email=f"other{number}@client.example", queue=site.second)
        site.respond(ticket, 3, comment=LONG + "Write again if it jams. " * (number % 5))


def test_one_short_reply_and_closed_at_once_is_seen_as_a_brush_off(site: Site) -> None:
    usual_work(site)
    ticket, answered = site.ticket(), site.ticket(submitter_email="second@client.example")

    site.respond(ticket, 3, user="boris", comment="Restart it.")
    site.respond(answered, 3, comment=LONG)

    found = signs(site, ticket)
    assert list(found) == [Sign.BRUSH_OFF]
    seen = found[Sign.BRUSH_OFF].seen
    assert (seen["replies"], seen["length"], seen["target"]) == (1, len("Restart it."), 24 * 3600)
    assert seen["length"] < seen["short"] <= len(LONG)
    assert seen["took"] < 60
    assert found[Sign.BRUSH_OFF].sentence.startswith("One reply, of 11 characters")
    assert signs(site, answered) == {}


def test_a_question_and_a_short_answer_later_is_none(site: Site) -> None:
    usual_work(site)
    ticket = site.ticket()

    site.respond(ticket, comment="Which printer is it?")
    site.respond(ticket, 3, comment="Restart it.")

    assert signs(site, ticket) == {}


def test_a_ticket_passed_on_twice_is_seen_as_bouncing_and_charged_to_who_passed_it_on(site: Site) -> None:
    ticket = site.ticket()

    site.respond(ticket, user="anna", owner=site.boris.pk, comment="Yours, I think.")
    site.respond(ticket, user="boris", owner=site.anna.pk, queue=site.second.pk, comment="No, the network's.")
    site.respond(ticket, 3, user="anna", comment="Replaced the cable.")

    found = signs(site, ticket)
    assert list(found) == [Sign.BOUNCING]
    assert found[Sign.BOUNCING].charged == ("anna", "boris")
    assert found[Sign.BOUNCING].sentence == "Passed on 2 times: anna (1), boris (1)."


def test_a_ticket_taken_from_the_queue_and_passed_on_once_is_none(site: Site) -> None:
    ticket = site.ticket(assigned_to=None)

    site.respond(ticket, owner=site.anna.pk, comment="Mine.")
    site.respond(ticket, owner=site.boris.pk, comment="Yours, I think.")
    site.respond(ticket, 3, user="boris", comment="Replaced the cable.")

    assert signs(site, ticket) == {}


def test_a_ticket_that_is_reopened_is_seen_as_a_quick_fix(site: Site) -> None:
    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.")
    assert signs(site, ticket) == {}

    site.mail_from_client(ticket)

    assert signs(site, ticket)[Sign.QUICK_FIX].seen["reopened"] == 1
    site.respond(ticket, 4, comment="Replaced the printer.")
    assert Sign.QUICK_FIX in signs(site, ticket, closure=1)
    assert signs(site, ticket, closure=2) == {}


def test_the_same_client_back_in_the_same_queue_is_seen_on_the_earlier_ticket(site: Site) -> None:
    first = site.ticket()
    site.respond(first, 3, comment="Replaced the roller.")
    again, elsewhere = site.ticket(title="Printer, again"), site.ticket(title="No network", queue=site.second)
    site.respond(elsewhere, 3, comment="Replaced the cable.")
    assert signs(site, first) == {}

    site.respond(again, 3, comment="Replaced the toner.")

    found = signs(site, first)[Sign.QUICK_FIX]
    assert (found.seen["queue"], found.seen["ticket"]) == ("support", str(again.pk))
    assert "The same client was back in the same queue, support" in found.sentence
    assert signs(site, again) == signs(site, elsewhere) == {}


def test_a_long_hold_is_seen_as_a_paused_clock(site: Site) -> None:
    from datetime import timedelta

    from helpdesk.models import FollowUp, Ticket

    ticket = site.ticket()
    browser = site.browser()
    browser.get(f"/tickets/{ticket.pk}/hold/")
    browser.get(f"/tickets/{ticket.pk}/unhold/")
    held, released = FollowUp.objects.filter(ticket=ticket).order_by("date", "id")
    # three hours ago, and for two of them
    Ticket.objects.filter(pk=ticket.pk).update(created=ticket.created - timedelta(hours=3))
    FollowUp.objects.filter(pk=held.pk).update(date=held.date - timedelta(hours=2.5))
    FollowUp.objects.filter(pk=released.pk).update(date=released.date - timedelta(hours=0.5))

    site.respond(ticket, 3, comment="Replaced the roller.")

    seen = signs(site, ticket)[Sign.PAUSED_CLOCK].seen
    assert seen["share"] == pytest.approx(2 / 3, abs=0.01)


def test_another_address_than_at_the_last_closing_of_the_ticket_is_seen(site: Site) -> None:
    from helpdesk.models import Ticket

    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.")
    site.respond(ticket, 2, comment="Not yet.")
    Ticket.objects.filter(pk=ticket.pk).update(submitter_email="anna.private@acme.example")

    site.respond(ticket, 4, comment="Done.")

    assert list(signs(site, ticket, closure=2)) == [Sign.ADDRESS_CHANGED]
    assert Sign.ADDRESS_CHANGED not in signs(site, ticket, closure=1)
