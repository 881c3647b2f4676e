"""The single entry to the models: `stream(request)` yields typed events. Retry, breaker and fallback belong here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace

from providers.catalog import resolve_model
from providers.continuation import OverlapTrimmer, continuation_messages
from providers.contract import (
    Adapter,
    AdapterEvent,
    AttemptStarted,
    ChatRequest,
    EndpointConfig,
    Failed,
    Finished,
    GatewayEvent,
    Model,
    TextDelta,
)
from providers.errors import ProviderError, ProviderTimeout, ProviderUnavailable, StreamInterrupted
from providers.registry import make_adapter
from providers.storable import storable_error, storable_event
from providers.watchdog import Watchdog


class Gateway:
    """Belongs to one event loop: its clients are made there and closed there."""

    def __init__(
        self,
        endpoints: Iterable[EndpointConfig],
        *,
        make_adapter: Callable[[EndpointConfig], Adapter] = make_adapter,
    ) -> None:
        self._endpoints: Mapping[str, EndpointConfig] = {endpoint.name: endpoint for endpoint in endpoints}
        self._adapters: dict[str, Adapter] = {}
        self._make_adapter = make_adapter

    def prepare(self) -> None:
        """Import the SDK of every endpoint that is on: an import in mid-stream would stall every stream."""
        for endpoint in self._endpoints.values():
            self._adapter(endpoint)

    async def aclose(self) -> None:
        for adapter in self._adapters.values():
            await adapter.aclose()
        self._adapters.clear()

    def resolve(self, name: str) -> Model:
        """The model a name means with the endpoints that are on.

        Raises: ModelNotFound.
        """
        return resolve_model(name, endpoints=self._endpoints)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[GatewayEvent, None]:
        """Answer a request.

        Shape: `AttemptStarted` for each call; its deltas; at most one `Usage`; then exactly one `Finished` or `Failed`.
        Never raises a ProviderError. Close the iterator to end the call early.
        """
        try:
            model = self.resolve(request.model)
        except ProviderError as error:
            yield Failed(error)
            return
        endpoint = self._endpoints[model.endpoint]
        reason = "continue" if request.partial_text else "first"
        yield AttemptStarted(request.first_call_number, endpoint.name, model.id, reason)
        has_text = bool(request.partial_text)
        try:
            async with aclosing(self._call(endpoint, request, model)) as events:
                async for event in events:
                    has_text = has_text or isinstance(event, TextDelta)
                    yield storable_event(event)
        except ProviderError as error:
            yield Failed(storable_error(_as_interruption(error) if has_text else error))

    async def _call(
        self, endpoint: EndpointConfig, request: ChatRequest, model: Model
    ) -> AsyncGenerator[AdapterEvent, None]:
        """One call, under the endpoint's time limits.

        Raises: ProviderError.
        """
        adapter = self._adapter(endpoint)
        trimmer = None
        if request.partial_text and model.continuation != "exact":
            trimmer = OverlapTrimmer(request.partial_text, model.continuation)
            messages = continuation_messages(request.messages, request.partial_text, model.continuation)
            request = replace(request, messages=messages)
        watchdog = Watchdog(first_s=endpoint.first_token_timeout_s, idle_s=endpoint.idle_timeout_s)
        is_finished = False
        try:
            async with aclosing(adapter.stream(request, model)) as events:
                iterator = aiter(events)
                while True:
                    watchdog.wait()
                    try:
                        event = await anext(iterator)
                    except StopAsyncIteration:
                        break
                    finally:
                        watchdog.rest()
                    is_finished = isinstance(event, Finished)
                    for joined in [event] if trimmer is None else trimmed(event, trimmer):
                        yield joined
        except asyncio.CancelledError:
            if not watchdog.has_bitten():
                raise
            raise ProviderTimeout(f"{endpoint.name} did not answer within {watchdog.limit_s:g} seconds.") from None
        finally:
            watchdog.close()
        if not is_finished:
            raise ProviderUnavailable(f"{endpoint.name} ended the answer without finishing it.")

    def _adapter(self, endpoint: EndpointConfig) -> Adapter:
        if endpoint.name not in self._adapters:
            self._adapters[endpoint.name] = self._make_adapter(endpoint)
        return self._adapters[endpoint.name]


def trimmed(event: AdapterEvent, trimmer: OverlapTrimmer) -> list[AdapterEvent]:
    """A continuation's event without what repeats the text already shown."""
    match event:
        case TextDelta(text):
            rest = trimmer.feed(text)
        case Finished():
            rest = trimmer.finish()
        case _:
            return [event]
    kept: list[AdapterEvent] = [TextDelta(rest)] if rest else []
    return kept if isinstance(event, TextDelta) else [*kept, event]


def _as_interruption(error: ProviderError) -> ProviderError:
    """What breaks after text was shown is an interruption: it may be continued, never started again."""
    if isinstance(error, (ProviderUnavailable, ProviderTimeout)):
        interrupted = StreamInterrupted(error.user_message, detail=error.detail)
        interrupted.__cause__ = error
        return interrupted
    return error
