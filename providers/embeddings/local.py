"""The built-in embedder: `wordllama`, whose wheel carries its weights, so that nothing leaves the machine.

It averages the vectors of a text's tokens, so it knows what a text is about and neither the order of its words nor what
hangs on a single one of them, such as "not". Whoever needs that has to look at the words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from providers.embeddings.contract import LOCAL
from providers.embeddings.kept import KeptVectors
from providers.storable import storable_text

if TYPE_CHECKING:
    from wordllama import WordLlamaInference

    from providers.embeddings.contract import Vectors

DIMENSIONS = 256
# What a text is about shows in its beginning. Without a limit one long text takes memory for each of its tokens.
TEXT_MAX_CHARS = 8_000
BATCH_MAX_TEXTS = 64
# All texts of a batch are padded to its longest: about 1 KB for each character of this product.
BATCH_MAX_CHARS = 32_000


class LocalEmbedder:
    """Loaded when it is first used, once in a process, which takes half a second and about 80 MB."""

    name = LOCAL
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self._kept = KeptVectors(DIMENSIONS)
        self._lock = Lock()
        self._model: WordLlamaInference | None = None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return await asyncio.to_thread(self.embed_now, texts)

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """The same in this thread, which must not be that of an event loop."""
        batch = self._kept.begin(texts)
        return self._kept.finish(batch, self._embedded(batch.missing))

    def load(self) -> WordLlamaInference:
        """Load it if it isn't yet. Never downloads: its files are in its own package."""
        with self._lock:
            if self._model is None:
                import wordllama

                folder = Path(wordllama.__file__).parent
                self._model = wordllama.WordLlama.load(cache_dir=folder, dim=DIMENSIONS, disable_download=True)
            return self._model

    async def aclose(self) -> None:
        """There is nothing to close: the next one who asks has it at once."""

    def _embedded(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        if texts:
            model = self.load()
            short = [storable_text(text[:TEXT_MAX_CHARS]) for text in texts]
            for places in _batches([len(text) for text in short]):
                # A text without a token it knows is an average over nothing.
                with np.errstate(invalid="ignore", divide="ignore"):
                    vectors[places] = model.embed([short[place] for place in places])
        return vectors


@cache
def local_embedder() -> LocalEmbedder:
    """The one of this process."""
    return LocalEmbedder()


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts that are embedded together: of like length, so that little of a batch is padding."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        # In rising order the newcomer is the longest.
        if batch and (len(batch) >= BATCH_MAX_TEXTS or lengths[place] * (len(batch) + 1) > BATCH_MAX_CHARS):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
