"""What a token for apps says of models and budgets, beside what accounts know."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.base_user import AbstractBaseUser

from accounts import tokens
from accounts.models import User
from providers.budgets import budgets_in_use, read_states
from providers.configured import limits
from providers.model_access import refusals
from providers.models import Budget
from providers.payers import payer_of

# How much a whole site may use, people aren't told.
TOLD = (Budget.Scope.USER, Budget.Scope.TEAM)


class TokenStrategy(tokens.TokenStrategy):
    def get_claims(self, user: AbstractBaseUser) -> dict[str, Any]:
        person = cast(User, user)
        return super().get_claims(user) | {"features": features_of(person), "token_budget": token_budget_of(person)}


def features_of(person: User) -> list[str]:
    """What is limited to tiers and teams, and open to this person by theirs: names of providers and models."""
    named = limits()
    return sorted(named.keys() - refusals(person.id, named).keys())


def token_budget_of(person: User) -> int | None:
    """Tokens that are left of the person's and their team's budgets in the day or month that runs, by the one with the
    least; None where no such budget is in use."""
    counted = [one for one in budgets_in_use(payer_of(person)) if one.unit == Budget.Unit.TOKENS and one.scope in TOLD]
    return min((max(0, state.budget.limit - state.taken) for state in read_states(counted)), default=None)
