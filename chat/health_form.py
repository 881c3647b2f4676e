"""Whether a conversation holds health data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy


class HealthForm(forms.Form):
    """To say that it does takes consent; that it doesn't, none."""

    agrees = forms.BooleanField(
        label=gettext_lazy("I agree that this site keeps and sends to providers the health data in this conversation."),
        error_messages={"required": gettext_lazy("Health data is kept with your consent only. Nothing was changed.")},
    )

    def __init__(self, *args: Any, is_health: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_health:
            del self.fields["agrees"]
