"""Icons of the heroicons package: each is drawn once a page as a symbol, and used by name."""

from __future__ import annotations

import functools
from xml.etree import ElementTree  # nosec B405  # for drawings of a package

from django import template
from django.template.base import Parser, TextNode, Token
from django.utils.safestring import SafeString, mark_safe
from heroicons.templatetags.heroicons import heroicon_outline

register = template.Library()

NAMES = (
    "adjustments-horizontal",
    "archive-box",
    "arrow-down",
    "arrow-path",
    "arrow-top-right-on-square",
    "arrow-up",
    "banknotes",
    "book-open",
    "bookmark",
    "bars-3",
    "chart-bar",
    "chat-bubble-bottom-center-text",
    "check",
    "chevron-left",
    "chevron-right",
    "clipboard",
    "clock",
    "command-line",
    "document-text",
    "cpu-chip",
    "ellipsis-horizontal",
    "flag",
    "folder",
    "arrow-down-tray",
    "arrow-up-tray",
    "arrow-right-start-on-rectangle",
    "hand-thumb-down",
    "hand-thumb-up",
    "identification",
    "key",
    "link",
    "magnifying-glass",
    "paper-clip",
    "pencil",
    "plus",
    "queue-list",
    "scale",
    "shield-check",
    "signal",
    "square-2-stack",
    "star",
    "stop",
    "tag",
    "trash",
    "x-mark",
)


@register.tag
def icon(_parser: Parser, token: Token) -> TextNode:
    """A picture beside a word or within a labelled control: assistive technology passes it over. Made with the
    template: a page has hundreds.

    `{% icon "check" %}`
    """
    name = token.contents.removeprefix('icon "').removesuffix('"')
    if token.contents != f'icon "{name}"' or name not in NAMES:
        raise template.TemplateSyntaxError(f"{token.contents}: not among the icons of convoscope/templatetags/icons.py")
    return TextNode(f'<svg class="icon" aria-hidden="true"><use href="#i-{name}"/></svg>')


@register.simple_tag
@functools.cache
def icon_symbols() -> SafeString:
    """Every icon's drawing, hidden, for the page that uses them."""
    return mark_safe(f'<svg class="symbols" hidden>{"".join(map(_symbol, NAMES))}</svg>')  # noqa: S308  # nosec B308, B703  # drawings of a package


def _symbol(name: str) -> str:
    drawing = ElementTree.fromstring(heroicon_outline(name))  # noqa: S314  # nosec B314  # a drawing of the package
    lines = "".join(f'<path d="{line.get("d")}"/>' for line in drawing)
    return f'<symbol id="i-{name}" viewBox="{drawing.get("viewBox")}">{lines}</symbol>'
