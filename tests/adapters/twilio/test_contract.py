"""The rules of every channel, over Twilio's API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.twilio.twilio_server import SENDER, SID, TOKEN, TwilioServer, posted, report, words

from nps_adapters.twilio.channel import TwilioChannel
from nps_plugin import Client, Request, Secret
from nps_plugin.testing import ChannelContract


class TestContract(ChannelContract):
    secrets = (TOKEN,)
    unreached = Client(id="4711", name="Irina Kuznetsova", phone="+7 916 12")
    # 401, 403 and 404 say that our own settings are wrong: ours to mend, and then it still leaves
    busy = (401, 403, 404, 429, 500, 502, 503, 504)
    refusals = (400, 422)
    recorded = Path(__file__).parent / "recorded.json"

    @pytest.fixture
    def wire(self) -> Iterator[TwilioServer]:
        wire = TwilioServer()
        yield wire
        wire.close()

    @pytest.fixture
    def channel(self, wire: TwilioServer) -> Any:
        settings = {"account_sid": SID, "auth_token": Secret(TOKEN), "from": SENDER, "country_code": "7"}
        return TwilioChannel({**settings, "replies": ["thanks", "unread"], "api": wire.url, "timeout": 0.3})

    @pytest.fixture
    def genuine(self) -> Sequence[Request]:
        sid = "SM" + "c" * 32
        told = [words("5, great"), words("STOP"), report(sid, "delivered"), report(sid, "undelivered", 30003)]
        return [posted(one) for one in [*told, report(sid, "failed", 21610)]]

    def sign(self, body: bytes) -> Request:
        return posted(body)
