"""The ledger: one line for everything that cost tokens, with the price it was counted at."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7


class PriceVersion(models.Model):
    """The prices of one model from some moment on. A change of the catalog or of an administrator's row makes a new
    one; ledger lines keep theirs. Units: US dollars per million tokens; null where there is no such price."""

    full_id = models.CharField(max_length=251)
    input_usd = models.DecimalField(max_digits=16, decimal_places=8)
    output_usd = models.DecimalField(max_digits=16, decimal_places=8)
    cached_usd = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)
    cache_write_usd = models.DecimalField(max_digits=16, decimal_places=8, null=True, blank=True)
    valid_from = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = gettext_lazy("price")
        verbose_name_plural = gettext_lazy("prices")
        indexes = [models.Index(fields=["full_id", "-valid_from"], name="price_latest")]

    def __str__(self) -> str:
        return f"price of {self.full_id} since {self.valid_from:%Y-%m-%d}"


class UsageRecord(models.Model):
    """One line of the ledger, for one call. Append-only: totals are sums over lines, and nothing changes
    what a line says; user and key go after AUDIT_RETENTION_DAYS, or with an erasure.

    `subject_id` is what the request belonged to, such as a conversation. `cost_nanousd` is whole nano-dollars, null
    where the price is unknown; an answer of the cache or of a shared call costs 0, and `saved_nanousd` says what it
    would have cost; so does one that a person's own key paid for. `is_estimated` says that we counted the tokens, since
    the provider didn't.
    """

    class Kind(models.TextChoices):
        COMPLETION = "completion"
        EMBEDDING = "embedding"

    class Source(models.TextChoices):
        PROVIDER = "provider"
        OWN_KEY = "own_key"
        CACHE = "cache"
        SHARED = "shared"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request_id = models.UUIDField()
    call_number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.COMPLETION)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    team = models.ForeignKey(
        "accounts.Team", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    api_key = models.ForeignKey(
        "accounts.APIKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    subject_id = models.UUIDField(null=True, blank=True)
    feature = models.CharField(max_length=12)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PROVIDER)
    endpoint = models.CharField(max_length=50)
    model = models.CharField(max_length=200)
    outcome = models.CharField(max_length=10)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    cache_write_tokens = models.PositiveIntegerField(default=0)
    is_estimated = models.BooleanField(default=False)
    cost_nanousd = models.BigIntegerField(null=True, blank=True)
    saved_nanousd = models.BigIntegerField(default=0)
    price = models.ForeignKey(PriceVersion, on_delete=models.PROTECT, null=True, blank=True, db_index=False)
    first_token_ms = models.PositiveIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = gettext_lazy("ledger line")
        verbose_name_plural = gettext_lazy("ledger lines")
        constraints = [
            models.UniqueConstraint(fields=["request_id", "call_number", "kind"], name="usage_call_once"),
        ]
        indexes = [
            models.Index(fields=["subject_id"], name="usage_by_subject"),
            models.Index(fields=["user", "created_at"], name="usage_by_user"),
            models.Index(fields=["created_at"], name="usage_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.call_number} of {self.request_id}"
