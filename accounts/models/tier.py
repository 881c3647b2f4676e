"""Tiers: which limits somebody has, and which models are kept for them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tier(models.TextChoices):
    """From the lowest to the highest."""

    FREE = "free", _("Free")
    STARTER = "starter", _("Starter")
    PROFESSIONAL = "professional", _("Professional")
    ENTERPRISE = "enterprise", _("Enterprise")

    @classmethod
    def highest(cls, tiers: Iterable[str]) -> str:
        """Blank if there is none among them."""
        return max(filter(None, tiers), key=cls.values.index, default="")

    @classmethod
    def rank(cls, field: str) -> models.Case:
        """For an order by tier."""
        return models.Case(*(models.When(**{field: tier}, then=number) for number, tier in enumerate(cls.values)))
