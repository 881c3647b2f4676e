"""A request as it goes over the wire, for whoever looks into it: with words in place of what images consist of, which
nobody could read, and which would be kept with each of the answers that follow."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

from providers.contract import Adapter, ChatMessage, ChatRequest, ImagePart, Model, Part


def kept_body(adapter: Adapter, request: ChatRequest, model: Model) -> bytes:
    """JSON without any key."""
    words: dict[bytes, str] = {}
    messages = tuple(_named(message, words) for message in request.messages)
    if not words:
        return adapter.wire_body(request, model)
    body = adapter.wire_body(replace(request, messages=messages), model)
    for name, said in words.items():
        body = body.replace(b64encode(name), said.encode())
    return body


def _named(message: ChatMessage, words: dict[bytes, str]) -> ChatMessage:
    return replace(message, parts=tuple(_part(part, words) for part in message.parts))


def _part(part: Part, words: dict[bytes, str]) -> Part:
    """An image with a name for its data, of which every form of Base64 makes the same."""
    if not isinstance(part, ImagePart):
        return part
    digest = sha256(part.data).hexdigest()
    name = f"image {digest[:24]}".encode()
    words[name] = f"[{part.media_type} of {len(part.data):,} bytes, SHA-256 {digest}; its data isn't kept here]"
    return replace(part, data=name)
