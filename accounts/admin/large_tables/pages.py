"""The pages of a large table: from a place on, newest first, without counting or skipping what lies before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.large_tables.counts import about_how_many
from accounts.admin.large_tables.time_range import TimeRangeFilter
from convoscope.numbers import number

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList

    from accounts.admin.large_tables.admin import LargeTableAdmin
else:
    from unfold.views import ChangeList

# The places of a page, in its address: it shows what is older than one row, or what is newer.
OLDER, NEWER = "older", "newer"
# A filter that no index knows is looked for among so many rows at a time: what is rare is found over several pages, and
# none of them takes long.
WINDOW = 10_000


@dataclass(frozen=True, slots=True)
class Paging:
    """What stands below the list instead of the numbers of pages: addresses, empty where there is no such page.

    `count` is how many rows there are, where that is known, and `looked_through` how many a page was looked for in,
    where those aren't all.
    """

    older: str
    newer: str
    newest: str
    count: str
    is_exact: bool
    looked_through: str

    template_name = "admin/keyset_pagination.html"


class KeysetChangeList(ChangeList):
    """In the order of the primary key alone. `queryset` has filters and search applied."""

    model_admin: LargeTableAdmin
    multi_page = can_show_all = False
    show_full_result_count = show_admin_actions = False

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        # The place is no filter, and a filter leads back to the beginning.
        self._place = {name: self.filter_params.pop(name, [""])[-1] for name in (OLDER, NEWER)}
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        place = self._place[OLDER]
        if (found := self.model_admin.text_matches(self.query, place, self._range())) is not None:
            by_key = self.queryset.in_bulk(found.keys)
            self._show([by_key[key] for key in found.keys if key in by_key], older=found.place, newer="")
        elif after := self._place[NEWER]:
            self._show_newer(self._key(after))
        else:
            self._show_older(self._key(place) if place else None)

    def _show_older(self, before: Any) -> None:
        rows, last = self.queryset, None
        if before is not None:
            rows = rows.filter(pk__lt=before)
        if self._is_narrowed():
            last = self._end_of_window("-pk", pk__lt=before)
            rows = rows if last is None else rows.filter(pk__gte=last)
        found = list(rows[: self.list_per_page + 1])
        page = found[: self.list_per_page]
        older = page[-1].pk if len(found) > len(page) else last
        newer = (page[0].pk if page else before) if before is not None else ""
        self._show(page, older=older or "", newer=newer)

    def _show_newer(self, after: Any) -> None:
        rows, last = self.queryset.filter(pk__gt=after).order_by("pk"), None
        if self._is_narrowed():
            last = self._end_of_window("pk", pk__gt=after)
            rows = rows if last is None else rows.filter(pk__lte=last)
        found = list(rows[: self.list_per_page + 1])
        page = found[: self.list_per_page][::-1]
        newer = page[0].pk if len(found) > len(page) else last
        self._show(page, older=page[-1].pk if page else after, newer=newer or "")

    def _show(self, page: list[Any], *, older: Any, newer: Any) -> None:
        self.result_list = page
        is_all = not (older or newer or self._place[OLDER] or self._place[NEWER])
        is_whole_table = not (self.has_active_filters or self.query or self._lookups())
        count, is_exact = about_how_many(self.model) if is_whole_table else (len(page), True)
        # There is nothing that the one would be a part of.
        self.result_count = self.full_result_count = count
        self.paginator = Paging(
            older=self.get_query_string({OLDER: older}) if older else "",
            newer=self.get_query_string({NEWER: newer}) if newer else "",
            newest=self.get_query_string() if self._place[OLDER] or self._place[NEWER] else "",
            count=number(count) if is_whole_table or is_all else "",
            is_exact=is_exact,
            looked_through=number(WINDOW) if self._is_narrowed() and (older or newer) else "",
        )

    def _is_narrowed(self) -> bool:
        return any(spec.used_parameters for spec in self.filter_specs if not isinstance(spec, TimeRangeFilter))

    def _lookups(self) -> set[str]:
        """What an address names beside the filters, such as the request whose calls are listed."""
        known = {name for spec in self.filter_specs for name in spec.expected_parameters()}
        return set(self.get_filters_params()) - known

    def _end_of_window(self, order: str, **place: Any) -> Any:
        """The key of the last row that is looked at; None if that is the table's last. Read from the key's index."""
        rows = self.model._default_manager.order_by(order)
        rows = rows.filter(**{name: key for name, key in place.items() if key is not None})
        if (range_filter := self._range()) is not None:
            rows = range_filter.bounded(rows)
        return rows.values_list("pk", flat=True)[WINDOW - 1 : WINDOW].first()

    def _range(self) -> TimeRangeFilter | None:
        return next((spec for spec in self.filter_specs if isinstance(spec, TimeRangeFilter)), None)

    def _key(self, text: str) -> Any:
        try:
            return self.model._meta.pk.to_python(text)
        except ValidationError as error:
            raise IncorrectLookupParameters(error) from error
