"""The endpoints that this installation has switched on, and the model it starts with.

An endpoint comes from the environment, or from a row that an administrator added; where both name it, the row that is
in use stands for itself, with its own key, address and model.
"""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Lock

from django.conf import settings
from django.dispatch import Signal

from convoscope.encryption import Undecryptable
from providers.catalog import Endpoint as KnownEndpoint
from providers.catalog import load_catalog
from providers.contract import EndpointConfig
from providers.models import Endpoint
from providers.registry import OFFLINE

# Sent in the process that changed a row, once that is committed.
endpoints_changed = Signal()
# How long a process goes by rows that another one may have changed.
ROWS_KEPT_S = 5.0


def configured_endpoints() -> list[EndpointConfig]:
    """Every endpoint that is on, by PROVIDER_PRIORITY; the built-in model last."""
    return _in_order(_rows.kept())


def reread_endpoints() -> list[EndpointConfig]:
    """The same with the rows as they are now."""
    return _in_order(_rows.read())


def default_model() -> str:
    """The model of a conversation that chose none: of DEFAULT_LLM_PROVIDER, or of the first endpoint that has one."""
    models = {endpoint.name: first_model(endpoint) for endpoint in configured_endpoints()}
    name = settings.DEFAULT_LLM_PROVIDER
    if not models.get(name):
        name = next(name for name, model in models.items() if model)
    return f"{name}/{models[name]}"


def offline_only() -> bool:
    """Whether nothing but the built-in model answers."""
    return configured_endpoints() == [OFFLINE]


def first_model(endpoint: EndpointConfig) -> str:
    """The endpoint's own default, else the catalog's first of the middle class, else its first; "" if it has none."""
    if endpoint.default_model:
        return endpoint.default_model
    models = [entry for entry in load_catalog().entries.values() if entry.model.endpoint == endpoint.name]
    middle = [entry for entry in models if entry.model_class == "standard"]
    return next((entry.model.id for entry in middle or models), "")


def row_config(row: Endpoint) -> EndpointConfig:
    """What a row says, whether it is in use or not.

    Raises: Undecryptable.
    """
    known = load_catalog().endpoints[row.name]
    return _config(known, api_key=row.api_key, base_url=row.base_url, model=row.default_model)


def forget_rows() -> None:
    """Read the rows again when they are next asked for."""
    _rows.forget()


def _in_order(rows: list[EndpointConfig]) -> list[EndpointConfig]:
    found = {name: _from_environment(name) for name in settings.PROVIDERS} | {row.name: row for row in rows}
    priority = {name: place for place, name in enumerate(settings.PROVIDER_PRIORITY)}
    names = sorted(found, key=lambda name: priority.get(name, len(priority)))
    return [*(found[name] for name in names), OFFLINE]


def _from_environment(name: str) -> EndpointConfig:
    given = settings.PROVIDERS[name]
    return _config(load_catalog().endpoints[name], api_key=given.api_key, base_url=given.base_url, model=given.model)


def _config(known: KnownEndpoint, *, api_key: str, base_url: str, model: str) -> EndpointConfig:
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


class _Rows:
    """The rows in use, kept in memory: they are asked for with every turn, and changed a few times a year."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._generation = 0
        self._kept: list[EndpointConfig] | None = None
        self._read_at_s = 0.0

    def kept(self) -> list[EndpointConfig]:
        kept = self._kept
        if kept is None or time.monotonic() - self._read_at_s > ROWS_KEPT_S:
            return self.read()
        return kept

    def read(self) -> list[EndpointConfig]:
        generation = self._generation
        found = []
        for row in Endpoint.objects.filter(is_enabled=True, name__in=load_catalog().endpoints):
            try:
                found.append(row_config(row))
            except Undecryptable:
                # Off until its key is pasted again, which the page of the providers says.
                continue
        with self._lock:
            # What was read before a change must not be kept after it.
            if generation == self._generation:
                self._kept, self._read_at_s = found, time.monotonic()
        return found

    def forget(self) -> None:
        with self._lock:
            self._generation += 1
            self._kept = None


_rows = _Rows()
