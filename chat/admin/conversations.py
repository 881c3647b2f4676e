"""Conversations and runs in the admin, to be looked at: for superusers alone, who answer for the whole installation."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.read_only import ReadOnlyAdmin
from chat.models import Conversation, Message, Run
from providers.models import Attempt


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ("title_shown", "owner", "message_count", "status", "active_at")
    list_select_related = ("owner",)
    list_filter = ("status", "is_temporary", ("trashed_at", admin.EmptyFieldListFilter))
    search_fields = ("title", "owner__email")
    date_hierarchy = "active_at"
    ordering = ("-active_at",)
    fields = ("title_shown", "owner", "status", "created_at", "active_at", "archived_at", "trashed_at", "transcript")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Counted for the rows of the page only; joined, it would be counted for every conversation there is.
        messages = Message.objects.filter(conversation=OuterRef("pk"))
        conversations: QuerySet[Any] = super().get_queryset(request)
        annotated: QuerySet[Any] = conversations.annotate(messages_counted=_count(messages, "conversation"))
        return annotated

    @admin.display(description=_("title"), ordering="title")
    def title_shown(self, conversation: Conversation) -> str:
        return str(conversation)

    @admin.display(description=_("messages"), ordering="messages_counted")
    def message_count(self, conversation: Any) -> int:
        return int(conversation.messages_counted)

    @admin.display(description=_("transcript"))
    def transcript(self, conversation: Conversation) -> SafeString:
        """It is read where moderators read: as they are, administrators are asked why, and each look is recorded."""
        address = reverse("moderation_conversation", args=[conversation.id])
        return format_html('<a href="{}">{}</a>', address, _("Open the transcript"))


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "conversation", "kind", "status", "seconds", "attempt_count", "error_code")
    list_filter = ("status", "kind", "error_code")
    search_fields = ("message__conversation__title", "message__conversation__owner__email", "error_code")
    ordering = ("-id",)
    fields = (
        "conversation",
        "kind",
        "status",
        "phase",
        "attempt_count",
        "settings",
        "timings",
        "recoveries",
        "error_code",
        "error_message",
        "created_at",
        "started_at",
        "finished_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        attempts = Attempt.objects.filter(request_id=OuterRef("pk"))
        runs: QuerySet[Any] = super().get_queryset(request).select_related("message__conversation")
        annotated: QuerySet[Any] = runs.annotate(
            attempts_counted=_count(attempts, "request_id"), duration=F("finished_at") - F("started_at")
        )
        return annotated

    @admin.display(description=_("conversation"))
    def conversation(self, run: Run) -> SafeString:
        conversation = run.message.conversation
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:chat_conversation_change", args=[conversation.id]), conversation
        )

    @admin.display(description=_("seconds"), ordering="duration")
    def seconds(self, run: Any) -> str:
        return "" if run.duration is None else f"{run.duration.total_seconds():.1f}"

    @admin.display(description=_("calls to providers"), ordering="attempts_counted")
    def attempt_count(self, run: Any) -> SafeString:
        count = run.attempts_counted
        address = reverse("admin:providers_attempt_changelist")
        label = ngettext("%(count)d call", "%(count)d calls", count) % {"count": count}
        return format_html('<a href="{}?request_id={}">{}</a>', address, run.id, label)


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(counted=Count("*")).values("counted")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
