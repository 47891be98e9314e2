"""The rules of every channel, over the contract with a PBX."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from nps_adapters.pbx_http.channel import PbxChannel, SipChannel
from nps_plugin import SCALES, Client, Message, Request, Secret, signed_headers
from nps_plugin.testing import ChannelContract, HttpWire, example_message

SECRET = "the secret of the exchange"
TAKEN = (202, {"Content-Type": "application/json"}, b'{"reference": "line 4"}')


def reported(body: bytes | dict[str, Any], *, secret: str = SECRET) -> Request:
    """A report as a PBX posts it, rightly signed."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {name.lower(): value for name, value in signed_headers(Secret(secret), raw).items()}
    return Request(method="POST", path="/rate/hooks/acme/phone", headers=headers, body=raw)


def told(outcome: str, **more: Any) -> dict[str, Any]:
    usual = {"event": f"line 4/{outcome}", "call": "c1-1", "reference": "line 4", "at": "2026-11-20T12:00:00+03:00"}
    return usual | {"outcome": outcome, **more}


class TestContract(ChannelContract):
    secrets = (SECRET,)
    unreached = Client(id="4711", name="Irina Kuznetsova", phone="+7 916 12")
    # 401, 403 and 404 say that our own settings are wrong: ours to mend, and then it still rings
    busy = (401, 403, 404, 429, 500, 502, 503, 504)
    refusals = (400, 409, 422)
    recorded = Path(__file__).parent / "recorded.json"
    made = PbxChannel

    @pytest.fixture
    def wire(self) -> Iterator[HttpWire]:
        wire = HttpWire(lambda _call: TAKEN)
        yield wire
        wire.close()

    @pytest.fixture
    def channel(self, wire: HttpWire) -> Any:
        settings = {"url": f"{wire.url}/calls", "secret": Secret(SECRET), "caller": "8 495 123-45-67"}
        return self.made({**settings, "country_code": "7", "timeout": 0.5})

    @pytest.fixture
    def message(self, tmp_path: Path) -> Message:
        for name in ("loan", "thanks", "why"):
            (tmp_path / f"{name}.wav").write_bytes(name.encode())
        scale = SCALES["keypad-10"]
        points = tuple(point for point in _points(scale))
        voices = {"recording": "loan", "thanks": "thanks", "menu": "why"}
        files = {key: str(tmp_path / f"{name}.wav") for key, name in voices.items()}
        more = {"menu_keys": {"1": "speed"}, "why": frozenset({0, 1, 2, 3}), "once": "c1-1"}
        return example_message(scale=scale, points=points, **files, **more)

    @pytest.fixture
    def genuine(self) -> Sequence[Request]:
        kinds = ("unanswered", "busy", "silence", "refused", "failed", "later")
        return [
            reported(told("pressed", key="7", pressed="77")),
            reported(told("reason", key="1")),
            *(reported(told(kind, detail="486 Busy Here")) for kind in kinds),
        ]

    def sign(self, body: bytes) -> Request:
        return reported(body)


@pytest.fixture
def pbx():
    return PbxChannel({"url": "http://127.0.0.1:9/calls", "secret": Secret(SECRET), "country_code": "7"})


@pytest.mark.parametrize(("outcome", "score"), [("pressed", 7), ("reason", None)])
def test_numbers_for_event_and_key_are_what_they_say(pbx, outcome, score):
    (event,) = pbx.receive(reported(told(outcome, event=17, key=7))).events
    assert (event.event, event.reference) == ("17", "c1-1")
    assert event.score == score if outcome == "pressed" else event.reasons == ("7",)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"event": None}, "event"),
        ({"event": "e" * 181}, "event"),
        ({"event": True}, "event"),
        ({"call": "c" * 181}, "call"),
        ({"key": "42"}, "key"),
        ({"key": 4.0}, "key"),
        ({"outcome": "danced"}, "outcome"),
        ({"outcome": ["pressed"]}, "outcome"),
    ],
)
def test_a_signed_report_that_cannot_be_read_is_refused_by_field_and_logged_without_itself(pbx, caplog, wrong, field):
    received = pbx.receive(reported(told("pressed", key="7", detail="+79161234567") | wrong))
    assert received.events == ()
    assert (received.response.status, json.loads(received.response.body)["field"]) == (400, field)
    assert f"{field}: expected" in caplog.text
    assert "danced" not in caplog.text
    assert "+7916" not in caplog.text


def test_a_long_detail_costs_no_report(pbx):
    (event,) = pbx.receive(reported(told("busy", detail="x" * 5000))).events
    assert event.reason == "x" * 200


def _points(scale: Any) -> Iterator[Any]:
    from nps_plugin import Point

    return (Point(score=score, label=str(score)) for score in scale.points)


class TestSip(TestContract):
    """The program on SIP is asked by the same class."""

    made = SipChannel
