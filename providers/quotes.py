"""Takes out of a provider's words for an error what they repeat of the request and the answer. Operators read them, and
they are kept when the conversation is gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from providers.contract import ChatRequest, ImagePart, ToolCallPart

QUOTED = "[text]"
# So long a piece is no coincidence. A shorter text is left out as a whole, but for words that errors are made of.
RUN_CHARS = 20
WHOLE_MIN_CHARS = 8
# A run of RUN_CHARS has one whole block among those that begin at multiples of this.
BLOCK_CHARS = RUN_CHARS // 2


def without_quotes(said: str, request: ChatRequest, *, received: Iterable[str]) -> str:
    """The words with `[text]` for each piece of RUN_CHARS or more that stands in the request or in what was `received`
    for it, as it is or escaped as in JSON."""
    return without_texts(said, (*_texts(request), "".join(received)))


def without_texts(said: str, texts: Iterable[str]) -> str:
    """The same for pieces of any of these."""
    hidden = bytearray(len(said))
    for text in texts:
        for form in {text, *(json.dumps(text, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))}:
            for start, end in _quotes(said, form):
                hidden[start:end] = b"\x01" * (end - start)
    pieces = groupby(range(len(said)), key=hidden.__getitem__)
    return "".join(QUOTED if is_hidden else "".join(said[place] for place in places) for is_hidden, places in pieces)


def _texts(request: ChatRequest) -> Iterator[str]:
    yield request.partial_text
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                yield part.arguments
            elif not isinstance(part, ImagePart):
                yield part.text


def _quotes(said: str, text: str) -> Iterator[tuple[int, int]]:
    """Where pieces of the text stand; they may overlap."""
    if WHOLE_MIN_CHARS <= len(text) < RUN_CHARS:
        start = said.find(text)
        while start >= 0:
            yield start, start + len(text)
            start = said.find(text, start + 1)
        return
    for block in range(0, len(said) - BLOCK_CHARS + 1, BLOCK_CHARS):
        # A request may be a megabyte: it isn't searched for every piece.
        if said[block : block + BLOCK_CHARS] in text:
            for start in range(max(0, block + BLOCK_CHARS - RUN_CHARS), block + 1):
                if len(piece := said[start : start + RUN_CHARS]) == RUN_CHARS and piece in text:
                    yield start, start + RUN_CHARS
