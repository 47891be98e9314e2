"""Calls by our own program on SIP, which speaks as any PBX does; by name only."""

from __future__ import annotations

from nps_plugin import Registration, hookimpl


@hookimpl
def nps_register_channels() -> list[Registration]:
    """``sip``: the program ``nps-sip`` on this machine."""
    return [Registration("sip", "nps_adapters.pbx_http.channel:SipChannel")]
