"""Block tokens to HTML. A unit's HTML doesn't depend on when it is rendered, so the stream and one shot agree."""

from __future__ import annotations

from dataclasses import dataclass

from markdown_it.token import Token

from .code_block import CODE_END, FIGURE_START, code_html, code_start
from .escaping import escape
from .footnotes import NOTE_END, NOTE_START, back_html
from .formula import formula_html
from .inline import clean, inline_html
from .ops import Container, Event
from .parser import MAX_NESTING, PARSER_FAULTS, References, Source, Unit, list_items, table_header, table_rows

MAX_UNIT_CHARS = 30_000
"""A longer paragraph, item or row is shown as plain text: one unit's work is done at once."""

MAX_HEADER_CHARS = 2_000
"""A table with a longer header isn't sent row by row: each row's parsing repeats the header."""

TABLE_START = '<div class="table"><copy-button></copy-button><div tabindex="0" role="group" aria-label="Table"><table>'
TABLE_END = "</tbody></table></div></div>"
_TABLE_LEVELS = 4
_PLAIN = {"list_item": ("<li>", "</li>"), "table": ("<tr><td>", "</td></tr>"), "tr": ("<tr><td>", "</td></tr>")}
HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
_SIMPLE = {
    "blockquote_open": "<blockquote>",
    "blockquote_close": "</blockquote>",
    "bullet_list_open": "<ul>",
    "bullet_list_close": "</ul>",
    "ordered_list_close": "</ol>",
    "list_item_close": "</li>",
    "footnote_close": NOTE_END,
    "hr": "<hr>",
    "table_open": TABLE_START,
    "table_close": TABLE_END,
    "thead_open": "<thead>",
    "thead_close": "</thead><tbody>",
    "tr_open": "<tr>",
    "tr_close": "</tr>",
    "th_close": "</th>",
    "td_close": "</td>",
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A unit's HTML in parts. `spot` is the part that opens the element in which more text would be appended, `end`
    the number of parts before that place; None where there is none."""

    parts: list[str]
    spot: int | None = None
    end: int = 0

    @property
    def html(self) -> str:
        return "".join(self.parts)


def render_unit(unit: Unit, source: Source, references: References, *, is_live: bool = False) -> Rendered:
    if is_plain(unit, source):
        return plain_unit(unit, source)
    try:
        return _render(unit.tokens, references, is_live=is_live)
    except PARSER_FAULTS:
        return plain_unit(unit, source)


def block_events(block: Unit, source: Source, references: References) -> list[Event]:
    """A whole block; lists and tables as their container and units, so that each unit is judged alone."""
    container = container_of(block, references)
    if container is None:
        return [render_unit(block, source, references).html]
    units = list_items(block) if "list" in block.kind else table_rows(block)
    return [container, *(render_unit(unit, source, references).html for unit in units), None]


def container_of(block: Unit, references: References) -> Container | None:
    if block.kind == "table":
        if sum(len(token.content) for token in table_header(block)) > MAX_HEADER_CHARS:
            return None
        header = "".join(_render(table_header(block), references, is_live=False).parts)
        return Container(header, TABLE_END, _TABLE_LEVELS, "tr")
    if block.kind == "bullet_list":
        return Container("<ul>", "</ul>", 1, "li")
    if block.kind == "ordered_list":
        return Container(_ordered_list(block.tokens[0]), "</ol>", 1, "li")
    return None


def is_plain(unit: Unit, source: Source) -> bool:
    is_code = unit.kind in ("fence", "code_block")
    if len(source.text) > MAX_UNIT_CHARS and not is_code and len(source.of(unit)) > MAX_UNIT_CHARS:
        return True
    return any(token.level >= MAX_NESTING - 1 for token in unit.tokens)


def plain_unit(unit: Unit, source: Source) -> Rendered:
    return plain_text(unit.kind, source.of(unit))


def plain_text(kind: str, text: str) -> Rendered:
    start, end = _PLAIN.get(kind, ("", ""))
    body = ["<p>", escape(text), "</p>"]
    return Rendered([start, *body, end], 1, 3) if start else Rendered(body, 0, 2)


def _render(tokens: list[Token], references: References, *, is_live: bool) -> Rendered:
    parts: list[str] = []
    opened: list[int] = []
    spot: int | None = None
    end = 0
    for token in tokens:
        kind = token.type
        if kind == "inline":
            parts.append(inline_html(token.content, references))
            spot, end = opened[-1], len(parts)
        elif token.hidden or kind in ("tbody_open", "tbody_close"):
            continue
        elif kind in ("fence", "code_block"):
            code = code_html(token.content, token.info, is_live=is_live)
            parts += (FIGURE_START, code_start(token.info), code, CODE_END)
            spot, end = len(parts) - 3, len(parts) - 1
        elif kind in ("formula", "formula_source"):
            is_whole = kind == "formula"
            html = clean(formula_html(token.content, token.markup)) if is_whole else escape(token.content)
            parts += ("<p>", html, "</p>")
            spot, end = len(parts) - 3, len(parts) - 1
        elif token.nesting == -1:
            opened.pop()
            parts.append(_SIMPLE.get(kind) or _tag(token))
        else:
            if token.nesting == 1:
                opened.append(len(parts))
            parts.append(_SIMPLE.get(kind) or _tag(token))
            if "checked" in token.meta:
                state = ' checked=""' if token.meta["checked"] else ""
                parts.append(f'<input type="checkbox" disabled="" aria-label="Task"{state}>')
            if kind == "footnote_open":
                parts.append(back_html(token.info))
            spot, end = (opened[-1] if opened else None), len(parts)
    return Rendered(parts, spot, end)


def _tag(token: Token) -> str:
    kind = token.type
    if kind.startswith("heading"):
        return f"</{HEADINGS[token.tag]}>" if token.nesting == -1 else f"<{HEADINGS[token.tag]}>"
    if kind == "footnote_open":
        return NOTE_START
    if kind == "ordered_list_open":
        return _ordered_list(token)
    if kind == "list_item_open":
        return '<li class="task">' if "checked" in token.meta else "<li>"
    if kind in ("td_open", "th_open"):
        side = str(token.attrs.get("style", "")).removeprefix("text-align:")
        return f'<{token.tag} class="{side}">' if side in ("left", "center", "right") else f"<{token.tag}>"
    return "</p>" if token.nesting == -1 else "<p>"


def _ordered_list(token: Token) -> str:
    start = token.attrs.get("start")
    return "<ol>" if start is None else f'<ol start="{int(start)}">'
