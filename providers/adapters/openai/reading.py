"""What OpenAI's stream says, as events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from providers.adapters.failures import failure
from providers.adapters.openai.errors import stream_error
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
from providers.errors import ContentFiltered, ProviderError, ProviderUnavailable

_FINISH: dict[str, FinishReason] = {
    "stop": "complete",
    "length": "length",
    # Mistral's: the model's own limit.
    "model_length": "length",
    "tool_calls": "tool_call",
    "function_call": "tool_call",
}
# Reasons that are no end of an answer but a failure: OpenAI's own, OpenRouter's and DeepSeek's.
_FAILURES: dict[str, type[ProviderError]] = {
    "content_filter": ContentFiltered,
    "error": ProviderUnavailable,
    "insufficient_system_resource": ProviderUnavailable,
}


class ChatReader(PayloadReader):
    """Reads the chunks of one chat completion."""

    def __init__(self, endpoint: EndpointConfig, request: ChatRequest) -> None:
        super().__init__(endpoint, request)
        self._calls: dict[int, list[str]] = {}
        self._usage: Usage | None = None
        self._reason = ""

    def read(self, payload: bytes) -> list[AdapterEvent]:
        return [] if payload == b"[DONE]" else super().read(payload)

    def finish(self) -> Iterator[AdapterEvent]:
        """The events that end the answer.

        Raises: ProviderUnavailable if it was cut or empty; ContentFiltered or another failure, after its usage.
        """
        if not self._reason:
            raise failure(ProviderUnavailable, self._endpoint, detail="the stream ended without a finish reason")
        if kind := _FAILURES.get(self._reason):
            yield from self._counted()
            raise failure(kind, self._endpoint, detail=f"finish reason {self._reason}")
        if not self._has_content:
            raise failure(ProviderUnavailable, self._endpoint, detail="the answer was empty")
        reason = _FINISH.get(self._reason, "complete")
        yield from self._whole_calls((ToolCall(*call) for call in self._calls.values()), reason)
        yield from self._counted()
        yield Finished(reason, self._skipped)

    def _counted(self) -> Iterator[Usage]:
        if self._usage is not None:
            yield self._usage

    def _events(self, payload: Any) -> list[AdapterEvent]:
        if error := payload.get("error"):
            raise stream_error(error, self._endpoint)
        if usage := payload.get("usage"):
            self._usage = _usage(usage)
        choices = payload.get("choices")
        return self._choice(choices[0]) if choices else []

    def _choice(self, choice: dict[str, Any]) -> list[AdapterEvent]:
        delta = choice.get("delta") or {}
        events: list[AdapterEvent] = []
        if thought := delta.get("reasoning_content") or delta.get("reasoning"):
            events.append(ReasoningDelta(_text(thought)))
        if text := _text(delta.get("content") or delta.get("refusal")):
            events.append(TextDelta(text))
        events.extend(self._call(call) for call in delta.get("tool_calls") or ())
        if events:
            self._has_content = True
        if reason := choice.get("finish_reason"):
            self._reason = str(reason)
        return events

    def _call(self, call: dict[str, Any]) -> ToolCallDelta:
        index = self._index(call)
        function = call.get("function") or {}
        name, arguments = function.get("name") or "", function.get("arguments") or ""
        joined = self._calls.setdefault(index, ["", "", ""])
        joined[0] = joined[0] or call.get("id") or f"call_{index}"
        joined[1] += name
        joined[2] += arguments
        return ToolCallDelta(index, self._names.ours(joined[1]), arguments)

    def _index(self, call: dict[str, Any]) -> int:
        """Some compatible endpoints leave it out. There an id that is new begins a call, or a name without an id; what
        has neither goes on with the last."""
        if (index := call.get("index")) is not None:
            return int(index)
        last = max(self._calls, default=-1)
        if call_id := call.get("id"):
            return next((index for index, joined in self._calls.items() if joined[0] == call_id), last + 1)
        is_new = last < 0 or (call.get("function") or {}).get("name")
        return last + 1 if is_new else last


def _text(content: Any) -> str:
    """Some compatible endpoints send a list of parts where OpenAI sends a string.

    Raises: TypeError for what is neither.
    """
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content)
    if content is not None and not isinstance(content, str):
        raise TypeError(f"{type(content).__name__} in the place of text")
    return content or ""


def _usage(usage: dict[str, Any]) -> Usage:
    read, written = int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
    reasoned = int((usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0)
    # OpenAI counts reasoning in the answer, xAI beside it.
    is_beside = reasoned > 0 and read + written + reasoned == usage.get("total_tokens")
    return Usage(
        input_tokens=read,
        output_tokens=written + (reasoned if is_beside else 0),
        cached_tokens=int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
        reasoning_tokens=reasoned,
    )
