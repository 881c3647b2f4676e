"""Budgets, and ledger lines that count against them, made through the actions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import APIKey, Membership, Team, User
from providers.actions.budget_settings import create_budget
from providers.actions.budgets import reserve
from providers.actions.ledger import LedgerLine
from providers.budgets import forget_budgets
from providers.contract import Payer, Usage
from providers.estimates import Estimate
from providers.models import Budget, BudgetPeriod, Reservation

# Its price is 1 dollar for a million tokens of input, 5 for one of output.
PRICED = "claude-haiku-4-5"


def admin() -> User:
    email = "budgets@example.org"
    return User.objects.filter(email=email).first() or User.objects.create_superuser(email=email, password="x" * 20)


def make_budget(
    scope: str = "user",
    target: str = "alice@example.org",
    period: str = "month",
    unit: str = "tokens",
    limit: str = "1000",
) -> Budget:
    target = "" if scope == "site" else target
    made = create_budget(scope=scope, target=target, period=period, unit=unit, limit=limit, by=admin())
    # A test's transaction is never committed, which is when the process would forget.
    forget_budgets()
    return made


def make_team(name: str, *members: User) -> Team:
    team = Team.objects.create(name=name)
    for member in members:
        Membership.objects.create(team=team, user=member)
    return team


def make_api_key(owner: User, prefix: str = "cs_abcdef") -> APIKey:
    return APIKey.objects.create(user=owner, name="A key", prefix=prefix, hash=uuid4().hex)


def line(payer: Payer, tokens: tuple[int, int] = (100, 20), **changed: Any) -> LedgerLine:
    """A finished answer of a model whose price is known."""
    fields: dict[str, Any] = {
        "request_id": uuid4(),
        "call_number": 1,
        "payer": payer,
        "subject_id": None,
        "feature": "chat",
        "source": "provider",
        "endpoint": "anthropic",
        "model": PRICED,
        "outcome": "complete",
        "usage": Usage(*tokens),
        "is_estimated": False,
        "first_token_ms": 300,
        "duration_ms": 2_000,
        "ended_at": timezone.now(),
    }
    return LedgerLine(**(fields | changed))


def tokens(count: int) -> Estimate:
    """An estimate whose price is unknown."""
    return Estimate(count, None)


def counters(budget: Budget, at: datetime | None = None) -> tuple[int, int]:
    """`used` and `reserved` in the latest period, or in the one of a moment."""
    periods = BudgetPeriod.objects.filter(budget=budget)
    if at is not None:
        periods = periods.filter(starts_on=at.date() if budget.period == "day" else at.date().replace(day=1))
    row = periods.latest("starts_on")
    return row.used, row.reserved


def reserved_for(request_id: UUID) -> list[int]:
    found = Reservation.objects.filter(request_id=request_id).order_by("amount")
    return list(found.values_list("amount", flat=True))


def ask(payer: Payer, expected: Estimate | int = 100, feature: str = "chat") -> list[str]:
    """Reserve for a new request; what the person is told."""
    estimate = expected if isinstance(expected, Estimate) else tokens(expected)
    warnings = reserve(request_id=uuid4(), payer=payer, estimate=estimate, feature=feature)  # type: ignore[arg-type]  # a literal
    return [warning.message for warning in warnings]
