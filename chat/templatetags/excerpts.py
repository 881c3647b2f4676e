"""The beginning of a message where it stands for the whole."""

from __future__ import annotations

from django import template
from django.utils.text import Truncator

from chat.rendering.words import words_of

register = template.Library()

# The longest excerpt is found in it, whatever stands between its words.
LOOKED_AT_CHARS = 10_000


@register.filter
def excerpt(text: str, max_chars: int) -> str:
    return Truncator(words_of(text[:LOOKED_AT_CHARS])).chars(max_chars)
