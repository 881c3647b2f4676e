"""What is Gemini's alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from providers.contract import Finished, TextDelta, Usage
from providers.errors import (
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from tests.support.vendors.calling import KEY, MODEL, REQUEST, Vendor, ask, call, connected
from tests.support.vendors.script import Answer, Refusal, Status, WireCall
from tests.support.vendors.server import GEMINI

VENDOR = Vendor("gemini", GEMINI)
RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}


def stream_of(*chunks: dict[str, Any]) -> Status:
    return Status(200, b"".join(GEMINI.payload(orjson.dumps(chunk)) for chunk in chunks), "text/event-stream")


def candidate(*parts: dict[str, Any], finish: str = "") -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": list(parts)}} | ({"finishReason": finish} if finish else {})]}


def refused(code: int, status: str, *details: dict[str, Any]) -> Status:
    error = {"code": code, "message": "Words.", "status": status, "details": list(details)}
    return Status(code, orjson.dumps({"error": error}))


async def test_a_blocked_prompt_tells_what_it_cost() -> None:
    blocked = {"promptFeedback": {"blockReason": "OTHER"}, "usageMetadata": {"promptTokenCount": 12}}
    outcome = await ask(VENDOR, stream_of(blocked))
    assert outcome.events == [Usage(input_tokens=12, output_tokens=0)]
    assert isinstance(outcome.error, ContentFiltered)


async def test_the_sdk_makes_address_and_key() -> None:
    async with connected(VENDOR, Answer()) as (adapter, server):
        await call(adapter)
        (request,) = server.requests
    assert request.path == "/v1/models/wire-model:streamGenerateContent"
    assert request.query == {"alt": "sse"}
    assert request.headers["x-goog-api-key"] == KEY
    assert "google-genai-sdk" in request.headers["x-goog-api-client"]


@pytest.mark.parametrize(
    ("finish", "expected"),
    [
        ("RECITATION", ContentFiltered),
        ("PROHIBITED_CONTENT", ContentFiltered),
        ("SPII", ContentFiltered),
        ("MALFORMED_FUNCTION_CALL", ProviderUnavailable),
        ("MISSING_THOUGHT_SIGNATURE", InvalidRequest),
    ],
)
async def test_finish_reasons_that_are_failures(finish: str, expected: type[ProviderError]) -> None:
    usage = {"usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 1}}
    outcome = await ask(VENDOR, stream_of(candidate({"text": "Hi"}, finish=finish) | usage))
    assert type(outcome.error) is expected
    assert outcome.events == [TextDelta("Hi"), Usage(4, 1)], "what it cost is told"


async def test_the_limit_of_one_request_is_a_length() -> None:
    outcome = await ask(VENDOR, stream_of(candidate({"text": "Hi"}, finish="CONTINUATION")))
    assert outcome.events == [TextDelta("Hi"), Finished("length")]


async def test_a_call_without_an_id_gets_one_of_its_own() -> None:
    parts = ({"functionCall": {"name": "now"}}, {"functionCall": {"name": "now", "args": {"zone": "UTC"}}})
    outcome = await ask(VENDOR, stream_of(candidate(*parts, finish="STOP")))
    assert [made.arguments for made in outcome.calls] == ["{}", '{"zone":"UTC"}']
    ids = {made.call_id for made in outcome.calls}
    assert len(ids) == 2
    assert all(len(call_id) <= 40 for call_id in ids), "OpenAI takes no longer ones"
    assert outcome.events[-1] == Finished("tool_call")


async def test_a_call_cut_by_the_limit_is_a_length() -> None:
    step = Answer(tokens=(), calls=(WireCall("c", "now", "{}"),), finish="length")
    assert (await ask(VENDOR, step)).events[-1] == Finished("length")


async def test_thoughts_are_asked_of_models_that_have_them() -> None:
    async with connected(VENDOR, Answer(), Answer()) as (adapter, server):
        await call(adapter, model=replace(MODEL, has_reasoning=True))
        await call(adapter, model=MODEL)
        thinking, plain = (request.body.get("generationConfig") for request in server.requests)
    assert list(thinking["thinkingConfig"].values()) == [True]
    assert not plain


@pytest.mark.parametrize(
    ("step", "expected", "retry_after_s"),
    [
        (refused(429, "RESOURCE_EXHAUSTED"), RateLimited, None),
        (refused(429, "RESOURCE_EXHAUSTED", RETRY_INFO), RateLimited, 37.0),
        (refused(402, "RESOURCE_EXHAUSTED"), QuotaExhausted, None),
        (refused(400, "FAILED_PRECONDITION"), QuotaExhausted, None),
        (refused(504, "DEADLINE_EXCEEDED"), ProviderTimeout, None),
        (refused(499, "CANCELLED"), InvalidRequest, None),
    ],
    ids=["limit", "limit with a wait", "credit", "billing", "deadline", "cancelled"],
)
async def test_statuses(step: Status, expected: type[ProviderError], retry_after_s: float | None) -> None:
    outcome = await ask(VENDOR, step)
    assert type(outcome.error) is expected
    assert outcome.error.retry_after_s == retry_after_s


async def test_a_long_prompt_is_known_by_its_count() -> None:
    async with connected(VENDOR, Refusal("context_too_long")) as (adapter, server):
        outcome = await call(adapter)
        paths = [request.path.split(":")[-1] for request in server.requests]
    assert isinstance(outcome.error, ContextTooLong)
    assert paths == ["streamGenerateContent", "countTokens"]


async def test_a_continuation_may_have_nothing_left_to_say() -> None:
    outcome = await ask(VENDOR, Answer(tokens=()), replace(REQUEST, partial_text="All is said."))
    assert outcome.events[-1] == Finished("complete")
