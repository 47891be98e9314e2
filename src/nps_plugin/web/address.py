"""The network that a visitor came from: enough to tell two visits apart, too little to find a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address


def address_class(remote: str, forwarded_for: str, trusted_proxies: Iterable[str]) -> str:
    """The /24 (IPv4) or /48 (IPv6) of the visitor, as ``"203.0.113.0/24"``; "" where it is not known.

    ``X-Forwarded-For`` is believed only as far as trusted proxies wrote it: read from its end, the first address that
    is not a proxy's is the visitor's. What stands before that, the visitor may have made up.

    :param remote: the peer's address as the server saw it.
    :param forwarded_for: the header's value, "" without one.
    :param trusted_proxies: addresses or networks of our own proxies; one that cannot be read raises ``ValueError``.
    """
    networks = [ip_network(name, strict=False) for name in trusted_proxies]
    found = _address(remote)
    hops = [hop for hop in forwarded_for[:2000].split(",") if hop.strip()]
    while found is not None and hops and _within(found, networks):
        found = _address(hops.pop())
    if found is None:
        return ""
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False))


def _address(text: str) -> Address | None:
    """An address, also as ``[v6]:port``, ``v4:port``, with a zone, or IPv4 mapped into IPv6."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _within(address: Address, networks: Sequence[object]) -> bool:
    return any(address in network for network in networks)  # type: ignore[operator]
