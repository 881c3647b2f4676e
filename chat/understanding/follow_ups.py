"""What is kept of a model's answer that was to suggest how to go on: a few plain lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chat.actions.title_text import plain_lines
from chat.understanding.intent import INTENTS, Intent

MAX_SUGGESTIONS = 3
SUGGESTION_MAX_CHARS = 120
EXAMINED_CHARS = 2_000
# A model that says more of them didn't do what it was asked to, or explains itself.
MAX_LINES = 8

_INTENT = re.compile(r"^\W*intent\W+([a-z]+(?:[ _-][a-z]+)?)\W*$", re.I | re.M)
_NONE = frozenset(("none", "no suggestions", "n/a", "không", "không có"))


def clean_follow_ups(answer: str, *, asked: str = "") -> list[str]:
    """At most three different messages of one line, none of which was `asked` already; none at all of an answer that is
    something else."""
    lines = plain_lines(_INTENT.sub("", answer), examined_chars=EXAMINED_CHARS)
    suggestions = [line for line in lines if not line.endswith((":", "\N{FULLWIDTH COLON}"))]
    return fit_suggestions(suggestions, asked=asked) if len(suggestions) <= MAX_LINES else []


def fit_suggestions(kept: Iterable[object], *, asked: str = "") -> list[str]:
    """Those that may be shown, of whatever somebody kept."""
    fit: dict[str, str] = {}
    known = _key(asked)
    for one in kept:
        if isinstance(one, str) and one.isprintable() and len(one) <= SUGGESTION_MAX_CHARS:
            key = _key(one)
            if key and key != known and one.lower() not in _NONE:
                fit.setdefault(key, one)
    return list(fit.values())[:MAX_SUGGESTIONS]


def intent_in(answer: str) -> Intent | None:
    """What a model says that the person's message is, on a line of its own."""
    found = _INTENT.search(answer[:EXAMINED_CHARS])
    said = re.sub(r"[ -]", "_", found[1].lower()) if found else ""
    return next((intent for intent in INTENTS if intent == said), None)


def _key(text: str) -> str:
    """The same for what says the same."""
    return "".join(character for character in text.casefold() if character.isalnum())
