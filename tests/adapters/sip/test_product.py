"""The whole way: a ticket closes, the worker asks, the telephone rings, a key is pressed, and the answer stands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.sip.ivr import SECRET, Ivr
from tests.adapters.sip.phones import DEADLINE, Phones, is_hung_up_on, presses, rings, takes_it
from werkzeug.serving import BaseWSGIServer, make_server

from nps_plugin import Client, ClosedTicket, LogEvent, ManualClock, Ratings, Secret

pytestmark = pytest.mark.host


class Host:
    """A host with the door open, which has the program call."""

    def __init__(self, ivr: Ivr, database: str) -> None:
        self.clock = ManualClock(datetime.now(UTC))
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self._answers)
        phone = {
            "adapter": "sip", "url": ivr.address, "secret": Secret(SECRET), "scale": "keypad-10", "ring": 5, "wait": 2,
            "thanks": {"ru": str(ivr.recordings / "thanks.wav")},
        }  # fmt: skip
        acme = {
            "locale": "ru", "kpi": [{"resolve_within": "4h"}],
            "brand": {"name": "Acme", "sender": "Acme <help@acme.example>"},
            "channels": {"phone": phone},
            "services": {"microloan": {"recording": {"ru": str(ivr.recordings / "microloan.wav")}}},
            "ask": {"delay": "1h", "hours": {"phone": "00:00-24:00"}, "channels": ["phone"]},
        }  # fmt: skip
        config = {
            "database": {"url": database},
            "page": {
                "base_url": f"http://127.0.0.1:{self._server.server_port}",
                "secrets": [Secret("a secret of the tests, long enough")],
            },
            "tenants": {"acme": acme},
        }
        self.ratings = Ratings(config, clock=self.clock, strict=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answers(self, environ: Any, start_response: Any) -> Any:
        return self.ratings.wsgi(environ, start_response)

    def closes(self) -> None:
        client = Client(id="7", phone="+79161234567", locale="ru")
        now = self.clock.now()
        ticket = ClosedTicket(
            tenant="acme", ticket="17", opened_at=now - timedelta(hours=2), closed_at=now, client=client,
            service="microloan",
        )  # fmt: skip
        receipt = self.ratings.ticket_closed(ticket)
        assert receipt.survey is not None, receipt.not_asked

    def works(self, after: timedelta) -> None:
        self.clock.advance(after)
        self.ratings.run_due()

    def log(self) -> list[tuple[str, str, str]]:
        return [(one.what.value, one.channel, one.detail) for one in self.ratings.survey_log("acme", "17")]

    def until(self, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + DEADLINE
        while not holds():
            assert time.monotonic() < until, self.log()
            threading.Event().wait(0.05)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def host(ivr: Ivr, empty_store: Path, tmp_path: Path) -> Iterator[Host]:
    (tmp_path / "nps.sqlite3").write_bytes(empty_store.read_bytes())
    host = Host(ivr, f"sqlite:///{tmp_path / 'nps.sqlite3'}")
    yield host
    host.close()


def test_a_nine_that_is_pressed_stands_as_the_answer(host: Host, phones: Phones):
    phones.are(rings(), takes_it(), presses("9"), is_hung_up_on())
    host.closes()
    host.works(timedelta(hours=2))
    host.until(lambda: any(what == LogEvent.ANSWERED for what, _, _ in host.log()))
    phones.done()
    verdict = host.ratings.ticket_verdict("acme", "17")
    assert (verdict.kind.value, verdict.score) == ("confirmed", 9)
    (answered,) = [one for one in host.log() if one[0] == "answered"]
    assert answered[1] == "phone"
    assert "9" in answered[2]
