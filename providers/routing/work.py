"""How much work a question is, from its words and its shape, between 0 and 1. Pure, and without any model."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from providers.routing.reading import Reading
from providers.routing.words import EVERYDAY_NOUNS, EVERYDAY_VERBS

# Whoever pastes a book asks at its beginning or at its end. Of each so much is read, within 2 ms of the event loop.
EXAMINED_CHARS = 1_000

# Points of a score. With the default thresholds either of the first two makes a premium question, and so do two signs
# of depth, or one in a question that has to be explained; explaining, length or a technical word makes a standard one.
CODE = 0.7
WORK = 0.7
DEPTH = 0.35
DEPTH_MOST = 0.7
EXPLAINING = 0.35
TECHNICAL = 0.35
LENGTH = 0.3
# What length adds to that, growing up to so many words.
LENGTH_MORE = 0.3
LONG_WORDS = 150
LIGHT = -0.35
# Longer than this, nobody only makes small talk.
TALK_WORDS_MOST = 30
# A fact may be asked for in this many words, or below a list.
FACT_WORDS_MOST = 70

_CODE = re.compile(
    r"```|~~~|=>|[=!]==|</\w+>|Traceback \(most|console\.log|#include|\bprint\(|\bfor \(|\bfor \w+ in \S"
    r"|^\s*(?:def \w+\(|class \w+\s*[:({]|(?:const|let|var) \w+ ?=|import [\w.]+;?$|from \S+ import )"
    r"|\b(?:def|function) \w+ ?\(|\w\(\w{0,40}\);|\w\.\w{1,40}\([^)\n]{0,80}\)"
    r"|\bSELECT\b[^;]{1,200}\bFROM\b|\b[A-Z]\w{1,40}(?:Error|Exception)\b",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class WorkScore:
    """`why` ends the sentence "Auto chose this model: ..."; `words` are those of what was read."""

    score: float
    why: str | Promise
    words: float
    is_talk: bool = False
    is_fact: bool = False


def work_score(text: str, *, work_words: tuple[str, ...], min_words: int) -> WorkScore:
    text = _examined(text)
    read = Reading(text)
    has_code = bool(_CODE.search(text))
    is_technical = read.has("TECHNICAL")
    asks_for_work = (
        read.has("HARD")
        or (is_technical and (read.has("MAKING") or read.has("TROUBLE")))
        or _has_work_word(read, work_words, is_technical=is_technical or has_code)
    )
    depth = min(DEPTH_MOST, DEPTH * read.count("DEPTH"))
    explains = read.has("EXPLAINING")
    is_plain = not (has_code or asks_for_work or depth or explains)
    is_talk = is_plain and _is_talk(read)
    is_fact = is_plain and _is_fact(read)
    is_light = (is_talk or read.has("LIGHT")) and not (has_code or asks_for_work)
    is_long = read.words > min_words and not is_fact and not is_light
    score = depth + max(EXPLAINING * explains, LENGTH * is_long, TECHNICAL * is_technical)
    score += CODE * has_code + WORK * asks_for_work + LIGHT * is_light
    if is_long:
        score += LENGTH_MORE * min(1.0, (read.words - min_words) / LONG_WORDS)
    if has_code:
        why = _("the question holds code or an error")
    elif asks_for_work:
        why = _("the question asks for work")
    elif depth:
        why = _("the question has to be weighed")
    elif explains:
        why = _("the question asks for an explanation or a text")
    else:
        why = _("the question is long") if is_long else _("the question is short and simple")
    return WorkScore(round(min(1.0, max(0.0, score)), 2), why, read.words, is_talk, is_fact)


def refers_back(text: str) -> bool:
    """Whether a question can't stand without what was said before."""
    read = Reading(_examined(text))
    return read.has("REFERRING") or read.opens_with("GOING_ON")


def _examined(text: str) -> str:
    if len(text) <= 2 * EXAMINED_CHARS:
        return text
    return f"{text[:EXAMINED_CHARS]}\n{text[-EXAMINED_CHARS:]}"


def _has_work_word(read: Reading, work_words: tuple[str, ...], *, is_technical: bool) -> bool:
    requests: set[int] | None = None
    for word, places in read.work_words(work_words).items():
        if is_technical or word not in EVERYDAY_VERBS | EVERYDAY_NOUNS:
            return True
        if word in EVERYDAY_VERBS:
            requests = read.request_places() if requests is None else requests
            if not requests.isdisjoint(places):
                return True
    return False


def _is_talk(read: Reading) -> bool:
    if read.words > TALK_WORDS_MOST:
        return False
    return read.has("SMALL_TALK") or (read.opens_with("TELLING") and not read.is_question)


def _is_fact(read: Reading) -> bool:
    if read.words > FACT_WORDS_MOST:
        return False
    return read.has("FACT_WORDS") or read.has_sentence_opening("FACT_OPENINGS")
