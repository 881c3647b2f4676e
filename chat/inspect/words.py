"""The words for what the gateway records in codes. A code that has no word here stands for itself."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Words = dict[str, str | Promise]

REQUESTS: Words = {
    "answer": _("Answer"),
    "retry": _("Tried again"),
    "continue": _("Continued"),
    "title": _("Title"),
    "summary": _("Summary"),
    "entities": _("Entities and topics"),
    "follow_ups": _("Suggested follow-ups"),
    "clarify": _("Clarifying question"),
    "embedding": _("Embedding"),
    "tool": _("Tool"),
    "test": _("Test of a provider"),
    "rehearsal": _("Rehearsal"),
    "chat": _("Answer"),
}
REASONS: Words = {
    "first": _("First call"),
    "continue": _("Went on with the text that was saved"),
    "retry": _("Asked again after a failure"),
    "fallback": _("Another model took over after a failure"),
    "hedge": _("Asked beside a call that was slow"),
    "compressed": _("Asked with a shortened conversation"),
    "shared": _("Shared the call of an identical request"),
    "cache": _("Replayed a stored answer"),
    "clarify": _("Asked whether the question is clear"),
    "test": _("Test of a provider"),
}
STATUSES: Words = {
    "queued": _("Waiting"),
    "running": _("Running"),
    "complete": _("Complete"),
    "stopped": _("Stopped"),
    "failed": _("Failed"),
    "abandoned": _("Cut off: the server stopped"),
}
FINISHES: Words = {
    "complete": _("by itself"),
    "length": _("at the longest answer allowed"),
    "tool_call": _("with a tool call"),
    "content_filter": _("by the provider's content filter"),
    "stopped": _("stopped"),
}
ERRORS: Words = {
    "RATE_LIMIT_EXCEEDED": _("Rate limit"),
    "LLM_PROVIDER_ERROR": _("The provider failed"),
    "LLM_TIMEOUT": _("No answer in time"),
    "MODEL_NOT_FOUND": _("No such model"),
    "CONTEXT_TOO_LONG": _("The conversation was too long"),
    "OUTPUT_BLOCKED": _("Ended by a policy"),
    "CONTENT_FILTERED": _("The content was refused"),
    "VALIDATION_ERROR": _("The request was refused"),
    "BUDGET_EXCEEDED": _("The budget was used up"),
    "INTERNAL_ERROR": _("A fault of ours"),
}
STAGES: Words = {
    "queue": _("Queue"),
    "guard": _("Guard"),
    "retrieve": _("Retrieve"),
    "context": _("Context"),
    "generate": _("Generate"),
    "guard_output": _("Guard output"),
    "save": _("Save"),
}
INTENTS: Words = {
    "question": _("Taken for a question"),
    "command": _("Taken for a command"),
    "clarification": _("Taken for a clarification"),
    "follow_up": _("Taken for a follow-up"),
    "new_topic": _("Taken for the beginning of a new topic"),
    "feedback": _("Taken for feedback"),
    "goodbye": _("Taken for a goodbye"),
}
DECIDED_BY: Words = {
    "rules": _("by rules"),
    "guess": _("as the likeliest, since no rule was sure"),
    "model": _("by the task model"),
}
DOUBTS: Words = {
    "nothing_given": _("The message says what to do, and not with what."),
    "no_such_item": _("It points at an item that the list before it doesn't have."),
    "which_item": _("It points at one of several items, and doesn't say which."),
}
CONTEXT_PARTS: Words = {
    "instructions": _("Instructions"),
    "summary": _("Summary of what was said earlier"),
    "entities": _("Entities"),
    "history": _("What was said before"),
    "question": _("The question"),
    "answer": _("The answer so far"),
}
CONTEXT_STAGES: Words = {
    "shorten_questions": _("Long questions shortened"),
    "shorten_answers": _("Long answers shortened"),
    "use_summary": _("Earlier messages left to the summary"),
    "drop_oldest": _("Oldest messages left out"),
}
MARKS: Words = {
    "retry": _("Retry"),
    "switch": _("Switched"),
    "stop": _("Stopped"),
    "fail": _("Failed"),
    "cache": _("Cache"),
    "tool": _("Tool"),
}
SOURCES: Words = {
    "provider": _("Provider"),
    "cache": _("Cache"),
    "shared": _("Shared call"),
    "own_key": _("Own key"),
}


def in_words(words: Words, code: str) -> str:
    return str(words.get(code, code))


def kept_words(kept: str) -> str:
    """What the gateway kept in words, for its reader: it was kept in the language that its run was in, and of that the
    code's own can be translated yet, where no figure or name stands in it."""
    return ": ".join(map(gettext, kept.split(": ")))
