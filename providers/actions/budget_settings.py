"""What an administrator does to budgets: add one, change its limit, put it in or out of use, remove it."""

from __future__ import annotations

import logging

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.addresses import normal_address
from accounts.models import APIKey, Team, User
from convoscope.errors import FieldErrors, ValidationFailed
from convoscope.numbers import plain
from providers.actions.ledger import hold_back_lines
from providers.budgets import forget_budgets
from providers.counting import sum_of_lines
from providers.models import Budget, BudgetPeriod
from providers.money import NANODOLLARS_PER_DOLLAR, parse_usd
from providers.periods import period_start

logger = logging.getLogger(__name__)

LIMIT_MAX_USD = 1_000_000_000
LIMIT_MAX_TOKENS = 1_000_000_000_000_000


def create_budget(*, scope: str, target: str, period: str, unit: str, limit: str, by: User) -> Budget:
    """Add a budget, in use at once. What was used in the period that runs already counts.

    `target` is an e-mail address, a team's name or the beginning of an API key, by the scope; `limit` is dollars or
    tokens as somebody types them.

    Raises: ValidationFailed, with all the fields that are wrong.
    """
    budget = Budget(scope=scope, period=period, unit=unit, created_by=by)
    errors = FieldErrors()
    with errors.gathered():
        if scope not in Budget.Scope.values:
            raise ValidationFailed(_("Choose what the budget is for."), field="scope")
        _aim(budget, target.strip() if target.isprintable() else "\ufffd")
    with errors.gathered():
        if unit not in Budget.Unit.values:
            raise ValidationFailed(_("Choose dollars or tokens."), field="unit")
        budget.limit = clean_limit(limit, unit=unit)
    with errors.gathered():
        if period not in Budget.Period.values:
            raise ValidationFailed(_("Choose a day or a month."), field="period")
    errors.raise_found()
    try:
        with transaction.atomic():
            hold_back_lines()
            budget.created_at = timezone.now()
            budget.save(force_insert=True)
            starts_on = period_start(period, budget.created_at)
            BudgetPeriod.objects.create(budget=budget, starts_on=starts_on, used=sum_of_lines(budget, starts_on))
    except IntegrityError:
        message = _("There is such a budget already. Change its limit instead.")
        raise ValidationFailed(message, field="target") from None
    _tell(budget, "added", by)
    return budget


def change_limit(*, budget: Budget, limit: str, by: User) -> None:
    """It holds from the next request on; answers that are being written go on to their end.

    Raises: ValidationFailed, with the field.
    """
    budget.limit = clean_limit(limit, unit=budget.unit)
    Budget.objects.filter(id=budget.id).update(limit=budget.limit)
    _tell(budget, f"limited to {budget.limit}", by)


def set_budget_in_use(*, budget: Budget, is_enabled: bool, by: User) -> None:
    """Out of use it refuses nothing; it counts on, so that it is right when it is put in use again."""
    budget.is_enabled = is_enabled
    Budget.objects.filter(id=budget.id).update(is_enabled=is_enabled)
    _tell(budget, "put in use" if is_enabled else "put out of use", by)


def remove_budget(*, budget: Budget, by: User) -> None:
    """Forget it and its counters. The ledger keeps every line."""
    with transaction.atomic():
        # Nobody reserves in its periods from here on, and then nobody begins another.
        list(BudgetPeriod.objects.select_for_update().filter(budget=budget).order_by("starts_on"))
        list(Budget.objects.select_for_update().filter(id=budget.id))
        Budget.objects.filter(id=budget.id).delete()
    _tell(budget, "removed", by)


def clean_limit(value: str, *, unit: str) -> int:
    """The limit as it is stored.

    Raises: ValidationFailed.
    """
    limit = parse_usd(value) if unit == Budget.Unit.MONEY else _whole_number(value)
    most = LIMIT_MAX_USD * NANODOLLARS_PER_DOLLAR if unit == Budget.Unit.MONEY else LIMIT_MAX_TOKENS
    if limit is None or not 0 < limit <= most:
        if unit == Budget.Unit.MONEY:
            message = _("Enter an amount of dollars above 0, such as 50 or 12.50.")
        else:
            message = _("Enter a whole number of tokens above 0, such as 1,000,000.")
        raise ValidationFailed(message, field="limit")
    return limit


def _whole_number(value: str) -> int | None:
    digits = plain(value.strip())
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= len(str(LIMIT_MAX_TOKENS)) else None


def _aim(budget: Budget, target: str) -> None:
    """Raises: ValidationFailed if nobody, or more than one, is meant."""
    message = ""
    match budget.scope:
        case Budget.Scope.USER:
            budget.user = User.objects.filter(email=normal_address(target)).first()
            if budget.user is None:
                message = _("Nobody has an account with this e-mail address.")
        case Budget.Scope.TEAM:
            budget.team = Team.objects.filter(name__iexact=target).first()
            if budget.team is None:
                message = _("There is no team of this name.")
        case Budget.Scope.API_KEY:
            found = list(APIKey.objects.filter(prefix=target, revoked_at=None)[:2])
            if len(found) != 1:
                message = _("No single API key begins like this. Enter what its owner's list of keys shows.")
            else:
                budget.api_key = found[0]
        case _ if target:
            message = _("Leave this empty for the whole site, or choose whom the budget is for.")
    if message:
        raise ValidationFailed(message, field="target")


def _tell(budget: Budget, what: str, by: User) -> None:
    logger.info("%s: %s by %s", budget, what, by.id)
    transaction.on_commit(forget_budgets)
