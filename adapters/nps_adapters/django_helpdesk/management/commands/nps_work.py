"""``manage.py nps_work``: sends what is due, tells the news, finds closings that gave no event."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils import timezone

from nps_adapters.django_helpdesk.helpdesk import heal_reopenings
from nps_adapters.django_helpdesk.runtime import runtime


class Command(BaseCommand):
    """The worker of the client ratings."""

    help = "Sends the questions that are due, tells verdicts to the tickets, and finds closings that gave no event."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of the worker."""
        parser.add_argument("--once", action="store_true", help="do what is due now, and end")
        parser.add_argument("--every", type=float, default=30.0, metavar="SECONDS", help="pause between rounds (30)")
        parser.add_argument(
            "--reconcile-every",
            type=float,
            default=600.0,
            metavar="SECONDS",
            help="pause between searches for closings (600)",
        )
        parser.add_argument(
            "--back", type=float, default=2.0, metavar="DAYS", help="how far the search for closings looks back (2)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or SIGINT, or once."""
        del args
        stop = threading.Event()
        former = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                former[number] = signal.signal(number, lambda *_: stop.set())
        if not options["once"]:
            self._say(f"working every {options['every']:g} s; SIGTERM or Ctrl-C ends it")
        try:
            self._work(stop, options)
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
        if not options["once"]:
            self._say("stopped")

    def _say(self, text: str) -> None:
        self.stdout.write(f"nps_work: {text}")
        self.stdout.flush()

    def _work(self, stop: threading.Event, options: dict[str, Any]) -> None:
        since_search = options["reconcile_every"]
        while not stop.is_set():
            close_old_connections()
            with runtime.contained(
                "a round of the worker", "it is tried again in the next round; see `manage.py nps_check`"
            ):
                if since_search >= options["reconcile_every"]:
                    since_search = 0.0
                    self._reconcile(timedelta(days=options["back"]))
                self._run_due(stop)
            if runtime.problems:
                self.stderr.write(
                    f"nps_work: {sum(runtime.problems.values())} problem(s), last: {runtime.last_problem}"
                )
                runtime.problems.clear()
            if options["once"]:
                return
            stop.wait(options["every"])
            since_search += options["every"]

    def _reconcile(self, back: timedelta) -> None:
        ratings = runtime.ratings()
        if reopened := heal_reopenings(ratings, timezone.now() - back):
            self._say(f"{reopened} reopening(s) found that had given no event")
        for name, tenant in ratings.settings.tenants.items():
            if tenant.enabled and (found := ratings.reconcile(name, timezone.now() - back)):
                self._say(f"{name}: {found} closing(s) found that had given no event")

    def _run_due(self, stop: threading.Event) -> None:
        # a full round leaves more to do
        while not stop.is_set():
            done = runtime.ratings().run_due()
            if not done.anything:
                return
            counts = ", ".join(f"{name} {count}" for name, count in done.to_dict().items() if count)
            self._say(counts)
