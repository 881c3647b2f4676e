"""What the admins of large tables have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.large_tables.moments import least_uuid7
from accounts.admin.large_tables.pages import KeysetChangeList
from accounts.admin.large_tables.time_range import TimeRangeFilter
from accounts.admin.read_only import ReadOnlyAdmin


@dataclass(frozen=True, slots=True)
class TextMatches:
    """What a full-text search found: a page of keys, newest first, and the place where the next begins, if any."""

    keys: Sequence[Any]
    place: str


class LargeTableAdmin(ReadOnlyAdmin):
    """Newest first, in the order of the primary key; page after page from a place on, without OFFSET; with an estimate
    of how many rows there are. What is typed into the search is an id that stands in one of the `id_fields`, each of
    which has an index.
    """

    ordering = ("-pk",)
    sortable_by = ()
    list_filter_submit = True
    show_facets = admin.ShowFacets.NEVER
    list_filter: ClassVar[tuple[Any, ...]] = (TimeRangeFilter,)
    search_fields = ("pk",)
    search_help_text = _("An id")
    id_fields: ClassVar[tuple[str, ...]] = ("pk",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(self.searched(search_term.strip())) if search_term.strip() else queryset), False

    def searched(self, text: str) -> Q:
        """What the search finds by an index; nothing is no error."""
        try:
            wanted = UUID(text)
        except ValueError:
            return Q(pk__in=[])
        return Q(*((name, wanted) for name in self.id_fields), _connector=Q.OR)

    def text_matches(self, query: str, place: str, within: TimeRangeFilter | None) -> TextMatches | None:
        """For tables with a full-text index; None where what was typed is looked for in another way."""
        return None

    def key_at(self, moment: datetime) -> Any:
        """The least key that a row of that moment or a later one has or could have."""
        return least_uuid7(moment)
