from __future__ import annotations

from typing import NamedTuple

# Of what is no word, or a word in all languages.
ANY = "any"


class Hit(NamedTuple):
    """An idea, its place in a folded text and the language of its words."""

    start: int
    end: int
    idea: str
    language: str
