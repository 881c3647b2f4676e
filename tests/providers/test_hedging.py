"""Two calls at once: whichever says something first is the answer, and the other leaves no trace in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

import pytest
from pytest_django import Settings

from providers.contract import (
    AttemptStarted,
    Dropped,
    FellBack,
    Finished,
    GatewayEvent,
    Routed,
    TextDelta,
    Usage,
)
from providers.errors import AllCandidatesFailed, ContentFiltered, ProviderUnavailable, QuotaExhausted
from providers.gateway import Gateway
from providers.models import Attempt
from providers.recording import Recorder
from providers.resilience.breaker import OPENS_AFTER_FAILURES
from providers.resilience.health import Health
from providers.tokens import estimate_input_tokens
from tests.support.stage import ASKED, Hangs, Stage, Step, all_of, error_of, kinds, says, started, text_of
from tests.support.turns import until

BOTH = [(1, "openai", "first"), (2, "anthropic", "hedge")]
DOWN = ProviderUnavailable("Openai is down.")


@pytest.fixture(autouse=True)
def _hedging(settings: Settings) -> None:
    settings.LLM_HEDGING = True


def gateway_of(stage: Stage, *endpoints: str, slow_after_ms: int = 0) -> Gateway:
    """One whose first endpoint is known to begin within so many milliseconds."""
    gateway = stage.gateway(*(endpoints or ("openai", "anthropic")))
    gateway.health = {"openai": Health(calls=9, first_token_p95_ms=slow_after_ms)}
    return gateway


async def acted(gateway: Gateway, on: Callable[[GatewayEvent], None]) -> list[GatewayEvent]:
    """All events, while something is done at some of them."""
    seen = []
    async with aclosing(gateway.stream(ASKED)) as stream:
        async for event in stream:
            on(event)
            seen.append(event)
    return seen


def at_second_call(go: asyncio.Event) -> Callable[[GatewayEvent], None]:
    return lambda event: go.set() if isinstance(event, AttemptStarted) and event.call_number == 2 else None


async def test_a_slow_first_is_overtaken(stage: Stage) -> None:
    stage.will("openai", [Hangs()])
    stage.will("anthropic", says("Good ", "morning."))
    events = await all_of(gateway_of(stage))
    assert kinds(events) == [
        Routed,
        AttemptStarted,
        AttemptStarted,
        Dropped,
        TextDelta,
        TextDelta,
        Usage,
        Finished,
    ]
    assert started(events) == BOTH
    assert events[3] == Dropped(1)
    assert text_of(events) == "Good morning."
    assert stage.open_calls == 0, "the call that lost is closed"


@pytest.mark.parametrize("quicker", ["openai", "anthropic"])
async def test_who_was_only_slower_goes_on_when_the_quicker_is_cut(stage: Stage, quicker: str) -> None:
    slower = "anthropic" if quicker == "openai" else "openai"
    go = asyncio.Event()
    cut: list[Step] = [TextDelta("Good "), ProviderUnavailable("Cut.")]
    stage.will(quicker, [Hangs(go), *cut] if quicker == "openai" else cut)
    stage.will(slower, [Hangs()], says("morning."))
    events = await acted(gateway_of(stage), at_second_call(go))
    assert (text_of(events), type(events[-1])) == ("Good morning.", Finished)
    assert started(events) == [*BOTH, (3, slower, "fallback")]


async def test_who_answers_in_time_is_asked_alone(stage: Stage) -> None:
    stage.will("openai", says("Morning."))
    events = await all_of(gateway_of(stage, slow_after_ms=60_000))
    assert kinds(events) == [Routed, AttemptStarted, TextDelta, Usage, Finished]
    assert stage.called == ["openai"]


@pytest.mark.parametrize("reason", ["switched off", "nobody knows the first", "nobody else", "only this model"])
async def test_without_a_ground_for_it_one_is_asked(stage: Stage, settings: Settings, reason: str) -> None:
    settings.LLM_HEDGING = reason != "switched off"
    gateway = gateway_of(stage, *(["openai"] if reason == "nobody else" else []))
    if reason == "nobody knows the first":
        gateway.health = {"openai": Health()}
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), *says("Morning.")])
    asking = asyncio.create_task(all_of(gateway, replace(ASKED, only_this_model=reason == "only this model")))
    await until(lambda: stage.calls)
    for _ in range(20):
        await asyncio.sleep(0)
    go.set()
    assert text_of(await asking) == "Morning."
    assert stage.called == ["openai"]


async def test_the_first_may_win_after_all(stage: Stage) -> None:
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), *says("Morning.")])
    stage.will("anthropic", [Hangs()])
    events = await acted(gateway_of(stage), at_second_call(go))
    assert started(events) == BOTH
    assert [event for event in events if isinstance(event, Dropped)] == [Dropped(2)]
    assert text_of(events) == "Morning."
    assert stage.open_calls == 0


async def test_of_two_at_once_one_is_heard(stage: Stage) -> None:
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), *says("One, ", "two.")])
    stage.will("anthropic", [Hangs(go), *says("Three, ", "four.")])
    events = await acted(gateway_of(stage), at_second_call(go))
    assert text_of(events) in ("One, two.", "Three, four.")
    assert [type(event) for event in events].count(Usage) == 1
    assert isinstance(events[-1], Finished)
    assert stage.open_calls == 0


async def test_both_fail(stage: Stage) -> None:
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), DOWN])
    stage.will("anthropic", [Hangs(go), QuotaExhausted("Anthropic has no credit.")])
    gateway = gateway_of(stage)
    events = await acted(gateway, at_second_call(go))
    error = error_of(events)
    assert isinstance(error, AllCandidatesFailed)
    assert {name: type(cause) for name, cause in error.causes} == {
        "openai/gpt-6.1-sol": ProviderUnavailable,
        "anthropic/claude-sonnet-5-5": QuotaExhausted,
    }
    assert stage.called == ["openai", "anthropic"]


async def test_a_third_goes_on_where_both_failed(stage: Stage) -> None:
    """Neither of the two is asked again: what failed in the race counts."""
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), DOWN])
    stage.will("anthropic", [Hangs(go), QuotaExhausted("No credit.")])
    stage.will("gemini", says("Morning."))
    events = await acted(gateway_of(stage, "openai", "anthropic", "gemini"), at_second_call(go))
    assert started(events) == [*BOTH, (3, "gemini", "fallback")]
    assert [type(event) for event in events].count(FellBack) == 1
    assert text_of(events) == "Morning."


async def test_the_second_fails_and_the_first_is_waited_for(stage: Stage) -> None:
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), *says("Morning.")])
    stage.will("anthropic", [QuotaExhausted("No credit.")])

    def on(event: GatewayEvent) -> None:
        if isinstance(event, Dropped):
            assert (event.call_number, type(event.error)) == (2, QuotaExhausted)
            go.set()

    assert text_of(await acted(gateway_of(stage), on)) == "Morning."


async def test_the_error_of_who_lost_trips_its_breaker(stage: Stage) -> None:
    gateway = gateway_of(stage)
    for _ in range(OPENS_AFTER_FAILURES - 1):
        await gateway.breakers.failed("openai")
    go, rest = asyncio.Event(), asyncio.Event()
    stage.will("openai", [Hangs(go), DOWN])
    stage.will("anthropic", [Hangs(rest), *says("Morning.")])

    def on(event: GatewayEvent) -> None:
        at_second_call(go)(event)
        if isinstance(event, Dropped):
            assert event == Dropped(1, DOWN)
            rest.set()

    assert text_of(await acted(gateway, on)) == "Morning."
    assert gateway.breakers.state("openai") == "open"
    assert gateway.breakers.state("anthropic") == "closed"


async def test_who_only_lost_is_not_held_to_have_failed(stage: Stage) -> None:
    gateway = gateway_of(stage)
    for _ in range(OPENS_AFTER_FAILURES - 1):
        await gateway.breakers.failed("openai")
    stage.will("openai", [Hangs()])
    stage.will("anthropic", says("Morning."))
    await all_of(gateway)
    assert gateway.breakers.state("openai") == "closed"


async def test_what_is_wrong_itself_ends_the_race(stage: Stage) -> None:
    """As without one: no other model goes on with content that was refused."""
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), ContentFiltered("Refused.")])
    stage.will("anthropic", [Hangs()])
    events = await acted(gateway_of(stage), at_second_call(go))
    assert isinstance(error_of(events), ContentFiltered)
    assert stage.called == ["openai", "anthropic"]
    assert stage.open_calls == 0


@pytest.mark.parametrize("place", ["before a second is asked", "in the race"])
async def test_a_fault_of_ours_is_heard(stage: Stage, place: str) -> None:
    go = asyncio.Event()
    stage.will("openai", [Hangs(go), RuntimeError("ours")])
    stage.will("anthropic", [Hangs()])
    if place != "in the race":
        go.set()
    gateway = gateway_of(stage, slow_after_ms=0 if place == "in the race" else 60_000)
    with pytest.raises(RuntimeError, match="ours"):
        await acted(gateway, at_second_call(go))
    assert stage.open_calls == 0


@pytest.mark.parametrize("calls", [1, 2])
async def test_stop_closes_all_that_is_open(stage: Stage, calls: int) -> None:
    stage.will("openai", [Hangs()])
    stage.will("anthropic", [Hangs()])
    gateway = gateway_of(stage, slow_after_ms=0 if calls == 2 else 60_000)
    reading = asyncio.create_task(all_of(gateway))
    await until(lambda: stage.open_calls == calls)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert stage.open_calls == 0


async def test_what_was_cut_after_the_race_goes_on_without_another(stage: Stage) -> None:
    stage.will("openai", [Hangs()])
    stage.will("anthropic", [TextDelta("Good "), ProviderUnavailable("Cut.")])
    stage.will("gemini", says("morning."))
    events = await all_of(gateway_of(stage, "openai", "anthropic", "gemini"))
    assert text_of(events) == "Good morning."
    assert started(events) == [*BOTH, (3, "gemini", "fallback")]
    told = next(event for event in events if isinstance(event, FellBack))
    assert (told.from_endpoint, told.to_endpoint, told.has_text) == ("anthropic", "gemini", True)


# --- the books


async def booked(events: AsyncGenerator[GatewayEvent, None]) -> Recorder:
    recorder = Recorder(ASKED)
    async with aclosing(events):
        async for event in events:
            recorder.take(event)
    return recorder


async def test_who_lost_is_booked_as_abandoned(stage: Stage) -> None:
    stage.will("openai", [Hangs()])
    stage.will("anthropic", says("Morning."))
    gateway = gateway_of(stage)
    recorder = await booked(gateway.stream(ASKED))
    lost, won = [record.ledger_line() for record in recorder.records]
    assert (lost.endpoint, lost.outcome, lost.is_estimated) == ("openai", Attempt.Outcome.ABANDONED, True)
    assert lost.usage == Usage(estimate_input_tokens(ASKED, gateway.resolve("openai/gpt-6.1-sol")), 0)
    assert (won.endpoint, won.outcome, won.usage) == ("anthropic", Attempt.Outcome.COMPLETE, Usage(7, 9))
    assert recorder.answering is None


async def test_who_failed_in_the_race_is_booked_so(stage: Stage) -> None:
    stage.will("openai", [Hangs()])
    stage.will("anthropic", [QuotaExhausted("No credit.")])
    recorder = Recorder(ASKED)
    async with aclosing(gateway_of(stage).stream(ASKED)) as events:
        async for event in events:
            recorder.take(event)
            if isinstance(event, Dropped):
                break
    assert recorder.answering is recorder.records[0]
    recorder.close(Attempt.Outcome.STOPPED)
    assert [record.outcome for record in recorder.records] == [Attempt.Outcome.STOPPED, Attempt.Outcome.FAILED]
    assert isinstance(recorder.records[1].error, QuotaExhausted)
    assert stage.open_calls == 0
