"""An answer that nobody watches is the same stream, folded."""

from __future__ import annotations

import asyncio

import pytest
from pytest_django import Settings

from providers.contract import Failed, Finished, GatewayEvent, ReasoningDelta, TextDelta, ToolCall, Usage
from providers.errors import AuthenticationFailed, ContentFiltered, ProviderError, ProviderTimeout
from providers.folding import Answer, complete
from tests.support.stage import ASKED, Hangs, Stage, says

CALL = ToolCall("call_1", "weather", "{}")


async def test_the_answer_is_what_the_stream_says() -> None:
    stage, seen = Stage(), list[GatewayEvent]()
    usage = Usage(input_tokens=7, output_tokens=9)
    stage.will("openai", [ReasoningDelta("Think."), TextDelta("a"), TextDelta("b"), CALL, usage, Finished("tool_call")])
    answer = await complete(stage.gateway("openai"), ASKED, see=seen.append)
    assert answer == Answer("ab", "Think.", (CALL,), usage, "tool_call")
    assert [event for event in seen if isinstance(event, TextDelta)] == [TextDelta("a"), TextDelta("b")]


async def test_what_a_fallback_goes_on_with_is_part_of_it() -> None:
    stage = Stage()
    stage.will("openai", [TextDelta("half "), AuthenticationFailed("No")])
    stage.will("anthropic", says("and half"))
    answer = await complete(stage.gateway("openai", "anthropic"), ASKED, see=lambda event: None)
    assert (answer.text, answer.finish_reason) == ("half and half", "complete")


async def test_a_failure_is_raised_and_in_the_books() -> None:
    stage, seen = Stage(), list[GatewayEvent]()
    error = ContentFiltered("No")
    stage.will("openai", [TextDelta("a"), error])
    with pytest.raises(ContentFiltered):
        await complete(stage.gateway("openai"), ASKED, see=seen.append)
    assert _failure(seen) is not None


@pytest.mark.parametrize(("within_s", "llm_timeout_s"), [(0.01, 120.0), (120.0, 0.01)])
async def test_it_is_given_up_after_its_time(settings: Settings, within_s: float, llm_timeout_s: float) -> None:
    settings.LLM_TIMEOUT = llm_timeout_s
    stage, seen = Stage(), list[GatewayEvent]()
    stage.will("openai", [TextDelta("a"), Hangs()])
    with pytest.raises(ProviderTimeout):
        async with asyncio.timeout(20):
            await complete(stage.gateway("openai"), ASKED, see=seen.append, within_s=within_s)
    assert isinstance(_failure(seen), ProviderTimeout)
    assert not stage.open_calls


def _failure(seen: list[GatewayEvent]) -> ProviderError | None:
    return seen[-1].error if isinstance(seen[-1], Failed) else None
