"""What is Anthropic's alone."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from providers.contract import Finished, FinishReason, TextDelta, Usage
from providers.errors import (
    AuthenticationFailed,
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    ProviderError,
    ProviderTimeout,
    QuotaExhausted,
    RateLimited,
)
from tests.support.vendors.calling import MODEL, REQUEST, Vendor, ask, call, connected
from tests.support.vendors.script import Answer, Refusal, Status
from tests.support.vendors.server import ANTHROPIC

VENDOR = Vendor("anthropic", ANTHROPIC)
WARM = replace(REQUEST, temperature=0.0)


def stream_of(*events: dict[str, object]) -> Status:
    return Status(200, b"".join(ANTHROPIC.payload(orjson.dumps(event)) for event in events), "text/event-stream")


def text(said: str, index: int = 0) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": said}}


def end(reason: str) -> dict[str, object]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 3}}


async def test_a_model_that_refuses_temperatures_is_asked_without_and_remembered() -> None:
    async with connected(VENDOR, Refusal("invalid"), Answer(), Answer()) as (adapter, server):
        assert (await call(adapter, WARM)).text == "Hello, world."
        assert (await call(adapter, WARM)).text == "Hello, world."
        sent = [request.body.get("temperature") for request in server.requests]
    assert sent == [0.0, None, None]


async def test_a_request_that_is_invalid_either_way_teaches_nothing() -> None:
    async with connected(VENDOR, Refusal("invalid"), Refusal("invalid"), Answer()) as (adapter, server):
        assert isinstance((await call(adapter, WARM)).error, InvalidRequest)
        await call(adapter, WARM)
        sent = [request.body.get("temperature") for request in server.requests if "count" not in request.path]
    assert sent == [0.0, None, 0.0]


async def test_a_long_prompt_is_known_by_its_count() -> None:
    async with connected(VENDOR, Refusal("context_too_long")) as (adapter, server):
        outcome = await call(adapter)
        paths = [request.path for request in server.requests]
    assert isinstance(outcome.error, ContextTooLong)
    assert paths == ["/v1/messages", "/v1/messages/count_tokens"]


async def test_the_window_of_an_unknown_model_proves_nothing() -> None:
    outcome = await ask(VENDOR, Refusal("context_too_long"), model=replace(MODEL, is_known=False))
    assert isinstance(outcome.error, InvalidRequest)


@pytest.mark.parametrize(
    ("status", "error_type", "code", "expected"),
    [
        (400, "invalid_request_error", "enforced_spend_limit_reached", QuotaExhausted),
        (400, "invalid_request_error", "organization_on_hold", AuthenticationFailed),
        (429, "rate_limit_error", "ramp_limit_exceeded", RateLimited),
        (413, "request_too_large", None, ContextTooLong),
        (504, "timeout_error", None, ProviderTimeout),
        (422, "a_new_error", "a_new_code", InvalidRequest),
    ],
)
async def test_codes_go_before_types_and_types_before_statuses(
    status: int, error_type: str, code: str | None, expected: type[ProviderError]
) -> None:
    error = {"type": error_type, "message": "Words.", "details": {"error_code": code} if code else None}
    outcome = await ask(VENDOR, Status(status, orjson.dumps({"type": "error", "error": error})))
    assert type(outcome.error) is expected
    assert f"HTTP {status} {code or error_type}: Words." in outcome.error.detail


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop_sequence", "complete"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "length"),
        ("a_new_reason", "complete"),
    ],
)
async def test_rarer_stop_reasons(reason: str, expected: FinishReason) -> None:
    outcome = await ask(VENDOR, stream_of(text("Hi"), end(reason)))
    assert outcome.events == [TextDelta("Hi"), Usage(0, 3), Finished(expected)]


async def test_a_refusal_tells_what_it_cost() -> None:
    outcome = await ask(VENDOR, stream_of(text("Hi"), end("refusal")))
    assert isinstance(outcome.error, ContentFiltered)
    assert outcome.events == [TextDelta("Hi"), Usage(0, 3)]


async def test_what_is_new_in_the_stream_is_passed_over() -> None:
    new_event = {"type": "a_new_event", "x": 1}
    new_delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {}}}
    block = {"type": "content_block_start", "index": 1, "content_block": {"type": "server_tool_use", "id": "s"}}
    piece = {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{}"}}
    events = (new_event, text("Hi"), new_delta, block, piece, end("end_turn"))
    outcome = await ask(VENDOR, stream_of(*events))
    assert (outcome.text, outcome.events[-1]) == ("Hi", Finished("complete", 0))


async def test_a_call_without_streamed_arguments_has_those_it_came_with() -> None:
    block = {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {"zone": "UTC"}}
    start = {"type": "content_block_start", "index": 0, "content_block": block}
    outcome = await ask(VENDOR, stream_of(start, end("tool_use")))
    assert [made.arguments for made in outcome.calls] == ['{"zone":"UTC"}']


async def test_a_continuation_may_have_nothing_left_to_say() -> None:
    outcome = await ask(VENDOR, Answer(tokens=()), replace(REQUEST, partial_text="All is said."))
    assert outcome.events[-1] == Finished("complete")
