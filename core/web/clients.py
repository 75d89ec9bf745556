"""Clients of the server: where a request comes from, and whether a proxy passed it on."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers that a proxy adds: the client is then somebody else than who connected."""


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, an IPv4 one that is written as IPv6 as IPv4; None if it is none.

    >>> parse_address("::ffff:192.168.1.5")
    IPv4Address('192.168.1.5')
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_direct(scope: Scope) -> bool:
    """Return whether nothing says that a proxy passed the request on."""
    headers = Headers(scope=scope)
    return not any(name in headers for name in _FORWARDED)


def is_loopback(scope: Scope) -> bool:
    """Return whether the request comes from this machine itself, without a proxy."""
    address = _client_address(scope)
    return is_direct(scope) and address is not None and address.is_loopback


def is_private(scope: Scope) -> bool:
    """Return whether the request comes from a private network, without a proxy."""
    address = _client_address(scope)
    return is_direct(scope) and address is not None and address.is_private


def _client_address(scope: Scope) -> IPv4Address | IPv6Address | None:
    client = scope.get("client")
    return parse_address(client[0]) if client else None
