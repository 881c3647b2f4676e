"""Streams a text into pages, as a browser that stays and one that comes in between see it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from chat.rendering import MAX_FRAME_CHARS, MarkdownStream, render_markdown
from tests.chat.rendering.page import Page


@dataclass
class Streamed:
    stream: MarkdownStream
    frames: list[str]
    snapshot: list[str]
    later_frames: list[str]


def pieces(text: str, cuts: list[int]) -> list[str]:
    """The text cut at these places, wherever they lie."""
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(places)]


def stream(tokens: list[str], *, step_s: float = 0.02, snapshot_at: int = -1) -> Streamed:
    markdown = MarkdownStream()
    result = Streamed(markdown, [], [], [])
    for index, token in enumerate(tokens):
        frame = markdown.feed(token, index * step_s)
        result.frames += [frame] if frame is not None else []
        result.later_frames += [frame] if frame is not None and 0 <= snapshot_at < index else []
        if index == snapshot_at:
            result.snapshot = markdown.snapshot()
    last = markdown.finish()
    result.frames += last
    result.later_frames += last
    assert all(0 < len(frame) <= MAX_FRAME_CHARS for frame in [*result.frames, *result.snapshot])
    return result


def page_of(frames: list[str]) -> str:
    page = Page()
    for frame in frames:
        page.apply(frame)
    return page.html()


def check(tokens: list[str], *, step_s: float = 0.02, snapshot_at: int = -1) -> Streamed:
    """What every stream must hold to; returned for more."""
    text = "".join(tokens)
    result = stream(tokens, step_s=step_s, snapshot_at=snapshot_at)
    expected = render_markdown(text)
    assert result.stream.html == expected
    assert page_of(result.frames) == expected
    assert render_markdown(result.stream.text) == expected
    if 0 <= snapshot_at < len(tokens):
        assert page_of([*result.snapshot, *result.later_frames]) == expected
    assert page_of(result.stream.snapshot()) == expected
    return result
