"""What starts an experiment."""

from __future__ import annotations

from typing import TypedDict

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.models import Experiment


class ExperimentFields(TypedDict):
    name: str
    setting: str
    variant_a: str
    variant_b: str
    share_percent: int


class ExperimentForm(forms.Form):
    """The action checks what the fields say; here only that they can be read."""

    name = forms.CharField(label=_("Name"), max_length=100, error_messages={"required": _("Enter a name.")})
    setting = forms.ChoiceField(
        label=_("What differs"),
        choices=[
            (Experiment.Setting.MODEL.value, _("Model")),
            (Experiment.Setting.SYSTEM_PROMPT.value, _("System prompt")),
        ],
    )
    variant_a = forms.CharField(
        label=_("Variant A"),
        widget=forms.Textarea(attrs={"rows": "3", "dir": "auto"}),
        help_text=_("A model as provider/model, or a system prompt."),
        error_messages={"required": _("Enter what is tried.")},
    )
    variant_b = forms.CharField(
        label=_("Variant B"),
        widget=forms.Textarea(attrs={"rows": "3", "dir": "auto"}),
        error_messages={"required": _("Enter what is tried.")},
    )
    share_percent = forms.IntegerField(
        label=_("Conversations that get B, in percent"),
        initial=50,
        min_value=1,
        max_value=99,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), _("Enter a whole number from 1 to 99.")
        ),
    )

    def fields_of_experiment(self) -> ExperimentFields:
        """The fields of `start_experiment`."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "setting": data["setting"],
            "variant_a": data["variant_a"],
            "variant_b": data["variant_b"],
            "share_percent": data["share_percent"],
        }
