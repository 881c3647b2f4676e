"""Providers, their models and what was decided about them. Keys are shown by their end, and only to be told apart."""

from __future__ import annotations

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.read_only import ReadOnlyAdmin
from providers.models import (
    AccessLimit,
    CachedResponse,
    CacheSettings,
    Endpoint,
    EndpointCheck,
    LevelPin,
    ModelRow,
    PersonalEndpoint,
)

KEY = ("api_key_encrypted", "last_failure")


@admin.register(Endpoint)
class EndpointAdmin(ReadOnlyAdmin):
    list_display = ("name", "label", "adapter", "is_enabled", "is_custom", "key_hint", "last_tested_at", "updated_at")
    list_filter = ("is_enabled", "is_custom")
    list_select_related = ("created_by",)
    search_fields = ("name", "label", "base_url")
    ordering = ("name",)
    unread = KEY
    fields = (*list_display, "base_url", "default_model", "last_failed_at", "created_by", "created_at")


@admin.register(PersonalEndpoint)
class PersonalEndpointAdmin(ReadOnlyAdmin):
    list_display = ("name", "owner", "key_hint", "last_tested_at", "last_failed_at", "updated_at")
    list_select_related = ("owner",)
    list_filter = (("owner", AutocompleteSelectFilter),)
    search_fields = ("name", "owner__email")
    ordering = ("-id",)
    unread = KEY


@admin.register(EndpointCheck)
class EndpointCheckAdmin(ReadOnlyAdmin):
    list_display = ("name", "checked_at", "latency_ms")
    ordering = ("name",)
    unread = ("failure",)


@admin.register(ModelRow)
class ModelRowAdmin(ReadOnlyAdmin):
    list_display = ("full_id", "label", "model_class", "input_usd", "output_usd", "is_hidden", "retires_on", "gone_at")
    list_filter = ("is_hidden", "model_class", ("gone_at", admin.EmptyFieldListFilter))
    list_select_related = ("created_by",)
    search_fields = ("endpoint", "model_id", "label")
    ordering = ("endpoint", "model_id")
    fields = (
        *list_display,
        "aliases",
        "capabilities",
        "context_window_tokens",
        "max_output_tokens",
        "continuation",
        "cached_usd",
        "cache_write_usd",
        "created_by",
        "created_at",
        "updated_at",
    )


@admin.register(AccessLimit)
class AccessLimitAdmin(ReadOnlyAdmin):
    list_display = ("name", "is_by_team", "tiers", "updated_at")
    search_fields = ("name",)
    ordering = ("name",)
    fields = (*list_display, "teams")


@admin.register(CacheSettings)
class CacheSettingsAdmin(ReadOnlyAdmin):
    list_display = ("is_exact_enabled", "is_semantic_enabled", "shared_scope", "updated_at", "updated_by")
    list_select_related = ("updated_by",)


@admin.register(CachedResponse)
class CachedResponseAdmin(ReadOnlyAdmin):
    """Without the answer."""

    list_display = ("model", "asked_by", "scope", "hits", "size_bytes", "created_at", "last_used_at", "expires_at")
    list_select_related = ("asked_by",)
    list_filter = (("asked_by", AutocompleteSelectFilter),)
    search_fields = ("=request_digest", "=scope")
    ordering = ("-last_used_at", "-id")
    unread = ("text", "embedding")
    fields = (*list_display, "embedder", "exact_until", "input_tokens", "output_tokens", "request_digest")


@admin.register(LevelPin)
class LevelPinAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "level", "by", "reason")
    list_filter = ("level",)
    list_select_related = ("by",)
    search_fields = ("reason", "by__email")
    ordering = ("-created_at",)
    fields = (*list_display, "offline_text")
