"""A request in Anthropic's form."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from typing import Any, assert_never

import orjson

from providers.adapters.anthropic.marks import MAX_MARKS, Beginning, mark, parted
from providers.adapters.arguments import arguments_object
from providers.adapters.naming import legally_named
from providers.contract import (
    ChatMessage,
    ChatRequest,
    ImagePart,
    Model,
    Part,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)

# Calls another vendor's model made earlier in the conversation may have ids that Anthropic refuses.
_ILLEGAL_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")

MAX_TEMPERATURE = 1.0


def request_body(request: ChatRequest, model: Model, *, with_temperature: bool = True) -> dict[str, Any]:
    """The arguments of `messages.create`."""
    body = countable(request, model)
    body["max_tokens"] = request.max_output_tokens or model.max_output_tokens
    body["stream"] = True
    # The SDK has no argument for it since 2.0. 0.0 is a value; Claude has none above 1.
    if with_temperature and request.temperature is not None:
        body["extra_body"] = {"temperature": min(request.temperature, MAX_TEMPERATURE)}
    return body


def countable(request: ChatRequest, model: Model) -> dict[str, Any]:
    """What of the request counts as input: the arguments of `messages.count_tokens`."""
    request = legally_named(request)
    beginning = Beginning(request, model)
    # The system prompt before what was said: `beginning` reads them in this order.
    system = _system(request, beginning)
    body: dict[str, Any] = {"model": model.id, "messages": _turns(request, beginning)}
    if system:
        body["system"] = system
    if request.tools and model.has_tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    return body


def _system(request: ChatRequest, beginning: Beginning) -> list[dict[str, Any]]:
    """Each system message is a block: where one changes, those before it are still found in the cache."""
    blocks, kept = [], []
    for message in request.messages:
        if message.role == "system" and message.text.strip():
            block = {"type": "text", "text": message.text}
            blocks.append(block)
            if beginning.is_kept_after((message,)):
                kept.append(block)
    for block in kept[-(MAX_MARKS - 1) :]:
        mark(block)
    return blocks


def _turns(request: ChatRequest, beginning: Beginning) -> list[dict[str, Any]]:
    earlier, newest = parted([message for message in request.messages if message.role != "system"])
    turns: list[dict[str, Any]] = []
    _add_turns(turns, earlier)
    if turns and request.keeps_history and beginning.is_kept_after(earlier):
        mark(turns[-1]["content"][-1])
    _add_turns(turns, newest)
    return turns


def _add_turns(turns: list[dict[str, Any]], messages: Sequence[ChatMessage]) -> None:
    """User and assistant in turn: the results of a turn's calls have to come together, in one message."""
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block for part in message.parts if (block := _block(part)) is not None]
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})


def _block(part: Part) -> dict[str, Any] | None:
    match part:
        case TextPart(text):
            # Anthropic refuses blocks of nothing but white space.
            return {"type": "text", "text": text} if text.strip() else None
        case ImagePart(media_type, data):
            source = {"type": "base64", "media_type": media_type, "data": b64encode(data).decode()}
            return {"type": "image", "source": source}
        case ToolCallPart(call_id, name, arguments):
            return {"type": "tool_use", "id": _legal_id(call_id), "name": name, "input": arguments_object(arguments)}
        case ToolResultPart(call_id, _, text):
            return {"type": "tool_result", "tool_use_id": _legal_id(call_id), "content": text}
        case _:
            assert_never(part)


def _legal_id(call_id: str) -> str:
    return _ILLEGAL_IN_ID.sub("_", call_id)


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": orjson.loads(tool.parameters)}
