"""What a search is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Folder, Tag
from chat.search.index import used_models
from chat.search.query import QUERY_MAX_CHARS
from chat.search.results import Filters, Position

# No message is older or younger; the ids of entries end somewhere.
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(2199, 12, 31)


class SearchForm(forms.Form):
    """What is searched for and where. `in` is a conversation; `below` and `outside` are where a further page begins.
    A value that can't be used is left out."""

    q = forms.CharField(required=False, strip=False)
    model = forms.ChoiceField(required=False)
    folder = forms.ModelChoiceField(Folder.objects.none(), required=False)
    tag = forms.ModelChoiceField(Tag.objects.none(), required=False)
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    below = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    outside = forms.CharField(required=False)

    # What narrows a search, as the page shows it.
    FILTERS = ("model", "folder", "tag", "since", "until")

    def __init__(self, data: Mapping[str, Any], *, owner: User) -> None:
        super().__init__(data)
        self.fields["in"] = forms.UUIDField(required=False)
        self.fields["q"].label = _("Search your conversations")
        self.fields["q"].widget = forms.TextInput(
            attrs={"type": "search", "maxlength": QUERY_MAX_CHARS, "autocomplete": "off", "autofocus": True}
        )
        model = self.fields["model"]
        assert isinstance(model, forms.ChoiceField)
        model.label = _("Answered by")
        model.choices = [("", _("Every model")), *((one, one) for one in used_models(owner))]
        for name, label, among in (("folder", _("Folder"), Folder), ("tag", _("Tag"), Tag)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.label, field.queryset = label, among.objects.visible_to(owner)
            field.empty_label = _("Any")
        for name, label in (("since", _("From")), ("until", _("To"))):
            self._make_day(self.fields[name], label)

    def _make_day(self, field: forms.Field, label: str) -> None:
        words = _("Enter a day such as %(day)s.") % {"day": "2026-01-31"}
        field.label = label
        field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        field.error_messages["invalid"] = words
        field.validators += [MinValueValidator(FIRST_DAY, words), MaxValueValidator(LAST_DAY, words)]

    def clean_outside(self) -> tuple[UUID, ...]:
        try:
            return tuple(UUID(one) for one in self.cleaned_data["outside"].split(",") if one)
        except ValueError:
            return ()

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day comes before the first one."))
        return self.cleaned_data

    @property
    def filter_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FILTERS]

    def typed(self) -> str:
        return str(self._used("q", ""))

    def conversation_id(self) -> UUID | None:
        where: UUID | None = self._used("in", None)
        return where

    def filters(self) -> Filters:
        return Filters(**{name: value for name in self.FILTERS if (value := self._used(name, None))})

    def position(self) -> Position | None:
        below = self._used("below", None)
        return None if below is None else Position(below, self._used("outside", ()))

    def address_of(self, position: Position) -> str:
        """The parameters of a further page."""
        kept = {name: self.data[name] for name in ("q", "in", *self.FILTERS) if self.data.get(name)}
        outside = ",".join(one.hex for one in position.outside)
        return urlencode(kept | {"below": str(position.below)} | ({"outside": outside} if outside else {}))

    def _used(self, name: str, otherwise: Any) -> Any:
        self.is_valid()
        return self.cleaned_data.get(name, otherwise)
