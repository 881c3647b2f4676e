"""Keys that people bring along: whose endpoints answer for one person, where the site allows it.

What is asked with such a key is on that person's account. For the site it costs nothing: its ledger line counts 0, so
no budget in money is touched, while tokens and requests count as ever, since they are the site's load.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.conf import settings

from convoscope.encryption import Undecryptable
from convoscope.kept import Kept
from providers.catalog import Endpoint as KnownEndpoint
from providers.catalog import load_catalog
from providers.configured import configured_endpoints
from providers.contract import EndpointConfig
from providers.models import PersonalEndpoint
from providers.rows import endpoint_config

# How long a process goes by keys that another one may have changed, and for how many people it keeps them.
KEPT_S = 5.0
KEPT_PEOPLE = 1_000


def own_key_places() -> list[KnownEndpoint]:
    """Where a person may bring a key for: vendors at their own address. A person names no address: what the server can
    reach is not theirs to probe."""
    return [
        known
        for known in load_catalog().endpoints.values()
        if known.variable and not known.is_local and not known.has_own_address
    ]


def personal_endpoints(user_id: UUID) -> list[EndpointConfig]:
    """The endpoints that this person has a key of their own for. Each goes before the site's of the same name, for this
    person's requests alone."""
    return _keys_of(user_id).get() if settings.OWN_KEYS_ALLOWED else []


def endpoints_for(user_id: UUID) -> list[EndpointConfig]:
    """Every endpoint that answers this person: their own, and the site's."""
    own = {endpoint.name: endpoint for endpoint in personal_endpoints(user_id)}
    sites = configured_endpoints()
    if not own:
        return sites
    names = {endpoint.name for endpoint in sites}
    return [
        *(own[name] for name in own if name not in names),
        *(own.get(endpoint.name, endpoint) for endpoint in sites),
    ]


def cost_to_site(cost_nanousd: int | None, *, is_own_key: bool) -> int | None:
    """What a call counts in the site's money: nothing where somebody else pays, even where its price is unknown."""
    return 0 if is_own_key else cost_nanousd


def personal_config(row: PersonalEndpoint, known: KnownEndpoint) -> EndpointConfig:
    """At the vendor's own address: that of the site's key may be a proxy, which the person knows nothing of.

    Raises: Undecryptable.
    """
    return endpoint_config(known, api_key=row.api_key, base_url="", model="")


def forget_keys(user_id: UUID) -> None:
    """Read this person's keys again when they are next asked for."""
    _keys.pop(user_id, None)


def _keys_of(user_id: UUID) -> Kept[list[EndpointConfig]]:
    kept = _keys.get(user_id)
    if kept is None:
        if len(_keys) >= KEPT_PEOPLE:
            _keys.clear()
        kept = _keys.setdefault(user_id, Kept(partial(_read, user_id), seconds=KEPT_S))
    return kept


def _read(user_id: UUID) -> list[EndpointConfig]:
    places = {known.name: known for known in own_key_places()}
    found = []
    for row in PersonalEndpoint.objects.filter(owner_id=user_id, name__in=places).order_by("id"):
        try:
            found.append(personal_config(row, places[row.name]))
        except Undecryptable:
            # Off until it is pasted again, which the person's page says.
            continue
    return found


_keys: dict[UUID, Kept[list[EndpointConfig]]] = {}
