"""What the pages of the providers, of budgets, of the level and of rehearsals send."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypedDict, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from convoscope.numbers import plain
from providers.models import LevelPin
from providers.rehearsal.faults import FAULTS, FaultName


class DollarField(forms.DecimalField):
    """An amount as people of the language write it."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # as DecimalField's own
        return super().to_python(plain(value.strip()) if isinstance(value, str) else value)


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


class LevelFields(TypedDict):
    level: str
    offline_text: str
    reason: str


class LevelForm(forms.Form):
    """The level that the site is to stay at, with what people are told and why."""

    level = forms.ChoiceField(
        label=gettext_lazy("Level"),
        required=False,
        choices=[("", gettext_lazy("Automatic: by how the providers do")), *LevelPin.Level.choices],
        error_messages={"invalid_choice": gettext_lazy("There is no such level. Choose one of the list.")},
    )
    offline_text = forms.CharField(
        label=gettext_lazy("What people are told instead of an answer"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": "2", "dir": "auto"}),
        help_text=gettext_lazy("Said where nothing is answered. Empty for words of ours."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("For the record below, which administrators see."),
    )

    def clean_offline_text(self) -> str:
        """On one line, as it is shown."""
        return " ".join(self.cleaned_data["offline_text"].split())

    def clean(self) -> None:
        if self.cleaned_data.get("level") and not self.cleaned_data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Please say why, for whoever reads the record later."))

    def decision(self) -> LevelFields:
        """The fields of `pin_level`."""
        return {
            "level": self.cleaned_data["level"],
            "offline_text": self.cleaned_data["offline_text"],
            "reason": self.cleaned_data["reason"],
        }


class RehearsalFields(TypedDict):
    name: FaultName
    with_stand_in: bool


class RehearsalForm(forms.Form):
    """What the provider does, and whether another could stand in for it."""

    fault = forms.ChoiceField(
        label=gettext_lazy("What the provider does"),
        choices=[(name, fault.title) for name, fault in FAULTS.items()],
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), gettext_lazy("That can't be rehearsed. Choose one of the list.")
        ),
    )
    stand_in = forms.BooleanField(label=gettext_lazy("Another provider could stand in"), required=False, initial=True)

    @property
    def chosen(self) -> object:
        """The fault's title, of a form that is valid."""
        return FAULTS[self.rehearsal()["name"]].title

    def rehearsal(self) -> RehearsalFields:
        """The arguments of `rehearse`."""
        return {
            "name": cast(FaultName, self.cleaned_data["fault"]),
            "with_stand_in": self.cleaned_data["stand_in"],
        }
