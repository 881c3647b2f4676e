"""Names of tools on the wire. Ours may be anything, such as two servers' tools of the same name, told apart by a dot;
vendors take letters, digits, - and _ only, and each name once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from providers.contract import ChatMessage, ChatRequest, ToolCallPart, ToolResultPart

MAX_CHARS = 64
# Gemini wants no digit at the beginning.
LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]")


class ToolNames:
    """The names of one request's tools, and of those its history speaks of. What is legal keeps its name."""

    def __init__(self, request: ChatRequest) -> None:
        self._on_wire = _legal(_names(request))
        self._ours = {on_wire: ours for ours, on_wire in self._on_wire.items()}

    def ours(self, on_wire: str) -> str:
        """The tool that the model means; a name that nobody gave it stays as it is."""
        return self._ours.get(on_wire, on_wire)

    def on_wire(self, request: ChatRequest) -> ChatRequest:
        """The request in legal names."""
        if all(ours == on_wire for ours, on_wire in self._on_wire.items()):
            return request
        tools = tuple(replace(tool, name=self._on_wire[tool.name]) for tool in request.tools)
        return replace(request, tools=tools, messages=tuple(map(self._renamed, request.messages)))

    def _renamed(self, message: ChatMessage) -> ChatMessage:
        parts = tuple(
            replace(part, name=self._on_wire[part.name]) if isinstance(part, ToolCallPart | ToolResultPart) else part
            for part in message.parts
        )
        return replace(message, parts=parts)


def legally_named(request: ChatRequest) -> ChatRequest:
    return ToolNames(request).on_wire(request)


def _names(request: ChatRequest) -> list[str]:
    parts = (part for message in request.messages for part in message.parts)
    spoken_of = (part.name for part in parts if isinstance(part, ToolCallPart | ToolResultPart))
    return list(dict.fromkeys((*(tool.name for tool in request.tools), *spoken_of)))


def _legal(names: Iterable[str]) -> dict[str, str]:
    """Shape: each name with its own on the wire."""
    on_wire = {name: name for name in names if LEGAL.fullmatch(name)}
    taken = set(on_wire)
    for name in names:
        if name not in on_wire:
            on_wire[name] = _free(name, taken)
            taken.add(on_wire[name])
    return on_wire


def _free(name: str, taken: set[str]) -> str:
    cleaned = _ILLEGAL.sub("_", name)
    if not LEGAL.match(cleaned):
        cleaned = f"_{cleaned}"
    found, number = cleaned[:MAX_CHARS], 1
    while found in taken:
        number += 1
        suffix = f"_{number}"
        found = cleaned[: MAX_CHARS - len(suffix)] + suffix
    return found
