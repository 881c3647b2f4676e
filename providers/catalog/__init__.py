"""The models and endpoints we know, read from `catalog.toml` and merged with what administrators' rows say, and the way
from a name to one of them.

Prices, classes and equivalents stand here as data; what chooses by them is routing's.
"""

from __future__ import annotations

from providers.catalog.current import current_catalog, put_in_force
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
from providers.catalog.merging import ModelChange, entries_of, merge, unlisted_entry
from providers.catalog.reading import load_catalog, parse_catalog
from providers.catalog.resolution import (
    Resolution,
    is_offered,
    is_retired,
    resolve,
    resolve_model,
    retirement_notice,
    utc_today,
)
from providers.catalog.row import CatalogError

__all__ = [
    "Catalog",
    "CatalogEntry",
    "CatalogError",
    "EmbeddingModel",
    "Endpoint",
    "ModelChange",
    "ModelClass",
    "Price",
    "Resolution",
    "RetiredModel",
    "Vocabulary",
    "current_catalog",
    "entries_of",
    "is_offered",
    "is_retired",
    "load_catalog",
    "merge",
    "parse_catalog",
    "put_in_force",
    "resolve",
    "resolve_model",
    "retirement_notice",
    "unlisted_entry",
    "utc_today",
]
