"""The single entry to the models: `stream(request)` yields typed events. Retry, breaker and fallback belong here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from providers.catalog import resolve_model
from providers.continuation import OverlapTrimmer, continuation_messages
from providers.contract import (
    Adapter,
    AdapterEvent,
    AttemptStarted,
    CallReason,
    ChatRequest,
    EndpointConfig,
    Failed,
    Finished,
    GatewayEvent,
    Model,
    TextDelta,
)
from providers.errors import ModelNotFound, ProviderError, ProviderTimeout, ProviderUnavailable, StreamInterrupted
from providers.registry import make_adapter
from providers.storable import storable_error, storable_event
from providers.watchdog import Watchdog


@dataclass(slots=True, eq=False)
class Line:
    """An endpoint's adapter and how many calls are on it: one that was replaced is closed after the last of them."""

    endpoint: EndpointConfig
    adapter: Adapter
    calls: int = 0
    is_replaced: bool = False

    async def close_if_unused(self) -> None:
        if self.is_replaced and not self.calls:
            await self.adapter.aclose()


class Gateway:
    """Belongs to one event loop: its clients are made there and closed there.

    `look_again`, where it is set, brings the endpoints up to date; it is called for a model that none of them has.
    """

    def __init__(
        self,
        endpoints: Iterable[EndpointConfig],
        *,
        make_adapter: Callable[[EndpointConfig], Adapter] = make_adapter,
    ) -> None:
        self._endpoints: Mapping[str, EndpointConfig] = {endpoint.name: endpoint for endpoint in endpoints}
        self._lines: dict[str, Line] = {}
        self._make_adapter = make_adapter
        self.look_again: Callable[[], Awaitable[None]] | None = None

    def prepare(self) -> None:
        """Import the SDK of every endpoint that is on: an import in mid-stream would stall every stream."""
        for endpoint in self._endpoints.values():
            self._line(endpoint)

    async def configure(self, endpoints: Iterable[EndpointConfig]) -> None:
        """Put these endpoints in force. Calls that are on a replaced one go on, with its key, to their end."""
        wanted = {endpoint.name: endpoint for endpoint in endpoints}
        made = {}
        for name, endpoint in wanted.items():
            if endpoint != self._endpoints.get(name) or name not in self._lines:
                # In a thread, with the import of its SDK: on the loop that would stall every stream.
                made[name] = Line(endpoint, await asyncio.to_thread(self._make_adapter, endpoint))
        replaced = [line for name, line in self._lines.items() if name in made or name not in wanted]
        self._endpoints = wanted
        self._lines = {name: made.get(name) or self._lines[name] for name in wanted}
        for line in replaced:
            line.is_replaced = True
            await line.close_if_unused()

    async def aclose(self) -> None:
        for line in self._lines.values():
            await line.adapter.aclose()
        self._lines.clear()

    def resolve(self, name: str) -> Model:
        """The model a name means with the endpoints that are on.

        Raises: ModelNotFound.
        """
        return resolve_model(name, endpoints=self._endpoints)

    async def find(self, name: str) -> Model:
        """Like `resolve`, after another look at what is configured where the model is not known.

        Raises: ModelNotFound.
        """
        try:
            return self.resolve(name)
        except ModelNotFound:
            if self.look_again is None:
                raise
        await self.look_again()
        return self.resolve(name)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[GatewayEvent, None]:
        """Answer a request.

        Shape: `AttemptStarted` for each call; its deltas; at most one `Usage`; then exactly one `Finished` or `Failed`.
        Never raises a ProviderError. Close the iterator to end the call early.
        """
        try:
            model = await self.find(request.model)
        except ProviderError as error:
            yield Failed(error)
            return
        endpoint = self._endpoints[model.endpoint]
        reason: CallReason = "continue" if request.partial_text else "first"
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
        trimmer = None
        if request.partial_text and model.continuation != "exact":
            trimmer = OverlapTrimmer(request.partial_text, model.continuation)
            messages = continuation_messages(request.messages, request.partial_text, model.continuation)
            request = replace(request, messages=messages)
        watchdog = Watchdog(first_s=endpoint.first_token_timeout_s, idle_s=endpoint.idle_timeout_s)
        is_finished = False
        try:
            async with (
                self._adapter(endpoint) as adapter,
                aclosing(adapter.stream(request, model)) as events,
            ):
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

    @asynccontextmanager
    async def _adapter(self, endpoint: EndpointConfig) -> AsyncGenerator[Adapter, None]:
        """The endpoint's adapter, kept open for this call."""
        line = self._line(endpoint)
        line.calls += 1
        try:
            yield line.adapter
        finally:
            line.calls -= 1
            await line.close_if_unused()

    def _line(self, endpoint: EndpointConfig) -> Line:
        if endpoint.name not in self._lines:
            self._lines[endpoint.name] = Line(endpoint, self._make_adapter(endpoint))
        return self._lines[endpoint.name]


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
