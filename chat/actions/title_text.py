"""What is kept of a model's answer that was to be a title or a few lines: plain text."""

from __future__ import annotations

import re
import textwrap

from chat.actions.conversations import TITLE_MAX_CHARS
from chat.actions.text import clean_line

# A title stands at the beginning, and the patterns below are slow on what never ends.
EXAMINED_CHARS = 1_000
# Some servers send a model's reasoning as a part of its text, its first mark left out by some.
_REASONING = re.compile(r"\A.*</think(?:ing)?>|\A\s*<think(?:ing)?>.*", re.S | re.I)
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})\w*\s*$", re.M)
_BLOCK_MARK = re.compile(r"^(?:#{1,6}\s+|>\s*|[-*+•]\s+|\d{1,2}[.)]\s+)")
_LABEL = re.compile(
    r"^(?:(?:the|a|conversation|chat|suggested|proposed|short)\s+)*"
    r"(?:title|tiêu đề|titel|titre|título|titolo|标题|標題|タイトル|제목)\s*[:：]\s*",  # noqa: RUF001
    re.I,
)
_LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_WRAPPERS = ('""', "''", "“”", "„“", "‘’", "«»", "「」", "『』", "《》", "__")  # noqa: RUF001
_END = " .。"


def clean_title(answer: str) -> str:
    """The first line that is no announcement (“Here is a title:”), without label, quotes and Markdown, cut between
    words at TITLE_MAX_CHARS; blank if nothing in it could be a title."""
    lines = plain_lines(answer, examined_chars=EXAMINED_CHARS)
    chosen = next((line for line in lines if not line.endswith((":", "："))), "")  # noqa: RUF001
    title = textwrap.shorten(chosen, TITLE_MAX_CHARS, placeholder="…")
    return title if any(character.isalnum() for character in title) else ""


def plain_lines(answer: str, *, examined_chars: int) -> list[str]:
    """What a model wrote, line by line, without what models put around it: reasoning, Markdown, labels, quotes."""
    text = _FENCE.sub("", without_reasoning(answer)[:examined_chars])
    return [plain for line in text.splitlines() if (plain := _plain(clean_line(line, max_chars=len(line))))]


def without_reasoning(answer: str) -> str:
    return _REASONING.sub("", answer)


def _plain(line: str) -> str:
    """What is left once nothing more comes off: labels stand in emphasis, quotes behind labels."""
    while True:
        before = line
        line = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", _BLOCK_MARK.sub("", line)))
        line = _unwrapped(_LABEL.sub("", line).rstrip(_END))
        if line == before:
            return line


def _unwrapped(line: str) -> str:
    inner = line[1:-1]
    is_wrapped = len(line) > 1 and line[0] + line[-1] in _WRAPPERS and not {line[0], line[-1]} & set(inner)
    return inner.strip() if is_wrapped else line
