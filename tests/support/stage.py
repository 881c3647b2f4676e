"""Endpoints that play what a test gives them, on a clock that only moves when they do: calls without a network."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from providers.contract import (
    Adapter,
    AdapterEvent,
    AttemptStarted,
    CallReason,
    ChatMessage,
    ChatRequest,
    Continuation,
    EndpointConfig,
    Failed,
    Finished,
    GatewayEvent,
    Model,
    TextDelta,
    Usage,
)
from providers.delivery import Delivery
from providers.errors import NotAnApi, ProviderError, ProviderTimeout, ProviderUnavailable, RateLimited
from providers.gateway import Gateway
from providers.resilience.breaker import OPEN_S, OPENS_AFTER_FAILURES, Breakers
from providers.routing.candidates import Candidate

ASKED = ChatRequest(UUID(int=7), (ChatMessage.of_text("user", "Good morning?"),), model="openai/gpt-6.1-sol")
# Whose models stand in for that one, in the catalog's order.
CHAIN = ("openai", "anthropic", "gemini", "groq")
RETRYABLE = [ProviderUnavailable, NotAnApi, ProviderTimeout, RateLimited]


class Clock:
    """Seconds that pass when somebody sleeps, or when a test says so. Nobody really waits, but for `gate` where a test
    sets one."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.slept_s: list[float] = []
        self.gate: asyncio.Event | None = None

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        if self.gate is not None:
            await self.gate.wait()
        self.now_s += seconds
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Takes:
    """Time that passes before the next step of a call."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hangs:
    """Nothing more comes, until the call is closed or `until` is set."""

    until: asyncio.Event | None = None


Step: TypeAlias = AdapterEvent | Exception | Takes | Hangs
# What a call does: its steps, or a function of what it was asked that gives them.
Play: TypeAlias = Sequence[Step] | Callable[[ChatRequest], Sequence[Step]]

FINISHED: tuple[Step, ...] = (Usage(input_tokens=7, output_tokens=9), Finished("complete"))


def says(*texts: str) -> list[Step]:
    return [*map(TextDelta, texts), *FINISHED]


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it arrived, and when."""

    endpoint: str
    model: str
    request: ChatRequest
    at_s: float


@dataclass
class Stage:
    """`will("openai", play, ...)` scripts the next calls to an endpoint. A call that nobody scripted fails the test."""

    clock: Clock = field(default_factory=Clock)
    calls: list[Call] = field(default_factory=list)
    open_calls: int = 0
    made: int = 0
    closed: int = 0
    _plays: dict[str, deque[Play]] = field(default_factory=dict)

    def will(self, endpoint: str, *plays: Play) -> None:
        self._plays.setdefault(endpoint, deque()).extend(plays)

    def gateway(self, *endpoints: str) -> Gateway:
        """A gateway to these endpoints, by the stage's clock."""
        return Gateway(
            [EndpointConfig(name=name, adapter="staged", label=name.title()) for name in endpoints],
            make_adapter=self.make,
            breakers=Breakers(clock=self.clock, is_shared=False),
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    def make(self, endpoint: EndpointConfig) -> Adapter:
        self.made += 1
        return Player(self, endpoint.name)

    def next_play(self, endpoint: str) -> Play:
        plays = self._plays.get(endpoint)
        assert plays, f"nobody scripted this call to {endpoint}"
        return plays.popleft()

    @property
    def called(self) -> list[str]:
        """The endpoints, in the order of the calls."""
        return [call.endpoint for call in self.calls]


class Player:
    def __init__(self, stage: Stage, endpoint: str) -> None:
        self._stage = stage
        self._endpoint = endpoint

    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        stage = self._stage
        stage.calls.append(Call(self._endpoint, model.id, request, stage.clock()))
        play = stage.next_play(self._endpoint)
        stage.open_calls += 1
        try:
            for step in play(request) if callable(play) else play:
                match step:
                    case Exception():
                        raise step
                    case Takes(seconds):
                        stage.clock.now_s += seconds
                    case Hangs(until):
                        await (until or asyncio.Event()).wait()
                    case _:
                        yield step
        finally:
            stage.open_calls -= 1

    def wire_body(self, request: ChatRequest, model: Model) -> bytes:
        return f'{{"model":"{model.id}"}}'.encode()

    async def list_models(self) -> list[str]:
        return []

    async def aclose(self) -> None:
        # Others go on meanwhile, as while a connection is closed.
        await asyncio.sleep(0)
        self._stage.closed += 1


async def all_of(gateway: Gateway, request: ChatRequest = ASKED) -> list[GatewayEvent]:
    async with aclosing(gateway.stream(request)) as stream:
        return [event async for event in stream]


def own_model(endpoint: str, *, window: int = 100_000, continuation: Continuation = "instruction") -> Model:
    return Model(f"{endpoint}-{window}", endpoint.split("#")[0], window, 1_000, continuation)


async def delivered(
    stage: Stage, *models: Model, request: ChatRequest = ASKED, first_token_s: dict[str, float] | None = None
) -> list[GatewayEvent]:
    """The events of a delivery among models that no catalog has to know."""
    gateway = stage.gateway(*{model.endpoint for model in models})
    delivery = Delivery(
        request,
        [Candidate(model, "") for model in models],
        lines=gateway,
        breakers=gateway.breakers,
        first_token_s=first_token_s or {},
        slow_after_s={},
        clock=stage.clock,
        sleep=stage.clock.sleep,
    )
    async with aclosing(delivery.events()) as events:
        return [event async for event in events]


def kinds(events: Sequence[GatewayEvent]) -> list[type[GatewayEvent]]:
    return [type(event) for event in events]


def text_of(events: Sequence[GatewayEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def started(events: Sequence[GatewayEvent]) -> list[tuple[int, str, CallReason]]:
    return [(one.call_number, one.endpoint, one.reason) for one in events if isinstance(one, AttemptStarted)]


def error_of(events: Sequence[GatewayEvent]) -> ProviderError:
    assert isinstance(events[-1], Failed), events[-1]
    return events[-1].error


async def trip(gateway: Gateway, stage: Stage, endpoint: str, *, wait_s: float = OPEN_S) -> None:
    """Open the endpoint's breaker, and let so much time pass."""
    for _ in range(OPENS_AFTER_FAILURES):
        await gateway.breakers.failed(endpoint)
    stage.clock.now_s += wait_s
