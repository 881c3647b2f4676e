"""What of a request vendors can keep for the next: an equal beginning, and where Anthropic wants it, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import pytest

from providers.adapters.openai import make_adapter
from providers.call import as_sent
from providers.contract import ChatMessage, ChatRequest, EndpointConfig, ImagePart, Model, TextPart
from tests.providers.adapters.test_vendor_requests import BY_NAME, CALLS, CONVERSATION, TOOL
from tests.support.vendors.calling import MODEL, REQUEST, Vendor, each_vendor

CLAUDE = replace(MODEL, cacheable_from_tokens=512)
LONG = "The tide comes in twice a day. " * 100
SHORT = "Be brief."
MARK = {"type": "ephemeral"}
claudes = pytest.mark.parametrize("vendor", ["anthropic", "bedrock"])


def body_of(vendor: Vendor | str, request: ChatRequest, model: Model = CLAUDE) -> Any:
    vendor = BY_NAME[vendor] if isinstance(vendor, str) else vendor
    return orjson.loads(vendor.make("http://127.0.0.1:1").wire_body(request, model))


def conversation(*texts: str, system: Sequence[str] = ()) -> ChatRequest:
    """The system's texts, then what user and assistant said in turn."""
    said = [ChatMessage.of_text("assistant" if place % 2 else "user", text) for place, text in enumerate(texts)]
    return replace(REQUEST, messages=(*(ChatMessage.of_text("system", text) for text in system), *said))


def marks(body: Any) -> list[str]:
    """Where the marks are: `system 0`, `message 1.0`."""
    found = [f"system {place}" for place, block in enumerate(body.get("system", ())) if "cache_control" in block]
    for turn, message in enumerate(body["messages"]):
        found += [f"message {turn}.{n}" for n, block in enumerate(message["content"]) if "cache_control" in block]
    return found


@claudes
@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (conversation(LONG), []),
        (conversation("One?", "One.", "Two?", system=[SHORT]), []),
        (conversation("One?", LONG, "Two?", system=[SHORT]), ["message 1.0"]),
        (conversation("One?", "One.", "Two?", LONG, "Three?"), ["message 3.0"]),
        (conversation("One?", system=[LONG]), ["system 0"]),
        (conversation("One?", "One.", "Two?", system=[LONG, "A summary."]), ["system 0", "system 1", "message 1.0"]),
        (conversation("One?", "One.", "Two?", system=[SHORT, LONG]), ["system 1", "message 1.0"]),
        (conversation("One?", "One.", "Two?", system=[LONG] * 5), ["system 2", "system 3", "system 4", "message 1.0"]),
        (replace(conversation("One?", LONG, "Two?", system=[LONG]), keeps_history=False), ["system 0"]),
        (replace(conversation("One?", system=[SHORT]), tools=(replace(TOOL, description=LONG),)), ["system 0"]),
    ],
    ids=[
        "a question alone",
        "all is short",
        "a long answer",
        "a later long answer",
        "long instructions",
        "a summary",
        "a long summary",
        "never more than four",
        "a history that moves on",
        "tools count too",
    ],
)
def test_marks_stand_where_a_long_beginning_ends(vendor: str, request_: ChatRequest, expected: list[str]) -> None:
    assert marks(body_of(vendor, request_)) == expected


def test_a_mark_is_all_that_is_added() -> None:
    request = conversation("One?", LONG, "Two?", system=[LONG])
    body, unmarked = body_of("anthropic", request), body_of("anthropic", request, MODEL)
    assert body["system"] == [{**unmarked["system"][0], "cache_control": MARK}]
    assert body["messages"][1]["content"] == [{"type": "text", "text": LONG, "cache_control": MARK}]
    del body["system"][0]["cache_control"], body["messages"][1]["content"][0]["cache_control"]
    assert body == unmarked
    assert marks(unmarked) == []


def test_results_of_tools_are_what_is_new() -> None:
    picture = ChatMessage("user", (TextPart(LONG), ImagePart("image/png", b"not really")))
    request = replace(REQUEST, messages=(picture, *CONVERSATION[2:5]), tools=(TOOL,))
    assert marks(body_of("anthropic", request)) == [f"message 1.{len(CALLS)}"]
    again = replace(request, messages=(*request.messages, ChatMessage("assistant", CALLS), *CONVERSATION[3:]))
    assert marks(body_of("anthropic", again)) == ["message 3.1"]


def test_an_empty_answer_is_no_place_for_a_mark() -> None:
    body = body_of("anthropic", conversation(LONG, "", "Are you there?"))
    assert marks(body) == ["message 0.0"]
    assert [block["text"] for block in body["messages"][0]["content"]] == [LONG, "Are you there?"]


@pytest.mark.parametrize(("continuation", "expected"), [("prefill", "message 1.0"), ("instruction", "message 3.0")])
def test_an_answer_that_goes_on_is_still_marked_before_what_is_new(continuation: Any, expected: str) -> None:
    model = replace(CLAUDE, continuation=continuation)
    begun = replace(conversation("One?", LONG, "Two?"), partial_text="Once upon ")
    assert marks(body_of("anthropic", as_sent(begun, model), model)) == [expected]


@each_vendor
def test_the_next_turn_begins_as_this_one_did(vendor: Vendor) -> None:
    said = ("One?", LONG, "Two?", "Two.", "Three?")
    first = replace(conversation(*said[:3], system=[LONG]), subject_id=UUID(int=1))
    second = replace(conversation(*said, system=[LONG]), subject_id=UUID(int=1), request_id=UUID(int=8))
    one, two = (_unmarked(body_of(vendor, request)) for request in (first, second))
    place = "contents" if vendor.name == "gemini" else "messages"
    earlier, later = one.pop(place), two.pop(place)
    assert later[: len(earlier)] == earlier
    assert one == two


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unmarked(inner) for name, inner in value.items() if name != "cache_control"}
    return [_unmarked(inner) for inner in value] if isinstance(value, list) else value


def test_openai_alone_gets_a_key_that_tells_conversations_apart() -> None:
    adapter = make_adapter(EndpointConfig(name="openai", adapter="openai"))
    asked = [replace(REQUEST, subject_id=subject, request_id=UUID(int=9)) for subject in (UUID(int=1), UUID(int=2))]
    asked.append(replace(asked[0], request_id=UUID(int=10)))
    first, other, again = (orjson.loads(adapter.wire_body(one, MODEL))["prompt_cache_key"] for one in asked)
    assert first == again != other
    assert asked[0].subject_id is not None
    assert asked[0].subject_id.hex not in first
    assert "prompt_cache_key" not in orjson.loads(adapter.wire_body(REQUEST, MODEL))
    assert "prompt_cache_key" not in body_of("openai", asked[0])
