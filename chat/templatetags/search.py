"""What was found, with its marks."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chat.search.snippets import Piece

register = template.Library()


@register.filter
def marked(pieces: Iterable[Piece]) -> SafeString:
    """Escaped, piece by piece. No template: a page has a hundred."""
    parts = (format_html("<mark>{}</mark>" if piece.is_hit else "{}", piece.text) for piece in pieces)
    return mark_safe("".join(parts))  # noqa: S308  # each part is escaped
