"""What the pages of moderators send."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import QueryDict


class PlaceForm(forms.Form):
    """Where somebody is in a transcript, and which message is meant. What makes no sense is left out."""

    message = forms.UUIDField(required=False)
    flag = forms.UUIDField(required=False)
    begins_at = forms.UUIDField(required=False)

    def place(self) -> dict[str, UUID]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def ids_in(data: QueryDict, name: str) -> list[UUID]:
    """Those of a field's values that are ids."""
    field = forms.UUIDField(required=False)
    found = []
    for value in data.getlist(name):
        try:
            found.append(field.clean(value))
        except forms.ValidationError:
            continue
    return list(dict.fromkeys(filter(None, found)))
