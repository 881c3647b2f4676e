"""Vectors that were made lately, by the content of their texts, so that no text is embedded twice in a row."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from providers.storable import storable_text

if TYPE_CHECKING:
    from providers.embeddings.contract import Vectors

MAX_BYTES = 4 * 2**20


@dataclass(slots=True)
class Batch:
    """What was asked for. `missing` are the texts that have to be embedded, each once."""

    keys: list[bytes]
    missing: list[str] = field(default_factory=list)
    known: dict[bytes, Vectors] = field(default_factory=dict)


class KeptVectors:
    """The least recently used go first. Safe to be used by many threads."""

    def __init__(self, dimensions: int, *, max_bytes: int = MAX_BYTES) -> None:
        self._dimensions = dimensions
        self._max_rows = max(1, max_bytes // (4 * dimensions))
        self._rows: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = Lock()

    def begin(self, texts: Sequence[str]) -> Batch:
        """Texts without content are never missing: their vector is known to be zeros."""
        batch = Batch([_key(text) for text in texts])
        nothing = np.zeros(self._dimensions, np.float32)
        with self._lock:
            for key, text in zip(batch.keys, texts, strict=True):
                if key in batch.known:
                    continue
                if not storable_text(text).strip():
                    batch.known[key] = nothing
                elif (row := self._rows.get(key)) is not None:
                    self._rows.move_to_end(key)
                    batch.known[key] = row
                else:
                    batch.known[key] = nothing
                    batch.missing.append(text)
        return batch

    def finish(self, batch: Batch, vectors: Vectors) -> Vectors:
        """The matrix that was asked for. `vectors` are those of the missing texts, of any length."""
        rows = unit_rows(vectors)
        with self._lock:
            for text, row in zip(batch.missing, rows, strict=True):
                # A copy: a view would keep the whole batch alive.
                batch.known[_key(text)] = self._rows[_key(text)] = row.copy()
            while len(self._rows) > self._max_rows:
                self._rows.popitem(last=False)
        if not batch.keys:
            return np.zeros((0, self._dimensions), np.float32)
        return np.stack([batch.known[key] for key in batch.keys])


def unit_rows(vectors: Vectors) -> Vectors:
    """Each row at length 1. One that has no direction, or isn't a number, becomes zeros."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    rows: Vectors = np.divide(
        vectors, lengths, out=np.zeros(vectors.shape, np.float64), where=np.isfinite(lengths) & (lengths > 0)
    ).astype(np.float32)
    return rows


def _key(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
