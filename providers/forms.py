"""What the page of the providers sends."""

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
