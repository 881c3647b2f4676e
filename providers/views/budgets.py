"""The page of the budgets, for administrators: how full each is, and forms to add, change and remove them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from convoscope.errors import ValidationFailed
from providers import access
from providers.actions import budget_settings
from providers.budget_listing import list_budget, list_budgets
from providers.forms import BudgetForm
from providers.models import Budget
from providers.views.request import is_htmx


@login_required
@require_GET
def budgets(request: HttpRequest) -> HttpResponse:
    access.require_administrator(request.user)
    return render(request, "providers/budgets.html", _page())


@login_required
@require_POST
def budget_create(request: HttpRequest) -> HttpResponse:
    person = access.require_administrator(request.user)
    form = BudgetForm(request.POST)
    try:
        budget = budget_settings.create_budget(**form.budget(), by=person)
    except ValidationFailed as error:
        return _refused(request, None, form.budget() | {"errors": error.by_field})
    notice = _("The budget of %(name)s is in use.") % {"name": list_budget(budget).name}
    if is_htmx(request):
        response = render(request, "providers/_budgets.html", _page() | {"notice": notice})
        response["HX-Retarget"], response["HX-Reswap"] = "#budgets", "innerHTML"
        return response
    messages.info(request, notice)
    return redirect("budgets")


@login_required
@require_POST
def budget_change(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    person = access.require_administrator(request.user)
    budget = access.get_budget(budget_id)
    limit = request.POST.get("limit", "")
    try:
        budget_settings.change_limit(budget=budget, limit=limit, by=person)
    except ValidationFailed as error:
        return _refused(request, budget, {"limit": limit, "errors": error.by_field})
    return _answer(request, budget, _("The new limit holds from the next request on."))


@login_required
@require_POST
def budget_enable(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    return _switch(request, budget_id, is_enabled=True, notice=_("The budget is in use."))


@login_required
@require_POST
def budget_disable(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    notice = _("The budget refuses nothing from here on; it still counts.")
    return _switch(request, budget_id, is_enabled=False, notice=notice)


@login_required
@require_POST
def budget_remove(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    person = access.require_administrator(request.user)
    budget = access.get_budget(budget_id)
    notice = _("The budget of %(name)s is removed.") % {"name": list_budget(budget).name}
    budget_settings.remove_budget(budget=budget, by=person)
    if is_htmx(request):
        return render(request, "providers/_budgets.html", _page() | {"notice": notice})
    messages.info(request, notice)
    return redirect("budgets")


def _switch(request: HttpRequest, budget_id: UUID, *, is_enabled: bool, notice: str) -> HttpResponse:
    person = access.require_administrator(request.user)
    budget = access.get_budget(budget_id)
    budget_settings.set_budget_in_use(budget=budget, is_enabled=is_enabled, by=person)
    return _answer(request, budget, notice)


def _answer(request: HttpRequest, budget: Budget, notice: str) -> HttpResponse:
    """The budget as it is now: its row of the page, or the page."""
    if is_htmx(request):
        return render(request, "providers/_budget_changed.html", {"listed": list_budget(budget), "notice": notice})
    messages.info(request, notice)
    return redirect(f"{reverse('budgets')}#budget-{budget.id}")


def _refused(request: HttpRequest, budget: Budget | None, refused: dict[str, object]) -> HttpResponse:
    """The form once more, with what was typed and the errors beside their fields."""
    refused |= {"budget_id": budget.id if budget else None}
    if not is_htmx(request):
        return render(request, "providers/budgets.html", _page() | {"refused": refused}, status=422)
    if budget is None:
        return render(request, "providers/_budget_form.html", _choices() | {"refused": refused}, status=422)
    # What is stored still holds.
    listed = list_budget(access.get_budget(budget.id))
    return render(request, "providers/_budget.html", {"listed": listed, "refused": refused}, status=422)


def _page() -> dict[str, object]:
    return _choices() | {"budgets": list_budgets()}


def _choices() -> dict[str, object]:
    return {"scopes": Budget.Scope.choices, "periods": Budget.Period.choices, "units": Budget.Unit.choices}
