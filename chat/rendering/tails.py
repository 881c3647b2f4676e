"""Open ends that are shown without asking the parser: simple ones, and what it can't say anything about yet."""

from __future__ import annotations

import re

from .inline import escape
from .lines import is_plain
from .markup import HEADINGS
from .ops import Tail, make_tail

_PLAIN = r"([^\n*_`\[\]<>&\\~/|]+)\Z"
_ITEM = re.compile(rf" {{0,3}}(?:[-+*]|\d{{1,9}}[.)]) {_PLAIN}")
_HEADING = re.compile(rf"(#{{1,6}}) {_PLAIN}")
_TEXT = re.compile(_PLAIN)
_BREAK = re.compile(r"[ \t]*\n[ \t]*")
_RAW = {"": (["<p>", "</p>"], 0), "list_item": (["<li>", "</li>"], 0), "table": (["<tr>", "<td>", "</td></tr>"], 1)}


def simple_tail(text: str, kind: str, *, is_loose: bool) -> Tail | None:
    """The beginning of a paragraph, heading or item without any markup; `kind`: the open container."""
    if kind == "list_item":
        item = _ITEM.match(text)
        if item is None or not is_plain(item[1]):
            return None
        parts = ["<li>", "<p>", "</p></li>"] if is_loose else ["<li>", "</li>"]
        return make_tail(parts, len(parts) - 2, len(parts) - 1, item[1])
    if kind:
        return None
    if is_plain(text):
        return make_tail(["<p>", "</p>"], 0, 1, text) if _TEXT.match(text) else None
    heading = _HEADING.match(text)
    if heading is None:
        return None
    name = HEADINGS[f"h{len(heading[1])}"]
    return make_tail([f"<{name}>", f"</{name}>"], 0, 1, heading[2].lstrip())


def raw_tail(text: str, kind: str) -> Tail:
    parts, spot = _RAW[kind]
    return make_tail(parts, spot, spot + 1, raw_text(text))


def raw_text(text: str) -> str:
    """Source as it is, but lines without their indent and trailing spaces, as a paragraph's are."""
    return escape(_BREAK.sub("\n", text))
