"""What a person chooses for themselves."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import Preferences, User
from convoscope.errors import ValidationFailed


def set_theme(*, user: User, theme: str) -> None:
    """Raises: ValidationFailed for a theme that doesn't exist."""
    if theme not in User.Theme.values:
        raise ValidationFailed(_("There is no such theme. Choose light, dark or the system's."), field="theme")
    user.theme = theme
    user.save(update_fields=["theme"])


def set_preferences(*, user: User, default_model: str, temperature: float | None) -> None:
    """`default_model` was checked by who knows the models; blank and None inherit the site's."""
    Preferences.objects.update_or_create(
        user=user, defaults={"default_model": default_model, "temperature": temperature}
    )
