"""What a call that broke leaves behind: text to go on with, calls that were made, a line and a trial to give back."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from uuid import UUID

import pytest
from pytest_django import Settings

from providers.contract import (
    ChatMessage,
    Failed,
    FellBack,
    Finished,
    GatewayEvent,
    ReasoningDelta,
    Retrying,
    Routed,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from providers.errors import (
    AuthenticationFailed,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
    StreamInterrupted,
)
from tests.support.stage import (
    ASKED,
    CHAIN,
    Hangs,
    Stage,
    all_of,
    delivered,
    error_of,
    kinds,
    own_model,
    says,
    started,
    text_of,
    trip,
)

pytestmark = pytest.mark.usefixtures("retries")

# --- an answer that was cut


async def test_another_goes_on_where_the_text_ends(stage: Stage) -> None:
    stage.will("openai", [TextDelta("Good "), TextDelta("mor"), ProviderUnavailable("Cut.")])
    stage.will("anthropic", says("ning", " to you."))
    events = await all_of(stage.gateway("openai", "anthropic"))
    assert text_of(events) == "Good morning to you."
    [told] = [event for event in events if isinstance(event, FellBack)]
    assert told.has_text
    assert isinstance(told.error, StreamInterrupted)
    second = stage.calls[1].request
    assert second.partial_text == "Good mor"
    assert second.messages[-2:] == (ChatMessage.of_text("assistant", "Good mor"), second.messages[-1])


async def test_who_stands_alone_goes_on_itself_once(stage: Stage) -> None:
    stage.will("openai", [TextDelta("One "), ProviderUnavailable("")], [TextDelta("two "), ProviderUnavailable("")])
    events = await all_of(stage.gateway("openai"))
    assert started(events) == [(1, "openai", "first"), (2, "openai", "continue")]
    assert text_of(events) == "One two "
    assert isinstance(error_of(events), StreamInterrupted)


async def test_without_retries_a_cut_answer_stays_cut(stage: Stage, settings: Settings) -> None:
    settings.LLM_MAX_RETRIES = 0
    stage.will("openai", [TextDelta("One "), ProviderUnavailable("")])
    events = await all_of(stage.gateway("openai"))
    assert stage.called == ["openai"]
    assert isinstance(error_of(events), StreamInterrupted)


async def test_who_cant_go_on_isnt_asked_to(stage: Stage) -> None:
    stage.will("a", [TextDelta("One "), ProviderUnavailable("")])
    stage.will("c", says("two."))
    events = await delivered(stage, own_model("a"), own_model("b", continuation="none"), own_model("c"))
    assert (stage.called, text_of(events)) == (["a", "c"], "One two.")


@pytest.mark.parametrize("error", [ProviderUnavailable(""), RateLimited("", retry_after_s=0), ProviderTimeout("")])
async def test_a_model_that_cant_go_on_is_asked_again_before_its_text_only(stage: Stage, error: ProviderError) -> None:
    stage.will("a", [error], [TextDelta("One "), error])
    events = await delivered(stage, own_model("a", continuation="none"))
    assert stage.called == ["a", "a"]
    assert isinstance(events[-1], Failed)


async def test_what_goes_on_is_tried_again_as_often_as_what_begins(stage: Stage) -> None:
    """Nothing of the rest was shown yet, so asking once more repeats nothing."""
    stage.will(
        "openai",
        [RateLimited("", retry_after_s=1)],
        [ProviderUnavailable("", retry_after_s=1)],
        says("morning."),
    )
    events = await all_of(stage.gateway("openai"), replace(ASKED, partial_text="Good "))
    assert started(events) == [(1, "openai", "continue"), (2, "openai", "continue"), (3, "openai", "continue")]
    assert [type(event.error) for event in events if isinstance(event, Retrying)] == [RateLimited, ProviderUnavailable]
    assert text_of(events) == "morning."
    assert [call.request.partial_text for call in stage.calls] == ["Good "] * 3


async def test_a_limit_met_in_mid_stream_is_waited_for(stage: Stage) -> None:
    stage.will("openai", [TextDelta("Good "), RateLimited("", retry_after_s=4)], says("morning."))
    events = await all_of(stage.gateway("openai"))
    assert (text_of(events), stage.clock.slept_s) == ("Good morning.", [4])


async def test_a_repetition_is_dropped_at_the_joint(stage: Stage) -> None:
    shown = "The harbour was quiet that morning. Two boats left"
    stage.will("openai", [TextDelta(shown), ProviderUnavailable("")])
    stage.will("anthropic", says("that morning. Two boats", " left before the sun."))
    events = await all_of(stage.gateway("openai", "anthropic"))
    assert text_of(events) == shown + " before the sun."


async def test_what_was_held_back_when_the_rest_is_cut_is_neither_lost_nor_said_twice(
    stage: Stage, settings: Settings
) -> None:
    settings.LLM_MAX_RETRIES = 0
    shown = "The harbour was quiet that morning. Two boats left"
    stage.will("openai", [TextDelta(shown), ProviderUnavailable("")])
    stage.will("anthropic", [TextDelta("that morning. Two bo"), ProviderUnavailable("")])
    stage.will("gemini", says("Two boats left before the sun."))
    events = await all_of(stage.gateway("openai", "anthropic", "gemini"))
    assert text_of(events) == shown + " before the sun."


async def test_reasoning_alone_is_no_answer_yet(stage: Stage) -> None:
    stage.will("openai", [ReasoningDelta("Hm."), ProviderUnavailable("", retry_after_s=0)], says("Morning."))
    events = await all_of(stage.gateway("openai"))
    assert started(events)[1] == (2, "openai", "retry")
    assert stage.calls[1].request.partial_text == ""
    assert text_of(events) == "Morning."


async def test_text_of_which_nothing_can_be_kept_is_none(stage: Stage) -> None:
    stage.will("openai", [TextDelta("\x00"), ProviderUnavailable("", retry_after_s=0)], says("Morning."))
    events = await all_of(stage.gateway("openai"))
    assert TextDelta("") not in events
    assert started(events)[1] == (2, "openai", "retry")


# --- tools

CALL = ToolCall("call_1", "pay", '{"sum":7}')


async def test_calls_that_were_made_are_never_made_again(stage: Stage) -> None:
    stage.will("openai", [ToolCallDelta(0, "pay", '{"sum":7}'), CALL, ProviderUnavailable("Cut.", retry_after_s=0)])
    events = await all_of(stage.gateway(*CHAIN))
    assert stage.called == ["openai"]
    assert [event for event in events if isinstance(event, ToolCall)] == [CALL]
    assert isinstance(events[-1], Failed)


@pytest.mark.parametrize("goes_to", ["openai", "anthropic"])
async def test_half_a_call_is_none(stage: Stage, goes_to: str) -> None:
    wait_s = 0.0 if goes_to == "openai" else 50.0
    half = ToolCallDelta(0, "pay", '{"su')
    stage.will("openai", [half, ProviderUnavailable("Cut.", retry_after_s=wait_s)])
    stage.will(goes_to, [ToolCallDelta(0, "pay", '{"sum":7}'), CALL, Finished("tool_call")])
    events = await all_of(stage.gateway("openai", "anthropic"))
    assert stage.called == ["openai", goes_to]
    assert [event for event in events if isinstance(event, ToolCall)] == [CALL]
    assert events[-1] == Finished("tool_call")


# --- whatever ends it


async def test_an_endpoint_that_is_switched_off_meanwhile_is_passed_over(stage: Stage) -> None:
    gateway = stage.gateway("openai", "anthropic", "gemini")
    stage.will("openai", [AuthenticationFailed("No.")])
    stage.will("gemini", says("Morning."))
    events: list[GatewayEvent] = []
    async with aclosing(gateway.stream(ASKED)) as stream:
        async for event in stream:
            events.append(event)
            if isinstance(event, FellBack) and event.to_endpoint == "anthropic":
                await gateway.configure([gateway.endpoint("openai"), gateway.endpoint("gemini")])
    assert started(events) == [(1, "openai", "first"), (2, "gemini", "fallback")]
    assert [event.to_endpoint for event in events if isinstance(event, FellBack)] == ["anthropic", "gemini"]
    assert text_of(events) == "Morning."


async def test_an_endpoint_that_is_switched_off_under_a_call_ends_it_well(stage: Stage) -> None:
    gateway = stage.gateway("openai", "anthropic")
    stage.will("openai", says("Good ", "morning."))
    async with aclosing(gateway.stream(ASKED)) as stream:
        events = [await anext(stream), await anext(stream), await anext(stream)]
        await gateway.configure([gateway.endpoint("anthropic")])
        events += [event async for event in stream]
    assert text_of(events) == "Good morning."
    assert isinstance(events[-1], Finished)


async def test_what_comes_after_the_end_is_not_waited_for(stage: Stage) -> None:
    stage.will("openai", [TextDelta("Morning."), Finished("complete"), Hangs()])
    async with asyncio.timeout(5):
        events = await all_of(stage.gateway("openai"))
    assert kinds(events)[-2:] == [TextDelta, Finished]
    assert stage.open_calls == 0


async def test_a_stream_that_ends_without_an_end_is_a_failure(stage: Stage) -> None:
    stage.will("openai", [TextDelta("Mor")])
    stage.will("anthropic", says("ning."))
    events = await all_of(stage.gateway("openai", "anthropic"))
    assert (text_of(events), stage.called) == ("Morning.", ["openai", "anthropic"])


@pytest.mark.parametrize("taken", range(8))
async def test_who_closes_early_closes_the_call(stage: Stage, taken: int) -> None:
    """After any number of events: the call is closed, and its breaker's trial is free for the next."""
    gateway = stage.gateway("openai", "anthropic")
    for endpoint in ("openai", "anthropic"):
        await trip(gateway, stage, endpoint)
    stage.will("openai", [AuthenticationFailed("No.")])
    stage.will("anthropic", [TextDelta("Mor"), TextDelta("ning"), TextDelta("."), Hangs()])
    stream = gateway.stream(ASKED)
    for _ in range(taken):
        await anext(stream)
    await stream.aclose()
    assert stage.open_calls == 0
    for endpoint in ("openai", "anthropic"):
        assert gateway.breakers.state(endpoint) == "half_open"
        assert await gateway.breakers.may_try(endpoint, request_id=UUID(int=1)), endpoint


async def test_who_cancels_during_the_wait_gives_the_trial_back(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    await trip(gateway, stage, "openai")
    stage.will("openai", [RateLimited("", retry_after_s=5)])
    async with aclosing(gateway.stream(ASKED)) as stream:
        async for event in stream:
            if isinstance(event, Retrying):
                assert not await gateway.breakers.may_try("openai", request_id=UUID(int=1)), "it waits as the trial"
                break
    assert await gateway.breakers.may_try("openai", request_id=UUID(int=1))


async def test_the_trial_of_another_request_is_left_alone(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    stage.will("openai", [TextDelta("Mor"), Hangs()])
    early = gateway.stream(ASKED)
    for _ in range(3):
        await anext(early)
    await trip(gateway, stage, "openai")
    assert await gateway.breakers.may_try("openai", request_id=UUID(int=1))
    await early.aclose()
    assert not await gateway.breakers.may_try("openai", request_id=UUID(int=2))


async def test_who_is_passed_over_as_a_trial_of_others_is_recorded(stage: Stage) -> None:
    gateway = stage.gateway("openai", "anthropic")
    await trip(gateway, stage, "openai")
    assert await gateway.breakers.may_try("openai", request_id=UUID(int=1))
    stage.will("anthropic", says("Morning."))
    routed = (await all_of(gateway))[0]
    assert isinstance(routed, Routed)
    assert routed.considered[0].excluded == "Openai is being tried out"
