"""Personal keys for the API."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class APIKey(models.Model):
    """One key of one person. The key itself is shown once and never stored: `hash` is its SHA-256, enough for a random
    secret, and `prefix` its first characters, by which its owner knows it. `scopes` is a list of `Scope` values.
    """

    class Scope(models.TextChoices):
        CHAT = "chat"
        READ = "read"
        DOCUMENTS = "documents"
        ADMIN = "admin"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=16)
    hash = models.CharField(max_length=64)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [models.UniqueConstraint(fields=["hash"], name="api_key_hash_unique")]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"
