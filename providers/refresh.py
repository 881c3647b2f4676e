"""Keeps a gateway up to date: its endpoints those that are configured, at once after a change made in this process and
within `POLL_S` after one made in another; its breakers those of all processes; and how well each endpoint does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from typing import Any

from django.db import DatabaseError

from providers.configured import endpoints_changed
from providers.contract import EndpointConfig
from providers.gateway import Gateway
from providers.resilience.breaker import REFRESH_S
from providers.resilience.health import Health
from providers.resilience.levels import Pin
from providers.tokens import load_vocabularies

logger = logging.getLogger(__name__)

# Below ROWS_KEPT_S: where this runs, no turn ever waits for the rows to be read.
POLL_S = 2.5
HEALTH_POLL_S = 15.0


class EndpointRefresh:
    """Belongs to the gateway's loop. `read` gives what is configured, `read_health` how the named endpoints do,
    `read_pin` what level administrators want, all read off the loop."""

    def __init__(
        self,
        gateway: Gateway,
        read: Callable[[], Awaitable[list[EndpointConfig]]],
        *,
        read_health: Callable[[Sequence[str]], Awaitable[Mapping[str, Health]]] | None = None,
        read_pin: Callable[[], Awaitable[Pin]] | None = None,
        poll_s: float = POLL_S,
    ) -> None:
        self._gateway = gateway
        self._read = read
        self._read_health = read_health
        self._read_pin = read_pin
        self._poll_s = poll_s
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._faults: dict[str, str] = {}

    async def start(self) -> None:
        """Raises: DatabaseError if the rows can't be read even once."""
        await self._refresh()
        self._gateway.look_again = self._refresh
        self._tasks = [
            self._loop.create_task(work, context=Context())
            for work in (self._keep(), self._keep_breakers(), self._keep_health())
        ]
        endpoints_changed.connect(self._hasten)

    async def stop(self) -> None:
        endpoints_changed.disconnect(self._hasten)
        self._gateway.look_again = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            # Not of endpoints that nobody asks here: a vocabulary is 26 MB.
            await self._round("no vocabulary is loaded", self._load_vocabularies)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._changed.wait()
            self._changed.clear()
            await self._round("the providers stay as they are", self._refresh)

    async def _keep_breakers(self) -> None:
        """Take over what other processes learnt. Where there are none, this returns at once each time."""
        while True:
            await self._round("the breakers stay as they are", self._gateway.refresh_breakers)
            await asyncio.sleep(REFRESH_S)

    async def _keep_health(self) -> None:
        while True:
            await self._round("health stays as it was", self._refresh_health)
            await asyncio.sleep(HEALTH_POLL_S)

    async def _round(self, otherwise: str, work: Callable[[], Awaitable[None]]) -> None:
        """One round of a loop. Whatever fails in it, the next may do; a fault that stays is told once."""
        try:
            await work()
        except DatabaseError as exc:
            logger.warning("%s: the database doesn't answer (%s)", otherwise, type(exc).__name__)
        except Exception as exc:  # the loop's border: nobody would start it again
            if self._faults.get(otherwise) != repr(exc):
                logger.exception("%s: a fault of ours", otherwise)
            self._faults[otherwise] = repr(exc)
        else:
            self._faults.pop(otherwise, None)

    async def _load_vocabularies(self) -> None:
        await asyncio.to_thread(load_vocabularies, self._gateway.used_endpoint_names())

    async def _refresh_health(self) -> None:
        if self._read_health is not None:
            self._gateway.health = await self._read_health(self._gateway.endpoint_names())

    async def _refresh(self) -> None:
        async with self._one_at_a_time:
            await self._gateway.configure(await self._read())
            if self._read_pin is not None:
                self._gateway.pin = await self._read_pin()

    def _hasten(self, **_: Any) -> None:
        """Called in the thread that changed a row."""
        with suppress(RuntimeError):  # the loop is closed: the process is stopping
            self._loop.call_soon_threadsafe(self._changed.set)
