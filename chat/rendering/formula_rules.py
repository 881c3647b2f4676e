"""Where formulas stand in Markdown, for the parser: `$x$` and `\\(x\\)` in a line, `$$x$$` and `\\[x\\]` set apart.

A block of its own begins with a line that begins with `$$` or `\\[`, and ends at the closing mark; without one, at the
next empty line. So its beginning is known by its first line alone, and a formula that never ends takes no more than its
paragraph with it.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, paragraph
from markdown_it.rules_inline import StateInline

from .formula import MAX_FORMULA_CHARS

# For prices: a dollar sign opens before a character and outside of words, and closes behind one and before no digit.
_INLINE = re.compile(
    r"""(?s:
    (\$\$) ((?:[^$\\]++|\\.)++) \$\$
    | (?<![0-9A-Za-z$]) (\$) (?!\s) ((?:[^$\\`]++|\\.)++) (?<!\s) \$ (?![0-9])
    | (\\\() ((?:[^\\]++|\\[^)])++) \\\)
    | (\\\[) ((?:[^\\]++|\\[^\]])++) \\\]
    )""",
    re.VERBOSE,
)
# From an opening mark, or a line's beginning, to the closing mark if there is one in the line.
_TO_CLOSING = {
    "$$": re.compile(r"(?:[^$\\]++|\\.?)*+(\$\$)?"),
    "\\[": re.compile(r"(?:[^\\]++|\\(?!\]).?)*+(\\\])?"),
}
_OPENERS = tuple(_TO_CLOSING)


def add_formulas(parser: MarkdownIt) -> None:
    # Before the escapes, which would take the backslash, and before tables, which would take the bars.
    parser.inline.ruler.before("escape", "formula", _inline_formula)
    parser.block.ruler.before(
        "table", "formula", _block_formula, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _inline_formula(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    match = _INLINE.match(state.src, state.pos, min(state.posMax, state.pos + MAX_FORMULA_CHARS))
    if match is None:
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.markup, token.content = (group for group in match.groups() if group is not None)
    state.pos = match.end()
    return True


def _block_formula(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    start = state.bMarks[first] + state.tShift[first]
    if not state.src.startswith(_OPENERS, start) or state.is_code_block(first):
        return False
    opener = state.src[start : start + 2]
    place = _TO_CLOSING[opener].match(state.src, start + 2, state.eMarks[first])
    if place is not None and place[1] and state.src[place.end() : state.eMarks[first]].strip():
        return False
    if silent:
        return True
    line, place = _find_closing(state, first, end, opener)
    if place is not None and state.src[place.end() : state.eMarks[line]].strip():
        _take_paragraph(state, first, line, end)
        return True
    state.line = line + 1
    token = state.push("formula" if place else "formula_source", "", 0)
    token.map = [first, state.line]
    token.content = state.getLines(first, state.line, state.blkIndent, False).strip()
    if place is not None:
        token.markup, token.content = opener, token.content[2:-2]
    return True


def _find_closing(state: StateBlock, first: int, end: int, opener: str) -> tuple[int, re.Match[str] | None]:
    """Shape: the line of the closing mark and its match, or the last line before an empty one and None."""
    line, skipped, is_formula = first, 2, True
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if is_formula:
            start = state.bMarks[line] + state.tShift[line] + skipped
            place = _TO_CLOSING[opener].match(state.src, start, state.eMarks[line])
            if place is not None and place[1]:
                return line, place
            is_formula = place is not None and place.end() == state.eMarks[line]
        line, skipped = line + 1, 0
    return line - 1, None


def _take_paragraph(state: StateBlock, first: int, closing: int, end: int) -> None:
    """Text goes on behind the closing mark: all of it is one paragraph."""
    paragraph(state, closing, end, False)
    for token in state.tokens[-3:-1]:
        token.map = [first, state.line]
    state.tokens[-2].content = state.getLines(first, state.line, state.blkIndent, False).strip()
