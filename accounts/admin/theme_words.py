"""What the admin's theme says in its own templates, which come without translations: named here, so that our catalogue
has them."""

from __future__ import annotations

from django.utils.translation import gettext_noop

THEME_WORDS = (
    gettext_noop("Add row"),
    gettext_noop("Apply Filters"),
    gettext_noop("Cancel"),
    gettext_noop("Clear all filters"),
    gettext_noop("Close"),
    gettext_noop("Expand row"),
    gettext_noop("False"),
    gettext_noop("Filters"),
    gettext_noop("General"),
    gettext_noop("Go back"),
    gettext_noop("More actions"),
    gettext_noop("No results found"),
    gettext_noop("No results matching your query"),
    gettext_noop("Remove"),
    gettext_noop("Reset filters"),
    gettext_noop("Run"),
    gettext_noop("Select action"),
    gettext_noop("Select all rows"),
    gettext_noop("Select record"),
    gettext_noop("Select value"),
    gettext_noop("This item will be deleted."),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
    gettext_noop("Toggle password visibility"),
    gettext_noop("True"),
    gettext_noop("Type to search"),
)
