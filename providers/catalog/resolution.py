"""From a name that someone asked for to a model."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import reduce

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.catalog.current import current_catalog
from providers.catalog.entries import Catalog, CatalogEntry
from providers.catalog.merging import unlisted_model
from providers.catalog.reading import UNKNOWN_WINDOW_TOKENS
from providers.contract import Model
from providers.errors import ModelNotFound

SUGGESTIONS = 3
SHOWN_NAME_CHARS = 80
# How long before a model's retirement people are told.
NOTICE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Resolution:
    """The model a name stands for. `notice` is a sentence for the person when another model than the named answers, or
    will soon."""

    model: Model
    notice: str = ""


def resolve_model(name: str, *, endpoints: Collection[str]) -> Model:
    """Raises: ModelNotFound, in words for the person who asked."""
    return resolve(name, endpoints=endpoints).model


def resolve(
    name: str, *, endpoints: Collection[str], catalog: Catalog | None = None, today: datetime.date | None = None
) -> Resolution:
    """Find the model that a name (id, alias, `endpoint/id`) stands for, among the `endpoints` that are switched on.

    A catalogued name wins over an endpoint prefix, since some ids hold a slash themselves (`openai/gpt-oss-120b`).
    Without a `catalog` the one in force is asked, without a `today` the clock.
    Raises: ModelNotFound, in words for the person who asked.
    """
    catalog = catalog or current_catalog()
    today = today or utc_today()
    wanted = name.strip().lower()
    known = [catalog.entries[full_id] for full_id in catalog.names.get(wanted, ())]
    on = [entry for entry in known if entry.model.endpoint in endpoints]
    for entry in on:
        if not is_retired(entry, today):
            return Resolution(entry.model, retirement_notice(entry, catalog, today))
    if on:
        return _after_retirement(on[0], catalog, endpoints, today)
    retired = catalog.retired.get(wanted)
    if retired is not None:
        successor = catalog.entries[retired.successor]
        if successor.model.endpoint in endpoints:
            return Resolution(successor.model, retired.notice)
        known.append(successor)
    if known:
        raise _switched_off(name, catalog, [entry.model.endpoint for entry in known])
    return Resolution(_unlisted_model(name.strip(), catalog, endpoints))


def utc_today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def is_retired(entry: CatalogEntry, today: datetime.date) -> bool:
    return entry.retires_on is not None and entry.retires_on <= today


def is_offered(entry: CatalogEntry, today: datetime.date) -> bool:
    """Whether it may be chosen for somebody who named no model."""
    return not (entry.is_hidden or entry.is_gone or is_retired(entry, today))


def retirement_notice(entry: CatalogEntry, catalog: Catalog, today: datetime.date) -> str:
    """What people are told of a model in the last days before it retires; blank for every other."""
    if entry.retires_on is None or not 0 < (entry.retires_on - today).days <= NOTICE_DAYS:
        return ""
    words = {"model": entry.name, "date": date_format(entry.retires_on, "DATE_FORMAT")}
    if (successor := catalog.entries.get(entry.successor)) is None:
        return _("%(model)s retires on %(date)s. Choose another model by then.") % words
    return _("%(model)s retires on %(date)s; %(successor)s answers from then on.") % (
        words | {"successor": successor.name}
    )


def _after_retirement(
    entry: CatalogEntry, catalog: Catalog, endpoints: Collection[str], today: datetime.date
) -> Resolution:
    """The successor, or who stands in for the model elsewhere. Where nobody is on, the provider is asked in spite of
    the date: it may have put it off."""
    for full_id in (entry.successor, *entry.equivalents):
        other = catalog.entries.get(full_id)
        if other is not None and other.model.endpoint in endpoints and not is_retired(other, today):
            words = {
                "endpoint": catalog.endpoints[entry.model.endpoint].label,
                "model": entry.name,
                "successor": other.name,
            }
            return Resolution(
                other.model, _("%(endpoint)s has retired %(model)s; %(successor)s answers instead.") % words
            )
    return Resolution(entry.model)


def _unlisted_model(name: str, catalog: Catalog, endpoints: Collection[str]) -> Model:
    prefix, _slash, model_id = name.partition("/")
    by_prefix = {prefix: endpoint.name for endpoint in catalog.endpoints.values() for prefix in endpoint.prefixes}
    endpoint_name = by_prefix.get(prefix.lower(), prefix.lower())
    endpoint = catalog.endpoints.get(endpoint_name)
    # A gateway of a script may have endpoints that stand nowhere.
    is_known_place = endpoint is not None or endpoint_name in endpoints
    if not model_id or not is_known_place or (endpoint is not None and not endpoint.takes_unknown_ids):
        raise _unknown_name(name, catalog, endpoints)
    if endpoint_name not in endpoints:
        raise _switched_off(name, catalog, [endpoint_name])
    window_tokens = endpoint.unknown_window_tokens if endpoint else UNKNOWN_WINDOW_TOKENS
    return unlisted_model(model_id, endpoint_name, window_tokens)


def _switched_off(name: str, catalog: Catalog, endpoint_names: Iterable[str]) -> ModelNotFound:
    places = [catalog.endpoints[endpoint_name] for endpoint_name in dict.fromkeys(endpoint_names)]
    variables = [place.variable for place in places if place.variable]
    if variables:
        words = ngettext(
            "The model “%(model)s” needs %(places)s, which isn't switched on here. Choose another model; an"
            " administrator can add a key under Providers, or set %(variables)s.",
            "The model “%(model)s” needs %(places)s, none of which is switched on here. Choose another model; an"
            " administrator can add a key under Providers, or set %(variables)s.",
            len(places),
        )
    else:
        words = ngettext(
            "The model “%(model)s” needs %(places)s, which isn't switched on here. Choose another model; an"
            " administrator can switch it on under Providers.",
            "The model “%(model)s” needs %(places)s, none of which is switched on here. Choose another model; an"
            " administrator can switch it on under Providers.",
            len(places),
        )
    labels = _one_of([place.label for place in places])
    return ModelNotFound(
        words % {"model": _shown(name), "places": labels, "variables": _one_of(variables)},
        detail=f"endpoint off: {', '.join(place.name for place in places)}",
    )


def _unknown_name(name: str, catalog: Catalog, endpoints: Collection[str]) -> ModelNotFound:
    offered = [entry for entry in catalog.entries.values() if not entry.is_hidden]
    usable = [entry.model.id for entry in offered if entry.model.endpoint in endpoints]
    pool = usable if len(set(usable)) >= SUGGESTIONS else [entry.model.id for entry in catalog.entries.values()]
    closest = difflib.get_close_matches(_shown(name).lower(), dict.fromkeys(pool), n=SUGGESTIONS, cutoff=0.0)
    words = _("There is no model named “%(model)s”. The closest are %(closest)s.")
    if not name.strip():
        words = _("No model was named. The closest are %(closest)s.")
    return ModelNotFound(words % {"model": _shown(name), "closest": ", ".join(closest)}, detail="not in the catalog")


def _one_of(names: Collection[str]) -> str:
    """Names as alternatives, in words."""
    return reduce(lambda one, other: _("%(one)s or %(other)s") % {"one": one, "other": other}, names) if names else ""


def _shown(name: str) -> str:
    """A name that someone typed, fit to be sent back: bounded, without half surrogate pairs."""
    short = name if len(name) <= SHOWN_NAME_CHARS else name[:SHOWN_NAME_CHARS] + "…"
    return short.encode("utf-8", "replace").decode("utf-8")
