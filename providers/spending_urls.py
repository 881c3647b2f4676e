"""The pages of budgets, for administrators, and of a person's own usage."""

from django.urls import path

from providers.views import budgets, usage

urlpatterns = [
    path("budgets/", budgets.budgets, name="budgets"),
    path("budgets/create/", budgets.budget_create, name="budget_create"),
    path("budgets/<uuid:budget_id>/change/", budgets.budget_change, name="budget_change"),
    path("budgets/<uuid:budget_id>/enable/", budgets.budget_enable, name="budget_enable"),
    path("budgets/<uuid:budget_id>/disable/", budgets.budget_disable, name="budget_disable"),
    path("budgets/<uuid:budget_id>/remove/", budgets.budget_remove, name="budget_remove"),
    path("usage/", usage.usage, name="usage"),
]
