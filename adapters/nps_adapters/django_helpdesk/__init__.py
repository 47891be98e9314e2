"""django-helpdesk as a host: put ``nps_adapters.django_helpdesk`` into ``INSTALLED_APPS``.

This module is also the entry point ``django-helpdesk`` of the library: its hooks are here, and nothing of Django is
imported until one of them runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nps_plugin import Exclusion, Registration, hookimpl

if TYPE_CHECKING:
    from nps_plugin import AnswerRecorded, ClosedTicket, Ratings, VerdictReached

#: The name of this adapter, as the configuration's ``plugins`` knows it.
NAME = "django-helpdesk"
#: The same, where the site hands this module over because its configuration does not name it.
nps_name = NAME
#: The tag of a ticket that was closed as the duplicate of another; its client is asked about the other one.
DUPLICATE_TAG = "django-helpdesk:duplicate"


@hookimpl
def nps_register_helpdesks() -> list[Registration]:
    """The help-desk itself, for ``reconcile``."""
    return [Registration(NAME, "nps_adapters.django_helpdesk.helpdesk:DjangoHelpdesk")]


@hookimpl
def nps_exclude_from_survey(closed: ClosedTicket) -> Exclusion | None:
    """Nobody is asked about a duplicate: the work went on, and will be judged, under the other ticket."""
    if DUPLICATE_TAG in closed.tags:
        return Exclusion(why="closed as a duplicate of another ticket")
    return None


@hookimpl
def nps_verdict_reached(news: VerdictReached) -> None:
    """Write the verdict on the ticket as a private follow-up."""
    _need_django()
    from .notes import write_verdict

    write_verdict(news)


@hookimpl
def nps_answer_recorded(news: AnswerRecorded) -> None:
    """Write the client's reasons and comment on the ticket as a private follow-up."""
    _need_django()
    from .notes import write_words

    write_words(news)


def get_ratings() -> Ratings:
    """The ``Ratings`` of this process, for the host's own use (reports, a client's history, ...).

    Raises ``ImproperlyConfigured`` or :class:`nps_plugin.NpsError` where it cannot be made; the adapter's own uses of
    it are contained.
    """
    from .runtime import runtime

    return runtime.ratings()


def _need_django() -> None:
    """Refuse, so that the news stays due, where this process is not the Django site."""
    from django.apps import apps
    from django.conf import settings

    if not settings.configured or not apps.ready or not apps.is_installed("nps_adapters.django_helpdesk"):
        raise RuntimeError(
            "news for django-helpdesk can only be written where the Django site is loaded: run `manage.py nps_work`"
            " instead of `nps-plugin work`, with nps_adapters.django_helpdesk in INSTALLED_APPS"
        )
