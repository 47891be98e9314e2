"""Sees tickets close and reopen, by the change of their status, and hands each change over once, when all is written.

A closing saves the ticket one to five times, some ways of closing send no signal of django-helpdesk, and the follow-up
that tells who closed it is often written after the ticket. So a change is noted at the save, waits for the commit, then
for the end of the request (or of ``update_ticket()``, outside of requests), and only then are the facts read.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import FrameType
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from nps_plugin import Receipt

from .runtime import logger, runtime

_HEALS = "the ticket itself is saved; `manage.py nps_work` finds the closing later"

#: Where a ticket being saved carries the status that the database has.
_BEFORE = "_nps_before"


@dataclass(frozen=True)
class Change:
    """A ticket that was closed or reopened, as seen at its save."""

    ticket: int
    using: str
    closed: bool
    at: datetime


class _Waiting(threading.local):
    """Changes of this thread that are committed but not handed over yet.

    A thread works for one request at a time, under ASGI too: Django runs all synchronous code of a request in one.
    """

    def __init__(self) -> None:
        self.in_request = False
        self.changes: list[Change] = []

    def take(self) -> list[Change]:
        """All that waits; nothing waits afterwards."""
        taken, self.changes = self.changes, []
        return taken


_waiting = _Waiting()


def connect() -> None:
    """Listen to django-helpdesk and to Django's requests. Repeats do nothing."""
    from helpdesk.models import Ticket
    from helpdesk.signals import update_ticket_done

    pre_save.connect(_before_save, sender=Ticket, dispatch_uid="nps_before_save")
    post_save.connect(_after_save, sender=Ticket, dispatch_uid="nps_after_save")
    update_ticket_done.connect(_update_done, dispatch_uid="nps_update_done")
    request_started.connect(_request_started, dispatch_uid="nps_request_started")
    request_finished.connect(_request_finished, dispatch_uid="nps_request_finished")


def _before_save(sender: Any, instance: Any, raw: bool, using: str, update_fields: Any, **_: Any) -> None:
    """Remember on the instance which status the database has: the instance itself may be stale."""
    instance.__dict__.pop(_BEFORE, None)
    if raw or (update_fields is not None and "status" not in update_fields):
        return
    with runtime.contained("noticing a closing", _HEALS):
        tickets = sender._base_manager.using(using).filter(pk=instance.pk)
        instance.__dict__[_BEFORE] = tickets.values_list("status", flat=True).first() if instance.pk else None


def _after_save(instance: Any, created: bool, using: str, **_: Any) -> None:
    """Note a change from open to closed or back, for after the commit."""
    if _BEFORE not in instance.__dict__:
        return
    before = instance.__dict__.pop(_BEFORE)
    with runtime.contained("noticing a closing", _HEALS):
        ended = runtime.options.closed_statuses
        was_closed, is_closed = not created and before in ended, instance.status in ended
        if was_closed != is_closed:
            change = Change(instance.pk, using, closed=is_closed, at=timezone.now())
            transaction.on_commit(partial(_committed, change), using=using, robust=True)


def _committed(change: Change) -> None:
    _waiting.changes.append(change)
    # without a transaction this runs at the first save: whoever is still writing will say when it is done
    if not _waiting.in_request and not _inside_update_ticket():
        hand_over(_waiting.take())


def _update_done(**_: Any) -> None:
    if _waiting.changes and not _waiting.in_request:
        hand_over(_waiting.take())


def _request_started(**_: Any) -> None:
    # a server that did not close its last response left them
    left = _waiting.take()
    _waiting.in_request = True
    if left:
        hand_over(left)


def _request_finished(**_: Any) -> None:
    _waiting.in_request = False
    if _waiting.changes:
        hand_over(_waiting.take())
        # Django closed the connections of this request before it told us; what we opened since is ours to close
        close_old_connections()


def _inside_update_ticket() -> bool:
    """Whether ``update_ticket()`` is running in this thread; it sends ``update_ticket_done`` when all is written."""
    from helpdesk.update_ticket import update_ticket

    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is update_ticket.__code__:
            return True
        frame = frame.f_back
    return False


def hand_over(changes: Iterable[Change]) -> None:
    """Tell the library what the changes amount to, ticket by ticket. Never raises."""
    by_ticket: dict[tuple[str, int], list[Change]] = {}
    for change in changes:
        by_ticket.setdefault((change.using, change.ticket), []).append(change)
    for (using, number), of_ticket in by_ticket.items():
        with runtime.contained(f"handing over ticket {number}", _HEALS):
            _tell(number, using, of_ticket)


def _tell(number: int, using: str, changes: list[Change]) -> None:
    from .facts import closed_ticket, load

    ticket = load(number, using)
    options = runtime.options
    tenant = options.tenant_of(ticket) if ticket is not None else ""
    if not tenant:
        return
    if not changes[0].closed:
        receipt = runtime.ratings().ticket_reopened(tenant, str(number), changes[0].at, host=options.host)
        _look_at(receipt, f"reopening of ticket {number}", "`manage.py nps_work` finds it later")
    # closed and taken up again before anyone was told: the client must not be asked about an open ticket
    if changes[-1].closed and ticket.status in options.closed_statuses:
        closed = closed_ticket(ticket, tenant=tenant, options=options, seen=changes[-1].at)
        receipt = runtime.ratings().ticket_closed(closed)
        _look_at(receipt, f"closing of ticket {number}", _HEALS)


def _look_at(receipt: Receipt, what: str, todo: str) -> None:
    if not receipt.recorded and receipt.problem:
        runtime.note(what, receipt.problem)
        logger.error("%s was not recorded: %s; %s", what, receipt.problem, todo)
