"""The words of an inspection's codes."""

from __future__ import annotations

from django import template

from chat.inspect import words

register = template.Library()

_KINDS = {
    "request": words.REQUESTS,
    "reason": words.REASONS,
    "status": words.STATUSES,
    "part": words.CONTEXT_PARTS,
    "stage": words.CONTEXT_STAGES,
    "finish": words.FINISHES,
    "error": words.ERRORS,
    "mark": words.MARKS,
    "source": words.SOURCES,
    "intent": words.INTENTS,
    "decided_by": words.DECIDED_BY,
    "doubt": words.DOUBTS,
}


@register.filter(name="words")
def words_for(code: str, kind: str) -> str:
    return words.in_words(_KINDS[kind], code)
