"""Footnotes, for the parser and as HTML.

A reference shows its label, whether or not a text follows later, and the text stays where it stands: so a block that
was sent never changes. The two find each other within their answer by `static/js/footnotes.js`; there are no ids, since
a page has many answers.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

# A range such as in [^a-z] is a character class of a regular expression.
_LABEL = r"\[\^(?!\w-\w)([\w-]{1,40})\]"
_REFERENCE = re.compile(_LABEL)
_DEFINITION = re.compile(_LABEL + r":[ \t]*")
_INDENT = 4

NOTE_START = '<div class="note" role="doc-footnote">'
NOTE_END = "</div>"


def add_footnotes(parser: MarkdownIt) -> None:
    # Before links and their definitions, which have the same form.
    parser.inline.ruler.before("link", "footnote", _reference)
    parser.block.ruler.before(
        "reference", "footnote", _definition, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def reference_html(label: str) -> str:
    return f'<sup><a href="#note-{label}" role="doc-noteref">[{label}]</a></sup>'


def back_html(label: str) -> str:
    return f'<a href="#note-{label}" role="doc-backlink">[{label}]</a>'


def _reference(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "[":
        return False
    match = _REFERENCE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("footnote_reference", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _definition(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    start = state.bMarks[first] + state.tShift[first]
    if not state.src.startswith("[^", start) or state.is_code_block(first):
        return False
    match = _DEFINITION.match(state.src, start, state.eMarks[first])
    if match is None:
        return False
    if silent:
        return True
    token = state.push("footnote_open", "div", 1)
    token.info = match[1]
    place = state.bMarks[first], state.tShift[first], state.sCount[first], state.parentType
    state.blkIndent += _INDENT
    state.bMarks[first], state.tShift[first], state.sCount[first] = match.end(), 0, state.blkIndent
    state.md.block.tokenize(state, first, end)
    state.blkIndent -= _INDENT
    state.bMarks[first], state.tShift[first], state.sCount[first], state.parentType = place
    state.push("footnote_close", "div", -1)
    token.map = [first, state.line]
    return True
