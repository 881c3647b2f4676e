"""Where a request comes from, as limits see it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# What a provider gives one customer, who may use any address of it.
IPV6_PREFIX = 64


def plain_address(address: str) -> str:
    """A socket that listens for both kinds shows an IPv4 address inside an IPv6 one (::ffff:192.0.2.1), and all of
    these share one network."""
    parsed = _parsed(address)
    return address if parsed is None else str(parsed)


def network_of(address: str) -> str:
    """Whose allowance an address shares. What is no address, as on a local socket, shares one."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), IPV6_PREFIX), strict=False).network_address)
    return str(parsed or "")


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed
