"""Time for the limits: it passes when a test says so, whichever storage counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.limits.memory import MemoryWindows

if TYPE_CHECKING:
    from accounts.limits.redis import RedisWindows


def hold_clock(windows: MemoryWindows | RedisWindows) -> None:
    """From now on no time passes but what a test lets pass; Redis has a clock of its own that nobody holds."""
    if isinstance(windows, MemoryWindows):
        moment = float(round(windows.clock()))
        windows.clock = lambda: moment


def grow_older(windows: MemoryWindows | RedisWindows, seconds: float) -> None:
    """Let so much time pass; a negative time is that of a clock set back.

    Redis has no other clock than its own, so what it holds is made older instead.
    """
    if isinstance(windows, MemoryWindows):
        clock = windows.clock
        windows.clock = lambda: clock() + seconds
        return
    client: Any = windows.storage
    for key in client.scan_iter(f"{windows.key_prefix}:*"):
        lines = [line.decode().split() for line in client.lrange(key, 0, -1)]
        older = [f"{int(moment) - seconds * 1000:.0f} {total} {own}" for moment, total, own in lines]
        left_ms = client.pttl(key)
        client.delete(key)
        client.rpush(key, *older)
        client.pexpire(key, max(1, int(left_ms - seconds * 1000)))
