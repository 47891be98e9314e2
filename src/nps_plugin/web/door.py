"""The door for others than clients: ``/hooks/<tenant>/closures`` for hosts that are not Python, and
``/hooks/<tenant>/<channel>`` for what comes back over a channel."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from sqlalchemy import insert, select

from ..clock import Clock
from ..config.settings import Tenant
from ..errors import Forged, NpsError, trail
from ..links import hook_url, is_token
from ..model import ClosedTicket, Receipt, Received
from ..ports import Channel
from ..responses.inbound import Early, Inbox
from ..signing import SIGNATURE, TIMESTAMP, check
from ..store.engine import Store
from ..store.tables import inbound_events
from .closures import Unreadable, read_closing
from .http import Request, Response

log = logging.getLogger(__name__)
CLOSURES = "closures"


def hook_target(path: str) -> tuple[str, str] | None:
    """The tenant and the name behind it, where the end of a path is ``/hooks/<tenant>/<name>``."""
    parts = path.split("/")
    if len(parts) < 3 or parts[-3] != "hooks" or not parts[-2] or not parts[-1]:
        return None
    tenant, name = unquote(parts[-2]), unquote(parts[-1])
    # the pages may be mounted under a prefix of that name: what has the form of a link is one
    return None if is_token(name) else (tenant, name)


class Door:
    """Answers requests from hosts and providers. Never raises, and logs nothing of what a request holds."""

    def __init__(
        self,
        *,
        tenants: Mapping[str, Tenant],
        channels: Mapping[tuple[str, str], Channel],
        inbox: Inbox,
        close: Callable[[ClosedTicket], Receipt],
        store: Store,
        clock: Clock,
        base_url: str,
        offer: Callable[[], None],
    ) -> None:
        self._tenants, self._channels, self._inbox, self._close = tenants, channels, inbox, close
        self._store, self._clock, self._base_url, self._offer = store, clock, base_url, offer

    def handle(self, request: Request, tenant: str, name: str) -> Response:
        """The response to a request to ``/hooks/<tenant>/<name>``."""
        settings = self._tenants.get(tenant)
        try:
            if settings is not None and settings.enabled and not request.too_large:
                if name == CLOSURES and settings.closures_secret is not None:
                    return self._closing(request, settings)
                if hasattr(self._channels.get((tenant, name)), "receive"):
                    return self._inbound(request, tenant, name)
        except Exception as error:  # noqa: BLE001 - whoever called comes again; the log has the rest
            log.error("tenant %s: the door of %s failed: %s", tenant, name, trail(error))  # noqa: TRY400
            return _json(500, {"error": "something broke on our side; please send it again later"})
        if request.too_large:
            return _json(413, {"error": "the body is larger than this door takes"})
        # the same for an unknown tenant as for an unknown name
        return _json(404, {"error": "there is no such door"})

    def _inbound(self, request: Request, tenant: str, name: str) -> Response:
        if request.method not in ("GET", "POST"):
            return _json(405, {"error": "expected POST or GET"}, ("Allow", "GET, POST"))
        channel: Any = self._channels[tenant, name]
        query = request.url if request.url.startswith("?") else ""
        called = replace(request, url=hook_url(self._base_url, tenant, name) + query)
        try:
            received: Received = channel.receive(called)
        except Forged:
            log.warning("tenant %s, channel %s: a request was refused: not signed by the provider", tenant, name)
            return _json(403, {"error": "the signature or secret is not right"})
        try:
            told = self._inbox.take(tenant, name, received.events)
        except Early:
            return _json(503, {"error": "the message is still being sent"}, ("Retry-After", "5"))

        def after() -> None:
            self._inbox.reply(tenant, name, told)
            self._offer()

        plain = received.response or Response(status=200, headers=(("Content-Length", "0"),), body=b"")
        return replace(plain, after=after)

    def _closing(self, request: Request, tenant: Tenant) -> Response:
        if request.method != "POST":
            return _json(405, {"error": "expected POST"}, ("Allow", "POST"))
        signature, at = request.headers.get(SIGNATURE.lower(), ""), request.headers.get(TIMESTAMP.lower(), "")
        assert tenant.closures_secret is not None  # noqa: S101 - handle() has looked
        try:
            check(tenant.closures_secret, at, signature, request.body, self._clock.now().timestamp())
        except Forged as error:
            log.warning("tenant %s: a closing was refused: %s", tenant.name, error)
            return _json(403, {"error": str(error)})
        try:
            ticket = read_closing(request.body, tenant.name)
        except Unreadable as error:
            problems = [{"field": field, "expected": expected} for field, expected in error.problems[:50]]
            return _json(400, {"error": "this is no closing", "problems": problems})
        # a request that is sent again is the same closing, also where the ticket was reopened meanwhile
        ticket = replace(ticket, closure=self._seen(tenant, signature) or ticket.closure)
        try:
            receipt = self._close(ticket)
        except NpsError as error:
            return _json(400, {"error": str(error)})
        self._see(tenant, signature, receipt.closure)
        return _json(200, receipt.to_dict())

    def _seen(self, tenant: Tenant, signature: str) -> int | None:
        with self._store.read() as connection:
            found = select(inbound_events.c.event).where(
                inbound_events.c.tenant_id == tenant.name,
                inbound_events.c.channel == CLOSURES,
                inbound_events.c.event.startswith(f"{signature} ", autoescape=True),
            )
            event = connection.execute(found.limit(1)).scalar()
        return None if event is None else int(event.rpartition(" ")[2])

    def _see(self, tenant: Tenant, signature: str, closure: int | None) -> None:
        if closure is None or self._seen(tenant, signature) is not None:
            return
        row = {"tenant_id": tenant.name, "channel": CLOSURES, "event": f"{signature} {closure}"}
        with self._store.write() as connection:
            connection.execute(insert(inbound_events).values(**row, at=self._clock.now()))


def _json(status: int, value: Any, *headers: tuple[str, str]) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    kind = ("Content-Type", "application/json; charset=utf-8")
    return Response(
        status=status,
        headers=(kind, ("Content-Length", str(len(body))), ("Cache-Control", "no-store"), *headers),
        body=body,
    )
