"""What a call was for and what happened to it, in the few words that fit a line: "it timed out"."""

from __future__ import annotations

from django.utils.translation import gettext as _

from providers.errors import (
    AuthenticationFailed,
    ContextTooLong,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    QuotaExhausted,
    RateLimited,
    StreamInterrupted,
)


def what_failed(error: ProviderError, label: str) -> str:
    """The error of an endpoint by its class, as a clause: "OpenAI timed out"."""
    match error:
        case RateLimited():
            words = _("%(name)s is rate-limited")
        case ProviderTimeout():
            words = _("%(name)s timed out")
        case StreamInterrupted():
            words = _("%(name)s broke off")
        case AuthenticationFailed():
            words = _("%(name)s refused this site's key")
        case QuotaExhausted():
            words = _("this site's account at %(name)s is used up")
        case ModelNotFound():
            words = _("%(name)s doesn't know the model")
        case ContextTooLong():
            words = _("the conversation is too long for %(name)s")
        case _:
            words = _("%(name)s isn't available")
    return words % {"name": label}


def class_name(model_class: str) -> str:
    """What a model costs, in a word."""
    return {"economy": _("economy"), "standard": _("standard"), "premium": _("premium")}.get(model_class, model_class)


def feature_name(feature: str) -> str:
    """What calls were made for, as reports and a person's own usage name it."""
    known = {
        "chat": _("Answers"),
        "title": _("Titles"),
        "summary": _("Summaries"),
        "entities": _("Entities and topics"),
        "follow_ups": _("Suggested follow-ups"),
        "clarify": _("Clarifying questions"),
        "embedding": _("Embeddings"),
        "tool": _("Tools"),
        "test": _("Tests of providers"),
        "rehearsal": _("Rehearsals"),
    }
    return known.get(feature, feature)
