"""Calls to providers in the admin, to be looked at."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.read_only import ReadOnlyAdmin
from providers.models import Attempt


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
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
    list_filter = ("outcome", "endpoint", "error_code")
    search_fields = ("model", "error_code", "error_detail")
    ordering = ("-id",)
