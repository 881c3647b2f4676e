"""Cutting a text into pieces the size of a language model's tokens."""

from __future__ import annotations

import re

# A word keeps the space before it; longer words are cut. Averages about four characters in English and in code.
_TOKEN = re.compile(r"[ ]?\w{1,5}|[ ]?[^\w\s]{1,3}|\s+?(?=\s?\S)|\s{1,4}")


def split_tokens(text: str) -> list[str]:
    """Joined again, they are `text`."""
    return _TOKEN.findall(text)
