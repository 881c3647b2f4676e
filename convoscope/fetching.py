"""Fetching what an address names, when somebody who isn't an operator typed it, or a page that was fetched: never from
within the network that the server stands in."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from convoscope.errors import AppError, ValidationFailed

MAX_REDIRECTS = 5
# An IPv4 address in the last four bytes: translation to IPv4 (RFC 6052, 7915), and the old way to write one in IPv6.
_HOLD_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0:0/96"), IPv6Network("::/96"))
# What Python takes for global before its versions of 2024: protocols of the IETF, among them where some clouds tell
# their secrets; translation within one's own network; documentation; segments of routing.
_NOT_PUBLIC = tuple(map(ip_network, ("192.0.0.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16")))
_BYTES_AT_ONCE = 2**16


class FetchRefused(ValidationFailed):
    """An address that isn't asked; for the person who typed it."""


class FetchFailed(AppError):
    """The other server didn't give what was asked for; for the person who typed the address."""

    code = "VALIDATION_ERROR"
    http_status = 502


class _Inside(OSError):
    """The address that a name stands for is not a public one. Seen by `fetch` only."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`url` is where redirects led; `content_type` has no parameters, and is empty where the server named none."""

    url: str
    content_type: str
    body: bytes


async def fetch(address: str, *, max_bytes: int, timeout_s: float) -> Fetched:
    """Follows redirects, each looked at like the first address. What is looked at is the address that the socket then
    connects to, so a name that stands for another one a moment later changes nothing.

    Raises: FetchRefused, FetchFailed.
    """
    # Imported where it is used: it is 8 MB of a process that fetches nothing.
    import aiohttp

    connector = aiohttp.TCPConnector(socket_factory=_socket_to_outside, use_dns_cache=False)
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        headers={"User-Agent": "Convoscope"},
    )
    async with session:
        try:
            async with session.get(_checked(address), max_redirects=MAX_REDIRECTS) as response:
                return await _read(response, max_bytes)
        except aiohttp.ClientConnectorError as exc:
            if isinstance(exc.os_error, _Inside):
                raise FetchRefused(_("This address is inside a private network. Use one that is public.")) from exc
            raise FetchFailed(_("The server at this address can't be reached. Check it, or try later.")) from exc
        except (aiohttp.InvalidURL, UnicodeError) as exc:
            raise _unreadable() from exc
        except TimeoutError as exc:
            raise FetchFailed(_("The server at this address took too long. Try later.")) from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise FetchFailed(_("The server at this address gave no usable answer. Check it, or try later.")) from exc


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's, also where it stands inside another one."""
    parsed = ip_address(address.partition("%")[0])
    if any(parsed in network for network in settings.FETCH_ALLOWED_NETWORKS):
        return True
    inner = _ipv4_inside(parsed)
    is_special = parsed.is_multicast or any(parsed in network for network in _NOT_PUBLIC)
    is_special |= isinstance(parsed, IPv6Address) and parsed.is_site_local
    return parsed.is_global and not is_special if inner is None else is_public(str(inner))


def _ipv4_inside(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if any(address in network for network in _HOLD_IPV4):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _socket_to_outside(info: tuple[Any, ...]) -> socket.socket:
    """Made for the address that it is about to connect to."""
    family, kind, protocol, _name, target = info
    if not is_public(target[0]):
        raise _Inside("a private address")
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


def _checked(address: str) -> str:
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError as exc:
        raise _unreadable() from exc
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise _unreadable()
    if parts.username is not None or parts.password is not None:
        raise FetchRefused(_("An address with a name or password in it isn't fetched. Take them out."))
    return address


def _unreadable() -> FetchRefused:
    return FetchRefused(_("This is no address of a page. It looks like https://example.org/page."))


async def _read(response: Any, max_bytes: int) -> Fetched:
    if response.status >= 400:
        raise FetchFailed(
            _("The server at this address answered with status %(status)d.") % {"status": response.status}
        )
    body = bytearray()
    async for piece in response.content.iter_chunked(_BYTES_AT_ONCE):
        body += piece
        if len(body) > max_bytes:
            raise FetchFailed(
                _("What is at this address is larger than %(limit)s, which is the limit here.")
                % {"limit": filesizeformat(max_bytes)}
            )
    return Fetched(str(response.url), response.content_type if "Content-Type" in response.headers else "", bytes(body))
