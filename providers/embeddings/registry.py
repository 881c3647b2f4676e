"""Which embedders there are, and how each is made. Like the adapters, each is imported only where it is used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from importlib import import_module

from django.utils.translation import gettext as _

from providers.catalog import EmbeddingModel, load_catalog
from providers.contract import EndpointConfig
from providers.embeddings.contract import LOCAL, Embedder
from providers.errors import ModelNotFound

WIRES = {
    "openai": ("providers.embeddings.openai", "OpenAIWire"),
    "gemini": ("providers.embeddings.gemini", "GeminiWire"),
}


def embedder_names(endpoints: Collection[str]) -> list[str]:
    """The embedders that may be chosen with these endpoints on, the built-in one first."""
    models = load_catalog().embeddings.values()
    return [LOCAL, *(f"{model.endpoint}/{model.id}" for model in models if model.endpoint in endpoints)]


def make_embedder(
    name: str,
    endpoints: Iterable[EndpointConfig],
    *,
    dimensions: int | None = None,
    count_tokens: Callable[[int], None] | None = None,
) -> Embedder:
    """The embedder of a name as `embedder_names` gives it. With its `dimensions` told, any other `endpoint/model` of an
    endpoint that is on is one too. `count_tokens` is told what each call to a vendor cost.

    Raises: ModelNotFound.
    """
    if name == LOCAL:
        from providers.embeddings.local import local_embedder

        return local_embedder()
    endpoint_name, _slash, model_id = name.partition("/")
    endpoint = next((one for one in endpoints if one.name == endpoint_name), None)
    model = _model(endpoint_name, model_id, dimensions)
    if endpoint is None or model is None or endpoint.adapter not in WIRES:
        message = _("There is no embedding model “%(name)s” here. Choose another one.") % {"name": name}
        raise ModelNotFound(message, detail=f"no embedder {name}")
    from providers.embeddings.remote import RemoteEmbedder

    module, wire = WIRES[endpoint.adapter]
    return RemoteEmbedder(endpoint, model, getattr(import_module(module), wire)(endpoint), count_tokens=count_tokens)


def _model(endpoint: str, model_id: str, dimensions: int | None) -> EmbeddingModel | None:
    known = load_catalog().embeddings.get(model_id)
    if known is not None and known.endpoint == endpoint:
        return known
    if dimensions is None or not model_id:
        return None
    return EmbeddingModel(id=model_id, endpoint=endpoint, dimensions=dimensions, usd_per_million=None)
