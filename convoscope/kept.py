"""Rows that are asked for with every turn and changed a few times a year, kept in the memory of each process."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Kept(Generic[Found]):
    """What `read` found, for `seconds`: so long a process goes by rows that another one may have changed. Who changes
    them here calls `forget`. `on_kept` is told each time something is kept, in the order in which it is."""

    def __init__(
        self, read: Callable[[], Found], *, seconds: float, on_kept: Callable[[Found], None] | None = None
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._on_kept = on_kept
        self._lock = Lock()
        self._generation = 0
        self._kept: tuple[Found, float] | None = None

    def get(self) -> Found:
        kept = self._kept
        if kept is not None and time.monotonic() - kept[1] < self._seconds:
            return kept[0]
        return self.read()

    def read(self) -> Found:
        """As the rows are now."""
        generation = self._generation
        found = self._read()
        with self._lock:
            # What was read before a change must not be kept after it.
            if generation == self._generation:
                self._kept = found, time.monotonic()
                if self._on_kept is not None:
                    self._on_kept(found)
        return found

    def forget(self) -> None:
        with self._lock:
            self._generation += 1
            self._kept = None
