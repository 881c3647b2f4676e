"""A message that leans on the conversation, said so that it stands alone: what is looked up for it, never what the
model is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chat.context.history import Said
from chat.guards.cutting import beginning
from chat.understanding.reading import Reading
from chat.understanding.references import find_ordinal, first_reference, goes_on, item_of, list_items

EXAMINED_CHARS = 4_000
NAME_MAX_CHARS = 80
QUESTION_MAX_CHARS = 300
_POSSESSIVES = frozenset(("its", "their", "theirs", "his", "her", "hers"))
# What one name can take the place of in a sentence.
_REPLACED = frozenset(
    (
        *("it", "its", "they", "them", "their", "he", "she", "him", "his", "this", "that", "this one", "that one"),
        *("nó", "họ", "chúng", "cái này", "cái đó", "cái kia", "cái ấy", "anh ấy", "cô ấy", "ông ấy", "bà ấy"),
    )
)
_QUOTED = re.compile(r"`([^`\n]{2,80})`|\"([^\"\n]{2,80})\"|\u201c([^\u201d\n]{2,80})\u201d|\*\*([^*\n]{2,80})\*\*")
_CAPITAL = r"[A-Z\u00c0-\u00de\u0110\u01a0\u01af\u1ea0-\u1ef9][\w+#.-]*"
_NAMED = re.compile(rf"(?<![.!?:\n] )(?<!^)\b{_CAPITAL}(?: {_CAPITAL}){{0,4}}")
_NO_NAMES = frozenset(("I", "I'm", "I'd", "I've", "I'll"))


def standalone_question(question: str, earlier: Sequence[Said]) -> str:
    """The question itself, unless it leans on what was said `earlier`, oldest first. Then a place in a list is replaced
    by the item that the last answer has there, and a pronoun by the last thing that was named; where neither is to be
    found, the question before it is put in front, which names what both are about."""
    reading = Reading(question)
    if not earlier or not reading.is_whole:
        return question
    if (ordinal := find_ordinal(reading.text)) is not None:
        item = item_of(ordinal, list_items(last_said(earlier, "assistant")))
        return reading.text.replace(ordinal.text, item, 1) if item else _joined(question, earlier)
    reference = first_reference(reading)
    if reference is None:
        return _joined(question, earlier) if goes_on(reading) else question
    name = last_named(earlier) if reference in _REPLACED else None
    return _replaced(reading.text, reference, name) if name else _joined(question, earlier)


def last_said(earlier: Sequence[Said], role: str) -> str:
    """Without what was attached to it."""
    return next((message.words for message in reversed(earlier) if message.role == role), "")


def last_named(earlier: Sequence[Said]) -> str | None:
    """What the last question names, else the last answer first: quoted, in bold or code, or with a capital within a
    sentence."""
    asked, answered = last_said(earlier, "user")[:EXAMINED_CHARS], last_said(earlier, "assistant")[:EXAMINED_CHARS]
    in_question, in_answer = _names(asked), _names(answered)
    return in_question[-1] if in_question else in_answer[0] if in_answer else None


def _names(text: str) -> list[str]:
    quoted = [next(filter(None, groups)).strip() for groups in _QUOTED.findall(text)]
    found = quoted or [match.rstrip(".-") for match in _NAMED.findall(text)]
    return [name for name in found if name and name not in _NO_NAMES and len(name) <= NAME_MAX_CHARS]


def _replaced(text: str, reference: str, name: str) -> str:
    owner = f"{name}'s" if reference in _POSSESSIVES else name
    words = r"\s+".join(map(re.escape, reference.split()))
    return re.sub(rf"(?<!\w){words}(?!\w)", lambda _match: owner, text, count=1, flags=re.I)


def _joined(question: str, earlier: Sequence[Said]) -> str:
    before = " ".join(last_said(earlier, "user")[:EXAMINED_CHARS].split())
    return f"{beginning(before, QUESTION_MAX_CHARS)} {question}" if before else question
