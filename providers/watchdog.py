"""Ends a wait that lasts too long, without a timer for each chunk."""

from __future__ import annotations

import asyncio


class Watchdog:
    """Cancels its task if one `wait` lasts longer than its limit: `first_s` before the first event, `idle_s` after.

    It bites only between `wait` and `rest`, that is while the stream itself is awaited, never while its consumer
    works. One timer is kept for the whole stream and re-armed when it fires, so a chunk costs two assignments.
    """

    def __init__(self, *, first_s: float, idle_s: float) -> None:
        self.limit_s = first_s
        self._idle_s = idle_s
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._waiting_since_s: float | None = None
        self._bit = False
        self._timer = self._loop.call_later(min(first_s, idle_s), self._check)

    def wait(self) -> None:
        self._waiting_since_s = self._loop.time()

    def rest(self) -> None:
        self._waiting_since_s = None
        if not self._bit:
            self.limit_s = self._idle_s

    def has_bitten(self) -> bool:
        """Whether the cancellation that just arrived was the watchdog's alone; takes it back if so."""
        return self._bit and self._task is not None and self._task.uncancel() == 0

    def close(self) -> None:
        self._timer.cancel()

    def _check(self) -> None:
        now_s = self._loop.time()
        since_s = now_s if self._waiting_since_s is None else self._waiting_since_s
        left_s = since_s + self.limit_s - now_s
        if left_s <= 0 and self._task is not None:
            self._bit = True
            self._task.cancel()
        else:
            self._timer = self._loop.call_later(min(max(left_s, 0.01), self._idle_s), self._check)
