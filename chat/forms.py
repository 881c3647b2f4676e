"""What the pages send."""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.effective import inherited_settings
from chat.model_choice import model_groups, model_label
from chat.models import Conversation
from chat.sidebar import Position
from convoscope.errors import ValidationFailed


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


class SidebarForm(forms.Form):
    """Where a further page of the sidebar begins; anything else asks for the first."""

    active_at = forms.DateTimeField()
    id = forms.UUIDField()
    group = forms.CharField(required=False, max_length=100)

    def position(self) -> Position | None:
        if not self.is_valid():
            return None
        data = self.cleaned_data
        return Position(data["active_at"], data["id"], data["group"])


class SettingsForm(forms.Form):
    """A conversation's own settings; what is left empty is inherited."""

    model = forms.ChoiceField(label=gettext_lazy("Model"), required=False)
    temperature = forms.FloatField(
        label=gettext_lazy("Temperature"),
        required=False,
        min_value=0,
        max_value=2,
        widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
        help_text=gettext_lazy("0 is the most predictable, 2 the most varied."),
    )
    max_output_tokens = forms.IntegerField(
        label=gettext_lazy("Longest answer, in tokens"), required=False, min_value=1, max_value=1_000_000
    )
    system_prompt = forms.CharField(
        label=gettext_lazy("System prompt"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": "5", "dir": "auto"}),
        help_text=gettext_lazy("Instructions that the model is given before the conversation."),
    )

    def __init__(self, data: Any = None, *, conversation: Conversation) -> None:
        super().__init__(data, initial=conversation.settings)
        inherited = inherited_settings(conversation)
        groups = model_groups()
        chosen = conversation.settings.get("model")
        if chosen and chosen not in {full_id for _label, models in groups for full_id, _id in models}:
            # A model that is switched off now stays chosen until the person chooses another.
            groups = [(_("Not available now"), [(chosen, chosen)]), *groups]
        model = self.fields["model"]
        assert isinstance(model, forms.ChoiceField)
        model.choices = [("", _("Default (%(model)s)") % {"model": model_label(inherited["model"])}), *groups]
        self.fields["temperature"].widget.attrs["placeholder"] = str(inherited["temperature"])
        self.fields["max_output_tokens"].widget.attrs["placeholder"] = _("The model's own")

    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
