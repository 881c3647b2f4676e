"""Keys that people bring along for themselves."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from providers.models.kept_key import KeptKey


class PersonalEndpoint(KeptKey):
    """One person's own key for one provider of the catalog, at the vendor's own address: what they ask there is on
    their account, not on the site's."""

    key_field: ClassVar[str] = "providers.PersonalEndpoint.api_key"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.SlugField(max_length=50)

    class Meta:
        verbose_name = gettext_lazy("personal key")
        verbose_name_plural = gettext_lazy("personal keys")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="personal_endpoint_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.owner_id}"
