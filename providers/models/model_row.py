"""Model rows: what an administrator says of a model, and who may use it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

PRICES = ("input_usd", "output_usd", "cached_usd", "cache_write_usd")


class ModelRow(models.Model):
    """One model at one endpoint: added where the catalog lacks it, or in place of what the catalog says of it.

    Null and blank leave what the catalog says; of a model it doesn't know, that is an unknown price and cautious
    limits. `capabilities` is a list of the catalog's words. `gone_at` is when its endpoint's own list was found without
    it. Units of prices: US dollars per million tokens.
    """

    class Class(models.TextChoices):
        ECONOMY = "economy"
        STANDARD = "standard"
        PREMIUM = "premium"

    class Continuation(models.TextChoices):
        PREFILL = "prefill"
        INSTRUCTION = "instruction"
        NONE = "none"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # By name: an endpoint of the environment has no row.
    endpoint = models.SlugField(max_length=50)
    model_id = models.CharField(max_length=200)
    label = models.CharField(max_length=100, blank=True)
    aliases = models.JSONField(default=list, blank=True)
    is_hidden = models.BooleanField(default=False)
    context_window_tokens = models.PositiveIntegerField(null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    capabilities = models.JSONField(null=True, blank=True)
    model_class = models.CharField(max_length=10, choices=Class.choices, blank=True)
    continuation = models.CharField(max_length=12, choices=Continuation.choices, blank=True)
    input_usd = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)
    output_usd = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)
    cached_usd = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)
    cache_write_usd = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)
    retires_on = models.DateField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = gettext_lazy("model")
        verbose_name_plural = gettext_lazy("models")
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "model_id"], name="model_row_once"),
            models.CheckConstraint(
                condition=Q(context_window_tokens=None)
                | Q(max_output_tokens=None)
                | Q(max_output_tokens__lte=F("context_window_tokens")),
                name="model_row_output_fits_window",
            ),
            models.CheckConstraint(
                condition=Q(input_usd=None, output_usd=None, cached_usd=None, cache_write_usd=None)
                | Q(input_usd__isnull=False, output_usd__isnull=False),
                name="model_row_price_is_whole",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__gte": 0}), name=f"model_row_{name}_not_negative"
                )
                for name in PRICES
            ),
        ]

    def __str__(self) -> str:
        return self.full_id

    @property
    def full_id(self) -> str:
        return f"{self.endpoint}/{self.model_id}"


class AccessLimit(models.Model):
    """Who alone may use an endpoint or a model. `name` is an endpoint's name or a model's full id.

    Where it `is_by_team`, the members of `teams`: nobody once those teams are deleted. Without `tiers` every tier will
    do; where both are named, both are needed. It is no part of the endpoint's row: one that is switched on by the
    environment has none, and a key that is removed and pasted again must not be everybody's meanwhile.
    """

    name = models.CharField(primary_key=True, max_length=251)
    is_by_team = models.BooleanField(default=False)
    teams = models.ManyToManyField("accounts.Team", related_name="+", blank=True)
    tiers = models.JSONField(default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = gettext_lazy("access limit")
        verbose_name_plural = gettext_lazy("access limits")

    def __str__(self) -> str:
        return f"limit of {self.name}"
