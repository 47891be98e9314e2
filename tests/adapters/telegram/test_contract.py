"""The rules of every channel, over the Bot API."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.telegram.bot_server import TOKEN, BotServer

from nps_adapters.telegram.channel import TelegramChannel
from nps_plugin import Client, Request, Secret
from nps_plugin.testing import ChannelContract, example_message

HOOK_SECRET = hmac.digest(TOKEN.encode(), b"nps-plugin webhook", "sha256").hex()


class TestContract(ChannelContract):
    secrets = (TOKEN, TOKEN.partition(":")[2], HOOK_SECRET)
    unreached = Client(id="4711", name="Irina Kuznetsova", telegram="@irina_kuznetsova")
    # 401 and 404 say that the bot's token is wrong: ours to mend, and then it still leaves
    busy = (401, 404, 429, 500, 502, 503, 504)
    refusals = (400, 403, 422)
    # the secret says who sends, not what
    signs_body = False
    recorded = Path(__file__).parent / "recorded.json"

    @pytest.fixture
    def wire(self) -> Iterator[BotServer]:
        wire = BotServer()
        yield wire
        wire.close()

    @pytest.fixture
    def channel(self, wire: BotServer) -> Any:
        return TelegramChannel({"token": Secret(TOKEN), "api": wire.url, "timeout": 0.3})

    @pytest.fixture
    def genuine(self) -> list[Request]:
        told = BotServer()
        told.close()
        message = example_message()
        data = f"s:{message.token}:3"
        told.messages[512345678, 7] = {"text": "?", "reply_markup": {"inline_keyboard": [[_button("Хорошо", data)]]}}
        updates = [
            told.tap("Хорошо"),
            told.write("Спасибо", to=7),
            told.write("/start abc"),
            told.write("/stop"),
            told.block(),
            told.migrate(-100, -100200300),
        ]
        return [self.sign(json.dumps(update).encode()) for update in updates]

    def sign(self, body: bytes) -> Request:
        headers = {"content-type": "application/json", "x-telegram-bot-api-secret-token": HOOK_SECRET}
        return Request(method="POST", path="/rate/hooks/acme/telegram", headers=headers, body=body)


def _button(text: str, data: str) -> dict[str, str]:
    return {"text": text, "callback_data": data}
