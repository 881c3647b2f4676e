"""What administrators decided about the site's level of service."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class LevelPin(models.Model):
    """One decision: the site stays at `level` whatever its providers do, or with a blank one goes by them again. The
    latest row holds; the rows before it are the record of who decided what, and why."""

    class Level(models.TextChoices):
        FULL = "full", _("Full")
        DEGRADED = "degraded", _("Degraded: stand-in models answer")
        MINIMAL = "minimal", _("Minimal: stored answers only")
        OFFLINE = "offline", _("Offline")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    level = models.CharField(max_length=10, choices=Level.choices, blank=True)
    offline_text = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("service level decision")
        verbose_name_plural = _("service level decisions")
        indexes = [models.Index(fields=["-created_at"], name="level_pin_latest")]

    def __str__(self) -> str:
        return f"{self.level or 'automatic'} since {self.created_at}"
