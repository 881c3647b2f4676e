"""The audit log in the admin."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.addresses import normal_address
from accounts.admin.large_tables import LargeTableAdmin
from accounts.admin.read_only import ReadOnlyAdmin
from accounts.models import AuditEntry, AuditHead, AuditOrigin, Pseudonym

# Above every number that an entry will have
NO_NUMBER = 2**63 - 1


@admin.register(AuditEntry)
class AuditEntryAdmin(LargeTableAdmin):
    """By the addresses of those who still have an account; of others only the pseudonym is left."""

    list_display = ("number", "at", "action", "by", "about", "object_type", "object_id", "reason")
    search_help_text = gettext_lazy("A number, an action, an id, or a person's address")
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

    def searched(self, text: str) -> Q:
        """By what has an index: a person is found by address or pseudonym, as who did it and as whom it concerned."""
        if text.isdecimal() and len(text) < 19:
            return Q(number=int(text))
        people: list[Any] = list(
            Pseudonym.objects.filter(user__email=normal_address(text)).values_list("id", flat=True)
        )
        with contextlib.suppress(ValueError):
            people.append(UUID(text))
        return Q(action=text) | Q(actor__in=people) | Q(subject__in=people) | Q(object_id=text)

    def key_at(self, moment: datetime) -> int:
        """Entries are numbered in the order of time."""
        first = (
            AuditEntry.objects.filter(at__gte=moment).order_by("at", "number").values_list("number", flat=True).first()
        )
        return NO_NUMBER if first is None else first

    @admin.display(description=gettext_lazy("by"), ordering="actor")
    def by(self, entry: Any) -> str:
        return _name(entry.actor, entry.actor_email)

    @admin.display(description=gettext_lazy("concerns"), ordering="subject")
    def about(self, entry: Any) -> str:
        return _name(entry.subject, entry.subject_email, nobody="")


@admin.register(AuditOrigin)
class AuditOriginAdmin(LargeTableAdmin):
    """Without times of its own; the entry has one."""

    list_display = ("entry", "address", "browser", "pseudonym")
    list_select_related = ("entry", "pseudonym")
    list_filter = ()
    search_help_text = gettext_lazy("The number of an entry")

    def searched(self, text: str) -> Q:
        return Q(entry=int(text)) if text.isdecimal() and len(text) < 19 else Q(pk__in=[])


@admin.register(AuditHead)
class AuditHeadAdmin(ReadOnlyAdmin):
    list_display = ("last_number", "deleted_number")
    fields = ("last_number", "last_hash", "deleted_number", "deleted_hash")


@admin.register(Pseudonym)
class PseudonymAdmin(ReadOnlyAdmin):
    list_display = ("id", "user")
    list_select_related = ("user",)
    search_fields = ("=id", "user__email")
    ordering = ("id",)


def _email(field: str) -> Subquery:
    return Subquery(Pseudonym.objects.filter(id=OuterRef(field)).values("user__email")[:1])


def _name(pseudonym: UUID | None, email: str | None, *, nobody: str | None = None) -> str:
    if pseudonym is None:
        return "Convoscope" if nobody is None else nobody
    return email or str(pseudonym)
