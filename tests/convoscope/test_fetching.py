"""What the server fetches for somebody, and what it never asks."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from convoscope.fetching import Fetched, FetchFailed, FetchRefused, fetch, is_public
from convoscope.settings import env

pytestmark = pytest.mark.security

LIMIT = 1000


async def got(address: str, *, timeout_s: float = 20) -> Fetched:
    return await fetch(address, max_bytes=LIMIT, timeout_s=timeout_s)


@pytest_asyncio.fixture
async def site() -> AsyncIterator[str]:
    """A server on loopback; `asked` in its answers says nothing was sent along."""

    over = asyncio.Event()

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=f"hello {request.headers.get('Cookie', '')}", content_type="text/html")

    async def silent(request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    async def bomb(request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(bytes(10_000_000)), headers={"Content-Encoding": "gzip"})

    async def long(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(LIMIT):
            await response.write(b"0123456789")
        return response

    async def moved(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    async def setting(request: web.Request) -> web.Response:
        found = web.HTTPFound("/page")
        found.set_cookie("a", "b")
        raise found

    async def broken(request: web.Request) -> web.Response:
        return web.Response(status=500)

    app = web.Application()
    for path, handler in {
        "/page": page,
        "/silent": silent,
        "/bomb": bomb,
        "/long": long,
        "/moved": moved,
        "/setting": setting,
        "/broken": broken,
    }.items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    over.set()
    await runner.cleanup()


@pytest.fixture
def loopback_allowed(settings: Settings) -> None:
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]


PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104  # nothing is bound
    *("198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1"),
    *("fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:7f00:1", "::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:db8::1", "2001::1", "192.0.0.192", "64:ff9b:1::a9fe:a9fe"),
    *("::ffff:0:a9fe:a9fe", "3fff::1", "5f00::1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_an_allowed_network_is_allowed_and_its_neighbour_is_not(settings: Settings) -> None:
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("10.1.0.0/16")]
    assert (is_public("10.1.2.3"), is_public("::ffff:10.1.2.3"), is_public("10.2.0.1")) == (True, True, False)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST"),
        *("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"),
        *("169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "１２７.0.0.1"),
    ],
)
async def test_nothing_inside_is_asked_however_it_is_written(host: str) -> None:
    with pytest.raises(FetchRefused):
        await got(f"http://{host}/")


@pytest.mark.parametrize(
    "address",
    [
        *("", "page", "//example.org", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/"),
        *("javascript:alert(1)", "data:text/html,x", "http://", "http://[::1", "http://example.org:0/"),
        *("http://example.org:99999/", "http://user@example.org/", "http://user:word@example.org/"),
        *("http://93.184.215.14@127.0.0.1/", "http://example..org/", f"http://{64 * 'a'}.org/"),
    ],
)
async def test_what_is_no_address_of_a_page_is_refused(address: str) -> None:
    with pytest.raises(FetchRefused) as refused:
        await got(address)
    assert refused.value.user_message


async def test_what_is_there_is_fetched(site: str, loopback_allowed: None) -> None:
    assert await got(f"{site}/page") == Fetched(f"{site}/page", "text/html", b"hello ")
    assert (await got(f"{site}/moved?to=/page")).url == f"{site}/page"


async def test_cookies_are_not_kept_between_redirects(site: str, loopback_allowed: None) -> None:
    assert (await got(f"{site}/setting")).body == b"hello "


@pytest.mark.parametrize("inside", ["http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/"])
async def test_a_redirect_leads_nowhere_inside(site: str, loopback_allowed: None, inside: str) -> None:
    with pytest.raises(FetchRefused):
        await got(f"{site}/moved?to={inside}")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/"])
async def test_a_redirect_leads_to_pages_only(site: str, loopback_allowed: None, target: str) -> None:
    with pytest.raises((FetchRefused, FetchFailed)):
        await got(f"{site}/moved?to={target}")


@pytest.mark.parametrize("path", ["/bomb", "/long", "/broken", "/moved?to=/moved", "/nowhere"])
async def test_what_no_page_gives_is_told(site: str, loopback_allowed: None, path: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        await got(f"{site}{path}")
    assert site not in failed.value.user_message


async def test_a_silent_server_is_not_waited_for(site: str, loopback_allowed: None) -> None:
    with pytest.raises(FetchFailed, match="too long"):
        await got(f"{site}/silent", timeout_s=0.05)


async def test_a_name_that_stands_for_another_address_a_moment_later(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer is public, each later one inside: what is connected to is what was looked at."""
    port = int(site.rpartition(":")[2])
    answers = iter(["93.184.215.14"])

    async def resolve(_loop: Any, host: str, *_args: Any, **_kwargs: Any) -> list[Any]:
        address = next(answers, "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    connected: list[str] = []

    async def connect(_loop: Any, _socket: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    loop = type(asyncio.get_running_loop())
    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    monkeypatch.setattr(loop, "sock_connect", connect)
    with pytest.raises(FetchFailed):
        await got(f"http://rebinding.example:{port}/page")
    with pytest.raises(FetchRefused):
        await got(f"http://rebinding.example:{port}/page")
    assert connected == ["93.184.215.14"]


def test_networks_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETCH_ALLOWED_NETWORKS", "10.1.0.0/16, fd00::/8,192.168.1.7")
    assert [str(one) for one in env.networks("FETCH_ALLOWED_NETWORKS")] == ["10.1.0.0/16", "fd00::/8", "192.168.1.7/32"]
    monkeypatch.setenv("FETCH_ALLOWED_NETWORKS", "10.1.0.1/16")
    with pytest.raises(ImproperlyConfigured, match=r"FETCH_ALLOWED_NETWORKS: 10\.1\.0\.1/16 is no network"):
        env.networks("FETCH_ALLOWED_NETWORKS")
