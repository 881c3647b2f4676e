"""The built-in model as an adapter: deterministic text, streamed at the pace of a real model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

import orjson

from providers.adapters.offline.answers import compose_answer
from providers.adapters.offline.entities import make_entities
from providers.adapters.offline.follow_ups import make_follow_ups
from providers.adapters.offline.phrases import PHRASES
from providers.adapters.offline.summaries import make_summary
from providers.adapters.offline.talk import read_talk
from providers.adapters.offline.titles import make_title
from providers.adapters.offline.tokens import split_tokens
from providers.contract import AdapterEvent, ChatRequest, Finished, FinishReason, Model, TextDelta, Usage
from providers.tokens import estimate_input_tokens

DEFAULT_TOKENS_PER_S = 50.0
# A longer text is read beside the loop, which everything streams through: by rules that takes 10 ms or so.
QUICK_CHARS = 2_000
# Shorter beginnings of our note may be another model's own words.
NOTE_START_CHARS = 4


class OfflineAdapter:
    """Answers by rules, without a network. Same request, same text: so a run that was cut is continued to the letter.

    `tokens_per_s` of 0 or less doesn't wait. `clock` and `sleep` are there for tests.
    """

    def __init__(
        self,
        tokens_per_s: float = DEFAULT_TOKENS_PER_S,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tokens_per_s = tokens_per_s
        self._clock = clock
        self._sleep = sleep

    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        is_long = sum(len(message.text) for message in request.messages) > QUICK_CHARS
        full = await asyncio.to_thread(full_text, request) if is_long else full_text(request)
        tokens = split_tokens(remaining_text(full, request))
        limit = max(1, min(request.max_output_tokens or model.max_output_tokens, model.max_output_tokens))
        reason: FinishReason = "length" if len(tokens) > limit else "complete"
        started_at_s = self._clock()
        for number, token in enumerate(tokens[:limit]):
            if number:
                # Work in the background has no reader whose pace would matter.
                await self._wait_until_due(started_at_s, number, is_watched=request.feature == "chat")
            yield TextDelta(token)
        yield Usage(input_tokens=estimate_input_tokens(request, model), output_tokens=min(len(tokens), limit))
        yield Finished(reason)

    def wire_body(self, request: ChatRequest, model: Model) -> bytes:
        messages = [{"role": message.role, "content": message.text} for message in request.messages]
        return orjson.dumps({"model": model.id, "messages": messages})

    async def list_models(self) -> list[str]:
        return ["convoscope-offline"]

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _wait_until_due(self, started_at_s: float, number: int, *, is_watched: bool) -> None:
        """Due times count from the start, so that a late timer doesn't lower the rate. Always lets other tasks run."""
        if self._tokens_per_s <= 0 or not is_watched:
            await self._sleep(0)
            return
        due_s = started_at_s + number / self._tokens_per_s
        await self._sleep(max(0.0, due_s - self._clock()))


def full_text(request: ChatRequest) -> str:
    if request.feature == "title":
        return make_title(request)
    if request.feature == "follow_ups":
        return make_follow_ups(request)
    if request.feature == "summary":
        return make_summary(request)
    if request.feature == "entities":
        return make_entities(request)
    return compose_answer(read_talk(request), request_id=request.request_id)


def remaining_text(full: str, request: ChatRequest) -> str:
    """What of `full` wasn't shown yet. After another model's text it follows as a paragraph of its own, said so."""
    partial = request.partial_text
    if full.startswith(partial):
        return full[len(partial) :]
    if request.feature != "chat":
        return ""
    note = PHRASES[read_talk(request).language].continued
    addition = f"{note}\n\n{full}"
    shown_chars = _shown_chars(addition, partial, note)
    return addition[shown_chars:] if shown_chars else _paragraph_break(partial) + addition


def _shown_chars(addition: str, partial: str, note: str) -> int:
    """How much of the paragraph of our own an earlier call has shown already."""
    seen_from = partial.find(note)
    if seen_from >= 0 and addition.startswith(partial[seen_from:]):
        return len(partial) - seen_from
    return next((chars for chars in range(len(note), NOTE_START_CHARS - 1, -1) if partial.endswith(note[:chars])), 0)


def _paragraph_break(partial: str) -> str:
    fence = "\n```" if partial.count("```") % 2 else ""
    if fence:
        return f"{fence}\n\n"
    return "\n" * max(0, 2 - (len(partial) - len(partial.rstrip("\n"))))
