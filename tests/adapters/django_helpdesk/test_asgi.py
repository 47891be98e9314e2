"""The same closings where the site is served by ASGI: synchronous views run in a thread of their own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.adapters.django_helpdesk.site import Site

pytestmark = pytest.mark.host


def post(site: Site, path: str, data: dict[str, Any]) -> None:
    """One POST through Django's real ASGI handler, as a server would send it."""
    from urllib.parse import urlencode

    from django.core.asgi import get_asgi_application

    body = urlencode(data).encode()
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in site.browser().cookies.items())
    # the middleware wants a token from everyone but Django's own test client
    token = "a" * 32
    headers = {
        "host": "testserver",
        "content-type": "application/x-www-form-urlencoded",
        "content-length": str(len(body)),
        "cookie": f"{cookies}; csrftoken={token}",
        "x-csrftoken": token,
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
        "scheme": "http",
    }
    sent: list[dict[str, Any]] = []

    async def serve() -> None:
        received = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if received:
                return received.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await get_asgi_application()(scope, receive, send)

    asyncio.run(serve())
    assert sent[0]["status"] == 302, sent


@pytest.mark.parametrize("atomic", [False, True])
def test_a_bulk_closing_under_asgi_is_one_closure_with_its_closer(site: Site, atomic: bool) -> None:
    with site.settings(atomic_requests=atomic):
        ticket = site.ticket()

        post(site, "/tickets/update/", {"ticket_id": ticket.pk, "action": "close"})

        (closed,) = site.observer.closed
        assert (closed.ticket, closed.closed_by) == (str(ticket.pk), "anna")
        assert not site.problems


def test_the_staff_form_under_asgi_is_one_closure_with_its_facts(site: Site) -> None:
    ticket = site.ticket()
    fields = {"title": ticket.title, "owner": site.boris.pk, "priority": 1, "queue": ticket.queue_id, "new_status": 3}

    post(site, f"/tickets/{ticket.pk}/update/", fields | {"comment": "Replaced the roller.", "public": "1"})

    (closed,) = site.observer.closed
    assert (closed.closed_by, closed.agent, closed.priority, closed.replies) == ("anna", "boris", "1", 1)
    assert [station.agent for station in closed.path] == ["anna", "boris"]
