"""Budgets as pages show them: whose they are, and how full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from providers.budgets import BudgetState, amount_words, budget_name, number_words, read_states
from providers.models import Budget
from providers.money import typed_usd, usd_decimal
from providers.payers import payer_of


@dataclass(frozen=True, slots=True)
class ListedBudget:
    """A budget with its words. `figures` says how much is used of how much."""

    state: BudgetState
    name: str
    figures: str

    @property
    def budget(self) -> Budget:
        return self.state.budget

    @property
    def words(self) -> str:
        """Whether it holds, and how near its end it is."""
        if not self.budget.is_enabled:
            return _("Out of use")
        if self.state.is_used_up:
            return _("Used up")
        return _("Nearly used up") if self.state.is_near else _("In use")

    @property
    def limit_as_typed(self) -> str:
        """The limit as its field shows it."""
        if self.budget.unit == Budget.Unit.TOKENS:
            return str(self.budget.limit)
        return typed_usd(usd_decimal(self.budget.limit))


def list_budgets() -> list[ListedBudget]:
    """Every budget for administrators, the site's first, then by whose they are."""
    budgets = Budget.objects.select_related("user", "team", "api_key__user")
    listed = [_for_administrators(state) for state in read_states(budgets)]
    order = [Budget.Scope.SITE, Budget.Scope.TEAM, Budget.Scope.USER, Budget.Scope.API_KEY]
    return sorted(listed, key=lambda one: (order.index(Budget.Scope(one.budget.scope)), one.name, one.budget.unit))


def list_budget(budget: Budget) -> ListedBudget:
    [state] = read_states([budget])
    return _for_administrators(state)


def list_own_budgets(person: User) -> list[ListedBudget]:
    """Those in use that the person's requests count against, with their API keys or without. Of the site's they see how
    full it is, not how much everybody uses."""
    of_theirs = Budget.objects.of(payer_of(person)) | Budget.objects.filter(api_key__user=person)
    budgets = of_theirs.filter(is_enabled=True).select_related("api_key").distinct()
    return [_for_their_payer(state) for state in _fullest_first(read_states(budgets))]


def _for_administrators(state: BudgetState) -> ListedBudget:
    return ListedBudget(state, f"{_target(state.budget)}, {state.budget.get_period_display()}", _figures(state))


def _for_their_payer(state: BudgetState) -> ListedBudget:
    budget = state.budget
    if budget.scope == Budget.Scope.SITE:
        return ListedBudget(state, budget_name(budget), _("%(percent)d %% used") % {"percent": state.percent})
    if budget.api_key is not None:
        name = _("API key %(name)s, %(period)s") % {"name": budget.api_key, "period": budget.get_period_display()}
        return ListedBudget(state, name, _figures(state))
    return ListedBudget(state, budget_name(budget), _figures(state))


def _target(budget: Budget) -> str:
    if budget.user is not None:
        return budget.user.email
    if budget.team is not None:
        return _("Team %(name)s") % {"name": budget.team.name}
    if budget.api_key is not None:
        return _("API key %(key)s of %(owner)s") % {"key": budget.api_key, "owner": budget.api_key.user.email}
    return _("The whole site")


def _figures(state: BudgetState) -> str:
    budget = state.budget
    values = {
        "used": number_words(budget, state.used),
        "limit": amount_words(budget, budget.limit),
        "reserved": number_words(budget, state.reserved),
    }
    if state.reserved:
        return _("%(used)s of %(limit)s used, %(reserved)s reserved") % values
    return _("%(used)s of %(limit)s used") % values


def _fullest_first(states: Iterable[BudgetState]) -> list[BudgetState]:
    return sorted(states, key=lambda state: state.percent, reverse=True)
