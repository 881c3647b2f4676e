"""Work on a text: summary, key terms, steps, statistics. The text is in the question or earlier in the conversation."""

from __future__ import annotations

import re

from providers.adapters.offline.extract import (
    key_terms,
    sentences_of,
    shortened,
    statistics_of,
    summary_sentences,
)
from providers.adapters.offline.phrases import Phrases
from providers.adapters.offline.talk import Talk

MAX_LISTED_STEPS = 12
TEXT_MIN_CHARS = 120

_SUMMARY = re.compile(r"\bsummar|\btl;?dr\b|\bmain points?\b|\bshorten\b|\bbullet|tóm tắt|tóm lược|ý chính", re.I)
_TERMS = re.compile(r"\bkey ?(?:words?|terms?)\b|\bkeywords?\b|\bmain (?:terms|words)\b|từ khóa|từ khoá", re.I)
_STEPS = re.compile(r"\b(?:numbered|ordered) list\b|\bsteps?\b|\bstep-by-step\b|các bước|từng bước", re.I)
_STATISTICS = re.compile(
    r"\banaly[sz]e\b|\banalysis\b|\bstatistics?\b|\bhow many words\b|\bcount (?:the )?words\b|"
    r"\bword (?:count|statistics)\b|phân tích|thống kê|đếm (?:số )?từ|bao nhiêu từ",
    re.I,
)
_TALK = re.compile(r"\b(?:our|this|the) (?:conversation|chat|discussion)\b|cuộc trò chuyện|cuộc hội thoại", re.I)
_POINTER = re.compile(
    r"\b(?:this|that|it|above|the text|previous|earlier|last)\b|ở trên|văn bản|đoạn (?:này|trên)|vừa rồi", re.I
)


def answer(talk: Talk, phrases: Phrases) -> str | None:
    """None if no work on a text is asked for; a text without a task gets a summary and its key terms."""
    wanted = _wanted_parts(talk.task)
    if not wanted and not talk.material:
        return None
    if not talk.material and _SUMMARY.search(talk.task) and _TALK.search(talk.task) and talk.earlier:
        return f"{phrases.summary_of_talk}\n\n{_bullets(summary_sentences(_talk_text(talk), count=6))}"
    text = talk.material or _text_pointed_at(talk)
    if not text:
        return None if wanted == ["steps"] else phrases.paste_text
    return "\n\n".join(_part(name, text, phrases) for name in wanted or ["summary", "terms"])


def _wanted_parts(task: str) -> list[str]:
    patterns = (("summary", _SUMMARY), ("steps", _STEPS), ("terms", _TERMS), ("statistics", _STATISTICS))
    return [name for name, pattern in patterns if pattern.search(task)]


def _part(name: str, text: str, phrases: Phrases) -> str:
    if name == "terms":
        return f"{phrases.terms}\n\n{_terms(text)}"
    if name == "steps":
        steps = [shortened(sentence) for sentence in sentences_of(text)[:MAX_LISTED_STEPS]]
        return f"{phrases.steps}\n\n" + "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    if name == "statistics":
        return f"{phrases.statistics}\n\n{_table(text, phrases)}\n\n{phrases.terms}\n\n{_terms(text)}"
    return f"{phrases.summary}\n\n{_bullets(summary_sentences(text, count=_summary_length(text)))}"


def _summary_length(text: str) -> int:
    return max(1, min(6, len(sentences_of(text)) // 3 + 1))


def _bullets(sentences: list[str]) -> str:
    return "\n".join(f"- {shortened(sentence)}" for sentence in sentences) or "- …"


def _terms(text: str) -> str:
    return ", ".join(f"**{shortened(term, limit_chars=40)}** ({count})" for term, count in key_terms(text)) or "…"


def _table(text: str, phrases: Phrases) -> str:
    numbers = statistics_of(text)
    values = (
        numbers.characters,
        numbers.words,
        numbers.distinct_words,
        numbers.sentences,
        numbers.paragraphs,
        numbers.mean_sentence_words,
        shortened(numbers.longest_word, limit_chars=40) or "…",
    )
    measure, value, *labels = phrases.statistics_rows
    rows = [f"| {label} | {number} |" for label, number in zip(labels, values, strict=True)]
    return "\n".join([f"| {measure} | {value} |", "| --- | ---: |", *rows])


def _talk_text(talk: Talk) -> str:
    return "\n".join(talk.said_by("user"))


def _text_pointed_at(talk: Talk) -> str:
    """What is attached, else the newest longer text said before, if the task points at one ("summarise this")."""
    if talk.attached:
        return talk.attached[0]
    if not (_POINTER.search(talk.task) or len(talk.task.split()) <= 4):
        return ""
    texts = [*talk.passages, *talk.said_by("assistant"), *talk.said_by("user")]
    return next((text for text in reversed(texts) if len(text) >= TEXT_MIN_CHARS), "")
