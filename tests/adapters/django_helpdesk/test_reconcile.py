"""Closings that gave no event are found, and only those."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.adapters.django_helpdesk.site import Site

pytestmark = pytest.mark.host


def now() -> datetime:
    from django.utils import timezone

    return timezone.now()


def reconcile(site: Site, back: timedelta = timedelta(days=2)) -> int:
    return site.ratings.reconcile("acme", now() - back)


def silently(ticket: Any, **values: Any) -> None:
    """Change the ticket as no signal tells of."""
    from helpdesk.models import Ticket

    Ticket.objects.filter(pk=ticket.pk).update(**values)


def test_a_closing_by_queryset_update_is_found_once(site: Site) -> None:
    ticket = site.ticket()
    silently(ticket, status=4)
    assert site.observer.closed == []

    assert reconcile(site) == 1
    assert reconcile(site) == 0

    assert [closed.ticket for closed in site.observer.closed] == [str(ticket.pk)]


def test_what_was_told_is_not_found_again(site: Site) -> None:
    site.respond(site.ticket(), 3, comment="Replaced the roller.")
    site.kanban(site.ticket())

    assert reconcile(site) == 0


def test_a_silent_closing_of_an_old_ticket_is_found_when_it_was_open_at_the_last_look(site: Site) -> None:
    ticket = site.ticket()
    long_ago = now() - timedelta(days=40)
    silently(ticket, created=long_ago, modified=long_ago)
    assert reconcile(site) == 0

    silently(ticket, status=4)

    assert reconcile(site) == 1
    (closed,) = site.observer.closed
    assert closed.closed_at is not None
    assert now() - closed.closed_at < timedelta(minutes=1)


def test_old_closed_tickets_are_left_in_peace(site: Site) -> None:
    ticket = site.ticket()
    long_ago = now() - timedelta(days=40)
    silently(ticket, created=long_ago, modified=long_ago, status=4)

    assert reconcile(site) == 0


def test_a_silent_closing_that_nobody_saw_has_no_time(site: Site) -> None:
    silently(site.ticket(), status=4)

    reconcile(site)

    (closed,) = site.observer.closed
    assert closed.closed_at is None
    assert site.ratings.ticket_verdict("acme", closed.ticket).kpi.met is None


def test_a_followup_gives_a_missed_closing_its_time_and_closer(site: Site) -> None:
    from helpdesk.models import FollowUp

    ticket = site.ticket()
    at = now() - timedelta(hours=3)
    silently(ticket, status=3, created=at - timedelta(hours=1))
    FollowUp.objects.bulk_create([FollowUp(ticket=ticket, date=at, user=site.boris, new_status=3, public=True)])

    assert reconcile(site) == 1

    (closed,) = site.observer.closed
    assert (closed.closed_at, closed.closed_by) == (at, "boris")


def test_open_tickets_are_no_closings(site: Site) -> None:
    site.ticket()
    site.ticket(status=2)

    assert reconcile(site) == 0


def test_a_silent_closing_after_a_reopening_is_the_second_closure(site: Site) -> None:
    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.")
    site.respond(ticket, 2, comment="It jams again.")

    silently(ticket, status=4)

    assert reconcile(site) == 1
    assert site.ratings.ticket_verdict("acme", str(ticket.pk)).closure == 2


def test_each_tenant_finds_its_own(site: Site) -> None:
    def tenant(ticket: Any) -> str:
        return "acme" if ticket.queue.slug == "support" else "bravo"

    config = site.config()
    config["tenants"]["bravo"] = config["tenants"]["acme"]
    with site.settings(tenant=tenant, config=config):
        silently(site.ticket(), status=4)
        silently(site.ticket(queue=site.second), status=4)

        assert reconcile(site) == 1
        assert site.ratings.reconcile("bravo", now() - timedelta(days=1)) == 1

        assert sorted(closed.tenant for closed in site.observer.closed) == ["acme", "bravo"]


def test_a_closing_that_could_not_be_recorded_is_found_in_the_next_round(site: Site) -> None:
    import sqlite3

    ticket = site.ticket()
    long_ago = now() - timedelta(days=40)
    silently(ticket, created=long_ago, modified=long_ago)
    reconcile(site)
    silently(ticket, status=4)
    other = sqlite3.connect(site.store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert reconcile(site) == 0
    other.rollback()
    other.close()

    assert reconcile(site) == 1


def heal(site: Site) -> int:
    from nps_adapters.django_helpdesk.helpdesk import heal_reopenings

    return heal_reopenings(site.ratings, now() - timedelta(days=2))


def test_a_silent_reopening_withdraws_the_question(site: Site) -> None:
    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.")
    silently(ticket, status=2)
    assert not site.ratings.ticket_verdict("acme", str(ticket.pk)).reopened

    assert heal(site) == 1
    assert heal(site) == 0

    assert site.ratings.ticket_verdict("acme", str(ticket.pk)).reopened
    assert [reopened.ticket for reopened in site.observer.reopened] == [str(ticket.pk)]


def test_what_was_told_to_be_open_again_is_not_told_twice(site: Site) -> None:
    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.")
    site.respond(ticket, 2, comment="It jams again.")
    site.ticket()

    assert heal(site) == 0
    assert len(site.observer.reopened) == 1


def test_closed_tickets_are_not_healed_open(site: Site) -> None:
    site.respond(site.ticket(), 4, comment="Replaced the roller.")

    assert heal(site) == 0


def test_the_worker_withdraws_a_question_before_it_could_be_sent(site: Site) -> None:
    from io import StringIO

    from django.core.management import call_command

    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.")
    silently(ticket, status=2)

    out = StringIO()
    call_command("nps_work", once=True, stdout=out)

    assert out.getvalue().splitlines()[0] == "nps_work: 1 reopening(s) found that had given no event"
    assert "sent" not in out.getvalue()
