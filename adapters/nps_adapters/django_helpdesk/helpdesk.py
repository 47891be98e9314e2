"""django-helpdesk as the library's ``Helpdesk``: which tickets are closed, for ``reconcile``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from nps_plugin import UnknownTenant, UnknownTicket

from .runtime import runtime

if TYPE_CHECKING:
    from nps_plugin import ClosedTicket, Ratings


class DjangoHelpdesk:
    """Finds closings that gave no event: ``QuerySet.update``, bulk SQL, or a process that died in between."""

    def __init__(self, ratings: Ratings | None = None) -> None:
        # all there is to know stands in the site's NPS_PLUGIN
        del ratings

    def closed_since(self, tenant: str, since: datetime) -> Iterator[ClosedTicket]:
        """The tenant's tickets that are closed now and were changed since then, oldest first.

        A ticket whose closing left no follow-up has no closing time here: nobody saw it. ``QuerySet.update`` does not
        even touch ``modified``, so a ticket that was open when this process last looked is taken whatever its age, and
        closed by now.
        """
        from django.db.models import Q
        from django.utils import timezone
        from helpdesk.models import Ticket

        from .facts import closed_ticket, load

        options, now = runtime.options, timezone.now()
        closed = Ticket.objects.filter(status__in=options.closed_statuses)
        was_open = runtime.look(tenant, Ticket.objects.exclude(pk__in=closed).values_list("pk", flat=True), now)
        recent = closed.filter(Q(modified__gte=since) | Q(created__gte=since) | Q(followup__date__gte=since))
        numbers = set(recent.values_list("pk", flat=True)) | set(was_open)
        for number in sorted(numbers):
            ticket = load(number)
            if ticket is None or ticket.status not in options.closed_statuses or options.tenant_of(ticket) != tenant:
                continue
            yield closed_ticket(
                ticket, tenant=tenant, options=options, seen=None, by=now if number in was_open else None
            )


def heal_reopenings(ratings: Ratings, since: datetime) -> int:
    """Tell of tickets that are open again, were changed since then, and whose last closure nobody knows to be over.

    A reopening that could not be recorded, or that made no signal, would leave its client being asked about work that
    goes on. Gives how many were found.
    """
    from helpdesk.models import Ticket

    options, found = runtime.options, 0
    tickets = Ticket.objects.select_related("queue", "assigned_to").exclude(status__in=options.closed_statuses)
    for ticket in tickets.filter(modified__gte=since).iterator(chunk_size=500):
        tenant, number = options.tenant_of(ticket), str(ticket.pk)
        if not tenant:
            continue
        try:
            over = ratings.ticket_verdict(tenant, number, host=options.host).reopened
        except (UnknownTicket, UnknownTenant):
            continue
        # looked at again, since it may have been closed and recorded after the tickets were read
        if not over and tickets.filter(pk=ticket.pk).exists():
            found += ratings.ticket_reopened(tenant, number, None, host=options.host).recorded
    return found
