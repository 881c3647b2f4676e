"""OpenAI's chat completions, as api.openai.com writes them; `reasoning_content` is what compatible servers add."""

from __future__ import annotations

from typing import Any

import orjson

from tests.support.vendors.script import Answer, Event, RefusalKind, Status, StreamErrorKind, WireUsage, pieces

_FINISH = {"stop": "stop", "length": "length", "tool_call": "tool_calls", "filtered": "content_filter"}
_HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "wire-model"}
_REFUSALS: dict[RefusalKind, tuple[int, str, str | None]] = {
    "invalid": (400, "invalid_request_error", None),
    "context_too_long": (400, "invalid_request_error", "context_length_exceeded"),
    "content_policy": (400, "invalid_request_error", "content_policy_violation"),
    "unauthorized": (401, "invalid_request_error", "invalid_api_key"),
    "forbidden": (403, "invalid_request_error", "unsupported_country_region_territory"),
    "model_not_found": (404, "invalid_request_error", "model_not_found"),
    "rate_limited": (429, "requests", "rate_limit_exceeded"),
    "quota": (429, "insufficient_quota", "insufficient_quota"),
    "server_error": (500, "server_error", None),
    "bad_gateway": (502, "server_error", None),
    "unavailable": (503, "server_error", None),
    "overloaded": (529, "server_error", None),
}


class OpenAIWire:
    def events(self, answer: Answer) -> list[Event]:
        events = [Event(_chunk({"role": "assistant", "content": "", "refusal": None}), "start")]
        events += [Event(_chunk({"reasoning_content": text}), "token") for text in answer.reasoning]
        events += [Event(_chunk({"content": text}), "token") for text in answer.tokens]
        for index, call in enumerate(answer.calls):
            function = {"name": call.name, "arguments": ""}
            opening = {"index": index, "id": call.call_id, "type": "function", "function": function}
            events.append(Event(_chunk({"tool_calls": [opening]}), "call"))
            for piece in pieces(call.arguments):
                delta = {"index": index, "function": {"arguments": piece}}
                events.append(Event(_chunk({"tool_calls": [delta]}), "call"))
        events.append(Event(_chunk({}, _FINISH[answer.finish]), "finish"))
        if answer.usage is not None:
            events.append(Event(_data({**_HEAD, "choices": [], "usage": _usage(answer.usage)}), "finish"))
        return [*events, Event(b"data: [DONE]\n\n", "terminator")]

    def whole(self, answer: Answer) -> object:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(answer.tokens) or None, "refusal": None}
        if answer.reasoning:
            message["reasoning_content"] = "".join(answer.reasoning)
        if answer.calls:
            message["tool_calls"] = [
                {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in answer.calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _FINISH[answer.finish]}
        body = {**_HEAD, "object": "chat.completion", "choices": [choice]}
        return body if answer.usage is None else {**body, "usage": _usage(answer.usage)}

    def refusal(self, kind: RefusalKind) -> Status | None:
        status, error_type, code = _REFUSALS[kind]
        error = {"message": f"The vendor's words for {kind}.", "type": error_type, "param": None, "code": code}
        return Status(status, orjson.dumps({"error": error}))

    def stream_error(self, kind: StreamErrorKind) -> bytes:
        code = "rate_limit_exceeded" if kind == "rate_limited" else None
        error_type = "requests" if kind == "rate_limited" else "server_error"
        return _data({"error": {"message": "The vendor's words.", "type": error_type, "param": None, "code": code}})

    def payload(self, data: bytes) -> bytes:
        return b"data: " + data + b"\n\n"

    def half_payload(self) -> bytes:
        return b'{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"cont'


def _chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    return _data({**_HEAD, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]})


def _data(body: object) -> bytes:
    return b"data: " + orjson.dumps(body) + b"\n\n"


def _usage(usage: WireUsage) -> dict[str, object]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
