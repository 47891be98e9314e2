"""Short messages over Twilio, by name only: nothing is imported until a tenant asks there."""

from __future__ import annotations

from nps_plugin import Registration, hookimpl


@hookimpl
def nps_register_channels() -> list[Registration]:
    """``twilio``: short messages over Twilio's API."""
    return [Registration("twilio", "nps_adapters.twilio.channel:TwilioChannel")]
