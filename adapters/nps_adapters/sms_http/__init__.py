"""Short messages over any HTTP gateway, by name only: nothing is imported until a tenant asks there."""

from __future__ import annotations

from nps_plugin import Registration, hookimpl


@hookimpl
def nps_register_channels() -> list[Registration]:
    """``sms-http``: short messages over a gateway that the configuration describes."""
    return [Registration("sms-http", "nps_adapters.sms_http.channel:SmsHttpChannel")]
