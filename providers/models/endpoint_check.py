"""What the last check of an endpoint met that nobody had asked for a while."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy


class EndpointCheck(models.Model):
    """The latest check of the endpoint of this name; the one before it is not kept.

    `failure` is the provider's own error, for operators; blank if it gave its list of models, in `latency_ms`. One that
    answered but has no such list has neither: the check tells nothing of it.
    """

    name = models.CharField(max_length=50, primary_key=True)
    checked_at = models.DateTimeField()
    failure = models.TextField(blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("provider check")
        verbose_name_plural = gettext_lazy("provider checks")

    def __str__(self) -> str:
        return f"{self.name} at {self.checked_at}"
