"""Cached responses: answers that may be given again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from convoscope.encrypted_fields import EncryptedBinaryField, EncryptedTextField


class CachedResponse(models.Model):
    """A complete answer, and to what it may be given.

    `scope` is who may be given it: `user:` or `team:` with an id, or `site`; `asked_by` is who asked, whose erasure
    removes it. `request_digest` stands for everything that the answer depends on: until `exact_until` it answers the
    same request. A row with an `embedding` also answers a like question until `expires_at`: `context_digest` stands for
    all but the question, `wording_digest` for what the question says, `embedding` is its vector by `embedder` in
    half-precision floats. The question itself is not kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=50)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    model = models.CharField(max_length=251)
    request_digest = models.CharField(max_length=64)
    context_digest = models.CharField(max_length=64, blank=True)
    wording_digest = models.CharField(max_length=64, blank=True)
    embedder = models.CharField(max_length=251, blank=True)
    input_tokens = models.PositiveIntegerField()
    output_tokens = models.PositiveIntegerField()
    cached_tokens = models.PositiveIntegerField()
    reasoning_tokens = models.PositiveIntegerField()
    cache_write_tokens = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    exact_until = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    hits = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveIntegerField()
    # Last, so that SQLite reads what stands before them without the pages they fill.
    embedding = EncryptedBinaryField(null=True, blank=True)
    text = EncryptedTextField()

    class Meta:
        verbose_name = gettext_lazy("stored answer")
        verbose_name_plural = gettext_lazy("stored answers")
        constraints = [models.UniqueConstraint(fields=["scope", "request_digest"], name="cached_request_once")]
        indexes = [
            models.Index(
                fields=["scope", "context_digest", "-created_at"],
                condition=models.Q(embedding__isnull=False),
                name="cached_alike",
            ),
            # With the size, so that the sum of all is read from the index alone.
            models.Index(fields=["last_used_at", "size_bytes"], name="cached_by_use"),
            models.Index(
                fields=["last_used_at"], condition=models.Q(embedding__isnull=False), name="cached_alike_by_use"
            ),
            models.Index(fields=["expires_at"], name="cached_by_end"),
        ]

    def __str__(self) -> str:
        return f"answer of {self.model} for {self.scope}"
