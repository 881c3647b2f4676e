"""Open ends that are shown without asking the block parser: simple ones, and what it can't say anything about yet."""

from __future__ import annotations

import re

from .escaping import escape
from .markup import HEADINGS
from .ops import Tail, make_tail

_PARAGRAPH = re.compile(
    r"(?![ \t\d#>=|:~+-])(?![*_] |([*_])(?: *\1){2}|`{3}|\[|\$\$|\\\[)(?:[^\n]|\n(?![ \t\d#>=|:~+*_`\[$\\\n-]))+"
)
_ITEM = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)]) +")
_HEADING = re.compile(r"(#{1,6}) +([^\n]+)")
_PIPE = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"[ \t]*\n[ \t]*")


def simple_block(text: str, kind: str, *, is_loose: bool) -> tuple[list[str], str] | None:
    """A lone paragraph, heading or item with nothing but text in it; `kind`: the open container.
    Shape: what opens and closes it, and its inline Markdown."""
    if kind == "list_item":
        marker = _ITEM.match(text)
        if marker is None or _PARAGRAPH.fullmatch(text, marker.end()) is None:
            return None
        return ["<li>", "<p>", "</p></li>"] if is_loose else ["<li>", "</li>"], text[marker.end() :]
    if _PARAGRAPH.fullmatch(text):
        return ["<p>", "</p>"], text
    heading = _HEADING.fullmatch(text)
    if heading is None:
        return None
    name = HEADINGS[f"h{len(heading[1])}"]
    return [f"<{name}>", f"</{name}>"], heading[2]


def row_tail(text: str) -> Tail:
    """A row's cells with their source: a row is short, and rendered when its line is complete."""
    cells = [escape(cell.strip()) for cell in _PIPE.split(text.strip().removeprefix("|"))]
    before = "".join(f"<td>{cell}</td>" for cell in cells[:-1])
    return make_tail(["<tr>", f"{before}<td>", "</td></tr>"], 1, 2, cells[-1])


def raw_tail(text: str, kind: str) -> Tail:
    parts = ["<li>", "</li>"] if kind == "list_item" else ["<p>", "</p>"]
    return make_tail(parts, 0, 1, raw_text(text))


def raw_text(text: str) -> str:
    """Source as it is, but lines without their indent and trailing spaces, as a paragraph's are."""
    return escape(_BREAK.sub("\n", text))
