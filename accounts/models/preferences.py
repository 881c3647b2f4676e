"""What a person prefers for their conversations."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PreferencesQuerySet(models.QuerySet["Preferences"]):
    def of(self, user_id: UUID) -> Preferences:
        """The person's row; an unsaved one that inherits everything, where they chose nothing yet."""
        return self.filter(user_id=user_id).first() or Preferences(user_id=user_id)


class Preferences(models.Model):
    """One person's choices, made when they first choose; blank or null inherits the site's.

    They are read when a turn is submitted. The theme, which every page needs, is a field of `User`: that row is read
    with each request anyway.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    default_model = models.CharField(max_length=200, blank=True)
    temperature = models.FloatField(null=True, blank=True)
    # Full ids, in the order in which they were chosen.
    favourite_models = models.JSONField(default=list, blank=True)

    objects: ClassVar[PreferencesQuerySet] = PreferencesQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = verbose_name_plural = _("preferences")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(temperature=None) | models.Q(temperature__gte=0, temperature__lte=2),
                name="preferences_temperature_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"
