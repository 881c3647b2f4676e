"""Budgets: what may be used in a day or a month, what was used of it, and what runs that go on have reserved."""

from __future__ import annotations

from typing import ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from providers.contract import Payer


class BudgetQuerySet(models.QuerySet["Budget"]):
    def of(self, payer: Payer) -> Self:
        """The budgets that what this payer uses counts against."""
        found = Q(scope=Budget.Scope.SITE)
        if payer.user_id:
            found |= Q(user=payer.user_id)
        if payer.team_id:
            found |= Q(team=payer.team_id)
        if payer.api_key_id:
            found |= Q(api_key=payer.api_key_id)
        return self.filter(found)


class Budget(models.Model):
    """How much one person, team, API key or the whole site may use in each day or month, which begin at midnight UTC.

    Units: `limit` is whole tokens, or nano-dollars. Tokens are those that providers were asked for, input and output;
    calls whose price is unknown count against no budget in money. What is out of use refuses nothing, but counts on.
    Scope, period and unit never change: another budget is another row.
    """

    class Scope(models.TextChoices):
        SITE = "site", _("The whole site")
        TEAM = "team", _("A team")
        USER = "user", _("A person")
        API_KEY = "api_key", _("An API key")

    class Period(models.TextChoices):
        DAY = "day", _("per day")
        MONTH = "month", _("per month")

    class Unit(models.TextChoices):
        MONEY = "money", _("US dollars")
        TOKENS = "tokens", _("tokens")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey("accounts.Team", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    api_key = models.ForeignKey("accounts.APIKey", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    period = models.CharField(max_length=5, choices=Period.choices)
    unit = models.CharField(max_length=6, choices=Unit.choices)
    limit = models.BigIntegerField()
    is_enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    objects: ClassVar[BudgetQuerySet] = BudgetQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(scope="site", user=None, team=None, api_key=None)
                    | Q(scope="user", user__isnull=False, team=None, api_key=None)
                    | Q(scope="team", user=None, team__isnull=False, api_key=None)
                    | Q(scope="api_key", user=None, team=None, api_key__isnull=False)
                ),
                name="budget_target_is_of_its_scope",
            ),
            models.CheckConstraint(condition=Q(limit__gt=0), name="budget_limit_above_zero"),
            # Nulls are never equal, so each scope has its own.
            models.UniqueConstraint(fields=["period", "unit"], condition=Q(scope="site"), name="budget_once_site"),
            models.UniqueConstraint(fields=["user", "period", "unit"], name="budget_once_user"),
            models.UniqueConstraint(fields=["team", "period", "unit"], name="budget_once_team"),
            models.UniqueConstraint(fields=["api_key", "period", "unit"], name="budget_once_api_key"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} budget {self.id} in {self.unit} per {self.period}"

    @property
    def target_id(self) -> UUID | None:
        """Whose it is; None for the site's."""
        return self.user_id or self.team_id or self.api_key_id


class BudgetPeriod(models.Model):
    """One day or month of a budget, made when something first counts against it.

    `used` is the sum over the ledger's lines, kept as a counter; `reserved` that of the reservations. Whoever changes
    either, or a reservation, holds this row first, and several rows in the order of (`starts_on`, `budget`).
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="periods")
    starts_on = models.DateField()
    used = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("budget period")
        verbose_name_plural = _("budget periods")
        constraints = [
            models.UniqueConstraint(fields=["budget", "starts_on"], name="budget_period_once"),
            models.CheckConstraint(condition=Q(used__gte=0, reserved__gte=0), name="budget_period_not_negative"),
        ]

    def __str__(self) -> str:
        return f"period of budget {self.budget_id} from {self.starts_on}"


class Reservation(models.Model):
    """What one request is expected to use of one budget, held from before its first call to its end.

    What a process that died left behind is given back after `expires_at`.
    """

    request_id = models.UUIDField()
    budget_period = models.ForeignKey(BudgetPeriod, on_delete=models.CASCADE, related_name="reservations")
    amount = models.BigIntegerField()
    feature = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.UniqueConstraint(fields=["request_id", "budget_period"], name="reservation_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="reservation_not_negative"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="reservation_by_expiry")]

    def __str__(self) -> str:
        return f"reservation of {self.amount} for {self.request_id}"
