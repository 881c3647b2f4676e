"""What the composer and the preferences page send."""

from __future__ import annotations

from typing import Self, TypedDict
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Preferences
from chat.effective import is_usable
from convoscope.errors import ValidationFailed
from providers.catalog import load_catalog
from providers.configured import configured_endpoints, default_model


class TurnFields(TypedDict):
    text: str
    turn_key: UUID
    parent_id: UUID | None
    model: str


class TurnForm(forms.Form):
    """`text` is checked by the action, which the API shares."""

    turn_key = forms.UUIDField()
    parent = forms.UUIDField(required=False)
    model = forms.CharField(required=False, max_length=200)

    def turn(self) -> TurnFields:
        """The fields of `submit_turn`.

        Raises: ValidationFailed for fields that no page of ours sends.
        """
        if not self.is_valid():
            raise ValidationFailed(_("The form is out of date. Reload the page; your text is kept."), field="text")
        return {
            "text": str(self.data.get("text", "")),
            "turn_key": self.cleaned_data["turn_key"],
            "parent_id": self.cleaned_data["parent"],
            "model": self.cleaned_data["model"],
        }


class OlderForm(forms.Form):
    """Which messages are asked for: those above `before`; a value that is no id asks for nothing."""

    before = forms.UUIDField(required=False)


class PreferenceFields(TypedDict):
    default_model: str
    temperature: float | None


class PreferencesForm(forms.Form):
    """Blank inherits the site's choice, which the form names."""

    default_model = forms.ChoiceField(
        label=gettext_lazy("Model of new conversations"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This model isn't switched on here. Choose one of the list.")},
    )
    temperature = forms.FloatField(
        label=gettext_lazy("Temperature"),
        required=False,
        min_value=0,
        max_value=2,
        error_messages={
            "invalid": gettext_lazy("Enter a number from 0 to 2, such as 0.7, or leave it blank."),
            "min_value": gettext_lazy("Enter a number from 0 to 2."),
            "max_value": gettext_lazy("Enter a number from 0 to 2."),
        },
        widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a form's many options
        self.fields["default_model"].choices = model_choices()  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["temperature"].help_text = _(
            "From 0 (the most predictable) to 2. Blank is the site's: %(value)s."
        ) % {"value": f"{settings.DEFAULT_TEMPERATURE:g}"}

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        form = cls(initial={"default_model": preferences.default_model, "temperature": preferences.temperature})
        if preferences.default_model and not is_usable(preferences.default_model):
            form.fields["default_model"].help_text = _(
                "You chose %(model)s, which isn't switched on any more. The site's choice answers instead."
            ) % {"model": preferences.default_model}
        return form

    def choices(self) -> PreferenceFields:
        return {
            "default_model": self.cleaned_data["default_model"],
            "temperature": self.cleaned_data["temperature"],
        }


def model_choices() -> list[tuple[str, object]]:
    """The site's choice, then the catalog's models of each endpoint that is on, with the one it was set to."""
    choices: list[tuple[str, object]] = [("", _("The site's choice: %(model)s") % {"model": default_model()})]
    entries = load_catalog().entries
    for endpoint in configured_endpoints():
        names = [full_id for full_id, entry in entries.items() if entry.model.endpoint == endpoint.name]
        own = f"{endpoint.name}/{endpoint.default_model}"
        if endpoint.default_model and own not in names:
            names.insert(0, own)
        choices.append((endpoint.label or endpoint.name, [(name, name.partition("/")[2]) for name in names]))
    return choices
