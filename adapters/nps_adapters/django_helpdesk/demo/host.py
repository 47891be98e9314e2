"""The demonstration's help-desk: a real django-helpdesk behind a real web server, all of it on the loopback."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from .mailbox import Mailbox
from .site import site_settings
from .story import STORIES, TARGETS, Story

TENANT = "acme"
#: The login of every person who works in the demonstration.
PASSWORD = "demo"  # noqa: S105 made up, printed, and gone with the site
STAFF = {"anna": ("Anna", "Orlova"), "boris": ("Boris", "Volkov")}


class Host:
    """The site. Configures Django for this process, so there can be one only."""

    def __init__(self, folder: Path, locale: str, port: int = 0) -> None:
        self.mailbox = Mailbox()
        self._server = _Server(("127.0.0.1", port), _QuietHandler)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.locale = locale
        self._configure(folder)
        self._serving = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1})

    def _configure(self, folder: Path) -> None:
        import logging
        import warnings

        import django
        from django.conf import settings

        # django-helpdesk's own dashboard asks for tickets since a naive time
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"django\.db\.models\.fields")
        # a browser asks for a favicon and the like; only what breaks is worth a line
        logging.getLogger("django").setLevel(logging.ERROR)

        # a secret stands in the environment, never in the configuration
        os.environ["NPS_DEMO_SECRET"] = secrets.token_urlsafe(32)
        settings.configure(
            **site_settings(
                folder,
                DEBUG=True,
                DEBUG_PROPAGATE_EXCEPTIONS=False,
                LANGUAGE_CODE=self.locale,
                EMAIL_HOST="127.0.0.1",
                EMAIL_PORT=self.mailbox.port,
                NPS_DEMO_MAILBOX=self.mailbox,
                NPS_PLUGIN={"config": self.configuration(folder), "tenant": TENANT},
            )
        )
        django.setup()

    def configuration(self, folder: Path) -> Mapping[str, Any]:
        """The library's configuration, as it would stand in ``nps.toml``."""
        hours = {priority: f"{target // timedelta(hours=1)}h" for priority, target in TARGETS.items()}
        return {
            "plugins": ["django-helpdesk"],
            "database": {"url": f"sqlite:///{folder / 'nps.sqlite3'}"},
            "page": {"base_url": f"{self.url}/rate", "secrets": ["env:NPS_DEMO_SECRET"]},
            "tenants": {
                TENANT: {
                    "locale": self.locale,
                    "brand": {"name": "Acme", "sender": "Acme <ratings@acme.example>"},
                    # whoever tries it closes one ticket after the other for the same few people
                    "ask": {"channels": ["email"], "quarantine": "0d"},
                    "kpi": [{"priority": [str(priority)], "resolve_within": time} for priority, time in hours.items()],
                    "channels": {"email": {"host": "127.0.0.1", "port": self.mailbox.port}},
                }
            },
        }

    def start(self) -> None:
        """Make the tables, the people and the tickets, then serve."""
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        # without these templates django-helpdesk sends no mail
        call_command("loaddata", "emailtemplate.json", verbosity=0)
        self.mailbox.start()
        self._people()
        self._server.set_app(_application())
        self._serving.start()

    def stop(self) -> None:
        """Stop serving and receiving."""
        from django.db import connections

        if self._serving.is_alive():
            self._server.shutdown()
            self._serving.join()
        self.mailbox.stop()
        self._server.server_close()
        connections.close_all()

    def work(self) -> None:
        """One round of the worker, as ``manage.py nps_work --once`` does it."""
        from django.core.management import call_command

        with Path(os.devnull).open("w") as nothing:
            call_command("nps_work", once=True, stdout=nothing)

    def _people(self) -> None:
        from django.contrib.auth import get_user_model
        from helpdesk.models import Queue

        people = get_user_model().objects
        for name, (first, last) in STAFF.items():
            people.create_superuser(
                name, f"{name}@acme.example", PASSWORD, first_name=first, last_name=last, is_staff=True
            )
        Queue.objects.create(
            title="Support" if self.locale == "en" else "Поддержка",
            slug="support",
            email_address="support@acme.example",
            locale=self.locale,
        )

    def open_tickets(self) -> list[int]:
        """Create the tickets of the story, as old as it says. Gives their numbers, in its order."""
        from django.contrib.auth import get_user_model
        from django.utils import timezone
        from helpdesk.models import Queue, Ticket

        queue, agents = Queue.objects.get(), {user.get_username(): user for user in get_user_model().objects.all()}
        numbers = []
        for story in STORIES:
            ticket = Ticket.objects.create(
                title=story.subject[self.locale],
                queue=queue,
                submitter_email=address(story),
                priority=story.priority,
                assigned_to=agents[story.agent],
            )
            # Django stamps a new ticket with the present
            Ticket.objects.filter(pk=ticket.pk).update(created=timezone.now() - story.took)
            numbers.append(ticket.pk)
        return numbers


def address(story: Story) -> str:
    """The address of the ticket's client."""
    return f"{story.client}@client.example"


def _application() -> Any:
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.wsgi import get_wsgi_application

    return StaticFilesHandler(get_wsgi_application())


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        """Bind without asking a name server for our name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]
        self.setup_environ()


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
        """Say nothing: the demonstration prints its own story."""
