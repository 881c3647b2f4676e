"""Endpoints: the providers an administrator has added a key for, and servers under a name of their own."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from providers.models.kept_key import KeptKey


class Endpoint(KeptKey):
    """A provider, by `name`, with the key and address an administrator gave it.

    Most are those of the catalog; one that `is_custom` is any other server, with the `adapter` that speaks its protocol
    and the `label` that people see. It stands for itself: a blank `base_url` is the vendor's own address, whatever the
    environment says.
    """

    class Adapter(models.TextChoices):
        OPENAI = "openai", "OpenAI"
        ANTHROPIC = "anthropic", "Anthropic"
        GEMINI = "gemini", "Google Gemini"

    key_field: ClassVar[str] = "providers.Endpoint.api_key"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.SlugField(max_length=50, unique=True)
    is_custom = models.BooleanField(default=False)
    adapter = models.CharField(max_length=20, choices=Adapter.choices, blank=True)
    label = models.CharField(max_length=80, blank=True)
    base_url = models.CharField(max_length=500, blank=True)
    default_model = models.CharField(max_length=200, blank=True)
    is_enabled = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = gettext_lazy("provider")
        verbose_name_plural = gettext_lazy("providers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_custom=False, adapter="", label="")
                | (models.Q(is_custom=True) & ~models.Q(adapter="") & ~models.Q(label="") & ~models.Q(base_url="")),
                name="endpoint_custom_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name
