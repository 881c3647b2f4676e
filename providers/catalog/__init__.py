"""The models and endpoints we know, read from `catalog.toml`, and the way from a name to one of them.

Prices, classes and equivalents stand here as data; what chooses by them is routing's.
"""

from __future__ import annotations

from providers.catalog.entries import (
    Catalog,
    CatalogEntry,
    EmbeddingModel,
    Endpoint,
    ModelClass,
    Price,
    RetiredModel,
    Vocabulary,
)
from providers.catalog.reading import load_catalog, parse_catalog
from providers.catalog.resolution import Resolution, resolve, resolve_model
from providers.catalog.row import CatalogError

__all__ = [
    "Catalog",
    "CatalogEntry",
    "CatalogError",
    "EmbeddingModel",
    "Endpoint",
    "ModelClass",
    "Price",
    "Resolution",
    "RetiredModel",
    "Vocabulary",
    "load_catalog",
    "parse_catalog",
    "resolve",
    "resolve_model",
]
