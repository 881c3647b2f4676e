"""What is OpenAI's alone, and its protocol's as others speak it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from providers.contract import Finished, TextDelta, Usage
from providers.errors import (
    AuthenticationFailed,
    ContextTooLong,
    InvalidRequest,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from tests.support.vendors.calling import REQUEST, Vendor, ask, call, connected
from tests.support.vendors.script import Answer, Status
from tests.support.vendors.server import OPENAI

VENDOR = Vendor("openai", OPENAI, "/v1")
SET = replace(REQUEST, temperature=0.5, max_output_tokens=40)


def stream_of(*chunks: dict[str, object]) -> Status:
    return Status(200, b"".join(OPENAI.payload(orjson.dumps(chunk)) for chunk in chunks), "text/event-stream")


def delta(content: object, finish: str | None = None) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}]}


def counted(**usage: object) -> dict[str, object]:
    return {"choices": [], "usage": usage}


def refused(param: str, code: str = "unsupported_parameter") -> Status:
    error = {"message": "The vendor's words.", "type": "invalid_request_error", "param": param, "code": code}
    return Status(400, orjson.dumps({"error": error}))


def settings_of(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name == "temperature" or "tokens" in name}


async def test_what_a_model_refuses_to_be_told_is_left_out_and_remembered() -> None:
    steps = (refused("max_tokens"), refused("temperature", "unsupported_value"), Answer(), Answer())
    async with connected(VENDOR, *steps) as (adapter, server):
        assert (await call(adapter, SET)).text == "Hello, world."
        assert (await call(adapter, SET)).text == "Hello, world."
        sent = [settings_of(request.body) for request in server.requests]
    assert sent == [
        {"temperature": 0.5, "max_tokens": 40},
        {"temperature": 0.5, "max_completion_tokens": 40},
        {"max_completion_tokens": 40},
        {"max_completion_tokens": 40},
    ]


@pytest.mark.parametrize("step", [refused("temperature"), refused("messages"), refused("temperature", "other")])
async def test_a_request_that_is_refused_either_way_is_an_error(step: Status) -> None:
    async with connected(VENDOR, step, step, step) as (adapter, server):
        assert isinstance((await call(adapter, SET)).error, InvalidRequest)
        assert len(server.requests) <= 2


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        # xAI counts reasoning beside the answer.
        (20 + 9 + 300, Usage(input_tokens=20, output_tokens=309, reasoning_tokens=300)),
        (20 + 9, Usage(input_tokens=20, output_tokens=9, reasoning_tokens=300)),
        (None, Usage(input_tokens=20, output_tokens=9, reasoning_tokens=300)),
    ],
)
async def test_reasoning_that_is_counted_beside_the_answer_is_output(total: int | None, expected: Usage) -> None:
    usage = counted(
        prompt_tokens=20,
        completion_tokens=9,
        total_tokens=total,
        completion_tokens_details={"reasoning_tokens": 300},
    )
    outcome = await ask(VENDOR, stream_of(delta("So.", "stop"), usage))
    assert expected in outcome.events


async def test_a_model_at_its_end_says_so() -> None:
    outcome = await ask(VENDOR, stream_of(delta("So", "model_length")))
    assert outcome.events == [TextDelta("So"), Finished("length", 0)]


@pytest.mark.parametrize("reason", ["error", "insufficient_system_resource"])
async def test_an_answer_that_is_broken_off_fails_and_tells_what_it_cost(reason: str) -> None:
    outcome = await ask(VENDOR, stream_of(delta("So", reason), counted(prompt_tokens=20, completion_tokens=1)))
    assert outcome.events == [TextDelta("So"), Usage(input_tokens=20, output_tokens=1)]
    assert isinstance(outcome.error, ProviderUnavailable)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (429, RateLimited),
        (402, QuotaExhausted),
        (401, AuthenticationFailed),
        (408, ProviderTimeout),
        (413, ContextTooLong),
        (502, ProviderUnavailable),
        (400, ProviderUnavailable),
        ("rate_limit_exceeded", RateLimited),
        (None, ProviderUnavailable),
        (True, ProviderUnavailable),
    ],
)
async def test_an_error_in_the_stream_may_be_told_by_its_status(code: object, expected: type[ProviderError]) -> None:
    outcome = await ask(VENDOR, stream_of(delta("So"), {"error": {"code": code, "message": "The vendor's words."}}))
    assert outcome.text == "So"
    assert type(outcome.error) is expected


@pytest.mark.parametrize(
    "unreadable",
    [
        delta(7),
        delta({"text": "no part"}),
        delta([{"type": "text", "text": 7}]),
        {"choices": [{"index": 0, "delta": {"reasoning_content": {"no": "text"}}}]},
    ],
)
async def test_what_is_no_text_is_skipped_and_counted(unreadable: dict[str, object]) -> None:
    outcome = await ask(VENDOR, stream_of(unreadable, delta("So.", "stop")))
    assert outcome.events == [TextDelta("So."), Finished("complete", 1)]


async def test_text_in_parts_is_text() -> None:
    parts = [{"type": "text", "text": "So "}, {"type": "thinking"}, {"type": "text", "text": "far."}]
    outcome = await ask(VENDOR, stream_of(delta(parts, "stop")))
    assert outcome.text == "So far."
