"""Telegram, by name only: nothing is imported until a tenant asks there."""

from __future__ import annotations

from nps_plugin import Registration, hookimpl


@hookimpl
def nps_register_channels() -> list[Registration]:
    """``telegram``: a bot over the Bot API."""
    return [Registration("telegram", "nps_adapters.telegram.channel:TelegramChannel")]
