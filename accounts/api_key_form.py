"""The form of a new key."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import APIKey, Role, User
from accounts.roles import has_role

DAYS = (("30", gettext_lazy("30 days")), ("90", gettext_lazy("90 days")), ("365", gettext_lazy("a year")))
NEVER = ("", gettext_lazy("as long as it isn't revoked"))
MEANINGS = {
    APIKey.Scope.CHAT: gettext_lazy("Chat: ask models, and go on with conversations"),
    APIKey.Scope.READ: gettext_lazy("Read: conversations, usage, and who it belongs to"),
    APIKey.Scope.DOCUMENTS: gettext_lazy("Documents: bring them in, search and delete them"),
    APIKey.Scope.ADMIN: gettext_lazy("Administer: what administrators do"),
}


class APIKeyForm(forms.Form):
    key_id = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Tells you what uses the key, such as “Laptop” or “Night report”."),
        error_messages={"required": gettext_lazy("Give the key a name, by which you will know what uses it.")},
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        initial=[APIKey.Scope.CHAT, APIKey.Scope.READ],
        error_messages={"required": gettext_lazy("Choose what the key may do.")},
    )
    days = forms.ChoiceField(label=gettext_lazy("Good for"), choices=[*DAYS, NEVER], initial="90", required=False)

    def __init__(self, *args: object, person: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on
        scopes = [one for one in MEANINGS if one != APIKey.Scope.ADMIN or has_role(person, Role.ADMINISTRATOR)]
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(one.value, MEANINGS[one]) for one in scopes]

    def key_id_given(self) -> UUID:
        given: UUID = self.cleaned_data["key_id"]
        return given

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None
