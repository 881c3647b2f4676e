"""How budgets stand: which a payer's requests count against, what is left of them, and the words for it.

What changes them is in `actions/budgets.py` (counters) and `actions/budget_settings.py` (administrators).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from convoscope.kept import Kept
from providers.contract import Payer
from providers.models import Budget, BudgetPeriod
from providers.money import usd
from providers.periods import next_start, period_start

# From here on people are told, in percent.
NEAR_PERCENT = 80
# How long a process goes by budgets that another one may have added, put in or out of use, or removed.
KEPT_S = 5.0
# No request goes on for longer, so what is held was held in this period or in the one before.
LONGEST_PERIOD = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget in the period that runs now; `reserved` is also what requests of the period before still hold. Units:
    `used` and `reserved` are those of the budget."""

    budget: Budget
    used: int
    reserved: int
    renews_on: date

    @property
    def taken(self) -> int:
        return self.used + self.reserved

    @property
    def percent(self) -> int:
        return self.taken * 100 // self.budget.limit

    @property
    def is_near(self) -> bool:
        return self.percent >= NEAR_PERCENT

    @property
    def is_used_up(self) -> bool:
        return self.taken >= self.budget.limit

    @property
    def level(self) -> str:
        """How urgent it is, for the colour of its bar."""
        return "full" if self.is_used_up else "near" if self.is_near else "well"

    @property
    def used_width(self) -> float:
        """Of the bar, in percent."""
        return min(100.0, self.used * 100 / self.budget.limit)

    @property
    def reserved_width(self) -> float:
        return min(100.0 - self.used_width, self.reserved * 100 / self.budget.limit)

    @property
    def renews(self) -> str:
        return renewal_words(self.renews_on)


@dataclass(frozen=True, slots=True)
class BudgetWarning:
    """A budget is nearly used up, in words for the person whose request counted against it."""

    message: str
    percent: int
    renews_on: date


def number_words(budget: Budget, amount: int) -> str:
    """An amount such as `$1.20`, or without its unit `12,000`."""
    return usd(amount) if budget.unit == Budget.Unit.MONEY else intcomma(amount)


def amount_words(budget: Budget, amount: int) -> str:
    """An amount in the budget's unit, such as `$1.20` or `12,000 tokens`."""
    number = number_words(budget, amount)
    return number if budget.unit == Budget.Unit.MONEY else _("%(count)s tokens") % {"count": number}


def renewal_words(renews_on: date) -> str:
    return _("%(day)s at 00:00 UTC") % {"day": date_format(renews_on, "MONTH_DAY_FORMAT")}


def budget_name(budget: Budget) -> str:
    """Which budget it is, for a person whose requests count against it."""
    return {
        ("user", "day"): _("Your daily budget"),
        ("user", "month"): _("Your monthly budget"),
        ("team", "day"): _("Your team's daily budget"),
        ("team", "month"): _("Your team's monthly budget"),
        ("api_key", "day"): _("The daily budget of this API key"),
        ("api_key", "month"): _("The monthly budget of this API key"),
        ("site", "day"): _("The daily budget of this site"),
        ("site", "month"): _("The monthly budget of this site"),
    }[budget.scope, budget.period]


def budget_words(budget: Budget) -> str:
    """The same with its limit. How much a whole site may use stays unsaid."""
    if budget.scope == Budget.Scope.SITE:
        return budget_name(budget)
    return _("%(budget)s of %(amount)s") % {
        "budget": budget_name(budget),
        "amount": amount_words(budget, budget.limit),
    }


def refusal_words(state: BudgetState) -> str:
    """Why a request is refused, and when it no longer will be."""
    values = {"budget": budget_words(state.budget), "renews": state.renews}
    if state.used < state.budget.limit:
        return (
            _(
                "%(budget)s has nothing left but what answers that are being written may still need. What you wrote is "
                "kept; send it again once they are done. It renews on %(renews)s."
            )
            % values
        )
    return _("%(budget)s is used up. It renews on %(renews)s. What you wrote is kept; send it again then.") % values


def near_warnings(states: Iterable[BudgetState]) -> list[BudgetWarning]:
    """The fullest first."""
    near = sorted((state for state in states if state.is_near), key=lambda state: state.percent, reverse=True)
    return [BudgetWarning(_warning_words(state), state.percent, state.renews_on) for state in near]


def _warning_words(state: BudgetState) -> str:
    values = {"budget": budget_words(state.budget), "percent": state.percent, "renews": state.renews}
    if state.is_used_up:
        return _("%(budget)s is used up. It renews on %(renews)s.") % values
    return _("%(budget)s is %(percent)d %% used. It renews on %(renews)s.") % values


def read_states(budgets: Iterable[Budget]) -> list[BudgetState]:
    """How each stands now, in their order: one query for any number."""
    now, budgets = timezone.now(), list(budgets)
    starts = {budget.id: period_start(budget.period, now) for budget in budgets}
    used: dict[UUID, int] = {}
    reserved: defaultdict[UUID, int] = defaultdict(int)
    for period in _periods_that_count(starts):
        if period.starts_on == starts[period.budget_id]:
            used[period.budget_id] = period.used
        reserved[period.budget_id] += period.reserved
    return [
        BudgetState(
            budget,
            used.get(budget.id, 0),
            reserved[budget.id],
            renews_on=next_start(budget.period, starts[budget.id]),
        )
        for budget in budgets
    ]


def open_before(starts_on: date) -> QuerySet[BudgetPeriod]:
    """Earlier periods whose requests may go on in the one that starts then: what they use counts where they end."""
    return BudgetPeriod.objects.filter(starts_on__lt=starts_on, starts_on__gte=starts_on - LONGEST_PERIOD)


def _periods_that_count(starts: Mapping[UUID, date]) -> Iterable[BudgetPeriod]:
    """Those that run, and those before them that still hold something."""
    if not starts:
        return []
    days = set(starts.values())
    found = BudgetPeriod.objects.filter(budget__in=starts, starts_on__in=days)
    for day in days:
        found |= open_before(day).filter(budget__in=[one for one in starts if starts[one] == day], reserved__gt=0)
    return found


def warnings_for(payer: Payer) -> list[BudgetWarning]:
    """What a person should know before they ask. Costs no query where no budget is theirs."""
    return near_warnings(read_states(budgets_in_use(payer)))


def has_budgets() -> bool:
    """Whether anything has to be reserved at all. Costs no query."""
    return bool(_in_use.get())


def budgets_in_use(payer: Payer) -> list[Budget]:
    """The budgets that may refuse this payer's requests, as they were a few seconds ago at most."""
    kept = _in_use.get()
    targets = (
        (Budget.Scope.SITE, None),
        (Budget.Scope.TEAM, payer.team_id),
        (Budget.Scope.USER, payer.user_id),
        (Budget.Scope.API_KEY, payer.api_key_id),
    )
    return [budget for target in targets for budget in kept.get(target, ())]


def forget_budgets() -> None:
    """Read the budgets again when they are next asked for."""
    _in_use.forget()


def _read_in_use() -> Mapping[tuple[str, UUID | None], list[Budget]]:
    """By whose they are."""
    found: defaultdict[tuple[str, UUID | None], list[Budget]] = defaultdict(list)
    for budget in Budget.objects.filter(is_enabled=True).order_by("created_at"):
        found[budget.scope, budget.target_id].append(budget)
    return found


_in_use = Kept(_read_in_use, seconds=KEPT_S)
