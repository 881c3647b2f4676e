"""A request on its way to an answer: asked again, waited for, and given up."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from providers.contract import (
    AttemptStarted,
    Failed,
    Finished,
    Retrying,
    Routed,
    TextDelta,
    Usage,
)
from providers.delivery import USUAL_FIRST_TOKEN_S
from providers.errors import (
    AuthenticationFailed,
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
    StreamInterrupted,
)
from providers.resilience.backoff import CAP_S, backoff_s
from tests.providers.conftest import RETRIES
from tests.support.stage import (
    ASKED,
    RETRYABLE,
    Stage,
    Step,
    Takes,
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

# --- what is tried again


async def test_an_answer_that_comes_at_once(stage: Stage) -> None:
    stage.will("openai", says("Good ", "morning."))
    events = await all_of(stage.gateway("openai", "anthropic"))
    assert kinds(events) == [Routed, AttemptStarted, TextDelta, TextDelta, Usage, Finished]
    assert started(events) == [(1, "openai", "first")]
    assert stage.clock.slept_s == []


@pytest.mark.parametrize(("asked", "sent"), [(None, None), (100, 100), (10**9, "the model's own")])
async def test_no_model_is_asked_for_more_than_it_can_write(
    stage: Stage, asked: int | None, sent: int | str | None
) -> None:
    stage.will("openai", says("Good morning."))
    gateway = stage.gateway("openai")
    await all_of(gateway, replace(ASKED, max_output_tokens=asked))
    most = gateway.resolve(ASKED.model).max_output_tokens
    assert stage.calls[0].request.max_output_tokens == (most if isinstance(sent, str) else sent)


FINAL = [
    AuthenticationFailed,
    QuotaExhausted,
    ModelNotFound,
    ContextTooLong,
    ContentFiltered,
    InvalidRequest,
    StreamInterrupted,
]


@pytest.mark.parametrize("kind", RETRYABLE)
@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_who_stands_alone_is_asked_again_so_often(
    stage: Stage, kind: type[ProviderError], retries: int, settings: Settings
) -> None:
    settings.LLM_MAX_RETRIES = retries
    stage.will("openai", *[[kind("No.")]] * (retries + 1))
    events = await all_of(stage.gateway("openai"))
    assert started(events) == [(n, "openai", "first" if n == 1 else "retry") for n in range(1, retries + 2)]
    assert type(error_of(events)) is kind
    assert len(stage.clock.slept_s) == retries


@pytest.mark.parametrize("kind", [kind for kind in FINAL if kind is not StreamInterrupted])
async def test_what_asking_again_cant_mend_is_not_asked_again(stage: Stage, kind: type[ProviderError]) -> None:
    stage.will("openai", [kind("No.")])
    events = await all_of(stage.gateway("openai"))
    assert started(events) == [(1, "openai", "first")]
    assert type(error_of(events)) is kind


async def test_the_second_try_may_answer(stage: Stage) -> None:
    stage.will("openai", [RateLimited("", retry_after_s=1.5)], says("Morning."))
    events = await all_of(stage.gateway("openai"))
    assert kinds(events) == [Routed, AttemptStarted, Retrying, AttemptStarted, TextDelta, Usage, Finished]
    told = events[2]
    assert isinstance(told, Retrying)
    assert (told.endpoint, told.model, told.wait_s) == ("openai", "gpt-6.1-sol", 1.5)


# --- how long is waited


@given(st.integers(1, 40))
@hypothesis_settings(deadline=None)
def test_the_backoff_is_full_jitter_below_its_cap(tries: int) -> None:
    waits = [backoff_s(tries) for _ in range(50)]
    assert all(0 <= wait <= min(CAP_S, 2 ** (tries - 1)) for wait in waits)
    assert len(set(waits)) > 40


async def test_waits_grow_within_their_bounds(stage: Stage) -> None:
    stage.will("openai", *[[ProviderUnavailable("No.")]] * (RETRIES + 1))
    events = await all_of(stage.gateway("openai"))
    assert stage.clock.slept_s == [event.wait_s for event in events if isinstance(event, Retrying)]
    assert all(0 <= wait <= 2**number for number, wait in enumerate(stage.clock.slept_s))


@pytest.mark.parametrize("asked_s", [0.0, 0.25, 1.5, 90.0])
async def test_retry_after_is_obeyed_exactly(stage: Stage, asked_s: float) -> None:
    stage.will("openai", [RateLimited("", retry_after_s=asked_s)], says("Morning."))
    await all_of(stage.gateway("openai"))
    assert stage.clock.slept_s == [asked_s]


async def test_a_wait_past_the_deadline_is_not_begun(stage: Stage) -> None:
    stage.will("openai", [Takes(100), RateLimited("", retry_after_s=20.5)])
    events = await all_of(stage.gateway("openai"))
    assert stage.called == ["openai"]
    assert isinstance(error_of(events), RateLimited)
    assert stage.clock.slept_s == []


async def test_a_wait_that_ends_at_the_deadline_is(stage: Stage) -> None:
    stage.will("openai", [Takes(100), RateLimited("", retry_after_s=20)], says("Morning."))
    assert isinstance((await all_of(stage.gateway("openai")))[-1], Finished)


async def test_the_requests_own_deadline_goes_before_the_settings(stage: Stage) -> None:
    stage.will("openai", [Takes(0.1), RateLimited("", retry_after_s=0)])
    events = await all_of(stage.gateway("openai", "anthropic"), replace(ASKED, deadline_s=0.0))
    assert kinds(events) == [Routed, AttemptStarted, Failed]


@pytest.mark.parametrize(
    "play",
    [
        [Takes(121), ProviderUnavailable("No.")],
        [TextDelta("Mor"), Takes(301), ProviderUnavailable("Cut.")],
    ],
)
async def test_after_the_deadline_nothing_new_begins(stage: Stage, play: list[Step], settings: Settings) -> None:
    """Neither another model, nor the rest of an answer from the same one."""
    settings.STREAM_MAX_SECONDS = 300
    stage.will("openai", play)
    events = await all_of(stage.gateway("openai", "anthropic"))
    assert stage.called == ["openai"]
    assert isinstance(events[-1], Failed)


async def test_an_answer_that_has_begun_is_gone_on_with_as_long_as_a_stream_may_take(
    stage: Stage, settings: Settings
) -> None:
    settings.STREAM_MAX_SECONDS = 300
    stage.will("openai", [TextDelta("Mor"), Takes(130), ProviderUnavailable("Cut.")])
    stage.will("anthropic", says("ning."))
    events = await all_of(stage.gateway("openai", "anthropic"))
    assert (text_of(events), type(events[-1])) == ("Morning.", Finished)


@pytest.mark.parametrize(("wait_s", "goes_to"), [(0.9, "openai"), (1.1, "anthropic")])
async def test_who_would_wait_longer_than_the_next_takes_to_begin_goes_there(
    stage: Stage, wait_s: float, goes_to: str
) -> None:
    stage.will("openai", [RateLimited("", retry_after_s=wait_s)])
    stage.will(goes_to, says("Morning."))
    models = (own_model("openai"), own_model("anthropic"))
    events = await delivered(stage, *models, first_token_s={"anthropic": 1.0, "openai": 9.0})
    assert stage.called == ["openai", goes_to]
    assert stage.clock.slept_s == ([wait_s] if goes_to == "openai" else [])
    assert isinstance(events[-1], Finished)


async def test_where_nobody_knows_the_next_one_a_usual_time_is_taken(stage: Stage) -> None:
    stage.will("openai", [RateLimited("", retry_after_s=USUAL_FIRST_TOKEN_S + 0.1)])
    stage.will("anthropic", says("Morning."))
    await all_of(stage.gateway("openai", "anthropic"))
    assert stage.clock.slept_s == []


async def test_who_cant_be_had_after_all_makes_nobody_lose_the_wait(stage: Stage) -> None:
    """The next one is half-open and another request is its trial."""
    gateway = stage.gateway("openai", "anthropic")
    await trip(gateway, stage, "anthropic")
    assert await gateway.breakers.may_try("anthropic", request_id=UUID(int=1))
    stage.will("openai", [RateLimited("", retry_after_s=30)], says("Morning."))
    events = await all_of(gateway)
    assert (stage.called, stage.clock.slept_s) == (["openai", "openai"], [30])
    assert isinstance(events[-1], Finished)
