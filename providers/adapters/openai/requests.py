"""A request in OpenAI's form."""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b
from typing import Any, assert_never

import orjson

from providers.adapters.naming import legally_named
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

# What a model may refuse to be told, and is asked without then.
DISPENSABLE = frozenset({"temperature", "max_tokens"})


def request_body(
    request: ChatRequest, model: Model, *, is_openai: bool, refused: frozenset[str] = frozenset()
) -> bytes:
    """The body of a chat completion, as JSON.

    `is_openai` is False for endpoints that only speak its protocol; `refused` is what of DISPENSABLE the model refused.
    """
    request = legally_named(request)
    body: dict[str, Any] = {
        "model": model.id,
        "messages": [one for message in request.messages for one in _messages(message)],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    # OpenAI's reasoning models refuse any temperature but their own.
    if request.temperature is not None and "temperature" not in refused and not (is_openai and model.has_reasoning):
        body["temperature"] = request.temperature
    if request.max_output_tokens is not None:
        is_new = is_openai or "max_tokens" in refused
        body["max_completion_tokens" if is_new else "max_tokens"] = request.max_output_tokens
    if request.tools and model.has_tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if is_openai and request.subject_id is not None:
        # OpenAI sends requests of one key to where it keeps their common beginning. A digest tells it no id of ours.
        body["prompt_cache_key"] = blake2b(request.subject_id.bytes, digest_size=16).hexdigest()
    return orjson.dumps(body)


def _messages(message: ChatMessage) -> list[dict[str, Any]]:
    """One message as OpenAI's one or more: each tool result stands alone there."""
    results = [part for part in message.parts if isinstance(part, ToolResultPart)]
    if results:
        return [{"role": "tool", "tool_call_id": part.call_id, "content": part.text} for part in results]
    calls = [_call(part) for part in message.parts if isinstance(part, ToolCallPart)]
    content: Any = message.text
    if any(isinstance(part, ImagePart) for part in message.parts):
        content = [block for part in message.parts if (block := _block(part)) is not None]
    one: dict[str, Any] = {"role": message.role, "content": content}
    if calls:
        one |= {"tool_calls": calls, "content": content or None}
    return [one]


def _block(part: TextPart | ImagePart | ToolCallPart | ToolResultPart) -> dict[str, Any] | None:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(media_type, data):
            address = f"data:{media_type};base64,{b64encode(data).decode()}"
            return {"type": "image_url", "image_url": {"url": address}}
        case ToolCallPart() | ToolResultPart():
            return None
        case _:
            assert_never(part)


def _call(part: ToolCallPart) -> dict[str, Any]:
    return {
        "id": part.call_id,
        "type": "function",
        "function": {"name": part.name, "arguments": part.arguments},
    }


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": orjson.loads(tool.parameters)}
    return {"type": "function", "function": function}
