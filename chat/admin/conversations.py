"""Conversations in the admin, to be looked at: for superusers alone, who answer for the whole installation. A title is
made of what was said, so it is shown where that is read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.read_only import ReadOnlyAdmin
from chat.models import Conversation, Message


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ("id", "owner", "message_count", "status", "active_at")
    list_select_related = ("owner",)
    list_filter = ("status", "is_temporary", ("trashed_at", admin.EmptyFieldListFilter))
    search_fields = ("owner__email", "=id")
    date_hierarchy = "active_at"
    ordering = ("-active_at",)
    unread = ("title", "summary", "settings", "metadata", "topics")
    fields = ("id", "owner", "status", "created_at", "active_at", "archived_at", "trashed_at", "transcript")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Counted for the rows of the page only; joined, it would be counted for every conversation there is.
        messages = Message.objects.filter(conversation=OuterRef("pk"))
        conversations: QuerySet[Any] = super().get_queryset(request)
        annotated: QuerySet[Any] = conversations.annotate(messages_counted=counted(messages, "conversation"))
        return annotated

    @admin.display(description=_("messages"), ordering="messages_counted")
    def message_count(self, conversation: Any) -> int:
        return int(conversation.messages_counted)

    @admin.display(description=_("transcript"))
    def transcript(self, conversation: Conversation) -> SafeString:
        """It is read where moderators read: as they are, administrators are asked why, and each look is recorded."""
        address = reverse("moderation_conversation", args=[conversation.id])
        return format_html('<a href="{}">{}</a>', address, _("Open the transcript"))


def counted(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(counted=Count("*")).values("counted")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
