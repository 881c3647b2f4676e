"""What a resolved conversation is worth to whoever runs the installation."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

MINUTES_PER_HOUR = 60


class WorthQuerySet(models.QuerySet["Worth"]):
    def in_force(self) -> Worth | None:
        return self.order_by("-id").first()


class Worth(models.Model):
    """One setting of the worth: an amount for each resolved conversation, or the minutes one saves at an hourly rate.

    The latest row holds; the others are its history.
    """

    value_nanousd = models.BigIntegerField(null=True, blank=True)
    minutes_saved = models.PositiveIntegerField(null=True, blank=True)
    hourly_rate_nanousd = models.BigIntegerField(null=True, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[WorthQuerySet] = WorthQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("worth")
        verbose_name_plural = gettext_lazy("worths")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(value_nanousd__gte=0, minutes_saved__isnull=True, hourly_rate_nanousd__isnull=True)
                | models.Q(value_nanousd__isnull=True, minutes_saved__gte=0, hourly_rate_nanousd__gte=0),
                name="worth_is_amount_or_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.per_resolution_nanousd} nano-dollars since {self.created_at:%Y-%m-%d}"

    @property
    def per_resolution_nanousd(self) -> int:
        """What one resolved conversation is worth."""
        if self.value_nanousd is not None:
            return self.value_nanousd
        total = (self.minutes_saved or 0) * (self.hourly_rate_nanousd or 0)
        return (total + MINUTES_PER_HOUR // 2) // MINUTES_PER_HOUR
