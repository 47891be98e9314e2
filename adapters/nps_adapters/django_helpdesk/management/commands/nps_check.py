"""``manage.py nps_check``: whether closings are recorded, questions sent and verdicts told, and what to do if not."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from nps_adapters.django_helpdesk.runtime import runtime
from nps_plugin import NpsError


class Command(BaseCommand):
    """Shows the health of the client ratings."""

    help = "Says whether the client ratings work, and what to do if not. Ends with an error where something is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what is wrong, line by line."""
        del args, options
        try:
            ratings = runtime.ratings()
        except (NpsError, ImproperlyConfigured, OSError) as error:
            raise CommandError(f"client ratings cannot start: {error}") from error
        health = ratings.check()
        for plugin in ratings.plugins:
            state = f"{plugin.errors} error(s), last: {plugin.last_error}" if plugin.errors else "no errors"
            self.stdout.write(f"plugin {plugin.name} of {plugin.distribution}: {state}")
        self.stdout.write(f"tables: {health.schema or 'none yet'}")
        if not health.ok:
            raise CommandError("\n".join(health.problems))
        self.stdout.write("client ratings: all is well")
