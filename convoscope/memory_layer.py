"""The channel layer of a single process, in its memory."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer

CLEAN_S = 10.0


class MemoryLayer(InMemoryChannelLayer):  # type: ignore[misc]  # channels is untyped
    """The library's own looks through every channel and group for what is too old each time a message comes or goes,
    and makes a task for each receiver: with a hundred open pages, a good part of what a turn costs."""

    _cleaned_at_s = 0.0

    def _clean_expired(self) -> None:
        now_s = time.monotonic()
        if now_s - self._cleaned_at_s >= CLEAN_S:
            self._cleaned_at_s = now_s
            super()._clean_expired()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self._clean_expired()
        for channel in list(self.groups.get(group, ())):
            with suppress(ChannelFull):
                await self.send(channel, message)
