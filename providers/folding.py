"""An answer that nobody watches while it comes: the gateway's stream, folded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from math import inf

from django.conf import settings
from django.utils.translation import gettext as _

from providers.contract import (
    ChatRequest,
    Failed,
    Finished,
    FinishReason,
    GatewayEvent,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    Usage,
)
from providers.errors import ProviderTimeout
from providers.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Answer:
    """`usage` is that of the call that finished it, if its provider counted."""

    text: str
    reasoning: str
    calls: tuple[ToolCall, ...]
    usage: Usage | None
    finish_reason: FinishReason


async def complete(
    gateway: Gateway, request: ChatRequest, *, see: Callable[[GatewayEvent], None], within_s: float = inf
) -> Answer:
    """The whole answer, in `within_s` or LLM_TIMEOUT, whichever is less. `see` is given each event, for the books.

    Raises: ProviderError, which `see` was told before.
    """
    limit_s = min(within_s, settings.LLM_TIMEOUT)
    fold = _Fold()
    try:
        async with asyncio.timeout(limit_s), aclosing(gateway.stream(request)) as events:
            async for event in events:
                see(event)
                fold.take(event)
    except TimeoutError as exc:
        error = ProviderTimeout(_("There was no whole answer in time."), detail=f"not done within {limit_s:g} s")
        see(Failed(error))
        raise error from exc
    return fold.answer()


class _Fold:
    def __init__(self) -> None:
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[ToolCall] = []
        self._usage: Usage | None = None
        self._reason: FinishReason | None = None

    def take(self, event: GatewayEvent) -> None:
        """Raises: ProviderError if that is what the event tells."""
        match event:
            case TextDelta(text):
                self._text.append(text)
            case ReasoningDelta(text):
                self._reasoning.append(text)
            case ToolCall():
                self._calls.append(event)
            case Usage():
                self._usage = event
            case Finished(reason):
                self._reason = reason
            case Failed(error):
                raise error

    def answer(self) -> Answer:
        assert self._reason is not None, "a stream ends with Finished or Failed"
        return Answer("".join(self._text), "".join(self._reasoning), tuple(self._calls), self._usage, self._reason)
