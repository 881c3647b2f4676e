"""Marks of a conversation's form inside a text: the role that speaks next, the delimiters of chat templates, a model
called by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chat.guards.attacks.hits import ANY, Hit

# All of this is looked for in a folded text: lower case, a space for an underscore.
_DELIMITER = re.compile(
    r"[<\[](?:\|[a-z ]{2,20}\|>|/?inst\]|</?sys>>"
    r"|/?(?:system|developer|assistant)(?: (?:message|prompt|instructions?|input))?>)"
)
_TEMPLATE = re.compile(r"^### (?:instruction|response|input|system|assistant|human)s? ?:?[ \t]*$", re.MULTILINE)
_KIND = "message|prompt|override|note|update|instructions?|notice"
_ROLE = rf"(?P<role>system|developer|assistant|user|human|ai)(?: (?:{_KIND}))?"
_ROLE_LINE = re.compile(
    rf"^[ \t>#*=\-]*(?:\[{_ROLE.replace('?P<role>', '')}\](?!\()|\[?{_ROLE}\]?[ \t]?:)", re.MULTILINE
)
_BANNER = re.compile(
    r"^[ \t]*(?:(?:[#=*]{2,}|-{3,}) ?(?:end of|begin|start of|new|system|admin|override)\b|system override\b"
    r"|override:)",
    re.MULTILINE,
)
# A name at the beginning of what is said, and what is said to it after a comma or a colon.
_BEFORE_NAME = re.compile(r"(?:^|[\n.!?;:>\[(\"'*\-]|\b(?:hey|dear|hello|hi|attention|,))\s*$")
_AFTER_NAME = re.compile(r"\s?[,:!]")
_LONGEST_BEFORE = 12
# Where several speak, a name before a colon is the one who speaks.
_SPEAKER = re.compile(r"^[ \t]*[^\W\d][\w ]{1,20}: ", re.MULTILINE)
_FEWEST_SPEAKERS = 3


def markers(text: str) -> Iterator[Hit]:
    for match in _DELIMITER.finditer(text):
        yield Hit(*match.span(), "marker", ANY)
        yield Hit(*match.span(), "delimiter", ANY)
    for match in _TEMPLATE.finditer(text):
        yield Hit(*match.span(), "marker", ANY)
    for match in _BANNER.finditer(text):
        yield Hit(*match.span(), "banner", ANY)
    speakers = set()
    for match in _ROLE_LINE.finditer(text):
        role = match["role"]
        # "User:" begins many a line that no model reads as a turn.
        if role != "user":
            yield Hit(*match.span(), "marker", ANY)
        speakers.add(role)
        if role in ("user", "human", "system") and "assistant" in speakers:
            yield Hit(*match.span(), "turns", ANY)


def vocatives(text: str, hits: Iterable[Hit]) -> Iterator[Hit]:
    called = [hit for hit in hits if hit.idea == "name" and _AFTER_NAME.match(text, hit.end)]
    if not called:
        return
    is_transcript = sum(1 for _ in _SPEAKER.finditer(text)) >= _FEWEST_SPEAKERS
    for start, end, _, language in called:
        is_first = not start or _BEFORE_NAME.search(text[max(0, start - _LONGEST_BEFORE) : start])
        if is_first and not (is_transcript and text[end] == ":"):
            yield Hit(start, end, "vocative", language)
