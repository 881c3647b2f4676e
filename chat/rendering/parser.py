"""Markdown source to block tokens and inline tokens (markdown-it), cut into units. No HTML is written here."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from .footnotes import add_footnotes
from .formula_rules import add_formulas

MAX_NESTING = 40
"""Deeper blocks are shown as plain text: the parser drops what is nested deeper, and every level costs stack frames."""
MAX_BARE_LINKS = 100
"""Finding bare links takes time with the square of their number in one paragraph; with more, none is looked for."""

PARSER_FAULTS = (LookupError, RuntimeError, ValueError)
"""What a parser may raise for a text it didn't expect (RecursionError is a RuntimeError)."""

References = MutableMapping[str, Any]

# Where the rules for inlines have something to look at. The parser's own stops are those of any plug-in, at each of
# which all rules are tried: five sixths of the time of ordinary prose.
STOPS = re.compile(r"[\n\\`~*_\[\]<&$]|!(?=\[)|:(?=//)")
_SCHEME = re.compile(r"[\x00-\x20]*([^/?#:]*):")
_SCHEMES = frozenset({"http", "https", "mailto"})
_UNSAFE = re.compile(r"[\x00\ud800-\udfff]")


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  the parser's own name
        scheme = _SCHEME.match(url)
        return scheme is None or scheme[1].lower() in _SCHEMES


def _make_parser(*, has_bare_links: bool) -> MarkdownIt:
    options = {"html": False, "linkify": has_bare_links, "maxNesting": MAX_NESTING, "tasklists": True}
    parser = _Parser("commonmark", options).enable(["table", "strikethrough", "linkify"])
    add_formulas(parser)
    add_footnotes(parser)
    parser.inline.terminator_re = STOPS
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
        for schema in ("ftp:", "//", "mailto:"):
            parser.linkify.add(schema, None)
    return parser


_PARSER = _make_parser(has_bare_links=True)
_PARSER_WITHOUT_BARE_LINKS = _make_parser(has_bare_links=False)


@dataclass(frozen=True, slots=True)
class Unit:
    """A top-level block, or an item or row of one: what becomes final as a whole."""

    kind: str
    tokens: list[Token]
    first_line: int
    end_line: int


class Source:
    """A text and its lines: where they start, and what a unit's own text is."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.text.split("\n"))]

    def offset(self, line: int) -> int:
        return min(self._starts[min(line, len(self._starts) - 1)], len(self.text))

    def lines(self, first: int, count: int) -> str:
        return self.text[self.offset(first) : self.offset(first + count)]

    def of(self, unit: Unit) -> str:
        return self.text[self.offset(unit.first_line) : self.offset(unit.end_line)].rstrip(" \t\n")


def normalize(text: str) -> str:
    """One kind of line end, and no character that HTML or UTF-8 can't carry."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if _UNSAFE.search(text) is None else _UNSAFE.sub("\ufffd", text)


def parse_blocks(text: str, references: References) -> list[Unit]:
    """Shape: top-level blocks in order; link definitions give no block and are added to `references`."""
    tokens: list[Token] = []
    _PARSER.block.parse(text, _PARSER, {"references": references}, tokens)
    return list(_cut(tokens, level=0))


def parse_inline(text: str, references: References) -> list[Token]:
    parser = _PARSER if text.count("://") <= MAX_BARE_LINKS else _PARSER_WITHOUT_BARE_LINKS
    return parser.inline.parse(text, parser, {"references": references}, [])


def list_items(block: Unit) -> list[Unit]:
    return list(_cut(block.tokens[1:-1], level=1))


def table_rows(block: Unit) -> list[Unit]:
    """The body's rows, without the header's."""
    return [unit for unit in _cut(block.tokens, level=2) if unit.tokens[1].type == "td_open"]


def table_header(block: Unit) -> list[Token]:
    end = next(index for index, token in enumerate(block.tokens) if token.type == "thead_close")
    return block.tokens[: end + 1]


def is_loose(items: list[Unit]) -> bool:
    """Whether paragraphs directly in these items keep their `p`: the list has an empty line in between."""
    return any(not token.hidden for item in items for token in _direct_paragraphs(item))


def set_loose(item: Unit, *, loose: bool) -> None:
    for token in _direct_paragraphs(item):
        token.hidden = not loose


def _direct_paragraphs(item: Unit) -> Iterator[Token]:
    level = item.tokens[0].level + 1
    return (t for t in item.tokens if t.level == level and t.type in ("paragraph_open", "paragraph_close"))


def _cut(tokens: list[Token], *, level: int) -> Iterator[Unit]:
    start = 0
    for index, token in enumerate(tokens):
        if token.level != level:
            continue
        if token.nesting == 1:
            start = index
            continue
        opening = tokens[start] if token.nesting == -1 else token
        first = start if token.nesting == -1 else index
        if opening.map is not None:
            kind = opening.type.removesuffix("_open")
            yield Unit(kind, tokens[first : index + 1], opening.map[0], opening.map[1])
