"""Gemini's generateContent and streamGenerateContent?alt=sse, as generativelanguage.googleapis.com writes them."""

from __future__ import annotations

from typing import Any

import orjson

from tests.support.vendors.script import Answer, Event, RefusalKind, Status, StreamErrorKind, WireUsage

_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool_call": "STOP", "filtered": "SAFETY"}
_HEAD = {"modelVersion": "wire-model", "responseId": "resp-1"}
# Google has no code of its own for a prompt that is too long.
_REFUSALS: dict[RefusalKind, tuple[int, str]] = {
    "invalid": (400, "INVALID_ARGUMENT"),
    "context_too_long": (400, "INVALID_ARGUMENT"),
    "unauthorized": (400, "INVALID_ARGUMENT"),
    "forbidden": (403, "PERMISSION_DENIED"),
    "model_not_found": (404, "NOT_FOUND"),
    "rate_limited": (429, "RESOURCE_EXHAUSTED"),
    "quota": (402, "RESOURCE_EXHAUSTED"),
    "server_error": (500, "INTERNAL"),
    "bad_gateway": (502, "UNKNOWN"),
    "unavailable": (503, "UNAVAILABLE"),
    "overloaded": (529, "UNAVAILABLE"),
}
_KEY_INVALID = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


class GeminiWire:
    def events(self, answer: Answer) -> list[Event]:
        usage = answer.usage
        events = [Event(_chunk([{"text": text, "thought": True}], usage), "token") for text in answer.reasoning]
        events += [Event(_chunk([{"text": text}], usage), "token") for text in answer.tokens]
        if answer.calls:
            events.append(Event(_chunk(_calls(answer), usage), "call"))
        return [*events, Event(_chunk([{"text": ""}], usage, _FINISH[answer.finish]), "finish")]

    def whole(self, answer: Answer) -> object:
        parts: list[dict[str, Any]] = []
        if answer.reasoning:
            parts.append({"text": "".join(answer.reasoning), "thought": True})
        if answer.tokens:
            parts.append({"text": "".join(answer.tokens)})
        return _body([*parts, *_calls(answer)], answer.usage, _FINISH[answer.finish])

    def refusal(self, kind: RefusalKind) -> Status | None:
        if kind == "content_policy":
            blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **_HEAD}
            return Status(200, self.payload(orjson.dumps(blocked)), "text/event-stream")
        status, name = _REFUSALS[kind]
        error: dict[str, object] = {"code": status, "message": f"The vendor's words for {kind}.", "status": name}
        if kind == "unauthorized":
            error["details"] = [_KEY_INVALID]
        return Status(status, orjson.dumps({"error": error}))

    def stream_error(self, kind: StreamErrorKind) -> bytes:
        status = (429, "RESOURCE_EXHAUSTED") if kind == "rate_limited" else (503, "UNAVAILABLE")
        error = {"code": status[0], "message": "The vendor's words.", "status": status[1]}
        return self.payload(orjson.dumps({"error": error}))

    def payload(self, data: bytes) -> bytes:
        return b"data: " + data + b"\r\n\r\n"

    def half_payload(self) -> bytes:
        return b'{"candidates":[{"content":{"parts":[{"te'


def _calls(answer: Answer) -> list[dict[str, Any]]:
    """Gemini sends a call whole; the first of parallel ones carries the signature of the thoughts before it."""
    calls: list[dict[str, Any]] = []
    for call in answer.calls:
        function = {"id": call.call_id, "name": call.name, "args": orjson.loads(call.arguments)}
        calls.append({"functionCall": function} if calls else {"functionCall": function, "thoughtSignature": "c2ln"})
    return calls


def _chunk(parts: list[dict[str, Any]], usage: WireUsage | None, finish: str | None = None) -> bytes:
    return b"data: " + orjson.dumps(_body(parts, usage, finish)) + b"\r\n\r\n"


def _body(parts: list[dict[str, Any]], usage: WireUsage | None, finish: str | None) -> dict[str, object]:
    candidate: dict[str, object] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    body: dict[str, object] = {"candidates": [candidate], **_HEAD}
    return body if usage is None else {**body, "usageMetadata": _usage(usage)}


def _usage(usage: WireUsage) -> dict[str, int]:
    counts = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    if usage.cached_tokens:
        counts["cachedContentTokenCount"] = usage.cached_tokens
    if usage.reasoning_tokens:
        counts["thoughtsTokenCount"] = usage.reasoning_tokens
    return counts
