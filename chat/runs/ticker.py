"""One tick shared by all streams: what comes too fast for a frame of its own is joined and goes out together."""

from __future__ import annotations

import asyncio
from typing import Protocol

TICK_S = 0.025
# A loop that runs later than this is loaded: joining frames is then the quicker way for everybody.
LATE_S = 0.010
PROBE_S = 0.05


class Flushable(Protocol):
    def flush(self, now_s: float) -> None: ...


class Ticker:
    """`is_late` says that the loop is behind; it is measured while the ticker runs."""

    def __init__(self) -> None:
        self.is_late = False
        self._loop = asyncio.get_running_loop()
        self._marked: dict[Flushable, None] = {}
        self._lag_s = 0.0
        self._tick: asyncio.TimerHandle | None = None
        self._probe: asyncio.TimerHandle | None = self._loop.call_later(PROBE_S, self._on_probe, self._loop.time())

    def mark(self, stream: Flushable) -> None:
        """Flush this stream at the next tick."""
        self._marked[stream] = None
        if self._tick is None:
            self._tick = self._loop.call_later(TICK_S, self._on_tick)

    def close(self) -> None:
        for handle in (self._tick, self._probe):
            if handle is not None:
                handle.cancel()

    def _on_tick(self) -> None:
        self._tick = None
        marked, self._marked = self._marked, {}
        now_s = self._loop.time()
        for stream in marked:
            stream.flush(now_s)

    def _on_probe(self, set_at_s: float) -> None:
        now_s = self._loop.time()
        lag_s = max(0.0, now_s - set_at_s - PROBE_S)
        # Quick to notice, slow to forget: flapping between the two modes would cost more than either.
        self._lag_s = lag_s if lag_s > self._lag_s else 0.9 * self._lag_s + 0.1 * lag_s
        self.is_late = self._lag_s > LATE_S
        self._probe = self._loop.call_later(PROBE_S, self._on_probe, now_s)
