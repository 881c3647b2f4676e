"""A list of models, which OpenAI and Anthropic write alike. It is read from the bytes: an SDK makes objects of whatever
came, and fails in ways of its own where that was a web page."""

from __future__ import annotations

import orjson

from providers.adapters.failures import failure
from providers.contract import EndpointConfig
from providers.errors import NotAnApi, ProviderUnavailable

# Compatible servers send their JSON as text, too.
LIST_TYPES = ("application/json", "text/plain")


def listed_ids(endpoint: EndpointConfig, *, content_type: str, body: bytes) -> list[str]:
    """Raises: NotAnApi for a page in its place, ProviderUnavailable for what is no list of models."""
    if content_type and not content_type.startswith(LIST_TYPES):
        raise failure(NotAnApi, endpoint, detail=f"{content_type} instead of a list of models")
    try:
        return [str(model["id"]) for model in orjson.loads(body)["data"] or []]
    except (ValueError, LookupError, TypeError) as exc:
        raise failure(ProviderUnavailable, endpoint, detail=f"not a list of models: {type(exc).__name__}") from exc
