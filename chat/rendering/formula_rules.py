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
_BLOCK = re.compile(
    r"(?s:(\$\$)((?:[^$\\]++|\\.)++)\$\$|(\\\[)((?:[^\\]++|\\[^\]])++)\\\])(?P<rest>[^\n]*)",
)

_OPENERS = ("$$", "\\[")


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
    line = _BLOCK.match(state.src, start, state.eMarks[first])
    if line is not None and line["rest"].strip():
        return False
    if silent:
        return True
    stop = first + 1
    while stop < end and not state.isEmpty(stop) and state.sCount[stop] >= state.blkIndent:
        stop += 1
    text = state.getLines(first, stop, state.blkIndent, False).lstrip()
    match = _BLOCK.match(text)
    closing = first + text.count("\n", 0, match.end()) if match else stop - 1
    if match is not None and match["rest"].strip():
        _take_paragraph(state, first, closing, end)
        return True
    state.line = closing + 1
    token = state.push("formula" if match else "formula_source", "", 0)
    token.map = [first, state.line]
    token.content = text.rstrip()
    if match is not None:
        token.markup, token.content = (group for group in match.groups()[:-1] if group is not None)
    return True


def _take_paragraph(state: StateBlock, first: int, closing: int, end: int) -> None:
    """Text goes on behind the closing mark: all of it is one paragraph."""
    paragraph(state, closing, end, False)
    for token in state.tokens[-3:-1]:
        token.map = [first, state.line]
    state.tokens[-2].content = state.getLines(first, state.line, state.blkIndent, False).strip()
