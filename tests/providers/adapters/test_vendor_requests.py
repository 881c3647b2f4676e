"""What each vendor is sent for the same conversation: system prompt, images, tools, settings, and nothing else."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from typing import Any

import orjson
import pytest

from providers.contract import (
    ChatMessage,
    ChatRequest,
    ImagePart,
    Model,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)
from providers.kept_body import kept_body
from tests.support.vendors.calling import MODEL, REQUEST, VENDORS, Vendor, call, connected, each_vendor
from tests.support.vendors.script import Answer

BY_NAME = {vendor.name: vendor for vendor in VENDORS}
IMAGE = b"\x89PNG not really"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = ToolDefinition("weather", "The weather of a city.", orjson.dumps(SCHEMA).decode())
CALLS = (ToolCallPart("call_1", "weather", '{"city":"Huế"}'), ToolCallPart("call_2", "weather", '{"city":"Vinh"}'))
CONVERSATION = (
    ChatMessage.of_text("system", "Be brief."),
    ChatMessage("user", (TextPart("What is this?"), ImagePart("image/png", IMAGE))),
    ChatMessage("assistant", (TextPart("I'll look."), *CALLS)),
    ChatMessage("tool", (ToolResultPart("call_1", "weather", "28 degrees"),)),
    ChatMessage("tool", (ToolResultPart("call_2", "weather", "31 degrees"),)),
    ChatMessage.of_text("user", "And?"),
)


async def sent(vendor: Vendor | str, request: ChatRequest, model: Model = MODEL) -> Any:
    vendor = BY_NAME[vendor] if isinstance(vendor, str) else vendor
    async with connected(vendor, Answer()) as (adapter, server):
        outcome = await call(adapter, request, model)
        assert outcome.error is None
        assert len(server.requests) == 1
        return server.requests[0].body


async def test_openai_conversation() -> None:
    body = await sent("openai", replace(REQUEST, messages=CONVERSATION, tools=(TOOL,)))
    system, user, assistant, *results, last = body["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert [block["type"] for block in user["content"]] == ["text", "image_url"]
    assert [made["id"] for made in assistant["tool_calls"]] == ["call_1", "call_2"]
    assert [(one["role"], one["tool_call_id"], one["content"]) for one in results] == [
        ("tool", "call_1", "28 degrees"),
        ("tool", "call_2", "31 degrees"),
    ]
    assert last == {"role": "user", "content": "And?"}
    assert body["tools"][0]["function"]["parameters"] == SCHEMA


async def test_anthropic_conversation() -> None:
    body = await sent("anthropic", replace(REQUEST, messages=CONVERSATION, tools=(TOOL,)))
    assert body["system"] == [{"type": "text", "text": "Be brief."}]
    picture = {"type": "base64", "media_type": "image/png", "data": b64encode(IMAGE).decode()}
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "image", "source": picture}]},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I'll look."},
                {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Huế"}},
                {"type": "tool_use", "id": "call_2", "name": "weather", "input": {"city": "Vinh"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": "28 degrees"},
                {"type": "tool_result", "tool_use_id": "call_2", "content": "31 degrees"},
                {"type": "text", "text": "And?"},
            ],
        },
    ]
    assert body["tools"] == [{"name": "weather", "description": "The weather of a city.", "input_schema": SCHEMA}]
    assert set(body) == {"model", "messages", "system", "tools", "max_tokens", "stream"}


async def test_gemini_conversation() -> None:
    body = await sent("gemini", replace(REQUEST, messages=CONVERSATION, tools=(TOOL,)))
    assert body["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    user, model, results = body["contents"]
    words, picture = user["parts"]
    assert (user["role"], words) == ("user", {"text": "What is this?"})
    assert _camel(picture) == {"inlineData": {"mimeType": "image/png", "data": b64encode(IMAGE).decode()}}
    assert model["role"] == "model"
    assert [part.get("functionCall") for part in model["parts"]] == [
        None,
        {"id": "call_1", "name": "weather", "args": {"city": "Huế"}},
        {"id": "call_2", "name": "weather", "args": {"city": "Vinh"}},
    ]
    assert {part.get("thoughtSignature") for part in model["parts"]} == {None, "skip_thought_signature_validator"}
    assert results == {
        "role": "user",
        "parts": [
            {"functionResponse": {"id": "call_1", "name": "weather", "response": {"output": "28 degrees"}}},
            {"functionResponse": {"id": "call_2", "name": "weather", "response": {"output": "31 degrees"}}},
            {"text": "And?"},
        ],
    }
    (tool,) = body["tools"][0]["functionDeclarations"]
    assert _camel(tool) == {
        "name": "weather",
        "description": "The weather of a city.",
        "parametersJsonSchema": SCHEMA,
    }
    assert set(body) - {"generationConfig"} == {"contents", "systemInstruction", "tools"}


def _camel(value: Any) -> Any:
    """The SDK writes some names with underlines; Google reads both forms."""
    if not isinstance(value, dict):
        return value
    return {re.sub(r"_(.)", lambda found: found[1].upper(), name): _camel(inner) for name, inner in value.items()}


def _settings(vendor: Vendor, body: dict[str, Any]) -> tuple[Any, Any]:
    """Temperature and limit, from where each vendor looks for them."""
    config = body.get("generationConfig", {})
    limit = body.get("max_tokens", body.get("max_completion_tokens", config.get("maxOutputTokens")))
    return body.get("temperature", config.get("temperature")), limit


@each_vendor
@pytest.mark.parametrize("temperature", [0.0, 0.7])
async def test_settings(vendor: Vendor, temperature: float) -> None:
    body = await sent(vendor, replace(REQUEST, temperature=temperature, max_output_tokens=77))
    assert _settings(vendor, body) == (temperature, 77)


@pytest.mark.parametrize("vendor", ["anthropic", "bedrock"])
async def test_a_temperature_beyond_claudes_is_the_highest_it_has(vendor: str) -> None:
    assert (await sent(vendor, replace(REQUEST, temperature=1.7)))["temperature"] == 1.0


@each_vendor
async def test_settings_left_to_the_vendor(vendor: Vendor) -> None:
    """Only Anthropic has to be told a limit: the model's."""
    body = await sent(vendor, REQUEST)
    limit = MODEL.max_output_tokens if vendor.name in ("anthropic", "bedrock") else None
    assert _settings(vendor, body) == (None, limit)


@each_vendor
async def test_a_model_without_tools_gets_none(vendor: Vendor) -> None:
    body = await sent(vendor, replace(REQUEST, tools=(TOOL,)), replace(MODEL, has_tools=False))
    assert "tools" not in body


@each_vendor
async def test_no_system_prompt_sends_none(vendor: Vendor) -> None:
    body = await sent(vendor, REQUEST)
    assert not {"system", "systemInstruction"} & set(body)
    assert "system" not in [message["role"] for message in body.get("messages", [])]


@pytest.mark.parametrize(("vendor", "role"), [("anthropic", "assistant"), ("gemini", "model")])
async def test_a_prefill_stands_last(vendor: str, role: str) -> None:
    messages = (*REQUEST.messages, ChatMessage.of_text("assistant", "Once upon"))
    body = await sent(vendor, replace(REQUEST, messages=messages))
    last = (body.get("messages") or body["contents"])[-1]
    assert last["role"] == role
    assert "Once upon" in orjson.dumps(last).decode()


@pytest.mark.parametrize("vendor", ["anthropic", "gemini"])
@pytest.mark.parametrize(
    ("arguments", "given"),
    [("", {}), ('{"a":', {"unreadable": '{"a":'}), ("[1]", {"value": [1]})],
    ids=["none", "half", "a list"],
)
async def test_arguments_that_are_no_object(vendor: str, arguments: str, given: dict[str, Any]) -> None:
    asked = ChatMessage("assistant", (ToolCallPart("call|1", "weather", arguments),))
    answered = ChatMessage("tool", (ToolResultPart("call|1", "weather", "28 degrees"),))
    body = await sent(vendor, replace(REQUEST, messages=(*REQUEST.messages, asked, answered)))
    if vendor == "anthropic":
        (made,), (result,) = body["messages"][1]["content"], body["messages"][2]["content"]
        assert (made["input"], made["id"], result["tool_use_id"]) == (given, "call_1", "call_1")
    else:
        made = body["contents"][1]["parts"][0]["functionCall"]
        assert (made.get("args", {}), made["id"]) == (given, "call|1")


@pytest.mark.parametrize("vendor", ["anthropic", "gemini"])
async def test_empty_messages_are_left_out(vendor: str) -> None:
    messages = (
        ChatMessage.of_text("user", "One."),
        ChatMessage.of_text("assistant", ""),
        ChatMessage.of_text("user", "Two."),
    )
    body = await sent(vendor, replace(REQUEST, messages=messages))
    assert len(body.get("messages") or body["contents"]) == 1


def _images(body: Any) -> list[tuple[str, str]]:
    """Media type and data of each, wherever the vendor has them."""
    found = []
    for message in body.get("messages", body.get("contents", [])):
        content = message.get("content", message.get("parts"))
        for block in content if isinstance(content, list) else []:
            match _camel(block):
                case {"type": "image_url", "imageUrl": {"url": url}} | {"image_url": {"url": url}}:
                    kind, _mark, data = url.removeprefix("data:").partition(";base64,")
                    found.append((kind, data))
                case {"type": "image", "source": {"mediaType": kind, "data": data}}:
                    found.append((kind, data))
                case {"inlineData": {"mimeType": kind, "data": data}}:
                    found.append((kind, data))
    return found


@each_vendor
async def test_images_alone_are_sent_whole_and_in_their_order(vendor: Vendor) -> None:
    pictures = (ImagePart("image/jpeg", bytes(range(256))), ImagePart("image/png", IMAGE))
    body = await sent(vendor, replace(REQUEST, messages=(ChatMessage("user", pictures),)))
    # Google reads both alphabets of Base64.
    said = [(kind, data.replace("-", "+").replace("_", "/")) for kind, data in _images(body)]
    assert said == [(one.media_type, b64encode(one.data).decode()) for one in pictures]


@each_vendor
async def test_what_is_kept_of_a_request_names_its_images(vendor: Vendor) -> None:
    picture = ImagePart("image/jpeg", bytes(range(256)) * 100)
    request = replace(REQUEST, messages=(ChatMessage("user", (picture, TextPart("What is it?"))),))
    async with connected(vendor, Answer()) as (adapter, _server):
        kept = kept_body(adapter, request, MODEL).decode()
        without = replace(REQUEST, messages=(ChatMessage.of_text("user", "What is it?"),))
        assert kept_body(adapter, without, MODEL) == adapter.wire_body(without, MODEL)
    assert "[image/jpeg of 25,600 bytes, SHA-256 " in kept
    assert ("What is it?" in kept, len(kept) < 2_000) == (True, True)
