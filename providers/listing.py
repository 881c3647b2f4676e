"""What the page of the providers says of each: whether it is on, by what, and what its last test met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _

from providers.catalog import Endpoint as KnownEndpoint
from providers.catalog import load_catalog
from providers.configured import effective_catalog
from providers.models import Endpoint
from providers.rows import known_by_row


@dataclass(frozen=True, slots=True)
class ListedEndpoint:
    """A provider as the page shows it. `note` says what else is to be known of its state."""

    known: KnownEndpoint
    row: Endpoint | None
    state: Literal["on", "off", "failed"]
    words: str
    note: str = ""
    is_readable: bool = True

    @property
    def has_listed_models(self) -> bool:
        return bool(effective_catalog().by_endpoint.get(self.known.name))

    @property
    def can_be_enabled(self) -> bool:
        return self.row is not None and self.is_readable and not self.row.is_enabled

    @property
    def can_be_tested(self) -> bool:
        return self.row is not None and self.is_readable


def list_endpoints() -> list[ListedEndpoint]:
    """Every provider of the catalog that can be switched on, in its order, then those an administrator added."""
    rows = {row.name: row for row in Endpoint.objects.order_by("id")}
    known = [endpoint for endpoint in load_catalog().endpoints.values() if endpoint.variable]
    custom = [known_by_row(row) for row in rows.values() if row.is_custom]
    return [_listed(endpoint, rows.get(endpoint.name)) for endpoint in (*known, *custom)]


def list_endpoint(known: KnownEndpoint) -> ListedEndpoint:
    return _listed(known, Endpoint.objects.filter(name=known.name).first())


def _listed(known: KnownEndpoint, row: Endpoint | None) -> ListedEndpoint:
    is_in_environment = known.name in settings.PROVIDERS
    variable = {"variable": known.variable}
    if row is None:
        if is_in_environment:
            return ListedEndpoint(known, None, "on", _("On, by %(variable)s") % variable)
        return ListedEndpoint(known, None, "off", _("Off"))
    fallback = _("%(variable)s is in use instead.") % variable if is_in_environment else ""
    if not row.is_readable:
        words = _("Saved, but not in use: the key was stored under another secret; paste it again.")
        return ListedEndpoint(known, row, "failed", words, fallback, is_readable=False)
    if not row.is_enabled:
        words = _("Saved, but not in use: %(failure)s") % {"failure": row.last_failure}
        return ListedEndpoint(known, row, "failed", words, fallback)
    words = _("On, with the key that ends in …%(hint)s") % {"hint": row.key_hint} if row.key_hint else _("On")
    notes = []
    if row.last_failure:
        notes.append(_("The last test failed: %(failure)s") % {"failure": row.last_failure})
    if is_in_environment:
        notes.append(_("It goes before %(variable)s.") % variable)
    return ListedEndpoint(known, row, "on", words, " ".join(notes))
