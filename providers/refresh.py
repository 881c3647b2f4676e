"""Keeps a gateway's endpoints those that are configured: at once after a change made in this process, within
`POLL_S` after one made in another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from typing import Any

from django.db import DatabaseError

from providers.configured import endpoints_changed
from providers.contract import EndpointConfig
from providers.gateway import Gateway

logger = logging.getLogger(__name__)

# Below ROWS_KEPT_S: where this runs, no turn ever waits for the rows to be read.
POLL_S = 2.5


class EndpointRefresh:
    """Belongs to the gateway's loop. `read` gives what is configured, read off the loop."""

    def __init__(
        self, gateway: Gateway, read: Callable[[], Awaitable[list[EndpointConfig]]], *, poll_s: float = POLL_S
    ) -> None:
        self._gateway = gateway
        self._read = read
        self._poll_s = poll_s
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises: DatabaseError if the rows can't be read even once."""
        await self._refresh()
        self._gateway.look_again = self._refresh
        self._task = self._loop.create_task(self._keep(), context=Context())
        endpoints_changed.connect(self._hasten)

    async def stop(self) -> None:
        endpoints_changed.disconnect(self._hasten)
        self._gateway.look_again = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._changed.wait()
            self._changed.clear()
            try:
                await self._refresh()
            except DatabaseError as exc:
                logger.warning("the providers stay as they are: the database doesn't answer (%s)", type(exc).__name__)

    async def _refresh(self) -> None:
        async with self._one_at_a_time:
            await self._gateway.configure(await self._read())

    def _hasten(self, **_: Any) -> None:
        """Called in the thread that changed a row."""
        with suppress(RuntimeError):  # the loop is closed: the process is stopping
            self._loop.call_soon_threadsafe(self._changed.set)
