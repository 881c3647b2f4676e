"""The vectors of kept questions, held in memory for as long as they are asked about.

Each process has its own; the database stays the only truth. What is found here is looked up there before it is used, so
that a row which was removed or has expired answers nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.utils import timezone

from convoscope.encrypted_fields import Locked
from providers.models import CachedResponse

if TYPE_CHECKING:
    from providers.embeddings.contract import Vectors

# The newest of one place that are compared.
MAX_ROWS = 10_000
# Of all places together: 20 MB at 256 dimensions.
MAX_ROWS_HELD = 20_000
# 16 KB each, even if nothing like a place's questions was ever kept.
MAX_SHELVES = 500
MAX_NEAREST = 20
# A row may be committed later than another one that was made after it.
OVERLAP = timedelta(seconds=30)
# What was removed from the database is forgotten here as well.
HELD_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question may look for like ones: who asks, everything but the question, and whose vectors they are."""

    scope: str
    context_digest: str
    model: str
    embedder: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """`similarity` is that of the nearest, 0 if there is none; `ids` are those above the threshold with theirs, the
    nearest first."""

    similarity: float
    ids: list[tuple[UUID, float]]


@dataclass(slots=True, eq=False)
class _Shelf:
    """The vectors of one place. `read_until` is the time of the newest row that was read."""

    began_at: datetime
    dimensions: int
    ids: list[UUID] = field(default_factory=list)
    known: set[UUID] = field(default_factory=set)
    read_until: datetime | None = None
    lock: Lock = field(default_factory=Lock)
    matrix: Vectors = field(init=False)

    def __post_init__(self) -> None:
        self.matrix = np.zeros((16, self.dimensions), np.float32)

    def add(self, rows: Iterable[tuple[UUID, datetime, bytes]]) -> None:
        for row_id, created_at, packed in rows:
            self.read_until = max(created_at, self.read_until or created_at)
            vector = unpacked(packed)
            if row_id in self.known or len(vector) != self.dimensions:
                continue
            if len(self.ids) == len(self.matrix):
                self.matrix = np.concatenate([self.matrix, np.zeros_like(self.matrix)])
            self.matrix[len(self.ids)] = vector
            self.ids.append(row_id)
            self.known.add(row_id)

    def nearest(self, vector: Vectors, *, at_least: float) -> Nearest:
        if not self.ids:
            return Nearest(0.0, [])
        # In this thread: BLAS would wake others for half a millisecond's work, and wait for them on a busy machine.
        similarities = np.einsum("ij,j->i", self.matrix[: len(self.ids)], vector)
        count = min(MAX_NEAREST, len(self.ids))
        best = np.argpartition(similarities, -count)[-count:]
        best = best[np.argsort(similarities[best])[::-1]]
        ids = [(self.ids[index], float(similarities[index])) for index in best if similarities[index] >= at_least]
        return Nearest(float(similarities[best[0]]), ids)


class Neighbours:
    """Safe to be used by many threads."""

    def __init__(self) -> None:
        self._shelves: OrderedDict[Place, _Shelf] = OrderedDict()
        self._lock = Lock()

    def nearest(self, place: Place, vector: Vectors, *, at_least: float) -> Nearest:
        shelf = self._shelf(place, len(vector))
        with shelf.lock:
            shelf.add(_rows(place, shelf.read_until))
            found = shelf.nearest(vector, at_least=at_least)
        self._keep_within_bounds()
        return found

    def forget(self) -> None:
        """Read everything again when it is next asked for."""
        with self._lock:
            self._shelves.clear()

    def _shelf(self, place: Place, dimensions: int) -> _Shelf:
        now = timezone.now()
        with self._lock:
            shelf = self._shelves.get(place)
            if shelf is None or shelf.began_at + HELD_FOR < now or len(shelf.ids) > 2 * MAX_ROWS:
                shelf = self._shelves[place] = _Shelf(now, dimensions)
            self._shelves.move_to_end(place)
            return shelf

    def _keep_within_bounds(self) -> None:
        with self._lock:
            held = sum(len(shelf.ids) for shelf in self._shelves.values())
            while len(self._shelves) > 1 and (held > MAX_ROWS_HELD or len(self._shelves) > MAX_SHELVES):
                _place, shelf = self._shelves.popitem(last=False)
                held -= len(shelf.ids)


neighbours = Neighbours()


def packed(vector: Vectors) -> bytes:
    """Half precision: half of what is read and kept, and exact to three digits of a similarity."""
    return vector.astype("<f2").tobytes()


def unpacked(stored: bytes) -> Vectors:
    return np.frombuffer(stored, "<f2").astype(np.float32)


def _rows(place: Place, read_until: datetime | None) -> Iterable[tuple[UUID, datetime, bytes]]:
    rows = CachedResponse.objects.filter(
        scope=place.scope,
        context_digest=place.context_digest,
        model=place.model,
        embedder=place.embedder,
        embedding__isnull=False,
    )
    if read_until is not None:
        rows = rows.filter(created_at__gt=read_until - OVERLAP)
    newest = rows.order_by("-created_at")[:MAX_ROWS]
    found: Iterable[tuple[Any, ...]] = newest.values_list("id", "created_at", "embedding")
    # What nobody can read is like nothing.
    return (row for row in found if not isinstance(row[2], Locked))
