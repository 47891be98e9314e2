"""The rules of every channel, over three shapes of gateways."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.adapters.sms_http.gateways import (
    HOOK_SECRET,
    PASSWORD,
    Gateway,
    by_header,
    by_hmac,
    form_settings,
    json_settings,
    query_settings,
)

from nps_adapters.sms_http.channel import SmsHttpChannel
from nps_plugin import Client, Request
from nps_plugin.testing import ChannelContract


class Rules(ChannelContract):
    __test__ = False

    secrets = (PASSWORD, HOOK_SECRET, PASSWORD.replace(" ", "+"))
    unreached = Client(id="4711", name="Irina Kuznetsova", phone="+7 916 12")
    # 401 to 404 say that our own settings are wrong, or that the money is out: ours to mend
    busy = (401, 402, 403, 404, 429, 500, 502, 503, 504)
    refusals = (400, 405, 422)

    @pytest.fixture
    def wire(self) -> Iterator[Gateway]:
        wire = Gateway()
        yield wire
        wire.close()


class TestForm(Rules):
    __test__ = True
    # the secret says who sends, not what
    signs_body = False
    recorded = Path(__file__).parent / "recorded_form.json"

    @pytest.fixture
    def channel(self, wire: Gateway) -> Any:
        return SmsHttpChannel(form_settings(wire.url, timeout=0.3, replies=["thanks"]))

    @pytest.fixture
    def genuine(self) -> Sequence[Request]:
        words = {"sms_id": "7", "phone": "79161234567", "mes": "5, отлично", "to": "79990001122"}
        told = [words, words | {"mes": "СТОП"}, {"id": "10000", "status": "1"}, {"id": "10000", "status": "22"}]
        return [by_header(urlencode(one)) for one in told]

    def sign(self, body: bytes) -> Request:
        return by_header(body)


class TestJson(Rules):
    __test__ = True
    recorded = Path(__file__).parent / "recorded_json.json"

    @pytest.fixture
    def channel(self, wire: Gateway) -> Any:
        return SmsHttpChannel(json_settings(wire.url, timeout=0.3, replies=["thanks"]))

    @pytest.fixture
    def genuine(self) -> Sequence[Request]:
        words = {"from": "79161234567", "at": "2026-11-20T12:00:00Z", "body": {"text": "5"}}
        report = {"message_id": 10000, "state": "delivered"}
        return [by_hmac(json.dumps({"events": one})) for one in ([words, report], [report], words)]

    def sign(self, body: bytes) -> Request:
        return by_hmac(body)


class TestQuery(Rules):
    __test__ = True
    replies = True
    recorded = Path(__file__).parent / "recorded_query.json"

    @pytest.fixture
    def channel(self, wire: Gateway) -> Any:
        return Deaf(query_settings(wire.url, timeout=0.3))


class Deaf(SmsHttpChannel):
    """A gateway without a hook refuses all that comes; that is what test_sms_http.py holds."""

    @property
    def receive(self) -> Any:  # type: ignore[override]
        raise AttributeError("receive")
