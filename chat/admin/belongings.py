"""What people have beside their messages. The names that they gave are shown, by which a thing that somebody asks about
can be found; what stands in it isn't, nor what is made of that, such as the title of a conversation."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.large_tables import LargeTableAdmin, TimeRangeFilter
from accounts.admin.read_only import ReadOnlyAdmin
from chat.models import (
    Attachment,
    ConversationEntities,
    ConversationExport,
    ConversationImport,
    Folder,
    ImportedSource,
    Prompt,
    Share,
    Tag,
)

BY_OWNER = ("owner", AutocompleteSelectFilter)


@admin.register(Attachment)
class AttachmentAdmin(LargeTableAdmin):
    """Without what a document says."""

    list_display = ("created_at", "owner", "name", "kind", "media_type", "size_bytes", "message_id")
    list_select_related = ("owner",)
    list_filter = (TimeRangeFilter, "kind")
    search_help_text = _("The id of a file or of its message")
    id_fields = ("pk", "message")
    unread = ("text",)
    fields = ("id", *list_display, "share_id", "sha256", "file", "text_tokens", "width", "height")


@admin.register(ConversationEntities)
class ConversationEntitiesAdmin(LargeTableAdmin):
    """Without the entities."""

    list_display = ("conversation_id", "leaf_id", "has_own_topics", "revision")
    search_help_text = _("The id of a conversation")
    unread = ("graph",)


@admin.register(ConversationExport)
class ConversationExportAdmin(ReadOnlyAdmin):
    list_display = ("requested_at", "owner", "format", "status", "done", "total", "size_bytes", "expires_at")
    list_select_related = ("owner",)
    list_filter = ("status", "format", BY_OWNER)
    search_fields = ("owner__email", "=id")
    ordering = ("-id",)
    # The name of the file is all that guards it.
    unread = ("file",)
    fields = ("id", *list_display, "attempt", "error", "alive_at", "finished_at")


@admin.register(ConversationImport)
class ConversationImportAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "owner", "name", "status", "done", "total", "size_bytes", "expires_at")
    list_select_related = ("owner",)
    list_filter = ("status", BY_OWNER)
    search_fields = ("owner__email", "=id")
    ordering = ("-id",)
    unread = ("file", "report")
    fields = ("id", *list_display, "attempt", "error", "alive_at")


@admin.register(ImportedSource)
class ImportedSourceAdmin(LargeTableAdmin):
    list_display = ("id", "owner", "product", "source_id", "conversation_id")
    list_select_related = ("owner",)
    search_help_text = _("The id of a conversation")
    id_fields = ("pk", "conversation")


@admin.register(Folder)
class FolderAdmin(ReadOnlyAdmin):
    list_display = ("name", "owner", "created_at", "deleted_at")
    list_select_related = ("owner",)
    list_filter = (BY_OWNER, ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "owner__email")
    ordering = ("-id",)


@admin.register(Tag)
class TagAdmin(ReadOnlyAdmin):
    list_display = ("name", "owner", "created_at")
    list_select_related = ("owner",)
    list_filter = (BY_OWNER,)
    search_fields = ("name", "owner__email")
    ordering = ("-id",)


@admin.register(Prompt)
class PromptAdmin(ReadOnlyAdmin):
    list_display = ("name", "title", "owner", "is_shared", "team", "is_starter", "used_at", "deleted_at")
    list_select_related = ("owner", "team")
    list_filter = ("is_shared", "is_starter", BY_OWNER)
    search_fields = ("name", "title", "owner__email")
    ordering = ("-id",)
    unread = ("text",)


@admin.register(Share)
class ShareAdmin(ReadOnlyAdmin):
    """Without the link, at which the conversation can be read."""

    list_display = ("id", "owner", "conversation_id", "message_count", "created_at", "expires_at", "revoked_at")
    list_select_related = ("owner",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), BY_OWNER)
    search_fields = ("owner__email", "=id")
    ordering = ("-id",)
    unread = ("title", "snapshot", "token")
