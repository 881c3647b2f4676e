"""A running summary by rules: the sentences that say most, of the summary before and of what is new."""

from __future__ import annotations

import re

from providers.adapters.offline.extract import sentences_of, shortened, summary_sentences
from providers.adapters.offline.talk import EXAMINED_MESSAGE_CHARS, cleaned
from providers.contract import ChatRequest

TOLD_SENTENCES = 12
EXTRACTED_SENTENCES = 3
MAX_WORDS = 200
_PARTS = re.compile(r"Summary so far:\n(?P<former>.*?)\n\nNew messages:\n(?P<new>.*)", re.S)
_NONE = "(none)"
_MESSAGE = re.compile(r"^(user|assistant): (.*?)(?=^(?:user|assistant): |\Z)", re.M | re.S)
_QUESTION_MARKS = ("?", "\N{FULLWIDTH QUESTION MARK}")


def make_summary(request: ChatRequest) -> str:
    """Of the task as the chat puts it: the summary so far, then the new messages. What the person told, as far as it is
    no question, is kept before what was answered. The oldest sentences go once it is longer than a summary may be."""
    asked = next((message.text for message in reversed(request.messages) if message.role == "user"), "")
    parts = _PARTS.search(asked)
    former, new = (parts["former"], parts["new"]) if parts else ("", asked)
    kept = [] if former.strip() == _NONE else sentences_of(former)
    said = {"user": "", "assistant": ""}
    for role, text in said_in(new):
        said[role] += cleaned(text, limit_chars=EXAMINED_MESSAGE_CHARS) + "\n"
    told = [one for one in sentences_of(said["user"]) if not one.endswith(_QUESTION_MARKS)][:TOLD_SENTENCES]
    extracted = summary_sentences(said["assistant"], count=EXTRACTED_SENTENCES)
    kept += [one for one in map(shortened, (*told, *extracted)) if one not in kept]
    while len(kept) > 1 and sum(len(one.split()) for one in kept) > MAX_WORDS:
        del kept[0]
    return "\n".join(kept)


def said_in(new: str) -> list[tuple[str, str]]:
    """Role and text of each message, as the tasks of the chat quote them."""
    return _MESSAGE.findall(new)
