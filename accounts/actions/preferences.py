"""What a person chooses for themselves."""

from __future__ import annotations

from typing import TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Preferences, User
from convoscope.errors import ValidationFailed

# More is no choice any more, and each picker shows them.
MAX_FAVOURITES = 50
FULL_ID_MAX_CHARS = 251


def set_theme(*, user: User, theme: str) -> None:
    """Raises: ValidationFailed for a theme that doesn't exist."""
    if theme not in User.Theme.values:
        raise ValidationFailed(_("There is no such theme. Choose light, dark or the system's."), field="theme")
    user.theme = theme
    user.save(update_fields=["theme"])


def set_language(*, user: User, language: str) -> None:
    """Raises: ValidationFailed for one that the site doesn't speak."""
    if language not in dict(settings.LANGUAGES):
        raise ValidationFailed(_("There is no such language. Choose one of the list."), field="language")
    user.language = language
    user.save(update_fields=["language"])


class Choices(TypedDict, total=False):
    """What a person chooses on the page of preferences; blank and None inherit the site's."""

    default_model: str
    temperature: float | None
    time_zone: str
    typeface: str
    send_key: str
    notifications: str
    keep_days: int | None
    memory: str
    suggests_follow_ups: bool
    asks_back: bool


def set_preferences(*, user: User, **choices: Unpack[Choices]) -> None:
    """What isn't named stays. Model and memory were checked by who knows them."""
    user.preferences, _is_new = Preferences.objects.update_or_create(user=user, defaults=choices)


def set_favourite_model(*, user: User, full_id: str, is_favourite: bool) -> None:
    """Put a model among the person's favourites, or take it away.

    Raises: ValidationFailed for more than MAX_FAVOURITES, or what is no model's name.
    """
    if not full_id or len(full_id) > FULL_ID_MAX_CHARS or not full_id.isprintable():
        raise ValidationFailed(_("There is no such model."), field="model")
    with transaction.atomic():
        row, _is_new = Preferences.objects.select_for_update().get_or_create(user=user)
        others = [one for one in row.favourite_models if one != full_id]
        if is_favourite and len(others) >= MAX_FAVOURITES:
            message = _("%(count)d favourites are the most there can be. Take one away first.")
            raise ValidationFailed(message % {"count": MAX_FAVOURITES}, field="model")
        row.favourite_models = [*others, full_id] if is_favourite else others
        row.save(update_fields=["favourite_models"])
    user.preferences = row
