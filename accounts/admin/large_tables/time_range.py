"""A range of time that a list is narrowed to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.admin.large_tables.admin import LargeTableAdmin

SINCE, UNTIL = "since", "until"


class TimeRangeForm(forms.Form):
    """The browser's own fields, which can be typed into and need no script."""

    since = forms.DateTimeField(label=_("From"), required=False)
    until = forms.DateTimeField(label=_("To"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget = forms.DateTimeInput(
                attrs={"type": "datetime-local", "step": "1", "id": f"filter-{name}"}, format="%Y-%m-%dT%H:%M:%S"
            )

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get(SINCE), self.cleaned_data.get(UNTIL)
        if since and until and until < since:
            self.add_error(UNTIL, _("This comes before the first."))
        return self.cleaned_data


class TimeRangeFilter(admin.ListFilter):
    """By primary key, which is what the list is ordered by: an index leads to the place, however old it is."""

    title = _("time")
    template = "admin/time_range_filter.html"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: LargeTableAdmin) -> None:
        super().__init__(request, params, model, model_admin)
        self._admin = model_admin
        for name in (SINCE, UNTIL):
            if (values := params.pop(name, None)) and values[-1]:
                self.used_parameters[name] = values[-1]
        self.form = TimeRangeForm(self.used_parameters)
        self.form.is_valid()

    def expected_parameters(self) -> list[str | None]:
        return [SINCE, UNTIL]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        yield {"form": self.form}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.bounded(queryset)

    def bounded(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """All of them where what was typed can't be, which the form says."""
        for name, lookup in ((SINCE, "pk__gte"), (UNTIL, "pk__lt")):
            if moment := self.moment(name):
                rows = rows.filter(**{lookup: self._admin.key_at(moment)})
        return rows

    def moment(self, name: str) -> datetime | None:
        return self.form.cleaned_data.get(name) if self.form.is_valid() else None
