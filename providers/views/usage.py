"""A person's own usage: their budgets, and what this month's answers cost."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from providers import access
from providers.budget_listing import list_own_budgets
from providers.usage import usage_of_month


@login_required
@require_GET
def usage(request: HttpRequest) -> HttpResponse:
    person = access.person(request.user)
    context = {"budgets": list_own_budgets(person), "month": usage_of_month(person.id)}
    return render(request, "providers/usage.html", context)
