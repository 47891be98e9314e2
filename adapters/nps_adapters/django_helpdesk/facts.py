"""A ticket of django-helpdesk in the words of the library. docs/django-helpdesk.md says which fact is unknown when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from nps_plugin import Client, ClosedTicket

from . import DUPLICATE_TAG
from .conf import Options
from .history import History


def load(number: int, using: str | None = None) -> Any:
    """The ticket as it stands in the database now, None where it is gone."""
    from helpdesk.models import Ticket

    return Ticket.objects.using(using).select_related("queue", "assigned_to").filter(pk=number).first()


def closed_ticket(
    ticket: Any, *, tenant: str, options: Options, seen: datetime | None, by: datetime | None = None
) -> ClosedTicket:
    """The facts of a closing.

    ``seen`` is when the change of status was seen, None where nobody saw it. Then the follow-ups alone tell who closed
    it and when; where they do not, it is taken as closed ``by`` that time, if there is one.
    """
    history = History.read(ticket, options.closed_statuses)
    closing = history.closing(seen)
    closed_at = (seen or by) if closing is None else closing.date
    target, worked = _deadline(ticket, closed_at)
    replies = history.replies()
    return ClosedTicket(
        tenant=tenant,
        ticket=str(ticket.pk),
        host=options.host,
        opened_at=ticket.created,
        closed_at=closed_at,
        target=target,
        worked=worked,
        paused=history.paused(closed_at),
        client=_client(ticket),
        agent=_name(ticket.assigned_to),
        closed_by=_name(closing.user) if closing is not None else "",
        last_replier=_name(replies[-1].user) if replies else "",
        path=history.path(),
        queue=str(ticket.queue.slug),
        service=_service(ticket, options),
        priority=str(ticket.priority),
        subject=str(ticket.title),
        tags=_tags(ticket),
        reopened=history.reopened(),
        replies=len(replies),
        last_reply_length=len(replies[-1].comment.strip()) if replies else None,
        facts=_slices(ticket, options),
    )


def _deadline(ticket: Any, closed_at: datetime | None) -> tuple[timedelta | None, timedelta | None]:
    """Target and time taken of a ticket with a due date. A due date is a moment, so both are calendar time."""
    if ticket.due_date is None or ticket.due_date <= ticket.created:
        return None, None
    worked = None if closed_at is None or closed_at < ticket.created else closed_at - ticket.created
    return ticket.due_date - ticket.created, worked


def _client(ticket: Any) -> Client | None:
    """The submitter, known by address alone: a person may submit for years before getting an account."""
    address = (ticket.submitter_email or "").strip()
    if not address:
        return None
    user = ticket.get_submitter_userprofile()
    return Client(
        name=user.get_full_name() if user is not None else "", email=address, locale=ticket.queue.locale or ""
    )


def _name(user: Any) -> str:
    return "" if user is None else str(user.get_username())


def _tags(ticket: Any) -> tuple[str, ...]:
    duplicate = ticket.status == ticket.DUPLICATE_STATUS or ticket.merged_to_id is not None
    return (DUPLICATE_TAG,) if duplicate else ()


def _service(ticket: Any, options: Options) -> str:
    if callable(options.service):
        return str(options.service(ticket) or "")
    if not options.service:
        return ""
    value = ticket.ticketcustomfieldvalue_set.filter(field__name=options.service).first()
    return "" if value is None else str(value.value or "")


def _slices(ticket: Any, options: Options) -> Mapping[str, str]:
    if options.facts is None:
        return {}
    return {str(name): str(value) for name, value in options.facts(ticket).items()}
