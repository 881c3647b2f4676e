"""Routing decisions: which models were looked at for a request, and why each was taken or not."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy


class RoutingDecision(models.Model):
    """What routing decided for one request. `considered` is a list of objects with `full_id`, `why` and `excluded`, in
    the order of preference; `cache` is what the response cache said, in a sentence."""

    request_id = models.UUIDField(primary_key=True)
    asked = models.CharField(max_length=200)
    considered = models.JSONField(default=list)
    reason = models.CharField(max_length=300, blank=True)
    cache = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = gettext_lazy("routing decision")
        verbose_name_plural = gettext_lazy("routing decisions")

    def __str__(self) -> str:
        return f"routing of {self.request_id}"
