"""Which variant of the running experiments a conversation is answered with."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Literal, TypeAlias
from uuid import UUID

from chat.model_choice import is_served
from chat.models import Conversation, Experiment
from convoscope.kept import Kept
from providers.configured import default_model

Variant: TypeAlias = Literal["a", "b"]
# Where a run's frozen settings say what it took part in: the variant, by the experiment's id.
RECORDED_AS = "experiments"
# How long a process goes by experiments that another one may have started or stopped.
KEPT_S = 5.0


def experiment_settings(conversation: Conversation, settings: dict[str, Any]) -> dict[str, Any]:
    """The effective settings with what the running experiments change, and what that was.

    Whoever chose a model or a system prompt, for this conversation or for all of theirs, keeps it and takes no part;
    nor does who declined it.
    """
    running = _running.get()
    if running and conversation.owner.declines_review:
        return settings
    for experiment in running:
        if _is_chosen(experiment.setting, conversation, settings) or not _is_possible(experiment):
            continue
        variant = variant_of(experiment, conversation.id)
        taken_part = settings.get(RECORDED_AS, {}) | {str(experiment.id): variant}
        value = experiment.variant_a if variant == "a" else experiment.variant_b
        settings = settings | {experiment.setting: value, RECORDED_AS: taken_part}
    return settings


def variant_of(experiment: Experiment, conversation_id: UUID) -> Variant:
    """The same for the same pair, in every process; spread evenly over conversations, anew for each experiment."""
    digest = sha256(experiment.id.bytes + conversation_id.bytes).digest()
    return "b" if int.from_bytes(digest[:8], "big") % 10_000 < 100 * experiment.share_percent else "a"


def forget_running() -> None:
    """Read the running experiments again when they are next asked for."""
    _running.forget()


def _is_chosen(setting: str, conversation: Conversation, settings: dict[str, Any]) -> bool:
    site = default_model() if setting == Experiment.Setting.MODEL else ""
    return bool(conversation.settings.get(setting)) or str(settings.get(setting, "")) != site


def _is_possible(experiment: Experiment) -> bool:
    """An experiment rests while one of its models is off: the other alone could be compared with nothing."""
    if experiment.setting != Experiment.Setting.MODEL:
        return True
    return is_served(experiment.variant_a) and is_served(experiment.variant_b)


def _read() -> list[Experiment]:
    return list(Experiment.objects.running().order_by("id"))


_running = Kept(_read, seconds=KEPT_S)
