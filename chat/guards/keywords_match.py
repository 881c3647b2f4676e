"""Finds the words of keyword lists in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chat.models import KeywordList
from chat.search.folding import fold


@dataclass(frozen=True, slots=True)
class Finding:
    """A list that a text has words of, and how many."""

    name: str
    category: str
    severity: int
    count: int


def find_keywords(lists: Iterable[KeywordList], text: str) -> list[Finding]:
    """Case, accents and punctuation make no difference."""
    folded = fold(text)
    found = []
    for one in lists:
        entries = {fold(entry) for entry in one.entries.splitlines()} - {""}
        if not entries:
            continue
        # The longest first: of two that begin alike it is the one that is meant.
        words = "|".join(map(re.escape, sorted(entries, key=len, reverse=True)))
        pattern = rf"(?<!\S)(?:{words})(?!\S)" if one.has_whole_words else words
        if count := len(re.findall(pattern, folded)):
            found.append(Finding(one.name, one.category, one.severity, count))
    return found
