"""The e-mail channel, by name only: nothing is imported until a tenant asks by mail."""

from __future__ import annotations

from nps_plugin import Registration, hookimpl


@hookimpl
def nps_register_channels() -> list[Registration]:
    """``email``: SMTP."""
    return [Registration("email", "nps_adapters.email.channel:EmailChannel")]
