"""What is done about what guards find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from accounts.admin.audited import AuditedAdmin
from chat.models import GuardPolicy, GuardRule

if TYPE_CHECKING:
    RulesBase = admin.TabularInline[GuardRule, GuardPolicy]
else:
    RulesBase = TabularInline


class GuardRuleInline(RulesBase):
    model = GuardRule
    extra = 0


@admin.register(GuardPolicy)
class GuardPolicyAdmin(AuditedAdmin):
    list_display = ("__str__", "masks_for_provider", "limits_links", "changed_at")
    list_select_related = ("team",)
    list_filter = ("masks_for_provider", "limits_links")
    search_fields = ("team__name",)
    autocomplete_fields = ("team",)
    inlines = [GuardRuleInline]
    fieldsets = (
        (
            None,
            {
                "fields": ("team", "masks_for_provider", "limits_links"),
                "description": _(
                    "Where no rule says otherwise, attacks and invisible characters are flagged in what people write"
                    " and in files, instructions given away and links that carry data out are flagged in answers, and"
                    " personal data and secrets are allowed. A team's rules go before the site's; of several teams the"
                    " strictest rule holds, and a switch is on if the site or one of them has it on."
                ),
            },
        ),
    )

    def audited(self, object: GuardPolicy) -> dict[str, object]:
        rules = object.rules.order_by("place", "category").values_list("place", "category", "action")
        return {
            "masks_for_provider": object.masks_for_provider,
            "limits_links": object.limits_links,
            "rules": [" ".join(rule) for rule in rules],
        }
