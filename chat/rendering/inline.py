"""The inside of a paragraph, heading or cell as HTML: escaped, links made safe, sanitised."""

from __future__ import annotations

from urllib.parse import urlsplit

import nh3
from markdown_it.token import Token

from .escaping import escape, escape_attribute
from .footnotes import reference_html
from .formula import MATH_ATTRIBUTES, MATH_CLASSES, formula_html
from .parser import STOPS, References, parse_inline

_TAGS = {"em_": "em", "strong_": "strong", "s_": "s"}
_CLEANER = nh3.Cleaner(
    tags={"a", "br", "code", "em", "s", "span", "strong", "sup", *MATH_ATTRIBUTES},
    attributes={"a": {"href", "rel", "role", "target", "title"}, "span": {"tabindex"}, **MATH_ATTRIBUTES},
    allowed_classes={"a": {"remote-image"}, "code": {"math-source"}, "span": {"math", "remote-image"}, **MATH_CLASSES},
    link_rel=None,
    url_schemes={"http", "https", "mailto"},
)


def inline_html(text: str, references: References) -> str:
    """Text in which no rule has something to look at needs no parser: most paragraphs of prose."""
    if STOPS.search(text) is None:
        return escape(text)
    return clean(_render(parse_inline(text, references)))


def clean(html: str) -> str:
    return html if "<" not in html else _CLEANER.clean(html)


def _render(tokens: list[Token]) -> str:
    parts: list[str] = []
    links = 0
    for token in tokens:
        kind = token.type
        if kind in ("text", "text_special"):
            parts.append(escape(token.content))
        elif kind == "softbreak":
            parts.append("\n")
        elif kind == "hardbreak":
            parts.append("<br>")
        elif kind == "code_inline":
            parts.append(f"<code>{escape(token.content)}</code>")
        elif kind == "formula":
            parts.append(formula_html(token.content, token.markup))
        elif kind == "footnote_reference":
            parts.append(reference_html(token.content))
        elif kind == "image":
            parts.append(_image(token, is_in_link=links > 0))
        elif kind == "link_open":
            links += 1
            parts.append(_link(str(token.attrs.get("href", "")), str(token.attrs.get("title", ""))))
        elif kind == "link_close":
            links -= 1
            parts.append("</a>")
        else:
            parts.append(_mark(token))
    return "".join(parts)


def _mark(token: Token) -> str:
    name = _TAGS.get(token.type.removesuffix("open").removesuffix("close"))
    if name is None:
        return escape(token.content)
    return f"</{name}>" if token.nesting == -1 else f"<{name}>"


def _link(href: str, title: str, css_class: str = "") -> str:
    """Hovering shows where a link leads: its host, unless it brings a title."""
    class_ = f' class="{css_class}"' if css_class else ""
    title = title or _host(href)
    return (
        f'<a{class_} href="{escape_attribute(href)}" title="{escape_attribute(title)}" rel="noopener nofollow"'
        ' target="_blank">'
    )


def _image(token: Token, *, is_in_link: bool) -> str:
    """An image is never loaded (its URL can leak the conversation): a link with its description and host stands for
    it."""
    href = str(token.attrs.get("src", ""))
    host = _host(href)
    label = inline_words(token.children or []).strip()
    if is_in_link:
        return f'<span class="remote-image">{escape(label or host)}</span>'
    text = f"{label} ({host})" if label else host
    return f"{_link(href, str(token.attrs.get('title', '')), 'remote-image')}{escape(text)}</a>"


def inline_words(tokens: list[Token]) -> str:
    """Without marks."""
    return "".join(
        "\n" if token.type in ("softbreak", "hardbreak") else token.content or inline_words(token.children or [])
        for token in tokens
    )


def _host(href: str) -> str:
    try:
        return urlsplit(href).netloc.rpartition("@")[2] or href
    except ValueError:
        return href
