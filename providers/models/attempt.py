"""Attempts: one row for each call to a provider."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from convoscope.encrypted_fields import EncryptedBinaryField
from providers.models.usage import UsageRecord

# The reason of a call to another model, since the one before it failed.
FALLBACK = "fallback"


class Attempt(models.Model):
    """One call to one provider within a request; retry, fallback and recovery are further calls.

    `request_id` names the request without a foreign key: the gateway serves titles, API calls and scripts as well as
    runs. `source` says whether a provider was asked at all, and with whose key. `error_detail` is the provider's own
    error, for operators. `wait_ms` is how long the gateway waited before it. `wire_request` is the request as it was
    sent, compressed by zlib; null where nobody was asked, where it may not be kept, as in a temporary chat, and once
    its days are over.
    """

    class Outcome(models.TextChoices):
        RUNNING = "running"
        COMPLETE = "complete"
        STOPPED = "stopped"
        FAILED = "failed"
        ABANDONED = "abandoned"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request_id = models.UUIDField()
    call_number = models.PositiveSmallIntegerField()
    endpoint = models.CharField(max_length=50)
    model = models.CharField(max_length=200)
    reason = models.CharField(max_length=20)
    source = models.CharField(max_length=10, choices=UsageRecord.Source.choices, default=UsageRecord.Source.PROVIDER)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.RUNNING)
    started_at = models.DateTimeField()
    first_token_ms = models.PositiveIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(null=True, blank=True)
    reasoning_tokens = models.PositiveIntegerField(null=True, blank=True)
    skipped_chunks = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    wait_ms = models.PositiveIntegerField(default=0)
    wire_request = EncryptedBinaryField(null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("call to a provider")
        verbose_name_plural = gettext_lazy("calls to providers")
        constraints = [models.UniqueConstraint(fields=["request_id", "call_number"], name="attempt_call_once")]
        indexes = [
            # Health and the list of failures look at the newest of an endpoint.
            models.Index(fields=["endpoint", "-started_at"], name="attempt_by_endpoint"),
            models.Index(fields=["-started_at"], condition=models.Q(outcome="failed"), name="attempt_failed"),
            # How often another model had to answer, by day.
            models.Index(fields=["started_at"], condition=models.Q(reason=FALLBACK), name="attempt_fallback"),
            # The sweep looks for the oldest that still has its request.
            models.Index(
                fields=["started_at"], condition=models.Q(wire_request__isnull=False), name="attempt_with_request"
            ),
        ]

    def __str__(self) -> str:
        return f"call {self.call_number} of {self.request_id} to {self.endpoint}"
