"""The Django app: checks its settings and listens for closings."""

from __future__ import annotations

import os

from django.apps import AppConfig


class NpsDjangoHelpdeskConfig(AppConfig):
    """Connects to django-helpdesk once all models are loaded."""

    name = "nps_adapters.django_helpdesk"
    label = "nps_django_helpdesk"
    verbose_name = "Client ratings"

    def ready(self) -> None:
        """Connect the signals and register the system checks."""
        from . import checks, closings
        from .runtime import runtime

        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=runtime.forked)
        checks.register()
        closings.connect()
