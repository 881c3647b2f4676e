"""What the pages of the providers and budgets send."""

from __future__ import annotations

from typing import TypedDict

from django import forms


class EndpointFields(TypedDict):
    api_key: str
    base_url: str
    default_model: str


class EndpointForm(forms.Form):
    """Bound to what was sent; its fields are checked by the action, which says what to do about each."""

    def endpoint(self) -> EndpointFields:
        return {
            "api_key": self.data.get("api_key", ""),
            "base_url": self.data.get("base_url", ""),
            "default_model": self.data.get("default_model", ""),
        }

    def shown_again(self) -> dict[str, str]:
        """What may go back to the page: everything but the key."""
        return {"base_url": self.data.get("base_url", ""), "default_model": self.data.get("default_model", "")}


class BudgetFields(TypedDict):
    scope: str
    target: str
    period: str
    unit: str
    limit: str


class BudgetForm(forms.Form):
    """Bound to what was sent; its fields are checked by the action, as those of an endpoint are."""

    def budget(self) -> BudgetFields:
        return {
            "scope": self.data.get("scope", ""),
            "target": self.data.get("target", ""),
            "period": self.data.get("period", ""),
            "unit": self.data.get("unit", ""),
            "limit": self.data.get("limit", ""),
        }
