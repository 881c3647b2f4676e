"""Anthropic's Messages, as api.anthropic.com writes them."""

from __future__ import annotations

import orjson

from tests.support.vendors.script import Answer, Event, RefusalKind, Status, StreamErrorKind, WireUsage, pieces

_FINISH = {"stop": "end_turn", "length": "max_tokens", "tool_call": "tool_use", "filtered": "refusal"}
# Tokens that make a new cache entry are counted apart from `input_tokens` and from those read from the cache.
CACHE_WRITE_TOKENS = 2
# Anthropic has no code of its own for a prompt that is too long or one whose content it refuses.
_REFUSALS: dict[RefusalKind, tuple[int, str]] = {
    "invalid": (400, "invalid_request_error"),
    "context_too_long": (400, "invalid_request_error"),
    "unauthorized": (401, "authentication_error"),
    "forbidden": (403, "permission_error"),
    "model_not_found": (404, "not_found_error"),
    "rate_limited": (429, "rate_limit_error"),
    "quota": (402, "billing_error"),
    "server_error": (500, "api_error"),
    "bad_gateway": (502, "api_error"),
    "unavailable": (503, "api_error"),
    "overloaded": (529, "overloaded_error"),
}
_ENVELOPE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "wire-model", "stop_sequence": None}


class AnthropicWire:
    def events(self, answer: Answer) -> list[Event]:
        usage = answer.usage or WireUsage(0, 0)
        start_usage = {**_input(usage), "output_tokens": 1, "service_tier": "standard"}
        message: dict[str, object] = {**_ENVELOPE, "content": [], "stop_reason": None, "usage": start_usage}
        events = [
            Event(_event("message_start", {"message": message}), "start"),
            Event(_event("ping", {}), "start"),
            *_blocks(answer),
        ]
        delta = {"stop_reason": _FINISH[answer.finish], "stop_sequence": None}
        events.append(Event(_event("message_delta", {"delta": delta, "usage": _output(usage)}), "finish"))
        return [*events, Event(_event("message_stop", {}), "terminator")]

    def whole(self, answer: Answer) -> object:
        usage = answer.usage or WireUsage(0, 0)
        content: list[object] = []
        if answer.reasoning:
            content.append({"type": "thinking", "thinking": "".join(answer.reasoning), "signature": "c2ln"})
        if answer.tokens:
            content.append({"type": "text", "text": "".join(answer.tokens)})
        for call in answer.calls:
            arguments = orjson.loads(call.arguments)
            content.append({"type": "tool_use", "id": call.call_id, "name": call.name, "input": arguments})
        both = {**_input(usage), **_output(usage)}
        return {**_ENVELOPE, "content": content, "stop_reason": _FINISH[answer.finish], "usage": both}

    def refusal(self, kind: RefusalKind) -> Status | None:
        if kind not in _REFUSALS:
            return None
        status, error_type = _REFUSALS[kind]
        error = {"type": error_type, "message": f"The vendor's words for {kind}."}
        return Status(status, orjson.dumps({"type": "error", "error": error, "request_id": "req_1"}))

    def stream_error(self, kind: StreamErrorKind) -> bytes:
        error_type = "rate_limit_error" if kind == "rate_limited" else "overloaded_error"
        return _event("error", {"error": {"type": error_type, "message": "The vendor's words."}})

    def payload(self, data: bytes) -> bytes:
        return b"event: content_block_delta\ndata: " + data + b"\n\n"

    def half_payload(self) -> bytes:
        return b'{"type":"content_block_delta","index":0,"delta":{"ty'


def _blocks(answer: Answer) -> list[Event]:
    """The content: each block opens, streams and closes under its own index."""
    events: list[Event] = []
    index = 0
    if answer.reasoning:
        events.append(_open(index, {"type": "thinking", "thinking": "", "signature": ""}))
        events += [_delta(index, "token", "thinking_delta", "thinking", text) for text in answer.reasoning]
        events += [_delta(index, "call", "signature_delta", "signature", "c2lnbmF0dXJl"), _close(index)]
        index += 1
    if answer.tokens:
        events.append(_open(index, {"type": "text", "text": ""}))
        events += [_delta(index, "token", "text_delta", "text", text) for text in answer.tokens]
        events.append(_close(index))
        index += 1
    for call in answer.calls:
        events.append(_open(index, {"type": "tool_use", "id": call.call_id, "name": call.name, "input": {}}))
        steps = ["", *pieces(call.arguments)]
        events += [_delta(index, "call", "input_json_delta", "partial_json", piece) for piece in steps]
        events.append(_close(index))
        index += 1
    return events


def _open(index: int, block: dict[str, object]) -> Event:
    return Event(_event("content_block_start", {"index": index, "content_block": block}), "call")


def _delta(index: int, role: str, kind: str, key: str, text: str) -> Event:
    data = _event("content_block_delta", {"index": index, "delta": {"type": kind, key: text}})
    return Event(data, "token" if role == "token" else "call")


def _close(index: int) -> Event:
    return Event(_event("content_block_stop", {"index": index}), "call")


def _event(name: str, body: dict[str, object]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps({"type": name, **body}) + b"\n\n"


def _input(usage: WireUsage) -> dict[str, object]:
    written = CACHE_WRITE_TOKENS if usage.cached_tokens else 0
    return {
        "input_tokens": usage.input_tokens - usage.cached_tokens - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cached_tokens,
    }


def _output(usage: WireUsage) -> dict[str, object]:
    details = {"thinking_tokens": usage.reasoning_tokens}
    return {"output_tokens": usage.output_tokens, "output_tokens_details": details}
