"""Prices, budgets and what a resolved conversation is worth."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.read_only import ReadOnlyAdmin
from providers.models import Budget, BudgetPeriod, PriceVersion, Reservation, Worth
from providers.money import usd


@admin.register(PriceVersion)
class PriceVersionAdmin(ReadOnlyAdmin):
    list_display = ("full_id", "input_usd", "output_usd", "cached_usd", "cache_write_usd", "valid_from")
    search_fields = ("full_id",)
    ordering = ("full_id", "-valid_from")


@admin.register(Budget)
class BudgetAdmin(ReadOnlyAdmin):
    list_display = ("scope", "user", "team", "api_key", "period", "unit", "amount", "is_enabled", "created_at")
    list_select_related = ("user", "team", "api_key", "created_by")
    list_filter = (
        "scope",
        "period",
        "unit",
        "is_enabled",
        ("user", AutocompleteSelectFilter),
        ("team", AutocompleteSelectFilter),
    )
    search_fields = ("user__email", "team__name", "api_key__prefix")
    ordering = ("-id",)
    fields = (*list_display, "created_by")

    @admin.display(description=_("limit"), ordering="limit")
    def amount(self, budget: Budget) -> str:
        return usd(budget.limit) if budget.unit == Budget.Unit.MONEY else str(budget.limit)


@admin.register(BudgetPeriod)
class BudgetPeriodAdmin(ReadOnlyAdmin):
    list_display = ("budget", "starts_on", "used", "reserved")
    list_select_related = ("budget",)
    search_fields = ("=budget__id", "budget__user__email", "budget__team__name")
    ordering = ("-starts_on", "-id")


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ("request_id", "budget_period", "amount", "feature", "created_at", "expires_at")
    list_select_related = ("budget_period",)
    search_fields = ("=request_id",)
    ordering = ("-id",)


@admin.register(Worth)
class WorthAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "per_resolution", "minutes_saved", "set_by")
    list_select_related = ("set_by",)
    ordering = ("-id",)

    @admin.display(description=_("a resolved conversation"))
    def per_resolution(self, worth: Worth) -> str:
        return usd(worth.per_resolution_nanousd)
