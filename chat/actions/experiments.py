"""Starts and stops experiments."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.actions.text import clean_line, clean_paragraphs
from chat.experiments.assignment import forget_running
from chat.model_choice import is_served
from chat.models import Experiment
from convoscope.errors import ValidationFailed

NAME_MAX_CHARS = 100
VARIANT_MAX_CHARS = 20_000


def start_experiment(
    *, name: str, setting: str, variant_a: str, variant_b: str, share_percent: int, by: User
) -> Experiment:
    """From now on conversations whose owner chose nothing are answered with one of the variants.

    Raises: ValidationFailed for variants that can't be told apart or used, or if one of this setting is running.
    """
    name = clean_line(name, max_chars=NAME_MAX_CHARS)
    if not name:
        raise ValidationFailed(_("Enter a name, to know it by later."), field="name")
    if setting not in Experiment.Setting.values:
        raise ValidationFailed(_("Choose what differs."), field="setting")
    variants = [clean_paragraphs(variant).strip() for variant in (variant_a, variant_b)]
    for variant, field in zip(variants, ("variant_a", "variant_b"), strict=True):
        _require_variant(setting, variant, field)
    if variants[0] == variants[1]:
        raise ValidationFailed(_("Both variants are the same."), field="variant_b")
    if not 1 <= share_percent <= 99:
        # xgettext:no-python-format
        raise ValidationFailed(_("Give B from 1 to 99 % of the conversations."), field="share_percent")
    try:
        with transaction.atomic():
            experiment = Experiment.objects.create(
                name=name,
                setting=setting,
                variant_a=variants[0],
                variant_b=variants[1],
                share_percent=share_percent,
                started_by=by,
            )
            transaction.on_commit(forget_running)
    except IntegrityError as exc:
        raise ValidationFailed(
            _("An experiment with this is running already. Stop it first, so that each is seen by itself."),
            field="setting",
        ) from exc
    return experiment


def stop_experiment(*, experiment: Experiment) -> None:
    """Conversations go back to what holds without it. Its results stay."""
    Experiment.objects.filter(id=experiment.id, ended_at=None).update(ended_at=timezone.now())
    transaction.on_commit(forget_running)


def _require_variant(setting: str, variant: str, field: str) -> None:
    if not variant:
        raise ValidationFailed(_("Enter what is tried."), field=field)
    if len(variant) > VARIANT_MAX_CHARS:
        raise ValidationFailed(_("That is longer than 20,000 characters."), field=field)
    if setting == Experiment.Setting.MODEL and not is_served(variant):
        raise ValidationFailed(_("No provider that is on has this model. Write it as provider/model."), field=field)
