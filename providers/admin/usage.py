"""The ledger, and its sums by day."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter

from accounts.addresses import normal_address
from accounts.admin.large_tables import LargeTableAdmin, TimeRangeFilter
from accounts.admin.read_only import ReadOnlyAdmin
from accounts.models import User
from providers.models import RolledDay, UsageDay, UsageDayByCall, UsageDayByPayer, UsageRecord
from providers.money import usd

SUMS = ("calls", "requests", "unpriced_calls", "input_tokens", "output_tokens", "cost")
CALL = ("feature", "source", "endpoint", "model", "outcome")


class CostColumn:
    @admin.display(description=_("cost"))
    def cost(self, row: Any) -> str:
        return usd(row.cost_nanousd)


@admin.register(UsageRecord)
class UsageRecordAdmin(CostColumn, LargeTableAdmin):
    list_display = (
        "created_at",
        "user",
        "team",
        "endpoint",
        "model",
        "feature",
        "source",
        "outcome",
        "input_tokens",
        "output_tokens",
        "cost",
    )
    list_select_related = ("user", "team", "price")
    list_filter = (TimeRangeFilter, "source", "kind")
    search_help_text = _("The id of a line, a request or a conversation, or a person's address")
    id_fields = ("pk", "request_id", "subject_id")
    fields = (
        *list_display,
        "kind",
        "request_id",
        "call_number",
        "subject_id",
        "cached_tokens",
        "reasoning_tokens",
        "cache_write_tokens",
        "is_estimated",
        "saved_nanousd",
        "price",
        "first_token_ms",
        "duration_ms",
    )

    def searched(self, text: str) -> Q:
        if "@" in text:
            return Q(user__in=User.objects.filter(email=normal_address(text)))
        return super().searched(text)


class DayAdmin(CostColumn, ReadOnlyAdmin):
    list_filter: ClassVar[tuple[Any, ...]] = (("day", RangeDateFilter),)
    ordering = ("-day", "-id")


@admin.register(UsageDay)
class UsageDayAdmin(DayAdmin):
    list_display = ("day", "user", "team", *CALL, *SUMS)
    list_select_related = ("user", "team")
    list_filter = (("day", RangeDateFilter), ("user", AutocompleteSelectFilter))


@admin.register(UsageDayByPayer)
class UsageDayByPayerAdmin(DayAdmin):
    list_display = ("day", "user", "team", *SUMS)
    list_select_related = ("user", "team")
    list_filter = (("day", RangeDateFilter), ("user", AutocompleteSelectFilter))


@admin.register(UsageDayByCall)
class UsageDayByCallAdmin(DayAdmin):
    list_display = ("day", *CALL, *SUMS)


@admin.register(RolledDay)
class RolledDayAdmin(ReadOnlyAdmin):
    list_display = ("day", "lines", "rolled_at")
    list_filter = (("day", RangeDateFilter),)
    ordering = ("-day",)
