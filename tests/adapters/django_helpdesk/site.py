"""What the tests hold of a site: its people, its tickets, its views, and what the library heard."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nps_plugin import ClosedTicket, Ratings, ReopenedTicket, hookimpl


def configuration(store: Path, **tenant: Any) -> dict[str, Any]:
    acme = {
        "brand": {"name": "Acme", "sender": "Acme <ratings@acme.example>"},
        "ask": {"channels": ["email"]},
        "kpi": [{"resolve_within": "4h", "priority": ["1", "2"]}, {"resolve_within": "24h"}],
        "channels": {"email": {"host": "127.0.0.1", "port": 9}},
    }
    return {
        "plugins": ["django-helpdesk"],
        "database": {"url": f"sqlite:///{store}"},
        "page": {"base_url": "http://testserver/rate", "secrets": ["env:NPS_TEST_SECRET"]},
        "tenants": {"acme": acme | tenant},
    }


class Observer:
    """A plugin that keeps what the library recorded."""

    nps_name = "observer"

    def __init__(self) -> None:
        self.closed: list[ClosedTicket] = []
        self.reopened: list[ReopenedTicket] = []

    @hookimpl
    def nps_ticket_closed(self, closed: ClosedTicket) -> None:
        self.closed.append(closed)

    @hookimpl
    def nps_ticket_reopened(self, reopened: ReopenedTicket) -> None:
        self.reopened.append(reopened)


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "nps.sqlite3"
        self.observer = Observer()
        self._people()

    def config(self, **tenant: Any) -> dict[str, Any]:
        return configuration(self.store, **tenant)

    @contextmanager
    def settings(self, atomic_requests: bool = False, **options: Any) -> Iterator[Site]:
        """Other options in NPS_PLUGIN, read anew; restored afterwards."""
        from django.db import connections
        from django.test import override_settings

        from nps_adapters.django_helpdesk.runtime import runtime

        nps = {"config": self.config(), "tenant": "acme", "plugins": [self.observer], **options}
        database = connections["default"].settings_dict
        before = database["ATOMIC_REQUESTS"]
        self.end()
        database["ATOMIC_REQUESTS"] = atomic_requests
        with override_settings(NPS_PLUGIN=nps):
            try:
                yield self
            finally:
                self.end()
                database["ATOMIC_REQUESTS"] = before
        runtime.forget()

    def end(self) -> None:
        from nps_adapters.django_helpdesk.runtime import runtime

        runtime.forget()
        runtime.problems.clear()

    @property
    def problems(self) -> Mapping[str, int]:
        from nps_adapters.django_helpdesk.runtime import runtime

        return runtime.problems

    @property
    def ratings(self) -> Ratings:
        from nps_adapters.django_helpdesk import get_ratings

        return get_ratings()

    def _people(self) -> None:
        from django.contrib.auth import get_user_model
        from helpdesk.models import Queue

        people = get_user_model().objects
        self.anna = people.create_superuser("anna", "anna@acme.example", "pw")
        self.boris = people.create_superuser("boris", "boris@acme.example", "pw")
        self.queue = Queue.objects.create(title="Support", slug="support", email_address="q@acme.example", locale="en")
        self.second = Queue.objects.create(title="Network", slug="network", email_address="n@acme.example", locale="en")

    def ticket(self, **values: Any) -> Any:
        from helpdesk.models import Ticket

        given = {
            "title": "Printer",
            "queue": self.queue,
            "submitter_email": "client@client.example",
            "assigned_to": self.anna,
        }
        return Ticket.objects.create(**(given | values))

    def browser(self, user: str = "anna", language: str = "en") -> Any:
        from django.test import Client

        browser = Client(headers={"accept-language": language})
        if user:
            assert browser.login(username=user, password="pw")
        return browser

    # --- the ways to close a ticket, as people and programs take them -------------------------------------------

    def respond(
        self, ticket: Any, status: int | None = None, user: str = "anna", language: str = "en", **fields: Any
    ) -> Any:
        """The form on the ticket's page."""
        ticket.refresh_from_db()
        filled = {
            "title": ticket.title,
            "owner": ticket.assigned_to_id or 0,
            "priority": ticket.priority,
            "queue": ticket.queue_id,
            "new_status": status or ticket.status,
            "comment": "",
            "public": "1",
        }
        # a box that is not ticked is not sent
        sent = {name: value for name, value in (filled | fields).items() if name != "public" or value}
        response = self.browser(user, language).post(f"/tickets/{ticket.pk}/update/", sent)
        assert response.status_code == 302, response.content
        return response

    def followup_by_rest(self, ticket: Any, status: int = 4) -> None:
        body = {
            "ticket": ticket.pk,
            "title": "Done",
            "comment": "Replaced it.",
            "public": True,
            "new_status": status,
            "user": "",
        }
        response = self.browser().post("/api/followups/", body, content_type="application/json")
        assert response.status_code == 201, response.content

    def patch(self, ticket: Any, status: int = 4) -> None:
        response = self.browser().patch(
            f"/api/tickets/{ticket.pk}/", {"status": status}, content_type="application/json"
        )
        assert response.status_code == 200, response.content

    def kanban(self, ticket: Any, status: int = 4) -> None:
        url = f"/tickets/{ticket.pk}/kanban-update/"
        response = self.browser().post(url, json.dumps({"status": status}), content_type="application/json")
        assert response.status_code == 200, response.content

    def bulk(self, action: str, *tickets: Any) -> None:
        numbers = [ticket.pk for ticket in tickets]
        response = self.browser().post("/tickets/update/", {"ticket_id": numbers, "action": action})
        assert response.status_code == 302, response.content

    def accept(self, ticket: Any) -> None:
        """The client's link "I accept this resolution"."""
        query = {
            "ticket": ticket.ticket_for_url,
            "email": ticket.submitter_email,
            "key": ticket.secret_key,
            "close": "",
        }
        response = self.browser(user="").get("/view/", query)
        assert response.status_code == 302, response.content

    def status(self, ticket: Any) -> int:
        from helpdesk.models import Ticket

        return int(Ticket.objects.values_list("status", flat=True).get(pk=ticket.pk))

    def notes(self, ticket: Any) -> list[tuple[str, str]]:
        from helpdesk.models import FollowUp

        ours = FollowUp.objects.filter(ticket=ticket, message_id__startswith="<nps.").order_by("date", "id")
        assert not any(note.public for note in ours)
        return [(note.title, note.comment) for note in ours]

    def mail_from_client(self, ticket: Any) -> None:
        """The client answers by mail, as ``manage.py get_email`` reads it."""
        from email.message import EmailMessage

        from helpdesk.email import extract_email_metadata

        message = EmailMessage()
        message["From"] = ticket.submitter_email
        message["To"] = self.queue.email_address
        message["Subject"] = f"Re: [{ticket.ticket_for_url}] {ticket.title}"
        message["Message-ID"] = f"<reply-{ticket.pk}@client.example>"
        message.set_content("It jams again.")
        import logging

        assert extract_email_metadata(message.as_string(), self.queue, logging.getLogger("tests.mail")) is not None
