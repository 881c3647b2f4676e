"""From `providers/catalog.toml` to a checked `Catalog`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import cast, get_args

from providers.catalog.entries import (
    UNKNOWN_IMAGE_TOKENS,
    Capability,
    Catalog,
    CatalogEntry,
    EmbeddingModel,
    Endpoint,
    ModelClass,
    Price,
    RetiredModel,
    Vocabulary,
)
from providers.catalog.names import all_names
from providers.catalog.resale import with_resold
from providers.catalog.row import CatalogError, Row
from providers.contract import Continuation, Model

CATALOG_PATH = Path(__file__).parent.with_name("catalog.toml")
# A model we know nothing of: cutting the history early is visible and harmless, a window that is too large is neither.
UNKNOWN_WINDOW_TOKENS = 8_192


@cache
def load_catalog() -> Catalog:
    """Raises: CatalogError."""
    return parse_catalog(CATALOG_PATH.read_text(encoding="utf-8"))


def parse_catalog(text: str) -> Catalog:
    """Raises: CatalogError, naming the entry and the field."""
    try:
        root = Row("catalog.toml", tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as exc:
        raise CatalogError(f"catalog.toml: {exc}") from exc
    endpoints = {row.name: _endpoint(row) for row in root.tables("endpoints")}
    stand_ins = _stand_ins(root)
    entries: dict[str, CatalogEntry] = {}
    resold: dict[str, tuple[str, ...]] = {}
    for row in root.rows("models"):
        places = row.texts("resold")
        entry = _entry(row, endpoints, stand_ins)
        if entry.model.full_id in entries:
            raise row.fault("id", "is listed twice")
        entries[entry.model.full_id] = entry
        if places:
            resold[entry.model.full_id] = places
    entries = with_resold(entries, resold, endpoints)
    _check_equivalents(entries, stand_ins)
    _check_successors(entries)
    names = all_names(entries, endpoints)
    for clash in names.clashes:
        raise CatalogError(f"catalog.toml, {clash.claimant}: the name {clash.name} is already that of {clash.holder}")
    embeddings = [_embedding(row, endpoints) for row in root.rows("embeddings")]
    retired = [model for row in root.rows("retired") for model in _retired(row, endpoints, entries)]
    root.refuse_rest()
    return Catalog(
        endpoints=endpoints,
        entries=entries,
        embeddings={model.id: model for model in embeddings},
        retired={name: model for model in retired for name in (model.id, _prefixed(model))},
        names=names.held,
        stand_ins=stand_ins,
        by_endpoint=by_endpoint(entries),
    )


def by_endpoint(entries: Mapping[str, CatalogEntry]) -> dict[str, tuple[CatalogEntry, ...]]:
    found: dict[str, list[CatalogEntry]] = {}
    for entry in entries.values():
        found.setdefault(entry.model.endpoint, []).append(entry)
    return {name: tuple(listed) for name, listed in found.items()}


def _prefixed(model: RetiredModel) -> str:
    return f"{model.successor.partition('/')[0]}/{model.id}"


def _endpoint(row: Row) -> Endpoint:
    endpoint = Endpoint(
        name=row.name,
        label=row.text("label"),
        adapter=row.text("adapter"),
        variable=row.text("variable", default=""),
        base_url=row.text("base_url", default=""),
        prefixes=row.texts("prefixes"),
        takes_unknown_ids=row.flag("takes_unknown_ids", default=True),
        unknown_window_tokens=row.tokens("unknown_window_tokens", default=UNKNOWN_WINDOW_TOKENS),
        is_local=row.flag("is_local", default=False),
        has_own_address=row.flag("has_own_address", default=False),
        vocabulary=_vocabulary(row),
        tokens_percent=row.tokens("tokens_percent", default=100),
        image_tokens=row.tokens("image_tokens", default=UNKNOWN_IMAGE_TOKENS),
        is_reseller=row.flag("is_reseller", default=False),
        passes_prices_on=row.flag("passes_prices_on", default=False),
        address_example=row.text("address_example", default=""),
    )
    row.refuse_rest()
    return endpoint


def _vocabulary(row: Row) -> Vocabulary | None:
    name = row.text("vocabulary", default="")
    if name and name not in get_args(Vocabulary):
        raise row.fault("vocabulary", f"is {name!r}; allowed are {', '.join(get_args(Vocabulary))}")
    return cast(Vocabulary, name) if name else None


def _stand_ins(root: Row) -> dict[ModelClass, tuple[str, ...]]:
    row = Row("stand_ins", root.table("stand_ins"))
    lists: dict[ModelClass, tuple[str, ...]] = {name: row.texts(name) for name in get_args(ModelClass)}
    row.refuse_rest()
    return lists


def _entry(
    row: Row, endpoints: Mapping[str, Endpoint], stand_ins: Mapping[ModelClass, tuple[str, ...]]
) -> CatalogEntry:
    endpoint = row.choice("endpoint", endpoints)
    model_class = cast(ModelClass, row.choice("class", get_args(ModelClass)))
    capabilities = row.texts("capabilities", allowed=get_args(Capability))
    model = Model(
        id=row.text("id"),
        endpoint=endpoint,
        context_window_tokens=row.tokens("window_tokens"),
        max_output_tokens=row.tokens("max_output_tokens"),
        continuation=cast(Continuation, row.choice("continuation", get_args(Continuation))),
        has_vision="vision" in capabilities,
        has_tools="tools" in capabilities,
        has_reasoning="reasoning" in capabilities,
        aliases=row.texts("aliases"),
        cacheable_from_tokens=row.optional_tokens("cacheable_from_tokens"),
    )
    if model.max_output_tokens > model.context_window_tokens:
        raise row.fault("max_output_tokens", "is more than the window")
    others = () if endpoint == "offline" else stand_ins[model_class]
    named = dict.fromkeys((*row.texts("equivalents"), *others))
    entry = CatalogEntry(
        model=model,
        model_class=model_class,
        price=_price(row),
        has_json="json" in capabilities,
        equivalents=tuple(full_id for full_id in named if full_id.partition("/")[0] != endpoint),
        retires_on=row.date("retires_on"),
        successor=f"{endpoint}/{successor}" if (successor := row.text("successor", default="")) else "",
    )
    row.refuse_rest()
    return entry


def _price(row: Row) -> Price | None:
    table = row.table("usd_per_million")
    if not table:
        return None
    prices = Row(f"{row.name}.usd_per_million", table)
    price = Price(
        input_usd=prices.money("input"),
        output_usd=prices.money("output"),
        cached_usd=prices.optional_money("cached"),
        cache_write_usd=prices.optional_money("cache_write"),
    )
    prices.refuse_rest()
    return price


def _embedding(row: Row, endpoints: Mapping[str, Endpoint]) -> EmbeddingModel:
    model = EmbeddingModel(
        row.text("id"), row.choice("endpoint", endpoints), row.tokens("dimensions"), row.money("usd_per_million")
    )
    row.refuse_rest()
    return model


def _retired(
    row: Row, endpoints: Mapping[str, Endpoint], entries: Mapping[str, CatalogEntry]
) -> Iterable[RetiredModel]:
    endpoint = endpoints[row.choice("endpoint", endpoints)]
    successor = row.text("successor")
    full_id = f"{endpoint.name}/{successor}"
    if full_id not in entries:
        raise row.fault("successor", f"{full_id} is not in the catalog")
    for model_id in row.texts("ids"):
        if f"{endpoint.name}/{model_id}" in entries:
            raise row.fault("ids", f"{model_id} is also listed as a model of {endpoint.name}")
        yield RetiredModel(model_id, full_id, endpoint.label)
    row.refuse_rest()


def _check_successors(entries: Mapping[str, CatalogEntry]) -> None:
    for full_id, entry in entries.items():
        if entry.successor and (entry.successor not in entries or entries[entry.successor].retires_on is not None):
            raise CatalogError(
                f"catalog.toml, {full_id}: the successor {entry.successor} is not in the catalog, or retires itself"
            )


def _check_equivalents(entries: Mapping[str, CatalogEntry], stand_ins: Mapping[ModelClass, tuple[str, ...]]) -> None:
    wanted = [(f"stand_ins.{name}", name, ids) for name, ids in stand_ins.items()]
    wanted += [(full_id, entry.model_class, entry.equivalents) for full_id, entry in entries.items()]
    for owner, model_class, ids in wanted:
        for full_id in ids:
            if full_id not in entries:
                raise CatalogError(f"catalog.toml, {owner}: the equivalent {full_id} is not in the catalog")
            if entries[full_id].model_class != model_class:
                raise CatalogError(f"catalog.toml, {owner}: the equivalent {full_id} is not of class {model_class}")
