"""What the beginning of a line can mean, so that the parser is asked only where a line may begin or end a block."""

from __future__ import annotations

import re
from typing import Literal

Start = Literal["wait", "text", "block", "unsure"]

_CAN_START_BLOCK = frozenset(" \t-+*>#=_|:~`[$\\0123456789")
_MAY_BE_MARKER = re.compile(
    r"[-+*>#=_|:~` \t]{0,60}|[ \t]{0,60}(?:\d{1,9}[.)]?[ \t]{0,9}|`{3,}[^`]{0,200}|~{3,}.{0,200})"
)
_BLOCK = re.compile(r" {0,3}(?:>|#{1,6} +\S|([-+*]) (?:\1| )*(?!\1)\S|1[.)] +\S)")
_NUMBERED = re.compile(r" {0,3}\d{1,9}[.)] +\S")
_INDENT = re.compile(r" {2,}|\t")


def line_start(line: str, *, is_after_gap: bool, is_in_list: bool) -> Start:
    """`line`: as much as has come. "wait": too early to say. "text": goes on what is open. "block": what stands before
    this line can no longer change, whatever follows. "unsure": to be asked when the line is complete."""
    if line and line[0] not in _CAN_START_BLOCK:
        return "block" if is_after_gap else "text"
    if _MAY_BE_MARKER.fullmatch(line):
        return "wait"
    if is_in_list and _INDENT.match(line):
        return "text" if not is_after_gap else "unsure"
    if _BLOCK.match(line) or ((is_after_gap or is_in_list) and _NUMBERED.match(line)):
        return "block"
    return "unsure"


def is_plain(line: str) -> bool:
    """A complete line that neither begins nor ends a block, if the line before it wasn't empty."""
    return bool(line) and line[0] not in _CAN_START_BLOCK


def line_matters(line: str, kind: str, *, is_gap: bool, is_after_gap: bool) -> bool:
    """Whether a complete line may begin or end a block; `kind`: the container it stands in."""
    if is_gap:
        return kind != "list_item" and not is_after_gap
    if kind == "list_item" and not is_after_gap and _INDENT.match(line):
        return False
    return kind == "table" or is_after_gap or not is_plain(line)
