"""Embedders of vendors: batched, tried again where that helps, and kept by content. The wire of each stands beside."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from providers.adapters.failures import failure
from providers.catalog import EmbeddingModel
from providers.contract import EndpointConfig
from providers.embeddings.kept import KeptVectors
from providers.errors import InvalidRequest, ProviderError, ProviderUnavailable

if TYPE_CHECKING:
    from providers.embeddings.contract import Vectors

# Gemini takes 100 texts in a call; OpenAI 300,000 tokens, which is never less than this many characters.
BATCH_MAX_TEXTS = 100
BATCH_MAX_CHARS = 100_000
TRIES = 3
FIRST_WAIT_S = 1.0
# Whoever asks for a longer pause is left alone: the caller is told, and a background task comes again by itself.
LONGEST_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Embedded:
    """A vendor's answer: a vector for each text, in their order. Tokens are 0 where the vendor doesn't count them."""

    vectors: list[Any]
    input_tokens: int


class Wire(Protocol):
    """One vendor's way to be asked for vectors.

    Raises: ProviderError.
    """

    async def embed(self, texts: list[str], model: EmbeddingModel) -> Embedded: ...

    async def aclose(self) -> None: ...


class RemoteEmbedder:
    """Belongs to the event loop that uses it. `count_tokens` is told what each call cost, for the ledger."""

    def __init__(
        self,
        endpoint: EndpointConfig,
        model: EmbeddingModel,
        wire: Wire,
        *,
        count_tokens: Callable[[int], None] | None = None,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        self._endpoint = endpoint
        self._model = model
        self._wire = wire
        self._count_tokens = count_tokens
        self._kept = KeptVectors(model.dimensions)
        self._retrying = AsyncRetrying(
            stop=stop_after_attempt(TRIES),
            retry=retry_if_exception(_may_be_tried_again),
            wait=_Wait(first_wait_s),
            reraise=True,
        )

    @property
    def name(self) -> str:
        return f"{self._endpoint.name}/{self._model.id}"

    @property
    def dimensions(self) -> int:
        return self._model.dimensions

    async def embed(self, texts: Sequence[str]) -> Vectors:
        batch = self._kept.begin(texts)
        found = [np.zeros((0, self.dimensions), np.float32)]
        for part in _parts(batch.missing):
            embedded: Embedded = await self._retrying(self._wire.embed, part, self._model)
            found.append(self._matrix(embedded, len(part)))
            if self._count_tokens is not None:
                self._count_tokens(embedded.input_tokens)
        return self._kept.finish(batch, np.concatenate(found))

    async def aclose(self) -> None:
        await self._wire.aclose()

    def _matrix(self, embedded: Embedded, rows: int) -> Vectors:
        """Raises: ProviderUnavailable for what is no matrix; InvalidRequest for one of another width."""
        try:
            vectors = np.array([_vector(one) for one in embedded.vectors], np.float32)
        except (ValueError, TypeError, binascii.Error) as exc:
            raise failure(ProviderUnavailable, self._endpoint, detail=f"vectors that can't be read: {exc}") from exc
        if vectors.ndim != 2 or len(vectors) != rows:
            detail = f"{len(embedded.vectors)} vectors for {rows} texts"
            raise failure(ProviderUnavailable, self._endpoint, detail=detail)
        if vectors.shape[1] != self.dimensions:
            detail = f"vectors of {vectors.shape[1]} dimensions instead of {self.dimensions}"
            raise failure(InvalidRequest, self._endpoint, detail=detail)
        return vectors


class _Wait:
    """As long as the vendor asked for; else a little longer each time, with jitter."""

    def __init__(self, first_s: float) -> None:
        self._growing = wait_exponential_jitter(initial=first_s, max=LONGEST_WAIT_S, jitter=first_s)

    def __call__(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.retry_after_s if isinstance(error, ProviderError) else None
        return self._growing(state) if asked_s is None else asked_s


def _may_be_tried_again(error: BaseException) -> bool:
    return isinstance(error, ProviderError) and error.is_retryable and (error.retry_after_s or 0) <= LONGEST_WAIT_S


def _vector(sent: Any) -> Any:
    """As a list of numbers, or as base64 of little-endian floats, a third of the size."""
    return np.frombuffer(base64.b64decode(sent, validate=True), "<f4") if isinstance(sent, str) else sent


def _parts(texts: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    chars = 0
    for text in texts:
        if part and (len(part) >= BATCH_MAX_TEXTS or chars + len(text) > BATCH_MAX_CHARS):
            yield part
            part, chars = [], 0
        part.append(text)
        chars += len(text)
    if part:
        yield part
