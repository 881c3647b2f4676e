"""Suggested follow-ups by rules: more about what the answer itself names in its headings and lists, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from providers.adapters.offline.extract import shortened
from providers.adapters.offline.language import Language, detect_language
from providers.adapters.offline.talk import EXAMINED_MESSAGE_CHARS, cleaned
from providers.contract import ChatRequest

MAX_SUGGESTIONS = 3
TOPIC_MIN_CHARS = 3
TOPIC_MAX_CHARS = 60
TOPIC_MAX_WORDS = 8

# As the chat puts it: the person's message, then the answer.
_TURN = re.compile(r"\Auser: (?P<question>.*?)\n\nassistant: (?P<answer>.*)\Z", re.S)
_HEADING = re.compile(r"^#{1,4} +(?:\d+[.)] +)?(.+?) *#*$", re.M)
_ITEM = re.compile(r"^ {0,3}(?:[-*+]|\d{1,2}[.)]) +(?:\*\*(?P<bold>[^*\n]+)\*\*|(?P<plain>[^\n]+))", re.M)
_FENCED = re.compile(r"^```.*?(?:^```|\Z)", re.M | re.S)
_MARKS = re.compile(r"[*_`#|<>\[\]]+")
_MORE: dict[Language, str] = {"en": "Tell me more about “{topic}”", "vi": "Nói thêm về “{topic}”"}


def make_follow_ups(request: ChatRequest) -> str:
    """Shape: at most three lines; "NONE" for an answer that names nothing."""
    asked = next((message.text for message in request.messages if message.role == "user"), "")
    turn = _TURN.match(asked)
    if turn is None:
        return "NONE"
    question = cleaned(turn["question"], limit_chars=EXAMINED_MESSAGE_CHARS)
    answer = _FENCED.sub("", cleaned(turn["answer"], limit_chars=EXAMINED_MESSAGE_CHARS))
    topics = [topic for topic in _topics(answer) if topic.casefold() not in question.casefold()]
    form = _MORE[detect_language(question)]
    return "\n".join(form.format(topic=topic) for topic in topics[:MAX_SUGGESTIONS]) or "NONE"


def _topics(answer: str) -> list[str]:
    """Headings below the first, which is the answer's own title; without any, the names of list items."""
    headings = _fit(_HEADING.findall(answer)[1:])
    items = _fit(match["bold"] or match["plain"].partition(": ")[0] for match in _ITEM.finditer(answer))
    return headings or items


def _fit(found: Iterable[str]) -> list[str]:
    topics = (shortened(_MARKS.sub("", one), limit_chars=200).strip(" :;") for one in found)
    return list(dict.fromkeys(topic for topic in topics if _is_topic(topic)))


def _is_topic(topic: str) -> bool:
    """A name, not a sentence."""
    has_end = bool(re.search(r"[.!?\u2026]", topic))
    is_short = TOPIC_MIN_CHARS <= len(topic) <= TOPIC_MAX_CHARS and len(topic.split()) <= TOPIC_MAX_WORDS
    return is_short and not has_end and any(character.isalpha() for character in topic)
