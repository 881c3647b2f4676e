"""What an answer depends on, as a digest: two requests have the same one only if a model can't tell them apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import assert_never

from providers.contract import ChatMessage, ChatRequest, ImagePart, Part, TextPart, ToolCallPart, ToolResultPart

# Raise it when a request of the same content begins to mean something else: answers kept before are not found then.
VERSION = 1


def request_digest(request: ChatRequest, *, model_full_id: str, collections: Sequence[str]) -> str:
    """Of the whole request, as it goes to this model."""
    return _digest("request", request, model_full_id, collections, request.messages)


def context_digest(request: ChatRequest, *, model_full_id: str, collections: Sequence[str]) -> str:
    """Of everything but the last message."""
    return _digest("context", request, model_full_id, collections, request.messages[:-1])


def text_digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _digest(
    kind: str, request: ChatRequest, model_full_id: str, collections: Sequence[str], messages: Sequence[ChatMessage]
) -> str:
    """JSON keeps apart what would look the same if it were joined, and has a form for half surrogate pairs, too."""
    content = {
        "version": VERSION,
        "kind": kind,
        "model": model_full_id,
        "messages": [[message.role, [_written(part) for part in message.parts]] for message in messages],
        "temperature": request.temperature,
        "max_output_tokens": request.max_output_tokens,
        "tools": [[tool.name, tool.description, tool.parameters] for tool in request.tools],
        "partial_text": request.partial_text,
        "feature": request.feature,
        "collections": sorted(collections),
    }
    return sha256(json.dumps(content, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


def _written(part: Part) -> list[str]:
    match part:
        case TextPart(text):
            return ["text", text]
        case ImagePart(media_type, data):
            return ["image", media_type, sha256(data).hexdigest()]
        case ToolCallPart(call_id, name, arguments):
            return ["tool_call", call_id, name, arguments]
        case ToolResultPart(call_id, name, text):
            return ["tool_result", call_id, name, text]
        case _:
            assert_never(part)
