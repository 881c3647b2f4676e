"""What the page of the response cache sends."""

from __future__ import annotations

from typing import Any, TypedDict

from django import forms
from django.utils.translation import gettext_lazy as _

from providers.models import CacheSettings


class CacheSettingsFields(TypedDict):
    is_exact_enabled: bool
    is_semantic_enabled: bool
    shared_scope: str


class CacheSettingsForm(forms.Form):
    is_exact_enabled = forms.BooleanField(
        label=_("Answer the same request from the cache"),
        required=False,
        help_text=_("The same model, settings and conversation up to there."),
    )
    is_semantic_enabled = forms.BooleanField(
        label=_("Answer a first question that says the same, too"),
        required=False,
        help_text=_(
            "Such as “What's the capital of Austria?” after “Please tell me the capital of Austria”. Kept for 24 "
            "hours, and compared on this machine, which takes about 80 MB in each process."
        ),
    )
    shared_scope = forms.ChoiceField(
        label=_("Who is given the answers to other people's questions"),
        choices=CacheSettings.SharedScope.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose one of the list."), "required": _("Choose one of the list.")},
    )

    def __init__(self, data: Any = None, *, current: CacheSettings) -> None:
        super().__init__(data, initial={name: getattr(current, name) for name in CacheSettingsFields.__annotations__})

    def cache_settings(self) -> CacheSettingsFields:
        """Those of a valid form."""
        return {
            "is_exact_enabled": self.cleaned_data["is_exact_enabled"],
            "is_semantic_enabled": self.cleaned_data["is_semantic_enabled"],
            "shared_scope": self.cleaned_data["shared_scope"],
        }
