"""What moderators did, to be looked at; and the keyword lists, which are kept here. They work on pages of their own,
`chat/views/moderation.py`, which is also where the admin leads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.admin.audited import AuditedAdmin, the_person
from accounts.admin.read_only import ReadOnlyAdmin
from accounts.models import Role
from accounts.roles import has_role, is_administrator
from chat.models import Appeal, Flag, KeywordList, Look, ModerationAction

if TYPE_CHECKING:
    KeywordListBase = admin.ModelAdmin[KeywordList]
else:
    KeywordListBase = admin.ModelAdmin


@admin.register(KeywordList)
class KeywordListAdmin(AuditedAdmin, KeywordListBase):
    list_display = ("name", "category", "severity", "is_active", "has_whole_words", "changed_at")
    list_filter = ("is_active", "category")
    search_fields = ("name",)


@admin.register(Flag)
class FlagAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "category", "source", "severity", "status", "decided_by", "decided_at")
    list_filter = ("status", "source", "category", "severity")
    list_select_related = ("decided_by",)
    ordering = ("-id",)
    fields = (
        "created_at",
        "conversation_id",
        "message_id",
        "source",
        "category",
        "severity",
        "reporter",
        "note",
        "details",
        "status",
        "claimed_by",
        "claimed_at",
        "decided_by",
        "decided_at",
    )
    readonly_fields = fields


@admin.register(ModerationAction)
class ModerationActionAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "person", "by", "reason", "undone_by")
    list_filter = ("kind",)
    list_select_related = ("person", "by", "undone_by")
    search_fields = ("person__email", "by__email", "reason")
    ordering = ("-id",)
    fields = ("created_at", "kind", "person", "conversation_id", "message_id", "by", "reason", "undone_by")
    readonly_fields = fields


@admin.register(Look)
class LookAdmin(ReadOnlyAdmin):
    list_display = ("begins_at", "ends_at", "by", "owner", "conversation_id", "reason", "seen_at")
    list_select_related = ("by", "owner")
    search_fields = ("by__email", "reason")
    ordering = ("-id",)
    fields = ("begins_at", "ends_at", "by", "owner", "conversation_id", "reason", "seen_at")
    readonly_fields = fields


@admin.register(Appeal)
class AppealAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "action", "outcome", "decided_by", "decided_at")
    list_filter = ("outcome",)
    list_select_related = ("action", "decided_by")
    ordering = ("-created_at",)
    fields = ("created_at", "action", "text", "outcome", "answer", "decided_by", "decided_at", "has_same_judge")
    readonly_fields = fields


_index = admin.site.index


def _index_or_queue(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Moderators have nothing here but their queue."""
    person = the_person(request)
    if has_role(person, Role.MODERATOR) and not is_administrator(person):
        return redirect("moderation_queue")
    return cast(HttpResponse, _index(request, extra_context))


admin.site.index = _index_or_queue  # type: ignore[assignment,method-assign]  # as its login is replaced
