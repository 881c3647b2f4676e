"""The audit log in the admin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.admin.read_only import ReadOnlyAdmin
from accounts.models import AuditEntry, Pseudonym


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """By the addresses of those who still have an account; of others only the pseudonym is left."""

    list_display = ("number", "at", "action", "by", "about", "object_type", "object_id", "reason")
    list_filter = ("action", "at")
    search_fields = ("=object_id", "=actor", "=subject", "action", "reason")
    fields = (
        "number",
        "at",
        "action",
        "by",
        "about",
        "origin",
        "object_type",
        "object_id",
        "reason",
        "details",
        "hash",
    )
    list_select_related = ("origin",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        entries: QuerySet[Any] = super().get_queryset(request)
        named: QuerySet[Any] = entries.annotate(actor_email=_email("actor"), subject_email=_email("subject"))
        return named

    @admin.display(description=gettext_lazy("by"), ordering="actor")
    def by(self, entry: Any) -> str:
        return _name(entry.actor, entry.actor_email)

    @admin.display(description=gettext_lazy("concerns"), ordering="subject")
    def about(self, entry: Any) -> str:
        return _name(entry.subject, entry.subject_email, nobody="")


def _email(field: str) -> Subquery:
    return Subquery(Pseudonym.objects.filter(id=OuterRef(field)).values("user__email")[:1])


def _name(pseudonym: UUID | None, email: str | None, *, nobody: str | None = None) -> str:
    if pseudonym is None:
        return "Convoscope" if nobody is None else nobody
    return email or str(pseudonym)
