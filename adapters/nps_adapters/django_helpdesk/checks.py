"""System checks: what is wrong with the settings is said at ``manage.py check``, before a ticket closes."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from nps_plugin import NpsError


def register() -> None:
    """Register the checks with Django."""
    checks.register(check_settings, "nps_plugin")


def check_settings(app_configs: Any = None, **_: Any) -> list[Any]:
    """Errors for ``NPS_PLUGIN`` itself; a warning where the library cannot start from it.

    The second is no error, since a site must come up and close tickets whatever is wrong with our file or database.
    """
    from .conf import read_options
    from .runtime import runtime

    try:
        read_options()
    except ImproperlyConfigured as error:
        return [
            checks.Error(line, hint="See docs/django-helpdesk.md for the keys of NPS_PLUGIN.", id="nps_plugin.E001")
            for line in str(error).splitlines()
        ]
    try:
        runtime.ratings()
    except (NpsError, OSError) as error:
        return [
            checks.Warning(
                f"client ratings cannot start: {error}",
                hint="Tickets close as usual but nobody is asked. `manage.py nps_check` says more; closings missed"
                " meanwhile are found by `manage.py nps_work`.",
                id="nps_plugin.W001",
            )
        ]
    return []
