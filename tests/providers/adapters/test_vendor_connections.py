"""Connections to a vendor: kept for the next call as long as that is of use, through the real SDKs."""

from __future__ import annotations

import time

import pytest

from tests.support.vendors.calling import Vendor, call, connected, each_vendor
from tests.support.vendors.script import Answer


@each_vendor
async def test_calls_share_a_connection_until_a_balancer_would_close_it(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited_s = 0
    monkeypatch.setattr("aiohttp.connector.monotonic", lambda: time.monotonic() + waited_s)
    async with connected(vendor, *[Answer()] * 4) as (adapter, server):
        for pause_s, connections in ((0, 1), (1, 1), (50, 1), (60, 2)):
            waited_s += pause_s
            await call(adapter)
            assert len(server.connections) == connections


@each_vendor
async def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again(vendor: Vendor) -> None:
    async with connected(vendor, Answer(), Answer()) as (adapter, server):
        await call(adapter)
        await server.hang_up()
        assert (await call(adapter)).text == "Hello, world."
        assert len(server.connections) == 2
