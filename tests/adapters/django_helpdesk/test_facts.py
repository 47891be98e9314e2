"""The facts handed over at a closing, read from what django-helpdesk keeps, in every language it keeps it in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.adapters.django_helpdesk.site import Site

from nps_plugin import Client, ClosedTicket

pytestmark = pytest.mark.host


@pytest.fixture(autouse=True)
def no_problems(site: Site) -> Iterator[None]:
    yield
    assert not site.problems


@pytest.fixture
def either(site: Site, atomic_requests: bool) -> Iterator[None]:
    """Once with, once without a transaction around each request."""
    with site.settings(atomic_requests=atomic_requests):
        yield
        assert not site.problems


def closed(site: Site) -> ClosedTicket:
    return site.observer.closed[-1]


def followups(ticket: Any) -> Any:
    from helpdesk.models import FollowUp

    return FollowUp.objects.filter(ticket=ticket).order_by("date", "id")


@pytest.mark.usefixtures("either")
def test_the_closing_followup_tells_who_closed_it_and_when(site: Site) -> None:
    ticket = site.ticket()

    site.respond(ticket, 3, user="boris", comment="Replaced the roller.")

    facts = closed(site)
    assert (facts.agent, facts.closed_by, facts.last_replier) == ("anna", "boris", "boris")
    assert facts.opened_at == ticket.created
    assert facts.closed_at == followups(ticket).get(new_status=3).date


@pytest.mark.parametrize("action", ["close", "close_public"])
@pytest.mark.usefixtures("either")
def test_a_bulk_closing_has_its_closer_and_time(site: Site, action: str) -> None:
    ticket = site.ticket()

    site.bulk(action, ticket)

    assert closed(site).closed_by == "anna"
    assert closed(site).closed_at == followups(ticket).get(new_status=4).date


@pytest.mark.parametrize("way", ["patch", "kanban"])
@pytest.mark.usefixtures("either")
def test_a_closing_without_followup_is_dated_when_it_was_seen_and_its_closer_unknown(site: Site, way: str) -> None:
    ticket = site.ticket()

    getattr(site, way)(ticket)

    ticket.refresh_from_db()
    assert closed(site).closed_by == ""
    assert abs(closed(site).closed_at - ticket.modified) < timedelta(seconds=2)  # type: ignore[operator]


def test_a_later_closing_without_followup_does_not_take_the_earlier_ones_time(site: Site) -> None:
    from helpdesk.models import FollowUp

    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.")
    old = followups(ticket).get(new_status=4)
    FollowUp.objects.filter(pk=old.pk).update(date=old.date - timedelta(hours=5))
    site.patch(ticket, 2)

    site.patch(ticket, 4)

    assert closed(site).closed_at > old.date - timedelta(seconds=1)  # type: ignore[operator]
    assert closed(site).closed_by == ""


def test_resolving_is_the_closing_and_accepting_leaves_its_facts(site: Site) -> None:
    ticket = site.ticket()
    site.respond(ticket, 3, comment="Replaced the roller.")
    resolved = followups(ticket).get(new_status=3).date

    site.accept(ticket)

    assert [facts.closed_at for facts in site.observer.closed] == [resolved]


@pytest.mark.parametrize("language", ["en", "ru", "de"])
def test_the_path_is_read_in_the_language_of_whoever_handed_over(site: Site, language: str) -> None:
    ticket = site.ticket()
    site.respond(ticket, owner=site.boris.pk, comment="Yours, I think.", language=language)
    site.respond(ticket, queue=site.second.pk, comment="A matter of the network.", language=language)
    site.respond(ticket, owner=0, comment="Nobody's.", language=language)
    site.respond(ticket, 3, owner=site.anna.pk, comment="Replaced the roller.", language=language)

    path = [(station.agent, station.queue) for station in closed(site).path]
    assert path == [
        ("anna", "support"),
        ("boris", "support"),
        ("boris", "network"),
        ("", "network"),
        ("anna", "network"),
    ]
    assert closed(site).path[0].at == ticket.created
    assert all(station.at is not None for station in closed(site).path)
    assert (closed(site).agent, closed(site).queue) == ("anna", "network")


@pytest.mark.usefixtures("either")
def test_owner_and_queue_changed_at_once_are_one_station(site: Site) -> None:
    ticket = site.ticket()
    site.respond(ticket, owner=site.boris.pk, queue=site.second.pk, comment="Yours.")

    site.respond(ticket, 3, comment="Replaced the roller.")

    assert [(station.agent, station.queue) for station in closed(site).path] == [
        ("anna", "support"),
        ("boris", "network"),
    ]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_bulk_assignment_is_a_station(site: Site, language: str) -> None:
    ticket = site.ticket()
    site.browser(language=language).post(
        "/tickets/update/", {"ticket_id": ticket.pk, "action": f"assign_{site.boris.pk}"}
    )

    site.respond(ticket, 3, comment="Replaced the roller.")

    assert closed(site).agent == "boris"
    assert closed(site).path[-1].agent == "boris"
    assert closed(site).path[-1].at is not None


def test_a_hand_over_without_trace_is_a_station_at_an_unknown_time(site: Site) -> None:
    ticket = site.ticket()
    site.respond(ticket, owner=site.boris.pk, comment="Yours.")
    site.browser().patch(f"/api/tickets/{ticket.pk}/", {"assigned_to": site.anna.pk}, content_type="application/json")

    site.respond(ticket, 3, comment="Replaced the roller.")

    assert [(station.agent, station.at is None) for station in closed(site).path] == [
        ("anna", False),
        ("boris", False),
        ("anna", True),
    ]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_time_on_hold_is_a_pause(site: Site, language: str) -> None:
    ticket = site.ticket()
    browser = site.browser(language=language)
    browser.get(f"/tickets/{ticket.pk}/hold/")
    browser.get(f"/tickets/{ticket.pk}/unhold/")
    browser.get(f"/tickets/{ticket.pk}/hold/")

    site.respond(ticket, 3, comment="Replaced the roller.", language=language)

    marks = [followup.date for followup in followups(ticket)]
    assert closed(site).paused == ((marks[0], marks[1]), (marks[2], closed(site).closed_at))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_reopenings_are_counted_once_however_much_is_written_meanwhile(site: Site, language: str) -> None:
    ticket = site.ticket()
    site.respond(ticket, 4, comment="Replaced the roller.", language=language)
    site.mail_from_client(ticket)
    site.mail_from_client(ticket)
    site.respond(ticket, 4, comment="Replaced the printer.", language=language)

    assert [facts.reopened for facts in site.observer.closed] == [0, 1]


def test_only_public_words_of_staff_are_replies(site: Site) -> None:
    from helpdesk.models import FollowUp

    ticket = site.ticket()
    # a program of the staff's that passes on what the client wrote
    relayed = {"message_id": "<m1@client.example>", "comment": "It is urgent."}
    FollowUp.objects.create(ticket=ticket, user=site.boris, public=True, **relayed)
    site.respond(ticket, comment="Which printer is it?")
    site.respond(ticket, comment="Between us: an old one.", public="")
    site.mail_from_client(ticket)

    site.respond(ticket, 3, user="boris", comment="  Replaced.  ")

    facts = closed(site)
    assert (facts.replies, facts.last_replier, facts.last_reply_length) == (2, "boris", len("Replaced."))


def test_a_ticket_closed_without_a_word_has_no_reply(site: Site) -> None:
    site.bulk("close", site.ticket())

    assert (closed(site).replies, closed(site).last_replier, closed(site).last_reply_length) == (0, "", None)


def test_the_client_is_the_submitter_in_the_language_of_the_queue(site: Site) -> None:
    from django.contrib.auth import get_user_model

    get_user_model().objects.create_user("vera", "vera@client.example", "pw", first_name="Vera", last_name="Orlova")
    site.queue.locale = "ru"
    site.queue.save()

    site.respond(site.ticket(submitter_email="vera@client.example"), 3, comment="Done.")

    assert closed(site).client == Client(name="Vera Orlova", email="vera@client.example", locale="ru")


def test_a_ticket_without_submitter_has_no_client(site: Site) -> None:
    site.respond(site.ticket(submitter_email=None), 3, comment="Done.")

    assert closed(site).client is None


def test_a_due_date_is_the_target_in_calendar_time(site: Site) -> None:
    ticket = site.ticket()
    ticket.due_date = ticket.created + timedelta(hours=2)
    ticket.save()

    site.respond(ticket, 3, comment="Done.", due_date="")

    facts = closed(site)
    assert facts.target == timedelta(hours=2)
    assert facts.worked == facts.closed_at - facts.opened_at  # type: ignore[operator]
    assert site.ratings.ticket_verdict("acme", str(ticket.pk)).kpi.met is True


def test_a_due_date_before_the_ticket_says_nothing(site: Site) -> None:
    ticket = site.ticket()
    ticket.due_date = ticket.created - timedelta(hours=2)
    ticket.save()

    site.respond(ticket, 3, comment="Done.")

    assert (closed(site).target, closed(site).worked) == (None, None)


@pytest.mark.usefixtures("either")
def test_priority_and_subject_are_those_that_the_closing_itself_set(site: Site) -> None:
    site.respond(site.ticket(priority=3), 3, comment="Done.", priority=1, title="Printer on the third floor")

    assert (closed(site).priority, closed(site).subject) == ("1", "Printer on the third floor")


def test_service_and_slices_are_the_sites_own(site: Site) -> None:
    from helpdesk.models import CustomField, TicketCustomFieldValue

    field = CustomField.objects.create(name="service", label="Service", data_type="varchar", required=False)
    ticket = site.ticket()
    TicketCustomFieldValue.objects.create(ticket=ticket, field=field, value="printing")
    options = {"service": "service", "facts": lambda ticket: {"floor": 3}}
    with site.settings(**options):
        site.patch(ticket)

        assert closed(site).service == "printing"
        assert dict(closed(site).facts) == {"floor": "3"}


def test_followups_merged_in_from_another_ticket_neither_close_nor_reopen(site: Site) -> None:
    kept, other = site.ticket(), site.ticket(title="Printer again")
    site.respond(other, 4, comment="Done.")
    site.respond(other, 2, comment="Not done.")
    response = site.browser(language="ru").post(
        f"/tickets/merge?tickets={kept.pk}&tickets={other.pk}", {"chosen_ticket": kept.pk}
    )
    assert response.status_code == 302

    site.respond(kept, 3, comment="Replaced the roller.")

    assert closed(site).ticket == str(kept.pk)
    assert closed(site).reopened == 0


def test_several_help_desks_of_one_tenant_are_told_apart(site: Site) -> None:
    with site.settings(host="north"):
        ticket = site.ticket()
        site.patch(ticket)

        assert closed(site).host == "north"
        assert site.ratings.ticket_verdict("acme", str(ticket.pk), host="north").closure == 1


def test_the_tenant_may_depend_on_the_ticket(site: Site) -> None:
    def tenant(ticket: Any) -> str | None:
        return "acme" if ticket.queue.slug == "support" else None

    with site.settings(tenant=tenant):
        ours, theirs = site.ticket(), site.ticket(queue=site.second)
        site.bulk("close", ours, theirs)

        assert [facts.ticket for facts in site.observer.closed] == [str(ours.pk)]
