"""Messages in the admin: who wrote them when, with which model; what they say is shown nowhere here."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.actions.audit import record
from accounts.admin.audited import the_person
from accounts.admin.large_tables import LargeTableAdmin, TimeRangeFilter
from accounts.admin.large_tables.admin import TextMatches
from accounts.admin.large_tables.moments import moment_of
from accounts.admin.large_tables.time_range import SINCE, UNTIL
from chat.models import Message, SearchEntry
from chat.search.index import EVERYBODY, Scope, entry_id, matches
from chat.search.query import parse_query
from chat.search.sqlite import NEVER

LONG = ("text", "html", "parts", "metadata", "feedback_comment")


@admin.register(Message)
class MessageAdmin(LargeTableAdmin):
    """What is typed into the search is an id, or words: the full-text index says which messages have them."""

    list_display = (
        "stored_at",
        "of_conversation",
        "role",
        "status",
        "model",
        "input_tokens",
        "output_tokens",
        "feedback",
    )
    list_filter = (TimeRangeFilter, "role", "status", "feedback")
    search_help_text = _("Words, or the id of a message or a conversation")
    id_fields = ("pk", "conversation")
    unread = LONG
    fields = (
        "id",
        *list_display,
        "parent_id",
        "author",
        "provider",
        "finish_reason",
        "text_tokens",
        "feedback_at",
        "created_at",
        "finished_at",
        "deleted_at",
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A search by words says in whose messages they stand, so it is written down; without them, which may be
        anybody's."""
        query = request.GET.get(SEARCH_VAR, "").strip()
        page: HttpResponse = super().changelist_view(request, extra_context)
        if query and not _is_id(query):
            record("admin.message.searched", by=the_person(request))
        return page

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        # Words are looked for page by page, see below.
        return super().get_search_results(request, queryset, search_term) if _is_id(search_term) else (queryset, False)

    def text_matches(self, query: str, place: str, within: TimeRangeFilter | None) -> TextMatches | None:
        if not query.strip() or _is_id(query):
            return None
        until = [min(int(place), NEVER)] if place.isdecimal() else []
        since, before = (within.moment(SINCE), within.moment(UNTIL)) if within else (None, None)
        until += [entry_id(before)] if before else []
        scope = Scope(EVERYBODY, since=entry_id(since) if since else None, until=min(until) if until else None)
        found = matches(parse_query(query), scope, limit=self.list_per_page)
        last = "" if found.is_over or not found.entries else str(found.entries[-1].entry_id)
        # Titles are in the index too.
        return TextMatches([one.message_id for one in found.entries if one.message_id], last)

    @admin.display(description=_("stored"))
    def stored_at(self, message: Message) -> datetime:
        """What was imported says itself when it was written, which may be long before."""
        return moment_of(message.id)

    @admin.display(description=_("conversation"))
    def of_conversation(self, message: Message) -> SafeString:
        address = reverse("admin:chat_conversation_change", args=[message.conversation_id])
        return format_html('<a href="{}">{}</a>', address, message.conversation_id)


@admin.register(SearchEntry)
class SearchEntryAdmin(LargeTableAdmin):
    """Without its words."""

    list_display = ("id", "owner", "conversation_id", "message_id", "model")
    list_select_related = ("owner",)
    search_help_text = _("The id of a message")
    id_fields = ("message",)
    unread = ("words",)

    def key_at(self, moment: datetime) -> int:
        return entry_id(moment)


def _is_id(text: str) -> bool:
    try:
        UUID(text.strip())
    except ValueError:
        return False
    return True
