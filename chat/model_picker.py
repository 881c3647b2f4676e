"""What the model picker shows: every model with its figures, and why one can't be picked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Preferences
from chat.health import EndpointState
from chat.model_choice import AUTO, found_id
from chat.models import Conversation
from providers.catalog import CatalogEntry, is_retired, retirement_notice, utc_today
from providers.configured import effective_catalog
from providers.model_access import offered_models, refusals
from providers.model_listing import price_in_words, tokens_in_words
from providers.personal import endpoints_for


@dataclass(frozen=True, slots=True)
class PickerRow:
    """`reason` is why it can't be picked, blank if it can; `search` is what it is found by, in lower case."""

    value: str
    name: str
    place: str
    window: str = ""
    price: str = ""
    badges: tuple[str, ...] = ()
    dot: EndpointState | None = None
    reason: str = ""
    notice: str = ""
    is_favourite: bool = False
    search: str = ""


@dataclass(frozen=True, slots=True)
class PickerSection:
    """One that `is_mixed` has models of several providers."""

    heading: str
    rows: list[PickerRow]
    is_mixed: bool = False


@dataclass(frozen=True, slots=True)
class Picker:
    """`sections` are what is at hand, Auto first, then the favourites; `elsewhere` is what would need another provider.
    `current` is the value of the row that is chosen now."""

    current: str
    auto: PickerRow | None
    sections: list[PickerSection] = field(default_factory=list)
    elsewhere: list[PickerRow] = field(default_factory=list)


def model_picker(
    preferences: Preferences, *, current: str, conversation: Conversation | None, states: Mapping[str, EndpointState]
) -> Picker:
    """Every model that isn't hidden, as this person may pick it; `states` are how the endpoints do, by name."""
    offered = offered_models(preferences.user_id)
    refused = refusals(preferences.user_id, [entry.model.full_id for entry in offered])
    favourites = preferences.favourite_models
    least_tokens = _tokens_so_far(conversation)
    rows = [
        _row(
            entry,
            reason=refused.get(entry.model.full_id, "") or _reason(entry, least_tokens),
            dot=_dot(states.get(entry.model.endpoint)),
            is_favourite=entry.model.full_id in favourites,
        )
        for entry in offered
    ]
    return Picker(
        current=current if current == AUTO else found_id(current, preferences.user_id),
        auto=_auto() if settings.AUTO_MODEL_ENABLED else None,
        sections=list(_sections(rows, favourites)),
        elsewhere=list(_elsewhere(preferences)),
    )


def _dot(state: EndpointState | None) -> EndpointState | None:
    """None where nothing is known: no dot is better than one that says nothing."""
    return None if state is None or state.state == "unknown" else state


def _auto() -> PickerRow:
    return PickerRow(
        value=AUTO,
        name=_("Auto"),
        place="",
        notice=_("Looks at each question and sends it to a model that is good and cheap enough for it."),
        search=" ".join(("auto", _("Auto"))).lower(),
    )


def _sections(rows: list[PickerRow], favourites: list[str]) -> Iterable[PickerSection]:
    by_value = {row.value: row for row in rows}
    starred = [by_value[full_id] for full_id in favourites if full_id in by_value]
    if starred:
        yield PickerSection(_("Favourites"), starred, is_mixed=True)
    for place, listed in groupby((row for row in rows if not row.is_favourite), key=lambda row: row.place):
        yield PickerSection(place, list(listed))


def _elsewhere(preferences: Preferences) -> Iterable[PickerRow]:
    """What vendors have that are switched off here. Resellers would only name the same models again."""
    catalog = effective_catalog()
    on = {endpoint.name for endpoint in endpoints_for(preferences.user_id)}
    today = utc_today()
    for entry in catalog.entries.values():
        place = catalog.endpoints[entry.model.endpoint]
        if place.name in on or place.is_reseller or entry.is_hidden or entry.is_added or is_retired(entry, today):
            continue
        reason = _("%(name)s isn't switched on here") % {"name": place.shown_label}
        yield _row(entry, reason=reason, dot=None, is_favourite=entry.model.full_id in preferences.favourite_models)


def _reason(entry: CatalogEntry, least_tokens: int) -> str:
    if is_retired(entry, utc_today()) and entry.retires_on is not None:
        return _("Retired since %(date)s") % {"date": date_format(entry.retires_on, "DATE_FORMAT")}
    if entry.model.context_window_tokens < least_tokens:
        return _("Too small for this conversation of %(tokens)s tokens") % {"tokens": tokens_in_words(least_tokens)}
    return ""


def _row(entry: CatalogEntry, *, reason: str, dot: EndpointState | None, is_favourite: bool) -> PickerRow:
    catalog = effective_catalog()
    model = entry.model
    place = catalog.endpoints[model.endpoint].shown_label
    badges = _badges(entry)
    gone = _("No longer in the provider's own list") if entry.is_gone else ""
    return PickerRow(
        value=model.full_id,
        name=entry.name,
        place=place,
        window=tokens_in_words(model.context_window_tokens),
        price=price_in_words(entry.price),
        badges=badges,
        dot=dot,
        reason=reason,
        notice=retirement_notice(entry, catalog, utc_today()) or gone,
        is_favourite=is_favourite,
        search=" ".join((entry.name, model.id, place, *model.aliases, *badges)).lower(),
    )


def _badges(entry: CatalogEntry) -> tuple[str, ...]:
    model = entry.model
    known = (
        (model.has_vision, _("vision")),
        (model.has_tools, _("tools")),
        (model.has_reasoning, _("reasoning")),
        (entry.has_json, _("JSON")),
    )
    return tuple(word for is_there, word in known if is_there)


def _tokens_so_far(conversation: Conversation | None) -> int:
    """What the latest answer was given and said, as its provider counted: a model needs that much room."""
    answer = conversation.active_leaf if conversation else None
    if answer is None:
        return 0
    return (answer.input_tokens or 0) + (answer.output_tokens or 0)
