"""What answers are compared by: experiments, and which answer people preferred."""

from __future__ import annotations

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.read_only import ReadOnlyAdmin
from chat.models import Comparison, Experiment, PreferenceVote


@admin.register(Comparison)
class ComparisonAdmin(ReadOnlyAdmin):
    list_display = ("id", "created_at", "chosen_id", "chosen_at")
    list_filter = (("chosen_at", admin.EmptyFieldListFilter),)
    search_fields = ("=id",)
    ordering = ("-id",)


@admin.register(PreferenceVote)
class PreferenceVoteAdmin(ReadOnlyAdmin):
    list_display = ("cast_at", "winner", "loser", "voter")
    list_select_related = ("voter",)
    list_filter = (("voter", AutocompleteSelectFilter),)
    search_fields = ("winner", "loser", "=comparison_id")
    ordering = ("-id",)


@admin.register(Experiment)
class ExperimentAdmin(ReadOnlyAdmin):
    """Without what the variants say; the page of experiments shows it."""

    list_display = ("name", "setting", "share_percent", "started_by", "started_at", "ended_at")
    list_select_related = ("started_by",)
    list_filter = ("setting", ("ended_at", admin.EmptyFieldListFilter))
    search_fields = ("name",)
    ordering = ("-id",)
    unread = ("variant_a", "variant_b")
