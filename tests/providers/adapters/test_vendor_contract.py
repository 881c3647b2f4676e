"""What every vendor's adapter owes the gateway, through the real SDK against a server on loopback."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import groupby

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.contract import Finished, FinishReason, ReasoningDelta, TextDelta, ToolCall, ToolCallDelta, Usage
from providers.errors import (
    AuthenticationFailed,
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    NotAnApi,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from tests.support.vendors.calling import (
    KEY,
    MODEL,
    REQUEST,
    VENDORS,
    Vendor,
    ask,
    asking,
    call,
    connected,
    each_vendor,
)
from tests.support.vendors.nowhere import closed_url, unreachable_url
from tests.support.vendors.script import (
    PAGE,
    Answer,
    Cut,
    EmptyStream,
    Fault,
    Hang,
    Malformed,
    Refusal,
    RefusalKind,
    Reset,
    Silence,
    Status,
    Step,
    StreamError,
    StreamErrorKind,
    WireCall,
    WireFinish,
    WireUsage,
)
from tests.support.vendors.server import PATIENCE_S, VendorServer

EVERYTHING = Answer(
    tokens=("Xin ", "chào, ", "世界 ", "🌊\u2028\n", "data: "),
    reasoning=("First ", "think."),
    calls=(WireCall("call_1", "weather", '{"city":"Huế"}'), WireCall("call_2", "now", '{"zone":"Asia/Saigon"}')),
    finish="tool_call",
    usage=WireUsage(input_tokens=30, output_tokens=20, cached_tokens=7, reasoning_tokens=5),
)


@each_vendor
async def test_an_answer_comes_in_order_with_one_end(vendor: Vendor) -> None:
    outcome = await ask(vendor, EVERYTHING)
    kinds = [kind for kind, _ in groupby(type(event) for event in outcome.events)]
    assert kinds == [ReasoningDelta, TextDelta, ToolCallDelta, ToolCall, Usage, Finished]
    usage, finished = outcome.events[-2:]
    # Anthropic alone says what it put into its cache.
    assert isinstance(usage, Usage)
    assert replace(usage, cache_write_tokens=0) == Usage(30, 20, 7, 5)
    assert finished == Finished("tool_call", 0)
    assert (outcome.text, outcome.reasoning) == ("".join(EVERYTHING.tokens), "First think.")
    assert outcome.error is None


@each_vendor
async def test_each_token_is_an_event_of_its_own(vendor: Vendor) -> None:
    outcome = await ask(vendor, Answer(tokens=("a", "b", "c")))
    assert outcome.events[:3] == [TextDelta("a"), TextDelta("b"), TextDelta("c")]


@each_vendor
async def test_the_pieces_of_tool_calls_are_joined(vendor: Vendor) -> None:
    outcome = await ask(vendor, EVERYTHING)
    assert [(made.call_id, made.name, orjson.loads(made.arguments)) for made in outcome.calls] == [
        ("call_1", "weather", {"city": "Huế"}),
        ("call_2", "now", {"zone": "Asia/Saigon"}),
    ]
    pieces = [event for event in outcome.events if isinstance(event, ToolCallDelta)]
    for index, made in enumerate(outcome.calls):
        own = [piece for piece in pieces if piece.index == index]
        assert "".join(piece.arguments for piece in own) == made.arguments
        assert {piece.name for piece in own} == {made.name}


@each_vendor
@pytest.mark.parametrize(("finish", "reason"), [("stop", "complete"), ("length", "length")])
async def test_finish_reasons(vendor: Vendor, finish: WireFinish, reason: FinishReason) -> None:
    outcome = await ask(vendor, Answer(finish=finish))
    assert outcome.events[-1] == Finished(reason)


@each_vendor
@pytest.mark.parametrize("tokens", [(), ("Some ", "text.")], ids=["before text", "after text"])
async def test_filtered_content_is_an_error_that_never_falls_back(vendor: Vendor, tokens: tuple[str, ...]) -> None:
    outcome = await ask(vendor, Answer(tokens=tokens, finish="filtered"))
    assert outcome.text == "".join(tokens)
    assert isinstance(outcome.error, ContentFiltered)
    assert not outcome.error.may_fall_back
    assert not any(isinstance(event, Finished) for event in outcome.events)


REFUSALS: dict[RefusalKind, type[ProviderError]] = {
    "invalid": InvalidRequest,
    "context_too_long": ContextTooLong,
    "content_policy": ContentFiltered,
    "unauthorized": AuthenticationFailed,
    "forbidden": AuthenticationFailed,
    "model_not_found": ModelNotFound,
    "rate_limited": RateLimited,
    "quota": QuotaExhausted,
    "server_error": ProviderUnavailable,
    "bad_gateway": ProviderUnavailable,
    "unavailable": ProviderUnavailable,
    "overloaded": ProviderUnavailable,
}
# A kind that a vendor has no way to say is no case of it.
REFUSAL_CASES = [
    pytest.param(vendor, kind, id=f"{vendor.name} {kind}")
    for vendor in VENDORS
    for kind in REFUSALS
    if vendor.wire.refusal(kind) is not None
]


@pytest.mark.parametrize(("vendor", "kind"), REFUSAL_CASES)
async def test_refusals(vendor: Vendor, kind: RefusalKind) -> None:
    async with connected(vendor, Refusal(kind)) as (adapter, server):
        outcome = await call(adapter)
        generating = [request for request in server.requests if "ount" not in request.path]
    assert type(outcome.error) is REFUSALS[kind]
    assert outcome.error.detail
    assert "vendor's words" not in outcome.error.user_message
    assert outcome.error.retry_after_s is None
    assert len(generating) == 1, "the SDK tried again by itself"


def in_90_seconds() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)


@each_vendor
@pytest.mark.parametrize(
    ("headers", "expected_s"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "date"}, 90.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "1e300"}, 86_400.0),
        ({"Retry-After": "soon"}, None),
    ],
    ids=["seconds", "date", "milliseconds", "none", "infinite", "no number", "negative", "for ever", "words"],
)
async def test_the_wait_a_vendor_asks_for(vendor: Vendor, headers: dict[str, str], expected_s: float | None) -> None:
    headers = {name: in_90_seconds() if value == "date" else value for name, value in headers.items()}
    outcome = await ask(vendor, Refusal("rate_limited", headers))
    assert isinstance(outcome.error, RateLimited)
    assert outcome.error.retry_after_s == (expected_s if expected_s is None else pytest.approx(expected_s, abs=5))


BROKEN: dict[str, tuple[Step, str]] = {
    "reset before headers": (Reset(), ""),
    "empty stream": (EmptyStream(), ""),
    "page for an error": (Status(502, b"<html>Bad gateway</html>", "text/html"), ""),
    "page as JSON": (Status(502, b"<html>Bad gateway</html>", "application/json"), ""),
    "cut before text": (Answer(fault=Cut(0)), ""),
    "cut after two": (Answer(fault=Cut(2)), "Hello, "),
    "no finish reason": (Answer(has_finish=False), "Hello, world."),
    "nothing at all": (Answer(tokens=()), ""),
    "three unreadable": (Answer(fault=Malformed(2, count=3)), "Hello, "),
    "error event at once": (Answer(fault=StreamError(0)), ""),
    "error event after two": (Answer(fault=StreamError(2)), "Hello, "),
}


@each_vendor
@pytest.mark.parametrize("name", BROKEN)
async def test_broken_answers(vendor: Vendor, name: str) -> None:
    step, text = BROKEN[name]
    outcome = await ask(vendor, step)
    assert type(outcome.error) is ProviderUnavailable
    assert outcome.error.is_retryable
    assert outcome.text == text, "what came before the fault stands"
    assert not any(isinstance(event, Finished) for event in outcome.events)


@each_vendor
async def test_a_web_page_is_no_api(vendor: Vendor) -> None:
    outcome = await ask(vendor, PAGE)
    assert type(outcome.error) is NotAnApi
    assert not outcome.events


@each_vendor
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(vendor: Vendor, status: int) -> None:
    """The other server would be sent the key."""
    async with VendorServer() as other, connected(vendor) as (adapter, server):
        server.will(Status(status, headers={"Location": f"{other.url}/v1/chat/completions"}))
        outcome = await call(adapter)
    assert type(outcome.error) is ProviderUnavailable
    assert str(status) in outcome.error.detail
    assert len(server.requests) == 1
    assert not other.requests


@each_vendor
@pytest.mark.parametrize(("kind", "expected"), [("overloaded", ProviderUnavailable), ("rate_limited", RateLimited)])
async def test_error_events(vendor: Vendor, kind: StreamErrorKind, expected: type[ProviderError]) -> None:
    outcome = await ask(vendor, Answer(fault=StreamError(1, kind)))
    assert type(outcome.error) is expected


@each_vendor
async def test_a_refused_connection(vendor: Vendor) -> None:
    adapter = vendor.make(closed_url())
    outcome = await call(adapter)
    await adapter.aclose()
    assert type(outcome.error) is ProviderUnavailable
    assert "Connect call failed" in outcome.error.detail
    assert "imeout" not in outcome.error.detail


@each_vendor
async def test_connecting_has_its_own_limit(vendor: Vendor) -> None:
    with unreachable_url() as url:
        adapter = vendor.make(url, connect_timeout_s=0.2)
        async with asyncio.timeout(PATIENCE_S):
            outcome = await call(adapter)
        await adapter.aclose()
    assert type(outcome.error) is ProviderTimeout


@each_vendor
async def test_a_stream_without_its_last_line_is_complete(vendor: Vendor) -> None:
    outcome = await ask(vendor, Answer(has_terminator=False))
    assert (outcome.text, outcome.events[-1]) == ("Hello, world.", Finished("complete"))


@each_vendor
@pytest.mark.parametrize(
    "fault",
    [Malformed(2), Malformed(2, 2), Malformed(0, 1, b"7"), Malformed(4, 1, b"null"), Malformed(1, 1, b"[1]")],
    ids=["half an object", "two of them", "a number", "null", "a list"],
)
async def test_unreadable_payloads_are_skipped_and_counted(vendor: Vendor, fault: Fault) -> None:
    assert isinstance(fault, Malformed)
    outcome = await ask(vendor, Answer(fault=fault))
    assert (outcome.text, outcome.events[-1]) == ("Hello, world.", Finished("complete", fault.count))


@each_vendor
async def test_unreadable_payloads_fail_only_in_a_row(vendor: Vendor) -> None:
    half = vendor.wire.payload(vendor.wire.half_payload())
    body = b"".join(event.data + half for event in vendor.wire.events(Answer()) if event.role == "token")
    ends = b"".join(event.data for event in vendor.wire.events(Answer()) if event.role == "finish")
    outcome = await ask(vendor, Status(200, body + ends, "text/event-stream"))
    assert (outcome.text, outcome.events[-1]) == ("Hello, world.", Finished("complete", 4))


@each_vendor
async def test_closing_the_stream_closes_the_connection(vendor: Vendor) -> None:
    async with connected(vendor, Answer(fault=Hang(2)), Answer()) as (adapter, server):
        async with aclosing(adapter.stream(REQUEST, MODEL)) as stream:
            assert [await anext(stream), await anext(stream)] == [TextDelta("Hello"), TextDelta(", ")]
            assert server.early_closes == 0
        assert (await server.closed_early()) is server.requests[0]
        assert (await call(adapter)).text == "Hello, world.", "the adapter is good for another call"
        assert server.early_closes == 0


@each_vendor
@pytest.mark.parametrize("step", [Silence(), Answer(fault=Hang(0)), Answer(fault=Hang(2))], ids=["headers", "0", "2"])
async def test_cancelling_the_task_closes_the_connection(vendor: Vendor, step: Step) -> None:
    async with connected(vendor, step) as (adapter, server):
        task = asyncio.create_task(call(adapter))
        while not server.requests:
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        assert await server.closed_early() is server.requests[0]
        with pytest.raises(asyncio.CancelledError):
            await task


@each_vendor
async def test_a_hang_that_ends_loses_nothing(vendor: Vendor) -> None:
    async with connected(vendor, Answer(fault=Hang(2))) as (adapter, server):
        task = asyncio.create_task(call(adapter))
        while not server.requests:
            await asyncio.sleep(0)
        server.go_on()
        assert (await task).text == "Hello, world."


@each_vendor
@settings(max_examples=25, deadline=None)
@given(cuts=st.sets(st.integers(1, 6_000), max_size=40))
async def test_any_split_of_the_bytes_gives_the_same_events(vendor: Vendor, cuts: set[int]) -> None:
    async with connected(vendor, EVERYTHING, _cut_at(tuple(cuts))) as (adapter, _):
        whole, cut = await call(adapter), await call(adapter)
    assert cut.error is None
    assert cut.events == whole.events


@each_vendor
async def test_byte_by_byte_is_the_same(vendor: Vendor) -> None:
    async with connected(vendor, EVERYTHING, _cut_at(tuple(range(6_000)))) as (adapter, _):
        whole, cut = await call(adapter), await call(adapter)
    assert cut.events == whole.events


@each_vendor
async def test_the_key_is_sent_and_never_shown(vendor: Vendor) -> None:
    words = orjson.dumps({"error": {"message": f"Incorrect API key: {KEY}", "type": "x", "code": 401, "status": "x"}})
    async with connected(vendor, Status(401, words)) as (adapter, server):
        outcome = await call(adapter)
        sent = server.requests[0].headers
    assert any(KEY in value for value in sent.values())
    assert isinstance(outcome.error, AuthenticationFailed)
    shown = [repr(outcome.error), outcome.error.detail, outcome.error.user_message, repr(adapter), str(vars(adapter))]
    assert not [text for text in shown if KEY in text]
    assert "Incorrect API key" in outcome.error.detail
    assert vendor.name.title() in outcome.error.user_message


@each_vendor
@pytest.mark.parametrize("key", ["sk-two\nlines", "sk-two-thụ"], ids=["line break", "not ASCII"])
async def test_a_key_that_cannot_be_sent_is_an_error_like_any_other(vendor: Vendor, key: str) -> None:
    adapter = vendor.make(closed_url(), key=key)
    outcome = await call(adapter)
    with pytest.raises(ProviderError):
        await adapter.list_models()
    await adapter.aclose()
    assert outcome.error is not None
    assert "sk-two" not in outcome.error.detail


@each_vendor
async def test_many_at_once_share_one_client(vendor: Vendor) -> None:
    async with connected(vendor, *[Answer(tokens=(f"{number}",)) for number in range(20)]) as (adapter, _):
        outcomes = await asyncio.gather(*(call(adapter) for _ in range(20)))
    assert {outcome.text for outcome in outcomes} == {f"{number}" for number in range(20)}


def _cut_at(cuts: tuple[int, ...]) -> Answer:
    return replace(EVERYTHING, cuts=cuts or (1,))


@each_vendor
async def test_a_continuation_may_find_nothing_left_to_say(vendor: Vendor) -> None:
    outcome = await ask(vendor, Answer(tokens=()), asking(partial_text="All said."))
    assert outcome.error is None
    assert isinstance(outcome.events[-1], Finished)


@each_vendor
async def test_certificates_are_read_when_the_adapter_is_made_not_in_mid_stream(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(vendor, Answer()) as (adapter, _):
        reads: list[object] = []
        for name in ("load_verify_locations", "load_default_certs"):
            monkeypatch.setattr(ssl.SSLContext, name, lambda *args, **options: reads.append(args))
        assert (await call(adapter)).error is None
        assert not reads
