"""The words of a text without its Markdown: for an excerpt of it, in one line."""

from __future__ import annotations

from .inline import inline_words
from .parser import PARSER_FAULTS, References, normalize, parse_blocks, parse_inline


def words_of(text: str) -> str:
    """What a reader of the rendered text sees, less where links lead. Never raises."""
    references: References = {}
    try:
        tokens = [token for block in parse_blocks(normalize(text), references) for token in block.tokens]
        parts = (
            inline_words(parse_inline(token.content, references)) if token.type == "inline" else token.content
            for token in tokens
        )
        return " ".join(" ".join(parts).split())
    except PARSER_FAULTS:
        return " ".join(text.split())
