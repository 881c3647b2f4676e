"""What was found, with its marks."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chat.search.snippets import Piece

register = template.Library()


@register.filter
def marked(pieces: Iterable[Piece]) -> SafeString:
    """Escaped, piece by piece. No template: a page has a hundred."""
    parts = ((escape(piece.text), piece.is_hit) for piece in pieces)
    return mark_safe("".join(f"<mark>{text}</mark>" if is_hit else text for text, is_hit in parts))  # noqa: S308  # nosec B308, B703  # each part is escaped
