"""Two identical requests of one person at the same time share one call; nobody else does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.runs.database import Database
from providers.actions.attempts import save_request
from providers.cache.door import CacheDoor
from providers.contract import (
    AttemptStarted,
    ChatRequest,
    Failed,
    FellBack,
    Finished,
    GatewayEvent,
    Payer,
    Retrying,
    Routed,
    TextDelta,
    Usage,
)
from providers.errors import ProviderUnavailable, QuotaExhausted, RateLimited, StreamInterrupted
from providers.gateway import Gateway
from providers.models import Attempt, UsageRecord
from providers.recording import Recorder
from tests.support.stage import ASKED, Hangs, Stage, error_of, kinds, says, started, text_of, trip
from tests.support.turns import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def database() -> AsyncGenerator[Database, None]:
    database = Database()
    yield database
    database.close()


@pytest.fixture
async def gateway(stage: Stage, database: Database) -> AsyncGenerator[Gateway, None]:
    gateway = stage.gateway("openai", "anthropic")
    gateway.cache = CacheDoor(database.run)
    yield gateway
    await gateway.aclose()


class Asking:
    """A request under way, and what it was told so far."""

    def __init__(self, gateway: Gateway, request: ChatRequest) -> None:
        self.events: list[GatewayEvent] = []
        self.recorder = Recorder(request)
        self._stream = gateway.stream(request)
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> list[GatewayEvent]:
        try:
            async with aclosing(self._stream) as stream:
                async for event in stream:
                    self.recorder.take(event)
                    self.events.append(event)
        finally:
            self.recorder.close(Attempt.Outcome.STOPPED)
        return self.events

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def asks(user: User, **changes: object) -> ChatRequest:
    request = replace(ASKED, request_id=uuid4(), payer=Payer(user.id), may_use_cache=True)
    return replace(request, **changes)  # type: ignore[arg-type]  # fields by name


async def two(gateway: Gateway, stage: Stage, first: ChatRequest, second: ChatRequest) -> tuple[Asking, Asking]:
    """The second comes when the first one's call is under way."""
    leader = Asking(gateway, first)
    await until(lambda: stage.open_calls)
    follower = Asking(gateway, second)
    await until(lambda: any(isinstance(event, AttemptStarted) for event in follower.events))
    return leader, follower


async def test_two_that_ask_the_same_share_one_call(gateway: Gateway, stage: Stage, alice: User) -> None:
    go = asyncio.Event()
    stage.will("openai", [TextDelta("Good "), Hangs(go), *says("morning.")])
    leader, follower = await two(gateway, stage, asks(alice), asks(alice))
    go.set()
    assert text_of(await leader.task) == text_of(await follower.task) == "Good morning."
    assert stage.called == ["openai"]
    assert kinds(follower.events) == [Routed, AttemptStarted, TextDelta, TextDelta, Usage, Finished]
    assert started(follower.events) == [(1, "openai", "shared")]
    told = follower.events[0]
    assert isinstance(told, Routed)
    assert told.cache == "the same is being answered just now"


async def test_what_is_shared_costs_nothing(gateway: Gateway, stage: Stage, database: Database, alice: User) -> None:
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), *says("Morning.")])
    leader, follower = await two(gateway, stage, asks(alice), asks(alice))
    go.set()
    for one in (leader, follower):
        await one.task
        await database.run(save_request, one.recorder.records, one.recorder.routed)
    rows = await database.run(lambda: {line.source: line for line in UsageRecord.objects.all()})
    paid, shared = rows["provider"], rows["shared"]
    assert (paid.cost_nanousd or 0) > 0 == paid.saved_nanousd
    assert (shared.cost_nanousd, shared.saved_nanousd) == (0, paid.cost_nanousd)
    assert (shared.request_id, shared.outcome) == (follower.recorder.records[0].request.request_id, "complete")
    assert (shared.input_tokens, shared.output_tokens) == (7, 9)


@pytest.mark.parametrize("other", ["another person", "another question", "another temperature", "a new answer"])
async def test_who_asks_something_else_has_a_call_of_their_own(
    gateway: Gateway, stage: Stage, alice: User, charlie: User, other: str
) -> None:
    changes: dict[str, dict[str, object]] = {
        "another person": {"payer": Payer(charlie.id)},
        "another question": {"messages": (*ASKED.messages, *ASKED.messages)},
        "another temperature": {"temperature": 0.5},
        "a new answer": {"may_use_cache": False},
    }
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), *says("One.")], [Hangs(go), *says("Two.")])
    first, second = await two(gateway, stage, asks(alice), asks(alice, **changes[other]))
    go.set()
    assert (text_of(await first.task), text_of(await second.task)) == ("One.", "Two.")
    assert started(second.events) == [(1, "openai", "first")]


async def test_who_comes_after_the_end_has_the_cache_or_a_call(gateway: Gateway, stage: Stage, alice: User) -> None:
    stage.will("openai", says("One."))
    await Asking(gateway, asks(alice)).task
    assert gateway.cache is not None
    await gateway.cache.aclose()
    later = Asking(gateway, asks(alice))
    assert text_of(await later.task) == "One."
    assert started(later.events) == [(1, "openai", "cache")]
    assert stage.called == ["openai"]


async def test_where_the_first_is_stopped_the_other_goes_on_by_itself(
    gateway: Gateway, stage: Stage, database: Database, alice: User
) -> None:
    """What it was told stands, and nothing of it is said again."""
    stage.will("openai", [TextDelta("Good mor"), Hangs()], says("ning to you."))
    leader, follower = await two(gateway, stage, asks(alice), asks(alice))
    await until(lambda: text_of(follower.events))
    await leader.stop()
    assert text_of(await follower.task) == "Good morning to you."
    assert started(follower.events) == [(1, "openai", "shared"), (2, "openai", "continue")]
    assert stage.calls[1].request.partial_text == "Good mor"
    told = next(event for event in follower.events if isinstance(event, Retrying))
    assert (told.endpoint, told.model, told.wait_s, type(told.error)) == (
        "openai",
        "gpt-6.1-sol",
        0.0,
        StreamInterrupted,
    )
    assert [type(event) for event in follower.events].count(Routed) == 1
    await database.run(save_request, follower.recorder.records, follower.recorder.routed)
    lines = await database.run(lambda: list(UsageRecord.objects.order_by("call_number")))
    assert [(line.source, line.outcome) for line in lines] == [("shared", "failed"), ("provider", "complete")]
    assert lines[0].cost_nanousd == 0 < (lines[1].cost_nanousd or 0)
    assert stage.open_calls == 0


async def test_stopped_before_it_said_anything(gateway: Gateway, stage: Stage, alice: User) -> None:
    stage.will("openai", [Hangs()], says("Morning."))
    leader, follower = await two(gateway, stage, asks(alice), asks(alice))
    await leader.stop()
    assert text_of(await follower.task) == "Morning."
    assert started(follower.events) == [(1, "openai", "shared"), (2, "openai", "first")]


async def test_who_stops_following_ends_nobody_elses_answer(gateway: Gateway, stage: Stage, alice: User) -> None:
    go = asyncio.Event()
    stage.will("openai", [TextDelta("Good "), Hangs(go), *says("morning.")])
    leader, follower = await two(gateway, stage, asks(alice), asks(alice))
    await follower.stop()
    go.set()
    assert text_of(await leader.task) == "Good morning."
    assert [record.outcome for record in follower.recorder.records] == [Attempt.Outcome.STOPPED]


async def test_what_fails_fails_for_both(gateway: Gateway, stage: Stage, alice: User) -> None:
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), QuotaExhausted("No credit.")])
    stage.will("anthropic", [ProviderUnavailable("Down.")])
    leader, follower = await two(gateway, stage, asks(alice), asks(alice))
    go.set()
    await leader.task
    await follower.task
    assert isinstance(follower.events[-1], Failed)
    assert error_of(follower.events) is error_of(leader.events)
    assert stage.called == ["openai", "anthropic"], "nobody asked once more"


async def test_retries_and_switches_are_told_to_both(
    gateway: Gateway, stage: Stage, alice: User, settings: Settings
) -> None:
    """So both answers name the model that wrote them."""
    settings.LLM_MAX_RETRIES = 1
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), RateLimited("", retry_after_s=0)], [TextDelta("Good "), QuotaExhausted("")])
    stage.will("anthropic", says("morning."))
    leader, follower = await two(gateway, stage, asks(alice), asks(alice, first_call_number=4))
    go.set()
    await leader.task
    await follower.task
    assert started(leader.events) == [(1, "openai", "first"), (2, "openai", "retry"), (3, "anthropic", "fallback")]
    assert started(follower.events) == [(4, "openai", "shared"), (5, "openai", "shared"), (6, "anthropic", "shared")]
    assert [event for event in follower.events if isinstance(event, Retrying | FellBack)] == [
        event for event in leader.events if isinstance(event, Retrying | FellBack)
    ]
    assert text_of(follower.events) == "Good morning."


async def test_who_finds_it_being_tried_out_shares_the_trial(gateway: Gateway, stage: Stage, alice: User) -> None:
    await gateway.configure([gateway.endpoint("openai")])
    await trip(gateway, stage, "openai")
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), *says("Morning.")])
    leader, follower = await two(gateway, stage, asks(alice), asks(alice))
    go.set()
    assert text_of(await leader.task) == text_of(await follower.task) == "Morning."
    assert stage.called == ["openai"]
    assert gateway.breakers.state("openai") == "closed"


async def test_three_follow_each_other(gateway: Gateway, stage: Stage, alice: User) -> None:
    """Each that loses its leader goes on alone: a call that was begun is not shared."""
    stage.will("openai", [TextDelta("Good "), Hangs()], says("morning."), says("day."))
    leader, second = await two(gateway, stage, asks(alice), asks(alice))
    third = Asking(gateway, asks(alice))
    await until(lambda: text_of(third.events))
    await until(lambda: text_of(second.events))
    await leader.stop()
    assert {text_of(await second.task), text_of(await third.task)} == {"Good morning.", "Good day."}
    assert stage.open_calls == 0
