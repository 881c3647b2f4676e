"""What a person agrees to. Nothing is ticked beforehand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.actions.consents import OPTIONAL


class OptionalForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose, (label, words) in OPTIONAL.items():
            self.fields[purpose] = forms.BooleanField(label=str(label), help_text=str(words), required=False)

    def given(self) -> list[str]:
        return [purpose for purpose in OPTIONAL if self.cleaned_data[purpose]]


class TermsForm(OptionalForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    agrees = forms.BooleanField(
        label=gettext_lazy("I agree to these terms"),
        error_messages={"required": gettext_lazy("Without this nothing else of the site can be used.")},
    )
