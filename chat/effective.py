"""Which settings are in force: the conversation's own, then its owner's, then an experiment's, then the site's."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts.models import Preferences, User
from chat.context.strategies import DEFAULT
from chat.experiments.assignment import RECORDED_AS, experiment_settings
from chat.model_choice import is_usable
from chat.models import Conversation
from providers.model_access import default_model_for


def effective_settings(conversation: Conversation) -> dict[str, Any]:
    """Shape: `model`, `temperature`, `memory`, and `max_output_tokens`, `system_prompt`, `only_this_model` where set;
    `experiments` it takes part in. Frozen on the run."""
    own = conversation.settings | {"memory": conversation.memory}
    chosen = personal_settings(conversation.owner) | _chosen(own)
    return experiment_settings(conversation, chosen)


def personal_settings(person: User) -> dict[str, Any]:
    """What a person's new conversation starts with.

    A preferred model whose provider was switched off, or that is no longer for this person, is passed over: nobody
    chose it for this conversation, so the site's answers instead of an error.
    """
    preferences = Preferences.of(person)
    model = preferences.default_model
    model = model if model and is_usable(model, person.id) else ""
    preferred = {"model": model, "temperature": preferences.temperature, "memory": preferences.memory}
    sites = {"model": default_model_for(person.id), "temperature": settings.DEFAULT_TEMPERATURE, "memory": DEFAULT}
    return sites | _chosen(preferred)


def hidden_prompt(frozen: dict[str, Any], conversation: Conversation) -> str:
    """The instructions of a run, by its frozen settings, where the person didn't write them; blank otherwise. Only
    experiments have others: what the person wrote may have been changed since."""
    prompt = str(frozen.get("system_prompt", "")) if frozen.get(RECORDED_AS) else ""
    return "" if prompt == conversation.settings.get("system_prompt") else prompt


def _chosen(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "")}
