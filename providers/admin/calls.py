"""Calls to providers, and how their models were chosen."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin.large_tables import LargeTableAdmin, TimeRangeFilter
from providers.models import Attempt, RoutingDecision


@admin.register(Attempt)
class AttemptAdmin(LargeTableAdmin):
    """Without the request, which holds what people wrote; Inspect shows it to whose it is."""

    list_display = (
        "started_at",
        "endpoint",
        "model",
        "outcome",
        "reason",
        "call_number",
        "first_token_ms",
        "duration_ms",
        "input_tokens",
        "output_tokens",
        "error_code",
    )
    list_filter = (TimeRangeFilter, "outcome", "source")
    search_help_text = _("The id of a call or of its request")
    id_fields = ("pk", "request_id")
    unread = ("wire_request", "error_detail")
    fields = (
        "request_id",
        *list_display,
        "source",
        "wait_ms",
        "finish_reason",
        "cached_tokens",
        "reasoning_tokens",
        "skipped_chunks",
    )


@admin.register(RoutingDecision)
class RoutingDecisionAdmin(LargeTableAdmin):
    list_display = ("request_id", "created_at", "asked", "reason", "cache")
    list_filter = ()
    search_help_text = _("The id of a request")
    unread = ("considered",)
    fields = (*list_display, "considered")
