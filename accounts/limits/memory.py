"""Windows in the memory of the process, for the set-up where one process serves."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Lock

from limits.storage import MemoryStorage

SWEEP_S = 60.0


@dataclass(slots=True)
class _Window:
    """What was used, as moments and amounts, oldest first."""

    expiry: float
    entries: deque[tuple[float, int]] = field(default_factory=deque)
    used: int = 0

    def forget(self, before: float) -> None:
        while self.entries and self.entries[0][0] <= before:
            self.used -= self.entries.popleft()[1]

    def add(self, moment: float, amount: int) -> None:
        self.entries.append((moment, amount))
        self.used += amount

    def give_back(self, amount: int) -> None:
        """From the newest on: what is given back was taken a moment ago."""
        while amount > 0 and self.entries:
            moment, weight = self.entries.pop()
            self.used -= weight
            if weight > amount:
                self.add(moment, weight - amount)
            amount -= weight


class MemoryWindows(MemoryStorage):
    """The library's storage, but for its moving windows. There it goes by the wall clock, so that a clock set back by
    an hour locks people out for an hour; repeats an entry as often as it weighs, which makes a list of a million for a
    million tokens; and starts a thread with each entry, which takes 0.6 ms.
    """

    def __init__(self) -> None:
        super().__init__()
        # One that never jumps.
        self.clock = time.monotonic
        self._windows: dict[str, _Window] = {}
        self._lock = Lock()
        self._next_sweep = 0.0

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """Nothing fails here."""
        return ()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """An amount larger than the limit needs an empty window: otherwise it would never be let in."""
        with self._lock:
            window = self._window(key, expiry)
            if window.used + min(amount, limit) > limit:
                return False
            window.add(self.clock(), amount)
            return True

    def add_entry(self, key: str, expiry: int, amount: int) -> None:
        """Whatever the limit; a negative amount gives back."""
        with self._lock:
            window = self._window(key, expiry)
            if amount > 0:
                window.add(self.clock(), amount)
            else:
                window.give_back(-amount)

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Shape: when the oldest entry was made, by the wall clock, and how much is used."""
        with self._lock:
            window = self._window(key, expiry)
            age_s = self.clock() - window.entries[0][0] if window.entries else 0.0
            return time.time() - age_s, window.used

    def wait_s(self, key: str, limit: int, expiry: int, amount: int) -> float:
        """How long until `acquire_entry` would let this in, if nothing else comes."""
        with self._lock:
            window = self._window(key, expiry)
            excess = window.used + min(amount, limit) - limit
            if excess <= 0:
                return 0.0
            for moment, weight in window.entries:
                excess -= weight
                if excess <= 0:
                    return moment + expiry - self.clock()
            raise AssertionError("an empty window takes any amount")

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

    def reset(self) -> int:
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
        return count

    def _window(self, key: str, expiry: int) -> _Window:
        """The window as it is now. Called with the lock held."""
        now = self.clock()
        if now >= self._next_sweep:
            self._sweep(now)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(expiry)
        window.expiry = expiry
        window.forget(now - expiry)
        return window

    def _sweep(self, now: float) -> None:
        """Those of people who come no more."""
        self._next_sweep = now + SWEEP_S
        for key, window in list(self._windows.items()):
            window.forget(now - window.expiry)
            if not window.entries:
                del self._windows[key]
