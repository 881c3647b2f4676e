"""Answers side by side: who may be compared, and the choice of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.actions.conversations import require_present, select_message
from chat.actions.runs import stop_run
from chat.model_choice import require_usable
from chat.models import Comparison, Conversation, Message, PreferenceVote, Run
from convoscope.background import time_is_up
from convoscope.errors import ValidationFailed

LEAST_COMPARED, MOST_COMPARED = 2, 4
# A statement that removes holds the write lock of SQLite while it looks for what it removes.
READ_AT_ONCE = 500


def require_comparable(models: Sequence[str], user_id: UUID) -> None:
    """Raises: ValidationFailed unless it is two to four different models that this person may use."""
    if not LEAST_COMPARED <= len(set(models)) == len(models) <= MOST_COMPARED:
        raise ValidationFailed(_("Choose two to four different models to compare."), field="model")
    for model in models:
        require_usable(model, user_id)


def compared_settings(settings: dict[str, Any], model: str) -> dict[str, Any]:
    """Only this model answers: another one in its place would be compared under its name. It is part of no experiment,
    which would choose another."""
    return {key: value for key, value in settings.items() if key != "experiments"} | {
        "model": model,
        "only_this_model": True,
    }


def choose_answer(*, answer: Message, by: User) -> Conversation:
    """Go on with this answer of an open comparison: the others that are being written are stopped, and those that were
    whole lose a vote to it. Chosen already, it only shows the path.

    Raises: ValidationFailed if the answer is part of no comparison, or was deleted.
    """
    if answer.comparison_id is None:
        raise ValidationFailed(_("This answer isn't compared with others."))
    now = timezone.now()
    with transaction.atomic():
        require_present(answer)
        comparison = Comparison.objects.select_for_update().get(id=answer.comparison_id)
        is_first = comparison.chosen_at is None
        if is_first:
            comparison.chosen, comparison.chosen_at = answer, now
            comparison.save(update_fields=["chosen", "chosen_at"])
            _cast_votes(comparison, answer, by, now)
    if is_first:
        others = Run.objects.unfinished().filter(message__comparison=comparison).exclude(message=answer)
        for run in others.select_related("message"):
            stop_run(run=run)
    return select_message(message=answer)


def purge_comparisons() -> int:
    """Remove those that have no answers any more, as far as the time goes. Returns how many. Votes stand by themselves:
    the ratings of models keep them."""
    known, purged = Comparison.objects.order_by("id").values_list("id", flat=True), 0
    batch = list(known[:READ_AT_ONCE])
    while batch and not time_is_up():
        removed = Comparison.objects.filter(id__in=batch, answers=None).delete()[1]
        purged += removed.get(Comparison._meta.label, 0)
        batch = list(known.filter(id__gt=batch[-1])[:READ_AT_ONCE])
    return purged


def _cast_votes(comparison: Comparison, answer: Message, by: User, now: datetime) -> None:
    winner = _full_id(answer)
    others = comparison.answers.present().filter(status=Message.Status.COMPLETE).exclude(id=answer.id)
    losers = {_full_id(other) for other in others.defer("parts", "text", "html")} - {winner}
    PreferenceVote.objects.bulk_create(
        PreferenceVote(comparison_id=comparison.id, voter=by, winner=winner, loser=loser, cast_at=now)
        for loser in sorted(losers)
    )


def _full_id(answer: Message) -> str:
    return f"{answer.provider}/{answer.model}" if answer.provider else answer.model
