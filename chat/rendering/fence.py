"""The code of a fence that is still open: it is shown as it comes, so only its end has to be looked for."""

from __future__ import annotations

import re

from .code_block import CODE_END, FIGURE_START, code_html, code_start
from .escaping import escape
from .ops import Tail, make_tail
from .parser import Unit


class OpenFence:
    def __init__(self, fence: Unit, opening_line: str) -> None:
        token = fence.tokens[0]
        marker = token.markup[0]
        self._info = token.info
        self._indent = len(opening_line) - len(opening_line.lstrip(" "))
        self._end = re.compile(rf" {{0,3}}{marker}{{{len(token.markup)},}}[ \t]*")
        self._may_be_end = re.compile(rf"[ \t{marker}]*")
        self._code: list[str] = []
        self._held: list[str] = []
        self._is_line_shown = False

    def tail(self, text: str) -> Tail:
        return make_tail([FIGURE_START, code_start(self._info), CODE_END], 1, 2, text)

    def feed(self, text: str) -> tuple[str, str | None]:
        """Shape: the escaped code to show; what follows the fence once it has ended, None before."""
        shown: list[str] = []
        lines = text.split("\n")
        for index, line in enumerate(lines):
            is_complete = index + 1 < len(lines)
            if not self._is_line_shown:
                self._held.append(line)
                if is_complete or self._may_be_end.fullmatch(line) is None:
                    held = "".join(self._held)
                    self._held = []
                    if is_complete and self._end.fullmatch(held):
                        return self._take(shown), "\n".join(lines[index + 1 :])
                    line = _dedent(held, self._indent)
                    self._is_line_shown = True
            if self._is_line_shown:
                shown.append(line)
            if is_complete:
                shown.append("\n")
                self._is_line_shown = False
        return self._take(shown), None

    def finish(self) -> str:
        """The whole code block, ended by its last line or by the text's end."""
        held = "".join(self._held)
        if held.strip(" \t") and self._end.fullmatch(held) is None:
            self._code.append(_dedent(held, self._indent))
        code = "".join(self._code)
        return f"{FIGURE_START}{code_start(self._info)}{code_html(code, self._info)}{CODE_END}"

    def _take(self, shown: list[str]) -> str:
        self._code += shown
        return escape("".join(shown))


def _dedent(line: str, columns: int) -> str:
    """Without the opening line's indent; a tab that reaches beyond it leaves spaces."""
    column = index = 0
    while index < len(line) and column < columns and line[index] in " \t":
        column += 4 - column % 4 if line[index] == "\t" else 1
        index += 1
    return " " * (column - columns) + line[index:]
