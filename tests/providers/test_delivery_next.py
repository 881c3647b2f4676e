"""Who answers a request in the place of a model that failed or may not be asked, by cause."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest
from pytest_django import Settings

from providers.contract import (
    AttemptStarted,
    ChatMessage,
    Failed,
    FellBack,
    Finished,
    Retrying,
    Routed,
    TextDelta,
    Usage,
)
from providers.errors import (
    AllCandidatesFailed,
    AuthenticationFailed,
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from providers.resilience.breaker import OPEN_S
from tests.support.stage import (
    ASKED,
    CHAIN,
    RETRYABLE,
    Stage,
    Step,
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


@pytest.mark.parametrize("kind", [AuthenticationFailed, QuotaExhausted, ModelNotFound, ProviderTimeout])
async def test_another_vendor_goes_on_at_once(stage: Stage, kind: type[ProviderError]) -> None:
    stage.will("openai", [kind("No.")])
    stage.will("anthropic", says("Morning."))
    events = await all_of(stage.gateway(*CHAIN))
    assert kinds(events) == [Routed, AttemptStarted, FellBack, AttemptStarted, TextDelta, Usage, Finished]
    assert started(events) == [(1, "openai", "first"), (2, "anthropic", "fallback")]
    told = events[2]
    assert isinstance(told, FellBack)
    assert (told.from_model, told.to_model, told.has_text) == ("gpt-6.1-sol", "claude-sonnet-5-5", False)


async def test_who_was_silent_and_has_nobody_else_is_asked_again(stage: Stage) -> None:
    """The time-out that another vendor would have saved is risked once more."""
    gateway = stage.gateway("openai", "anthropic")
    await trip(gateway, stage, "anthropic", wait_s=0)
    stage.will("openai", [ProviderTimeout("No.", retry_after_s=0)], says("Morning."))
    events = await all_of(gateway)
    assert started(events) == [(1, "openai", "first"), (2, "openai", "retry")]
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize("kind", [kind for kind in RETRYABLE if kind is not ProviderTimeout])
async def test_another_vendor_goes_on_after_the_tries(
    stage: Stage, kind: type[ProviderError], settings: Settings
) -> None:
    settings.LLM_MAX_RETRIES = 1
    stage.will("openai", *[[kind("No.", retry_after_s=0)]] * 2)
    stage.will("anthropic", says("Morning."))
    await all_of(stage.gateway(*CHAIN))
    assert stage.called == ["openai", "openai", "anthropic"]


@pytest.mark.parametrize("kind", [ContentFiltered, InvalidRequest])
@pytest.mark.parametrize("begun", [(), (TextDelta("Mor"),)], ids=["before text", "after text"])
async def test_nobody_goes_on_with_what_is_wrong_itself(
    stage: Stage, kind: type[ProviderError], begun: tuple[Step, ...]
) -> None:
    stage.will("openai", [*begun, kind("No.")])
    events = await all_of(stage.gateway(*CHAIN))
    assert stage.called == ["openai"]
    assert type(error_of(events)) is kind


async def test_a_stand_in_that_finds_the_content_wrong_ends_it(stage: Stage) -> None:
    stage.will("openai", [AuthenticationFailed("No key.")])
    stage.will("anthropic", [ContentFiltered("No content.")])
    error = error_of(await all_of(stage.gateway(*CHAIN)))
    assert stage.called == ["openai", "anthropic"]
    assert isinstance(error, AllCandidatesFailed)
    assert [type(cause) for _, cause in error.causes] == [AuthenticationFailed, ContentFiltered]


async def test_what_is_too_long_goes_to_larger_windows_only(stage: Stage) -> None:
    small, equal, large = own_model("a", window=10), own_model("b", window=10), own_model("c", window=20)
    larger_still, smaller = own_model("d", window=30), own_model("e", window=19)
    stage.will("a", [ContextTooLong("")])
    stage.will("c", [ContextTooLong("")])
    stage.will("d", [AuthenticationFailed("")])
    events = await delivered(stage, small, equal, large, smaller, larger_still)
    assert stage.called == ["a", "c", "d"]
    assert isinstance(error_of(events), AllCandidatesFailed)


def giving(messages: tuple[ChatMessage, ...] | None) -> Callable[[], Awaitable[tuple[ChatMessage, ...] | None]]:
    async def shorter() -> tuple[ChatMessage, ...] | None:
        return messages

    return shorter


async def test_what_is_too_long_is_asked_with_less_once(stage: Stage) -> None:
    less = (ChatMessage.of_text("user", "Morning?"),)
    asked = replace(ASKED, shorter=giving(less))
    stage.will("a", [ContextTooLong("")], [ContextTooLong("")])
    stage.will("c", says("Morning."))
    events = await delivered(stage, own_model("a", window=10), own_model("c", window=20), request=asked)
    assert started(events) == [(1, "a", "first"), (2, "a", "compressed"), (3, "c", "fallback")]
    assert [call.request.messages for call in stage.calls] == [ASKED.messages, less, less]
    assert [event.messages for event in events if isinstance(event, Retrying)] == [less]


async def test_where_there_is_no_less_it_is_left_at_that(stage: Stage) -> None:
    stage.will("a", [ContextTooLong("")])
    events = await delivered(stage, own_model("a"), request=replace(ASKED, shorter=giving(None)))
    assert isinstance(error_of(events), ContextTooLong)
    assert started(events) == [(1, "a", "first")]


async def test_what_is_too_long_may_stay_at_its_endpoint(stage: Stage) -> None:
    stage.will("a", [ContextTooLong("")], says("Morning."))
    events = await delivered(stage, own_model("a", window=10), own_model("a#2", window=20))
    assert stage.called == ["a", "a"]
    assert isinstance(events[-1], Finished)


async def test_a_model_that_isnt_there_says_nothing_of_its_endpoint(stage: Stage) -> None:
    stage.will("a", [ModelNotFound("")], says("Morning."))
    await delivered(stage, own_model("a"), own_model("a#2", window=20), own_model("b"))
    assert stage.called == ["a", "a"]


@pytest.mark.parametrize("kind", [AuthenticationFailed, QuotaExhausted, ProviderUnavailable, RateLimited])
async def test_an_endpoint_that_failed_is_not_asked_for_its_other_models(
    stage: Stage, kind: type[ProviderError], settings: Settings
) -> None:
    settings.LLM_MAX_RETRIES = 0
    stage.will("a", [kind("")])
    stage.will("b", [ModelNotFound("")])
    events = await delivered(stage, own_model("a"), own_model("a#2", window=20), own_model("b"), own_model("a#3"))
    assert stage.called == ["a", "b"]
    assert isinstance(events[-1], Failed)


async def test_only_this_model_is_obeyed(stage: Stage) -> None:
    stage.will("openai", [AuthenticationFailed("No.")])
    events = await all_of(stage.gateway(*CHAIN), replace(ASKED, only_this_model=True))
    assert stage.called == ["openai"]
    assert isinstance(error_of(events), AuthenticationFailed)
    routed = events[0]
    assert isinstance(routed, Routed)
    assert [one.excluded for one in routed.considered][:2] == ["", "no other model was wanted"]


async def test_who_is_rate_limited_for_others_is_passed_over(stage: Stage) -> None:
    gateway = stage.gateway(*CHAIN)
    await gateway.breakers.rate_limited("anthropic/claude-sonnet-5-5", 60)
    stage.will("openai", [AuthenticationFailed("No.")])
    stage.will("gemini", says("Morning."))
    await all_of(gateway)
    assert stage.called == ["openai", "gemini"]


async def test_the_limit_a_vendor_sets_holds_for_the_next_request(stage: Stage) -> None:
    gateway = stage.gateway(*CHAIN)
    stage.will("openai", [RateLimited("", retry_after_s=30)])
    stage.will("anthropic", says("Morning."), says("Again."))
    await all_of(gateway)
    events = await all_of(gateway, replace(ASKED, request_id=UUID(int=8)))
    assert stage.called == ["openai", "anthropic", "anthropic"]
    assert isinstance(events[0], Routed)
    assert events[0].considered[0].excluded == "Openai is rate-limited for 30 s more"
    stage.clock.now_s += 30
    stage.will("openai", says("Back."))
    assert text_of(await all_of(gateway)) == "Back."


async def test_who_stands_alone_and_is_rate_limited_is_waited_for(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    await gateway.breakers.rate_limited("openai/gpt-6.1-sol", 2.5)
    stage.will("openai", says("Morning."))
    events = await all_of(gateway)
    assert kinds(events) == [Routed, Retrying, AttemptStarted, TextDelta, Usage, Finished]
    told = events[1]
    assert isinstance(told, Retrying)
    assert (told.endpoint, told.model, told.wait_s, type(told.error)) == ("openai", "gpt-6.1-sol", 2.5, RateLimited)
    assert started(events) == [(1, "openai", "first")]
    assert stage.clock.slept_s == [2.5]


async def test_of_several_that_are_rate_limited_the_one_that_is_free_first_is_waited_for(stage: Stage) -> None:
    gateway = stage.gateway("openai", "anthropic")
    await gateway.breakers.rate_limited("openai/gpt-6.1-sol", 20)
    await gateway.breakers.rate_limited("anthropic/claude-sonnet-5-5", 3)
    stage.will("anthropic", says("Morning."))
    await all_of(gateway)
    assert (stage.called, stage.clock.slept_s) == (["anthropic"], [3])


async def test_nobody_waits_for_a_limit_that_outlasts_the_deadline(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    await gateway.breakers.rate_limited("openai/gpt-6.1-sol", 121)
    error = error_of(await all_of(gateway))
    assert (stage.called, stage.clock.slept_s) == ([], [])
    assert error.retry_after_s == 121
    assert "rate-limited for 121 s more" in error.user_message


async def test_who_fails_repeatedly_is_not_waited_for_because_it_is_rate_limited_too(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    await gateway.breakers.rate_limited("openai/gpt-6.1-sol", 2)
    await trip(gateway, stage, "openai", wait_s=0)
    assert "failed repeatedly" in error_of(await all_of(gateway)).user_message
    assert stage.called == []


async def test_when_all_fail_each_cause_is_told(stage: Stage) -> None:
    stage.will("openai", [AuthenticationFailed("No key.", detail="401")])
    stage.will("anthropic", [QuotaExhausted("No credit.", detail="402")])
    stage.will("gemini", [RateLimited("Too much.", detail="429", retry_after_s=200)])
    error = error_of(await all_of(stage.gateway("openai", "anthropic", "gemini")))
    assert isinstance(error, AllCandidatesFailed)
    assert [name for name, _ in error.causes] == [
        "openai/gpt-6.1-sol",
        "anthropic/claude-sonnet-5-5",
        "gemini/gemini-3.8-flash",
    ]
    for words in ("3 models", "No key.", "No credit.", "Too much."):
        assert words in error.user_message
    assert error.retry_after_s == 200


async def test_nobody_can_be_asked(stage: Stage) -> None:
    gateway = stage.gateway("openai")
    await trip(gateway, stage, "openai", wait_s=0)
    events = await all_of(gateway)
    assert kinds(events) == [Routed, Failed]
    error = error_of(events)
    assert "Openai failed repeatedly" in error.user_message
    assert error.retry_after_s == OPEN_S
    assert stage.called == []


async def test_a_model_nobody_knows_fails_before_routing(stage: Stage) -> None:
    events = await all_of(stage.gateway("openai"), replace(ASKED, model="no such model"))
    assert kinds(events) == [Failed]
    assert isinstance(error_of(events), ModelNotFound)
