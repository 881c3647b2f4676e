"""What a ledger line counts for in a budget: of one line in Python, of many in the database, by the same rules."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import BigIntegerField, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from providers.models import Budget, UsageRecord
from providers.periods import at_midnight, next_start

# What a person's own key paid for is the site's load all the same.
ASKED = (UsageRecord.Source.PROVIDER, UsageRecord.Source.OWN_KEY)


def counted(budget: Budget, line: UsageRecord) -> int:
    """Units: those of the budget. Tokens count where a provider was asked; unknown costs don't count in money."""
    if budget.unit == Budget.Unit.MONEY:
        return line.cost_nanousd or 0
    return line.input_tokens + line.output_tokens if line.source in ASKED else 0


def targets_of(line: UsageRecord) -> list[tuple[str, UUID | None]]:
    """The scopes and targets whose budgets a line counts against."""
    targets = [
        (Budget.Scope.TEAM, line.team_id),
        (Budget.Scope.USER, line.user_id),
        (Budget.Scope.API_KEY, line.api_key_id),
    ]
    return [(Budget.Scope.SITE, None), *(target for target in targets if target[1] is not None)]


def lines_against(budget: Budget) -> QuerySet[UsageRecord]:
    """The ledger's lines that count against a budget, whenever they were written."""
    if budget.scope == Budget.Scope.SITE:
        return UsageRecord.objects.all()
    return UsageRecord.objects.filter(**{f"{budget.scope}_id": budget.target_id})


def lines_of(budget: Budget, starts_on: date) -> QuerySet[UsageRecord]:
    """Those of one of its periods."""
    begin, end = at_midnight(starts_on), at_midnight(next_start(budget.period, starts_on))
    return lines_against(budget).filter(created_at__gte=begin, created_at__lt=end)


def total_of(budget: Budget) -> Coalesce:
    """The sum of what lines count for."""
    if budget.unit == Budget.Unit.MONEY:
        total = Sum("cost_nanousd")
    else:
        is_asked = Q(source__in=ASKED)
        total = Sum(F("input_tokens") + F("output_tokens"), filter=is_asked)
    return Coalesce(total, 0, output_field=BigIntegerField())


def sum_of_lines(budget: Budget, starts_on: date) -> int:
    return int(lines_of(budget, starts_on).aggregate(total=total_of(budget))["total"])
