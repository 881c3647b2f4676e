"""One call for several requests of the same person that say the same at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from providers.contract import GatewayEvent


class SharedCall:
    """What one request's stream has said so far, for others to follow. Belongs to one loop."""

    def __init__(self) -> None:
        self._events: list[GatewayEvent] = []
        self._is_over = False
        self._more = asyncio.Event()

    def put(self, event: GatewayEvent) -> None:
        self._events.append(event)
        self._more.set()

    def end(self) -> None:
        """Nothing more comes: the stream ended, or was closed before its end."""
        self._is_over = True
        self._more.set()

    async def follow(self) -> AsyncGenerator[GatewayEvent, None]:
        """Everything from the beginning, as it comes. It ends without `Finished` or `Failed` where the stream was
        closed early."""
        place = 0
        while True:
            while place < len(self._events):
                yield self._events[place]
                place += 1
            if self._is_over:
                return
            self._more.clear()
            await self._more.wait()
