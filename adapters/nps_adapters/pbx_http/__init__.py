"""Calls by any telephone exchange (PBX) that speaks a little HTTP, by name only: nothing is imported until a tenant
asks there."""

from __future__ import annotations

from nps_plugin import Registration, hookimpl


@hookimpl
def nps_register_channels() -> list[Registration]:
    """``pbx-http``: a PBX is asked by HTTP to call, and reports the key by a signed webhook."""
    return [Registration("pbx-http", "nps_adapters.pbx_http.channel:PbxChannel")]
