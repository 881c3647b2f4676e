"""What an administrator decided about the response cache."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

ONLY_ID = 1


class CacheSettingsQuerySet(models.QuerySet["CacheSettings"]):
    def current(self) -> CacheSettings:
        """The row; an unsaved one with the defaults, where nobody has changed anything yet."""
        return self.filter(id=ONLY_ID).first() or CacheSettings()


class CacheSettings(models.Model):
    """The one row with the switches of the response cache. `shared_scope` is who is given the answers that another
    person's question brought."""

    class SharedScope(models.TextChoices):
        NONE = "none", _("Nobody: each person is given answers to their own questions only")
        TEAM = "team", _("The team that pays for the question")
        SITE = "site", _("Everybody on this site")

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY_ID, editable=False)
    is_exact_enabled = models.BooleanField(default=True)
    is_semantic_enabled = models.BooleanField(default=False)
    shared_scope = models.CharField(max_length=4, choices=SharedScope.choices, default=SharedScope.NONE)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[CacheSettingsQuerySet] = CacheSettingsQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = verbose_name_plural = _("cache settings")
        constraints = [models.CheckConstraint(condition=models.Q(id=ONLY_ID), name="cache_settings_once")]

    def __str__(self) -> str:
        return f"response cache: exact {self.is_exact_enabled}, semantic {self.is_semantic_enabled}"
