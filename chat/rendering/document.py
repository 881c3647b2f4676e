"""A whole text to HTML in one go."""

from __future__ import annotations

from .markup import block_events, plain_text
from .ops import Event
from .parser import PARSER_FAULTS, References, Source, normalize, parse_blocks
from .view import events_html


def render_markdown(text: str) -> str:
    """CommonMark, tables, task items, strikethrough, bare http(s) links, formulas and footnotes; raw HTML is shown as
    text. Never raises."""
    return events_html(document_events(normalize(text)))


def document_events(text: str) -> list[Event]:
    references: References = {}
    try:
        blocks = parse_blocks(text, references)
        source = Source(text)
        return [event for block in blocks for event in block_events(block, source, references)]
    except PARSER_FAULTS:
        return [plain_text("paragraph", text).html]
