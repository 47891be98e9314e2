from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.adapters.telegram.bot_server import TOKEN, BotServer

from nps_adapters.telegram.channel import TelegramChannel
from nps_plugin import Secret


@pytest.fixture
def bot() -> Iterator[BotServer]:
    """A Bot API on loopback; whatever it was called with must be what the Bot API takes."""
    bot = BotServer()
    yield bot
    bot.close()
    assert bot.mistakes == []


@pytest.fixture
def channel(bot: BotServer) -> TelegramChannel:
    return TelegramChannel({"token": Secret(TOKEN), "api": bot.url, "timeout": 1.0})
