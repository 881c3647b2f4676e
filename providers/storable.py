"""What a provider said, in a form that every database and every UTF-8 stream can hold."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar, assert_never

from providers.contract import (
    AdapterEvent,
    ChatRequest,
    Finished,
    Part,
    ReasoningDelta,
    TextDelta,
    TextPart,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from providers.errors import ProviderError

# NUL, which PostgreSQL refuses in text, and surrogates, which UTF-8 has no form for
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
# The largest number of a database's integer column
MAX_COUNT = 2**31 - 1

Error = TypeVar("Error", bound=ProviderError)


def storable_text(text: str) -> str:
    """The text without NUL; two surrogates that belong together are joined, one that is alone becomes U+FFFD."""
    if _UNSTORABLE.search(text) is None:
        return text
    return text.replace("\x00", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def storable_request(request: ChatRequest) -> ChatRequest:
    """The same request; what no JSON can carry is gone from its texts."""
    if not any(_UNSTORABLE.search(message.text) for message in request.messages):
        return request
    messages = tuple(
        replace(message, parts=tuple(_storable_part(part) for part in message.parts)) for message in request.messages
    )
    return replace(request, messages=messages)


def _storable_part(part: Part) -> Part:
    return replace(part, text=storable_text(part.text)) if isinstance(part, TextPart) else part


def storable_event(event: AdapterEvent) -> AdapterEvent:
    match event:
        case TextDelta(text) | ReasoningDelta(text):
            return event if _UNSTORABLE.search(text) is None else type(event)(storable_text(text))
        case ToolCallDelta() | ToolCall():
            return replace(event, name=storable_text(event.name), arguments=storable_text(event.arguments))
        case Usage():
            return Usage(
                input_tokens=_count(event.input_tokens),
                output_tokens=_count(event.output_tokens),
                cached_tokens=_count(event.cached_tokens),
                reasoning_tokens=_count(event.reasoning_tokens),
                cache_write_tokens=_count(event.cache_write_tokens),
            )
        case Finished():
            return event
        case _:
            assert_never(event)


def storable_error(error: Error) -> Error:
    """The same error; its words may repeat what a provider sent."""
    error.user_message = storable_text(error.user_message)
    error.detail = storable_text(error.detail)
    return error


def _count(tokens: int) -> int:
    return min(max(tokens, 0), MAX_COUNT)
