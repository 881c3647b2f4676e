"""What reading a provider's payloads has in common: what can't be read is skipped and counted, until it is too much."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import orjson

from providers.adapters.failures import failure
from providers.adapters.naming import ToolNames
from providers.contract import AdapterEvent, ChatRequest, EndpointConfig, FinishReason, ToolCall
from providers.errors import NotAnApi, ProviderUnavailable

MAX_UNREADABLE_IN_A_ROW = 3
# Gemini's gateway streams as octets; compatible servers send their events as text or JSON.
STREAM_TYPES = ("text/event-stream", "application/json", "text/plain", "application/octet-stream")


class PayloadReader(ABC):
    """Reads the payloads of the answer to a request in order and remembers what only its end tells."""

    def __init__(self, endpoint: EndpointConfig, request: ChatRequest) -> None:
        self._endpoint = endpoint
        self._names = ToolNames(request)
        # A model that continues an answer may find nothing left to say.
        self._has_content = bool(request.partial_text)
        self._skipped = 0
        self._unreadable_in_a_row = 0

    def check_content_type(self, content_type: str) -> None:
        """Raises: NotAnApi for a page or document where a stream was asked for."""
        if content_type and not content_type.startswith(STREAM_TYPES):
            raise failure(NotAnApi, self._endpoint, detail=f"{content_type} instead of a stream")

    def read(self, payload: bytes) -> list[AdapterEvent]:
        """The events of one payload.

        Raises: ProviderError for an error in the stream, or three payloads in a row that can't be read.
        """
        try:
            events = self._events(orjson.loads(payload))
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            self._skipped += 1
            self._unreadable_in_a_row += 1
            if self._unreadable_in_a_row >= MAX_UNREADABLE_IN_A_ROW:
                raise failure(ProviderUnavailable, self._endpoint, detail=f"malformed stream: {exc}") from exc
            return []
        self._unreadable_in_a_row = 0
        return events

    @abstractmethod
    def _events(self, payload: Any) -> list[AdapterEvent]:
        """What a parsed payload says. Whatever it raises for a form it doesn't know counts as unreadable."""

    def _whole_calls(self, calls: Iterable[ToolCall], reason: FinishReason) -> Iterator[ToolCall]:
        """The calls that may be carried out, under our names: in an answer that was cut, those whose arguments are an
        object to its end. Half of an order isn't one."""
        for call in calls:
            if reason in ("tool_call", "complete") or _is_object(call.arguments):
                yield replace(call, name=self._names.ours(call.name), arguments=call.arguments or "{}")


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(orjson.loads(arguments), dict)
    except orjson.JSONDecodeError:
        return False
