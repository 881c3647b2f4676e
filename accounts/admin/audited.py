"""Whatever is changed in the admin goes into the audit log too: the admin's own log can be edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import override

from accounts.actions.audit import record
from accounts.models import User

if TYPE_CHECKING:
    from django.contrib import admin

    Base = admin.ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin as Base


# As the admin says what was changed: deeds, each with names of fields, or with the kind of the row it was done to.
Changes = list[dict[str, dict[str, Any]]]


def the_person(request: HttpRequest) -> User:
    """Who works in the admin, which lets nobody else in."""
    return cast(User, request.user)


class AuditedAdmin(Base):
    """For every model that the admin changes. What has an entry of its own, by the action that does it, isn't written
    once more: `told_deeds`, and of changes `told_fields` and `told_rows`, the kinds of rows on the same page."""

    told_deeds: ClassVar[tuple[str, ...]] = ()
    told_fields: ClassVar[tuple[str, ...]] = ()
    told_rows: ClassVar[tuple[type[Model], ...]] = ()

    def audited(self, object: Any) -> dict[str, object]:
        """What is written down of it as it now stands, where names of fields don't tell: nothing of anybody's own."""
        return {}

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """Django writes down what it deletes from a list before it does. What else is done there may ask others over
        the network, and sees to its own transactions."""
        if request.POST.get("action") != "delete_selected":
            return super().response_action(request, queryset, *args, **kwargs)
        with transaction.atomic():
            return super().response_action(request, queryset, *args, **kwargs)

    def log_addition(self, request: HttpRequest, object: Any, message: Any) -> Any:
        self._record("added", request, object)
        return super().log_addition(request, object, message)

    def log_change(self, request: HttpRequest, object: Any, message: Any) -> Any:
        self._record("changed", request, object, message)
        return super().log_change(request, object, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        with transaction.atomic():
            for one in queryset:
                self._record("deleted", request, one)
            return super().log_deletions(request, queryset)

    def _record(self, deed: str, request: HttpRequest, object: Any, message: Any = ()) -> None:
        """The message names what was changed, in English; values may be somebody's text, or a key."""
        if deed in self.told_deeds:
            return
        whose = object if isinstance(object, User) else None
        action = f"admin.{object._meta.model_name}.{deed}"
        details = self.audited(object)
        if message and not isinstance(message, str):
            changes = self._untold(_without_words(message))
            if not changes:
                return
            details["changes"] = changes
        record(action, by=the_person(request), on=None if whose else object, concerns=whose, details=details or None)

    def _untold(self, changes: Changes) -> Changes:
        with override(None):
            rows = {str(model._meta.verbose_name) for model in self.told_rows}
            fields = {capfirst(str(self.model._meta.get_field(name).verbose_name)) for name in self.told_fields}
        untold: Changes = []
        for change in changes:
            for deed, what in change.items():
                left = [name for name in what.get("fields", ()) if "name" in what or name not in fields]
                if what.get("name") in rows or ("fields" in what and not left):
                    continue
                untold.append({deed: what | {"fields": left} if left else what})
        return untold


def _without_words(changes: Changes) -> Changes:
    """Rows on the same page are named by what stands in them, such as whose they are: that outlives no person."""
    return [
        {deed: {name: told for name, told in what.items() if name != "object"} for deed, what in change.items()}
        for change in changes
    ]
