"""Whose address counts, and how little of it is kept."""

from __future__ import annotations

import pytest

from nps_plugin.web.address import address_class

PROXIES = ("10.0.0.0/8", "2001:db8:ffff::1")


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("203.0.113.77", "", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "", "203.0.113.0/24"),
        ("fe80::1%eth0", "", "fe80::/48"),
        ("", "", ""),
        ("unix:", "", ""),
        # nobody whom we do not know is believed
        ("203.0.113.77", "198.51.100.1", "203.0.113.0/24"),
        # our proxy is, for the last address that it wrote
        ("10.0.0.1", "198.51.100.1", "198.51.100.0/24"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.0/24"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.0/24"),
        ("2001:db8:ffff::1", "2001:db8:2::1", "2001:db8:2::/48"),
        ("10.0.0.1", '"[2001:db8:2::1]:4711"', "2001:db8:2::/48"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.0/24"),
        # all of it ours, or unreadable
        ("10.0.0.1", "", "10.0.0.0/24"),
        ("10.0.0.1", "10.0.5.5, 10.0.0.2", "10.0.5.0/24"),
        ("10.0.0.1", "1.2.3.4, unknown", ""),
    ],
)
def test_the_visitors_network(remote, forwarded, found):
    assert address_class(remote, forwarded, PROXIES) == found


def test_without_trusted_proxies_the_header_is_nothing():
    assert address_class("10.0.0.1", "198.51.100.1", ()) == "10.0.0.0/24"
