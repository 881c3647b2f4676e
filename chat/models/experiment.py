"""Experiments: two ways of answering, tried side by side on people's own questions."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def running(self) -> Self:
        return self.filter(ended_at=None)


class Experiment(models.Model):
    """One setting, answered with as A says in some conversations and as B says in the others.

    `setting` is the key of the effective settings that differs. `share_percent` of the conversations get B. Which one a
    conversation gets follows from both ids, so it stays the same as long as the experiment runs.
    """

    class Setting(models.TextChoices):
        MODEL = "model"
        SYSTEM_PROMPT = "system_prompt"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    setting = models.CharField(max_length=20, choices=Setting.choices)
    variant_a = models.TextField()
    variant_b = models.TextField()
    share_percent = models.PositiveSmallIntegerField(default=50)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ExperimentQuerySet] = ExperimentQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("experiment")
        verbose_name_plural = gettext_lazy("experiments")
        constraints = [
            models.UniqueConstraint(
                fields=["setting"], condition=models.Q(ended_at=None), name="experiment_one_running_of_a_setting"
            ),
            models.CheckConstraint(
                condition=models.Q(share_percent__gte=1, share_percent__lte=99), name="experiment_share_in_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name
