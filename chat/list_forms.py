"""What lists of conversations are asked for, and what is sent from them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from chat.sidebar import PAGES_AT_ONCE, Position
from convoscope.errors import ValidationFailed

# What one request changes at most: one statement takes them all.
ORGANISED_AT_ONCE = 500


class PlaceForm(forms.Form):
    """Where a further page of a list begins; anything else asks for the first."""

    moment = forms.DateTimeField()
    id = forms.UUIDField()

    def clean_moment(self) -> datetime:
        moment: datetime = self.cleaned_data["moment"]
        try:
            return moment.astimezone(UTC)
        except OverflowError as exc:
            raise forms.ValidationError(_("No conversation is of that time.")) from exc

    def place(self) -> tuple[datetime, UUID] | None:
        return (self.cleaned_data["moment"], self.cleaned_data["id"]) if self.is_valid() else None


class SidebarForm(PlaceForm):
    group = forms.CharField(required=False, max_length=100)
    pinned = forms.BooleanField(required=False)
    shown = forms.IntegerField(required=False, min_value=1)

    def position(self) -> Position | None:
        if (place := self.place()) is None:
            return None
        return Position(*place, group=self.cleaned_data["group"], is_pinned=self.cleaned_data["pinned"])

    def pages(self) -> int:
        """How many are shown, with the one that is asked for."""
        self.is_valid()
        return min(self.cleaned_data.get("shown") or 1, PAGES_AT_ONCE)


class FilingForm(forms.Form):
    """The folder that conversations are moved to: a new one by its name, one that there is, or none."""

    folder = forms.UUIDField(required=False)
    name = forms.CharField(required=False, max_length=1_000)

    def folder_id(self) -> UUID | None:
        """Raises: ValidationFailed for what no page of ours sends."""
        if not self.is_valid():
            raise _out_of_date()
        found: UUID | None = self.cleaned_data["folder"]
        return found


def selected_ids(sent: list[str]) -> list[UUID]:
    """The conversations that were selected in a list, each once.

    Raises: ValidationFailed for none, too many, or what no page of ours sends.
    """
    if not sent:
        raise ValidationFailed(_("Nothing was selected, so nothing was changed. Select a conversation first."))
    if len(sent) > ORGANISED_AT_ONCE:
        raise ValidationFailed(
            _("Nothing was changed: at most %(limit)s conversations at once, and %(count)s were selected.")
            % {"limit": ORGANISED_AT_ONCE, "count": len(sent)}
        )
    return parsed_ids(sent)


def parsed_ids(sent: list[str]) -> list[UUID]:
    """Raises: ValidationFailed for what is no id."""
    try:
        return list(dict.fromkeys(UUID(one) for one in sent))
    except ValueError as exc:
        raise _out_of_date() from exc


def split_tags(typed: str) -> list[str]:
    """The names in a field where commas stand between them."""
    return [name for name in map(str.strip, typed.split(",")) if name]


def _out_of_date() -> ValidationFailed:
    return ValidationFailed(_("The form is out of date, so nothing was changed. Reload the page."))
