"""Rows that are asked for with every turn and changed a few times a year, kept in the memory of each process."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Kept(Generic[Found]):
    """What `read` found, for `seconds`: so long a process goes by rows that another one may have changed. Who changes
    them here calls `forget`."""

    def __init__(self, read: Callable[[], Found], *, seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._lock = Lock()
        self._generation = 0
        self._kept: tuple[Found, float] | None = None

    def get(self) -> Found:
        kept = self._kept
        if kept is not None and time.monotonic() - kept[1] < self._seconds:
            return kept[0]
        generation = self._generation
        found = self._read()
        with self._lock:
            # What was read before a change must not be kept after it.
            if generation == self._generation:
                self._kept = found, time.monotonic()
        return found

    def forget(self) -> None:
        with self._lock:
            self._generation += 1
            self._kept = None
