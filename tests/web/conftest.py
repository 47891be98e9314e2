"""A desk with one question that waits, and a client that speaks HTTP to the pages without a server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from tests.web.memory_desk import MemoryDesk, make_tenant

from nps_plugin.web.handle import handle
from nps_plugin.web.http import Request, Response


@dataclass
class Visitor:
    """Somebody with a link."""

    desk: MemoryDesk
    token: str
    tenant: str = "acme"

    def path(self, below: str = "") -> str:
        return f"/help/rate/{self.tenant}/{self.token}{below}"

    def get(
        self, below: str = "", *, method: str = "GET", headers: dict[str, str] | None = None, **query: str
    ) -> Response:
        return self.send(method, below, query=query, headers=headers)

    def post(
        self, below: str = "", *, nonce: str | None = None, headers: dict[str, str] | None = None, **form: Any
    ) -> Response:
        """A form; its nonce is taken from a page shown now, unless given."""
        values = {name: value if isinstance(value, list) else [value] for name, value in form.items()}
        values["nonce"] = [self.desk.nonces.issue(self.tenant, self.token) if nonce is None else nonce]
        return self.send("POST", below, form=values, headers=headers)

    def send(self, method: str, below: str = "", *, query=None, form=None, headers=None, **more: Any) -> Response:
        request = Request(
            method=method,
            path=self.path(below),
            query={name: [value] for name, value in (query or {}).items()},
            form=form or {},
            headers=headers or {"user-agent": "Browser/1"},
            remote="203.0.113.77",
            **more,
        )
        return handle(request, self.desk)


def body(response: Response) -> str:
    """The page without its style sheet."""
    return re.sub(r"<style.*?</style>", "", response.body.decode(), flags=re.DOTALL)


def checked(response: Response) -> list[str]:
    """The values that the page has chosen."""
    return re.findall(r'value="([^"]*)" checked', body(response))


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def visitor(desk: MemoryDesk) -> Visitor:
    return Visitor(desk, desk.add(make_tenant()))
