"""What the composer sends."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

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
