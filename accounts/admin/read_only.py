"""Rows that are looked at and never changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib import admin

    Base = admin.ModelAdmin[Model]
else:
    from unfold.admin import ModelAdmin as Base


class ReadOnlyAdmin(Base):
    """For superusers alone: other roles see less than all of it, which their own pages decide.

    A row's page shows the `fields` that are named, without any the columns of the list: what a model is given one day,
    such as what somebody wrote, is not shown because nobody thought of it. Nor is the list narrowed by it: letter by
    letter that would say what stands there. `unread` are columns that hold long texts, and aren't even read.
    """

    unread: ClassVar[tuple[str, ...]] = ()

    actions = None
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    list_filter_submit = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer(*self.unread)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether an address may narrow the list so. Django lets it name every column of the model."""
        try:
            column = self.model._meta.get_field(lookup.partition(LOOKUP_SEP)[0])
        except FieldDoesNotExist:
            return super().lookup_allowed(lookup, value, request)
        filters = [one if isinstance(one, str) else one[0] for one in self.list_filter if isinstance(one, str | tuple)]
        shown = {"id", *self.get_fields(request), *self.list_display, *filters, *getattr(self, "id_fields", ())}
        names = {column.name, getattr(column, "attname", column.name)}
        return not shown.isdisjoint(names) and super().lookup_allowed(lookup, value, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or [name for name in self.list_display if name != "__str__"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
