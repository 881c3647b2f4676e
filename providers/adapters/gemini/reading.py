"""What Gemini's stream says, as events. Fields this doesn't name are passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from providers.adapters.failures import failure
from providers.adapters.gemini.errors import stream_error
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
from providers.errors import ContentFiltered, InvalidRequest, ProviderError, ProviderUnavailable

# CONTINUATION: Google's limit for one request, before the model had finished.
_FINISH: dict[str, FinishReason] = {"STOP": "complete", "MAX_TOKENS": "length", "CONTINUATION": "length"}
# Reasons that are no end of an answer but a failure. Those in neither table are left to `_finish_reason`.
_FAILURES: dict[str, type[ProviderError]] = {
    **dict.fromkeys(("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"), ContentFiltered),
    **dict.fromkeys(("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"), ContentFiltered),
    **dict.fromkeys(("ESCALATION", "PUP_LIMITED_DISABLED"), ContentFiltered),
    **dict.fromkeys(("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"), ProviderUnavailable),
    **dict.fromkeys(("LANGUAGE", "TOO_MANY_TOOL_CALLS"), ProviderUnavailable),
    "MISSING_THOUGHT_SIGNATURE": InvalidRequest,
}


class ContentReader(PayloadReader):
    """Reads the chunks of one Gemini answer."""

    def __init__(self, endpoint: EndpointConfig, request: ChatRequest) -> None:
        super().__init__(endpoint, request)
        self._call_prefix = f"call_{request.request_id.hex[:12]}_{request.first_call_number}"
        self._calls: list[ToolCall] = []
        self._usage: dict[str, Any] = {}
        self._reason = ""
        self._block_reason = ""

    def finish(self) -> Iterator[AdapterEvent]:
        """The events that end the answer.

        Raises: ProviderUnavailable if it was cut or empty; ContentFiltered or another failure, after its usage.
        """
        if self._block_reason:
            yield from self._counted()
            raise failure(ContentFiltered, self._endpoint, detail=f"prompt blocked: {self._block_reason}")
        if not self._reason:
            raise failure(ProviderUnavailable, self._endpoint, detail="the stream ended without a finish reason")
        if kind := _FAILURES.get(self._reason):
            yield from self._counted()
            raise failure(kind, self._endpoint, detail=f"finish reason {self._reason}")
        if not self._has_content:
            raise failure(ProviderUnavailable, self._endpoint, detail=f"the answer was empty: {self._reason}")
        reason = self._finish_reason()
        yield from self._whole_calls(self._calls, reason)
        yield from self._counted()
        yield Finished(reason, self._skipped)

    def _events(self, chunk: Any) -> list[AdapterEvent]:
        if error := chunk.get("error"):
            raise stream_error(error, self._endpoint)
        if usage := chunk.get("usageMetadata"):
            self._usage = dict(usage)
        candidates = chunk.get("candidates")
        if not candidates:
            # A prompt that is refused has none, but a reason.
            self._block_reason = (chunk.get("promptFeedback") or {}).get("blockReason") or self._block_reason
            return []
        candidate = candidates[0]
        content = candidate.get("content") or {}
        events = [event for part in content.get("parts") or () for event in self._part(part)]
        if reason := candidate.get("finishReason"):
            self._reason = str(reason)
        return events

    def _part(self, part: Any) -> Iterator[AdapterEvent]:
        if text := part.get("text"):
            if not isinstance(text, str):
                raise TypeError(f"{type(text).__name__} in the place of text")
            self._has_content = True
            yield ReasoningDelta(text) if part.get("thought") else TextDelta(text)
        if call := part.get("functionCall"):
            number, name = len(self._calls), self._names.ours(call["name"])
            arguments = orjson.dumps(call.get("args") or {}).decode()
            self._calls.append(ToolCall(call.get("id") or f"{self._call_prefix}_{number}", call["name"], arguments))
            self._has_content = True
            yield ToolCallDelta(number, name, arguments)

    def _finish_reason(self) -> FinishReason:
        """Gemini ends a turn with tool calls like any other."""
        reason = _FINISH.get(self._reason, "complete")
        return "tool_call" if self._calls and reason == "complete" else reason

    def _counted(self) -> Iterator[Usage]:
        """Each chunk carries the counts so far. Thoughts are counted apart from the rest of the answer."""
        if not self._usage:
            return
        thoughts = self._tokens("thoughtsTokenCount")
        yield Usage(
            input_tokens=self._tokens("promptTokenCount") + self._tokens("toolUsePromptTokenCount"),
            output_tokens=self._tokens("candidatesTokenCount") + thoughts,
            cached_tokens=self._tokens("cachedContentTokenCount"),
            reasoning_tokens=thoughts,
        )

    def _tokens(self, name: str) -> int:
        return int(self._usage.get(name) or 0)
