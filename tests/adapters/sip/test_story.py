"""Story 2 with a real telephone: the steps of tests/features, but the PBX is nps-sip, and nobody takes SIPp's call."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from pytest_bdd import given, scenario
from tests.adapters.pbx_http.exchange import SECRET
from tests.adapters.sip.ivr import DEADLINE, Ivr, write_tone
from tests.adapters.sip.phones import Phones, refuses, rings
from tests.steps import telephone

pytestmark = pytest.mark.host


class Real:
    """What the steps know as a PBX: the program, with somebody beside it who writes down what is ordered."""

    def __init__(self, ivr: Ivr, phones: Phones) -> None:
        self._ivr, self._phones = ivr, phones
        self.orders: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/calls"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def does(self, plan: list[str]) -> None:
        assert set(plan) == {"unanswered"}
        # it rings, and then the network says so itself, before our half minute is over
        self._phones.are(rings(), refuses("408 Request Timeout"), calls=len(plan))

    def did(self, reports: int = 0) -> dict[str, Any]:
        """What was ordered; where reports are awaited, once the calls are over and the host has heard of each."""
        until = time.monotonic() + DEADLINE
        while reports and (len(self.orders) < reports or self._busy()):
            assert time.monotonic() < until
            threading.Event().wait(0.02)
        return {"rung": self.orders}

    def _busy(self) -> bool:
        health = self._ivr.health()
        return bool(health["calls"] or health["unheard"])

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        real = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = requests.post(real._ivr.address, data=body, headers=dict(self.headers), timeout=10)
                if answer.status_code == 202:
                    real.orders.append(json.loads(body))
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_args: Any) -> None:
                pass

        return Handler


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@pytest.fixture
def pbx(own: Ivr, phones: Phones):
    (own.folder / "secret").write_text(SECRET)
    own.start()
    real = Real(own, phones)
    yield real
    real.stop()
    own.end()


@given("a state fund with a PBX of its own and a message recorded for the microloan", target_fixture="fund")
def fund(make_world, mailbox, pbx, own, tmp_path, request):
    fund = telephone.fund(make_world, mailbox, pbx, tmp_path, request)
    write_tone(fund.recording, 440)
    write_tone(own.recordings / "microloan.wav", 440)
    return fund


@scenario("telephone.feature", "Three calls that nobody takes, and a mail that is answered by a three")
def test_three_calls_that_nobody_takes_and_a_mail_that_is_answered_by_a_three():
    pass
