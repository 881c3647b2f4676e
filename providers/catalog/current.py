"""The catalog that is in force in this process. It reads nothing: the gateway's loop may ask it."""

from __future__ import annotations

from providers.catalog.entries import Catalog
from providers.catalog.reading import load_catalog


class _InForce:
    catalog: Catalog | None = None


def current_catalog() -> Catalog:
    """What was put in force last: the file alone, until somebody has read the rows."""
    return _InForce.catalog or load_catalog()


def put_in_force(catalog: Catalog | None) -> None:
    """Called by who has read the rows; None goes back to the file."""
    _InForce.catalog = catalog
