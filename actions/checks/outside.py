"""Addresses of the internet, and what gives away traffic that nobody wanted."""

from __future__ import annotations

import ipaddress

MINING_PORTS = frozenset({3333, 4444, 5555, 8333})
"""Ports of mining pools and of Bitcoin. Source: playbook PB-22, row M2."""

_INSIDE = tuple(
    ipaddress.ip_network(block)
    for block in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "224.0.0.0/4",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
        "::1/128",
    )
)
"""Private, shared, link-local, loopback and multicast space. Source: IANA's special-purpose address registries."""


def outside(address: str) -> bool:
    """Whether the address is one of the internet; what is no address is not."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not any(found in block for block in _INSIDE if block.version == found.version)
