"""An answer on its way into the cache, and out of it again as a stream."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import assert_never

from providers.cache.bounds import ANSWER_MAX_BYTES
from providers.cache.store import CachedAnswer
from providers.contract import (
    AdapterEvent,
    AttemptStarted,
    Dropped,
    Failed,
    FellBack,
    Finished,
    GatewayEvent,
    Model,
    ReasoningDelta,
    Retrying,
    Routed,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)

# As long as what a model sends; text without blanks, such as Chinese, is cut after as many characters.
_PIECE = re.compile(r"\s*\S{1,16}|\s+")
PIECES_IN_A_ROW = 8


class Keepable:
    """Watches the events of one request as they leave the gateway, for the answer that may be kept: of one call, to
    the model that was meant, complete, and read without a gap."""

    def __init__(self, model_full_id: str) -> None:
        self._model = model_full_id
        self._pieces: list[str] = []
        self._chars = 0
        self._calls = 0
        self._is_spoilt = False
        self._is_complete = False
        self.usage = Usage(0, 0)

    def see(self, event: GatewayEvent) -> None:
        match event:
            case AttemptStarted():
                self._calls += 1
                is_meant = f"{event.endpoint}/{event.model}" == self._model and event.source == "provider"
                self._is_spoilt |= self._calls > 1 or not is_meant
            case TextDelta(text):
                self._chars += len(text)
                if self._chars > ANSWER_MAX_BYTES:
                    self._is_spoilt = True
                    self._pieces.clear()
                elif not self._is_spoilt:
                    self._pieces.append(text)
            case Usage():
                self.usage = event
            case Finished(reason, skipped_chunks):
                self._is_complete = reason == "complete" and not skipped_chunks
            case Retrying() | Dropped() | FellBack() | Failed() | ToolCall() | ToolCallDelta():
                self._is_spoilt = True
            case Routed() | ReasoningDelta():
                pass
            case _:
                assert_never(event)

    @property
    def text(self) -> str:
        """The answer to be kept; "" if it must not be."""
        is_whole = self._is_complete and self._calls == 1 and not self._is_spoilt
        return "".join(self._pieces) if is_whole else ""


async def replay(answer: CachedAnswer) -> AsyncGenerator[AdapterEvent, None]:
    """The answer as a provider would stream it, without a wait but for the turns of others.

    Shape: `TextDelta`s, the `Usage` it once took, `Finished`.
    """
    for number, piece in enumerate(_PIECE.findall(answer.text), 1):
        yield TextDelta(piece)
        if number % PIECES_IN_A_ROW == 0:
            await asyncio.sleep(0)
    yield answer.usage
    yield Finished("complete")


async def replayed(answer: CachedAnswer, model: Model, *, call_number: int) -> AsyncGenerator[GatewayEvent, None]:
    """The same, begun as a call that asks nobody."""
    yield AttemptStarted(call_number, model.endpoint, model.id, "cache", source="cache")
    async for event in replay(answer):
        yield event
