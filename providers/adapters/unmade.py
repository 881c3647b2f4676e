"""What stands in for an adapter that couldn't be made: whoever asks it is told, and every other endpoint goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from providers.adapters.failures import failure
from providers.contract import AdapterEvent, ChatRequest, EndpointConfig, Model
from providers.errors import AdapterBroken, ProviderError


class UnmadeAdapter:
    def __init__(self, endpoint: EndpointConfig, reason: Exception) -> None:
        self._endpoint = endpoint
        self._detail = f"its adapter can't be made: {type(reason).__name__}: {reason}"

    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        raise self._error()
        yield  # what makes a generator of it

    def wire_body(self, request: ChatRequest, model: Model) -> bytes:
        # Nothing is sent. The request is kept with the attempt, so this mustn't fail.
        return b"{}"

    async def list_models(self) -> list[str]:
        raise self._error()

    async def aclose(self) -> None:
        pass

    def _error(self) -> ProviderError:
        return failure(AdapterBroken, self._endpoint, detail=self._detail)
