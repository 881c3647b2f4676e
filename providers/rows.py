"""What administrators' rows say, kept in memory: the endpoints in use, what is said of models, who may use which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from django.conf import settings

from convoscope.encryption import Undecryptable
from convoscope.kept import Kept
from providers.catalog import Catalog, ModelChange, ModelClass, Price, load_catalog, merge, put_in_force
from providers.catalog import Endpoint as KnownEndpoint
from providers.catalog.reading import UNKNOWN_WINDOW_TOKENS
from providers.contract import Continuation, EndpointConfig
from providers.models import AccessLimit, Endpoint, ModelRow

# How long a process goes by rows that another one may have changed.
ROWS_KEPT_S = 5.0


@dataclass(frozen=True, slots=True)
class Limit:
    """Who may use an endpoint or model: members of `teams`, unless it is None; people of `tiers`, unless there are
    none."""

    teams: frozenset[UUID] | None
    tiers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Setup:
    """`endpoints` are those in use; `limits` are by endpoint name and by full id."""

    endpoints: list[EndpointConfig]
    catalog: Catalog
    limits: Mapping[str, Limit]


def known_by_row(row: Endpoint) -> KnownEndpoint:
    """An endpoint that stands in its row alone, as the catalog describes others."""
    return KnownEndpoint(
        name=row.name,
        label=row.label,
        adapter=row.adapter,
        variable="",
        base_url=row.base_url,
        prefixes=(),
        takes_unknown_ids=True,
        unknown_window_tokens=UNKNOWN_WINDOW_TOKENS,
        is_local=True,
        has_own_address=True,
        is_custom=True,
    )


def row_config(row: Endpoint) -> EndpointConfig:
    """What a row says, whether it is in use or not.

    Raises: Undecryptable.
    """
    known = known_by_row(row) if row.is_custom else load_catalog().endpoints[row.name]
    return endpoint_config(known, api_key=row.api_key, base_url=row.base_url, model=row.default_model)


def endpoint_config(known: KnownEndpoint, *, api_key: str, base_url: str, model: str) -> EndpointConfig:
    config = EndpointConfig(
        name=known.name,
        label=known.label,
        adapter=known.adapter,
        base_url=base_url or known.base_url,
        api_key=api_key,
        default_model=model,
    )
    if (given := settings.PROVIDERS.get(known.name)) is None:
        return config
    return replace(config, first_token_timeout_s=given.timeout_s, idle_timeout_s=given.timeout_s)


class _Merging:
    """Merges the catalog with what rows say: while both stay the same, so does the object."""

    def __init__(self) -> None:
        self._merged: tuple[list[KnownEndpoint], list[ModelChange], Catalog] | None = None

    def merge(self, endpoints: list[KnownEndpoint], changes: list[ModelChange]) -> Catalog:
        if not endpoints and not changes:
            return load_catalog()
        merged = self._merged
        if merged is None or merged[:2] != (endpoints, changes):
            merged = (endpoints, changes, merge(load_catalog(), endpoints, changes))
            self._merged = merged
        return merged[2]


_merging = _Merging()


def _read() -> Setup:
    rows = list(Endpoint.objects.order_by("id"))
    return Setup(
        endpoints=_in_use(rows),
        catalog=_merging.merge([known_by_row(row) for row in rows if row.is_custom], _changes()),
        limits=_limits(),
    )


def _put_in_force(setup: Setup) -> None:
    put_in_force(setup.catalog)


def _in_use(rows: list[Endpoint]) -> list[EndpointConfig]:
    found = []
    catalogued = load_catalog().endpoints
    for row in rows:
        if not row.is_enabled or not (row.is_custom or row.name in catalogued):
            continue
        try:
            found.append(row_config(row))
        except Undecryptable:
            # Off until its key is pasted again, which the page of the providers says.
            continue
    return found


def _changes() -> list[ModelChange]:
    return [_change(row) for row in ModelRow.objects.order_by("id")]


def _change(row: ModelRow) -> ModelChange:
    return ModelChange(
        endpoint=row.endpoint,
        model_id=row.model_id,
        label=row.label,
        is_hidden=row.is_hidden,
        is_gone=row.gone_at is not None,
        aliases=tuple(row.aliases),
        context_window_tokens=row.context_window_tokens,
        max_output_tokens=row.max_output_tokens,
        capabilities=None if row.capabilities is None else frozenset(row.capabilities),
        model_class=cast(ModelClass, row.model_class) if row.model_class else None,
        continuation=cast(Continuation, row.continuation) if row.continuation else None,
        price=row_price(row),
        retires_on=row.retires_on,
    )


def row_price(row: ModelRow) -> Price | None:
    if row.input_usd is None or row.output_usd is None:
        return None
    return Price(row.input_usd, row.output_usd, row.cached_usd, row.cache_write_usd)


def _limits() -> dict[str, Limit]:
    limits = AccessLimit.objects.prefetch_related("teams")
    return {
        limit.name: Limit(
            frozenset(team.id for team in limit.teams.all()) if limit.is_by_team else None, frozenset(limit.tiers)
        )
        for limit in limits
    }


kept_setup = Kept(_read, seconds=ROWS_KEPT_S, on_kept=_put_in_force)
