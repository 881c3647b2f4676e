"""What a person chooses when they share."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DAYS = {"1": 1, "7": 7, "30": 30}


class ShareForm(forms.Form):
    expiry = forms.ChoiceField(
        label=gettext_lazy("The link works"),
        choices=[
            ("never", gettext_lazy("until I revoke it")),
            ("1", gettext_lazy("for 1 day")),
            ("7", gettext_lazy("for 7 days")),
            ("30", gettext_lazy("for 30 days")),
            ("date", gettext_lazy("up to a date of my own")),
        ],
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Only for a date of your own. The link works until the end of that day, in UTC."),
    )

    def clean(self) -> None:
        if self.cleaned_data.get("expiry") != "date" or "until" in self.errors:
            return
        until = self.cleaned_data.get("until")
        if until is None:
            self.add_error("until", _("Enter the last day on which the link works."))
        elif until < timezone.now().date():
            self.add_error("until", _("Enter a day that isn't over yet."))

    def expires_at(self) -> datetime | None:
        """None for never."""
        expiry = self.cleaned_data["expiry"]
        if expiry == "date":
            return datetime.combine(self.cleaned_data["until"], time.max, tzinfo=timezone.now().tzinfo)
        return timezone.now() + timedelta(days=DAYS[expiry]) if expiry in DAYS else None


class BelowForm(forms.Form):
    """Where a further page of a list begins: below this one; a value that is no id asks for the first."""

    below = forms.UUIDField(required=False)
