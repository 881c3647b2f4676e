"""What Anthropic's stream says, as events.

Event types this doesn't name are passed over: Anthropic adds some, and asks clients to bear with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from providers.adapters.anthropic.errors import stream_error
from providers.adapters.failures import failure
from providers.adapters.reading import PayloadReader
from providers.contract import (
    AdapterEvent,
    ChatRequest,
    EndpointConfig,
    Finished,
    FinishReason,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from providers.errors import ContentFiltered, ProviderUnavailable

# pause_turn: a turn of Anthropic's own tools, which we don't offer, that wants to be continued.
_FINISH: dict[str, FinishReason] = {
    "end_turn": "complete",
    "stop_sequence": "complete",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",
    "tool_use": "tool_call",
    "refusal": "content_filter",
}


@dataclass(slots=True)
class _Call:
    """A tool call whose arguments are still streaming."""

    number: int
    call_id: str
    name: str
    given: str
    pieces: list[str] = field(default_factory=list)

    def finished(self) -> ToolCall:
        return ToolCall(self.call_id, self.name, "".join(self.pieces) or self.given)


class MessageReader(PayloadReader):
    """Reads the events of one Claude message."""

    def __init__(self, endpoint: EndpointConfig, request: ChatRequest) -> None:
        super().__init__(endpoint, request)
        self._calls: dict[int, _Call] = {}
        self._usage: dict[str, Any] = {}
        self._reason: FinishReason | None = None

    def finish(self) -> Iterator[AdapterEvent]:
        """The events that end the answer.

        Raises: ProviderUnavailable if it was cut or empty; ContentFiltered, after its usage.
        """
        if self._reason is None:
            raise failure(ProviderUnavailable, self._endpoint, detail="the stream ended without a stop reason")
        if self._reason == "content_filter":
            yield from self._counted()
            raise failure(ContentFiltered, self._endpoint, detail="stop reason refusal")
        if not self._has_content:
            raise failure(ProviderUnavailable, self._endpoint, detail="the answer was empty")
        yield from self._whole_calls((call.finished() for call in self._calls.values()), self._reason)
        yield from self._counted()
        yield Finished(self._reason, self._skipped)

    def _events(self, event: Any) -> list[AdapterEvent]:
        match event["type"]:
            case "content_block_delta":
                return self._delta(event["index"], event["delta"])
            case "content_block_start":
                return self._block(event["index"], event["content_block"])
            case "message_start":
                self._count(event["message"]["usage"])
            case "message_delta":
                if reason := event["delta"].get("stop_reason"):
                    self._reason = _FINISH.get(reason, "complete")
                self._count(event.get("usage") or {})
            case "error":
                raise stream_error(event.get("error"), self._endpoint)
        return []

    def _delta(self, index: int, delta: Any) -> list[AdapterEvent]:
        match delta["type"]:
            case "text_delta":
                return self._said(TextDelta, delta["text"])
            case "thinking_delta":
                return self._said(ReasoningDelta, delta["thinking"])
            case "input_json_delta" if index in self._calls:
                call, piece = self._calls[index], _text(delta["partial_json"])
                call.pieces.append(piece)
                return [ToolCallDelta(call.number, self._names.ours(call.name), piece)] if piece else []
        return []

    def _block(self, index: int, block: Any) -> list[AdapterEvent]:
        """A block begins. Text may come with it; a call's name and id do."""
        match block["type"]:
            case "text":
                return self._said(TextDelta, block.get("text") or "")
            case "thinking":
                return self._said(ReasoningDelta, block.get("thinking") or "")
            case "tool_use":
                given = orjson.dumps(block["input"]).decode() if block.get("input") else ""
                call = _Call(len(self._calls), _text(block["id"]), _text(block["name"]), given)
                self._calls[index] = call
                self._has_content = True
                return [ToolCallDelta(call.number, self._names.ours(call.name), "")]
        return []

    def _said(self, kind: type[TextDelta | ReasoningDelta], text: Any) -> list[AdapterEvent]:
        if not _text(text):
            return []
        self._has_content = True
        return [kind(text)]

    def _count(self, usage: Any) -> None:
        """Counts are cumulative: what comes later replaces what came before."""
        self._usage |= {name: count for name, count in usage.items() if count is not None}

    def _counted(self) -> Iterator[Usage]:
        """Anthropic counts what it read from its cache and wrote to it apart from the rest of the input."""
        if not self._usage:
            return
        cached = int(self._usage.get("cache_read_input_tokens", 0))
        written = int(self._usage.get("cache_creation_input_tokens", 0))
        yield Usage(
            input_tokens=int(self._usage.get("input_tokens", 0)) + cached + written,
            output_tokens=int(self._usage.get("output_tokens", 0)),
            cached_tokens=cached,
            cache_write_tokens=written,
            reasoning_tokens=int(self._usage.get("output_tokens_details", {}).get("thinking_tokens", 0)),
        )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in the place of text")
    return value
