"""Markdown answers as HTML: whole (`render_markdown`), or while they are written (`MarkdownStream`), in frames.

A *frame* is a string that `static/js/live-ops.js` applies to the answer's body element, in which, while the answer is
being written, exactly one element (the tail) has `data-tail`, and at most one (the spot) in it `data-in`; the tail is
the spot if none has. A frame is a sequence of:

- escaped text: appended to the spot;
- `<template data-op>CONTENT</template>`: CONTENT takes the place of the tail. CONTENT holds the new tail, except in the
  stream's last op. In a body without a tail it is appended. Attributes:
  `data-up="n"`: CONTENT goes behind the tail's nth ancestor instead, and the tail is removed;
  `data-keep`: the tail stays as it is, without `data-tail` and `data-in`, and CONTENT goes behind it (or its ancestor);
  `data-redo`: CONTENT takes the place of all there is.

No frame is longer than `MAX_FRAME_CHARS`. Nothing here imports Django.
"""

from .document import render_markdown
from .ops import MAX_FRAME_CHARS
from .stream import MarkdownStream

RENDER_VERSION = 2
"""Stored beside rendered HTML; raise it when the same text gives other HTML."""

__all__ = ["MAX_FRAME_CHARS", "RENDER_VERSION", "MarkdownStream", "render_markdown"]
