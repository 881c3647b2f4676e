"""What the catalog holds: plain data."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from django.utils.translation import gettext as _

from providers.contract import Model

ModelClass: TypeAlias = Literal["economy", "standard", "premium"]
Capability: TypeAlias = Literal["vision", "tools", "json", "reasoning"]
# Whose byte-pair ranks are published.
Vocabulary: TypeAlias = Literal["o200k_base", "cl100k_base"]

# About what most vendors count for an image of 1,500 by 800 points.
UNKNOWN_IMAGE_TOKENS = 1_600


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place that serves models. `variable` is the environment variable that switches it on; "" if it is always on.

    One that `is_local` needs no key; of one that `has_own_address`, every customer has another. One that `is_reseller`
    serves models of other vendors, at their prices if it `passes_prices_on`. One that `is_custom` is an administrator's
    row, under a name of their own. `vocabulary` names the published ranks its models count tokens by, if there are any;
    `tokens_percent` is how many tokens they make of a text for 100 of our estimate, and `image_tokens` what an image
    costs at most.
    """

    name: str
    label: str
    adapter: str
    variable: str
    base_url: str
    prefixes: tuple[str, ...]
    takes_unknown_ids: bool
    unknown_window_tokens: int
    is_local: bool
    has_own_address: bool
    vocabulary: Vocabulary | None = None
    tokens_percent: int = 100
    image_tokens: int = UNKNOWN_IMAGE_TOKENS
    is_reseller: bool = False
    passes_prices_on: bool = False
    address_example: str = ""
    is_custom: bool = False

    @property
    def shown_label(self) -> str:
        """In the reader's language: vendors have names, the one that is built in has a description."""
        return _("the built-in offline model") if self.name == "offline" else self.label


@dataclass(frozen=True, slots=True)
class Price:
    """Units: US dollars per million tokens. None where the vendor names no such price."""

    input_usd: Decimal
    output_usd: Decimal
    cached_usd: Decimal | None
    cache_write_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A model with what routing, ledger and pages know of it. `equivalents` are full ids at other endpoints, the best
    first.

    `successor` is who answers at the same endpoint once it is retired, a full id. `label` is what people see it as, its
    id where it is blank. One that `is_added` stands in an administrator's row alone; one that `is_hidden` is offered to
    nobody and stands in for nobody; one that `is_gone` is no longer in its endpoint's own list.
    """

    model: Model
    model_class: ModelClass
    price: Price | None
    has_json: bool
    equivalents: tuple[str, ...]
    retires_on: datetime.date | None
    successor: str = ""
    label: str = ""
    is_added: bool = False
    is_hidden: bool = False
    is_gone: bool = False

    @property
    def name(self) -> str:
        return self.label or self.model.id


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """`usd_per_million` is the price of a million tokens; None where it isn't known."""

    id: str
    endpoint: str
    dimensions: int
    usd_per_million: Decimal | None


@dataclass(frozen=True, slots=True)
class RetiredModel:
    id: str
    successor: str
    vendor: str

    @property
    def notice(self) -> str:
        """In the reader's language."""
        words = {"endpoint": self.vendor, "model": self.id, "successor": self.successor.partition("/")[2]}
        return _("%(endpoint)s has retired %(model)s; %(successor)s answers instead.") % words


@dataclass(frozen=True, slots=True)
class Catalog:
    """`entries` are by full id, `by_endpoint` the same by endpoint; `names` lead from every name, in lower case, to
    full ids, the vendor's own first. `stand_ins` of a class answer for models that name no equivalents."""

    endpoints: Mapping[str, Endpoint]
    entries: Mapping[str, CatalogEntry]
    embeddings: Mapping[str, EmbeddingModel]
    retired: Mapping[str, RetiredModel]
    names: Mapping[str, tuple[str, ...]]
    stand_ins: Mapping[ModelClass, tuple[str, ...]]
    by_endpoint: Mapping[str, tuple[CatalogEntry, ...]]
