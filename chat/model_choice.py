"""The models a person may choose among: those of the endpoints that are on."""

from __future__ import annotations

import functools

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from providers.catalog import load_catalog, resolve_model
from providers.configured import configured_endpoints
from providers.errors import ModelNotFound


def model_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Shape: `(endpoint's label, [(full id, id)])`, as a form's choices are grouped."""
    endpoints = tuple((one.name, one.label, one.default_model) for one in configured_endpoints())
    return _groups(endpoints)


def model_options() -> SafeString:
    """The same as HTML: every new conversation shows it, so it is made once for a set of endpoints."""
    return _options(tuple((one.name, one.label, one.default_model) for one in configured_endpoints()))


@functools.lru_cache(maxsize=8)
def _groups(endpoints: tuple[tuple[str, str, str], ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    entries = load_catalog().entries.values()
    groups = []
    for name, label, default_model in endpoints:
        ids = [entry.model.id for entry in entries if entry.model.endpoint == name]
        if default_model and default_model not in ids:
            ids.insert(0, default_model)
        groups.append((label, [(f"{name}/{model_id}", model_id) for model_id in ids]))
    return groups


@functools.lru_cache(maxsize=8)
def _options(endpoints: tuple[tuple[str, str, str], ...]) -> SafeString:
    return format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        (
            (label, format_html_join("", '<option value="{}">{}</option>', models))
            for label, models in _groups(endpoints)
        ),
    )


def model_label(full_id: str) -> str:
    """A model's own name, without that of the endpoint that serves it."""
    endpoint, _, model_id = full_id.partition("/")
    is_prefix = endpoint in {one.name for one in configured_endpoints()}
    return model_id if is_prefix and model_id else full_id


def is_usable(model: str) -> bool:
    """Whether an endpoint that is on has it."""
    try:
        resolve_model(model, endpoints={endpoint.name for endpoint in configured_endpoints()})
    except ModelNotFound:
        return False
    return True
