"""Comparisons: one question answered by several models side by side, and which answer was preferred."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7


class Comparison(models.Model):
    """What ties together the answers to one question that several models give at once. It is open until one of them is
    `chosen`, and goes once none of them is left."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    chosen = models.ForeignKey("Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    chosen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = gettext_lazy("comparison")
        verbose_name_plural = gettext_lazy("comparisons")

    def __str__(self) -> str:
        return f"comparison {self.id}"


class PreferenceVote(models.Model):
    """That a person preferred one model's answer to another's. It outlives the answers: `comparison_id` is no foreign
    key, models are named by their full ids."""

    comparison_id = models.UUIDField()
    voter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    winner = models.CharField(max_length=250)
    loser = models.CharField(max_length=250)
    cast_at = models.DateTimeField()

    class Meta:
        verbose_name = gettext_lazy("preference vote")
        verbose_name_plural = gettext_lazy("preference votes")
        constraints = [
            models.UniqueConstraint(fields=["comparison_id", "loser"], name="preference_vote_once"),
            models.CheckConstraint(condition=~models.Q(winner=models.F("loser")), name="preference_vote_of_two_models"),
        ]
        indexes = [models.Index(fields=["cast_at"], name="preference_vote_in_order")]

    def __str__(self) -> str:
        return f"{self.winner} before {self.loser}"
