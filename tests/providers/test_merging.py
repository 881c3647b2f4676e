"""The catalog as rows make it: what they add, what they change, and what they must never break."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.catalog import Catalog, Endpoint, ModelChange, Price, load_catalog, merge, resolve

BASE = load_catalog()
BEFORE_ANY_RETIRES = date(2026, 11, 1)
LAB = replace(BASE.endpoints["ollama"], name="lab", label="The lab", variable="", is_custom=True)
PRICE = Price(Decimal(1), Decimal(2), None, None)
ON = frozenset(BASE.endpoints) | {"lab"}


def merged(*changes: ModelChange, endpoints: tuple[Endpoint, ...] = (LAB,)) -> Catalog:
    return merge(BASE, endpoints, changes)


def test_a_model_that_the_catalog_lacks_is_added_with_cautious_limits() -> None:
    catalog = merged(ModelChange("lab", "llama"))
    entry = catalog.entries["lab/llama"]
    assert (entry.model.context_window_tokens, entry.model.max_output_tokens) == (8_192, 4_096)
    assert (entry.price, entry.model.is_known, entry.is_added, entry.name) == (None, False, True, "llama")
    assert entry.equivalents[0] == BASE.stand_ins["standard"][0]
    assert resolve("llama", endpoints={"lab"}, catalog=catalog).model.full_id == "lab/llama"
    assert catalog.by_endpoint["lab"] == (entry,)


def test_what_is_said_of_an_added_model_holds() -> None:
    change = ModelChange(
        "lab",
        "llama",
        label="Our Llama",
        aliases=("ours",),
        context_window_tokens=64_000,
        max_output_tokens=8_000,
        capabilities=frozenset({"tools", "json"}),
        model_class="economy",
        continuation="prefill",
        price=PRICE,
    )
    entry = merged(change).entries["lab/llama"]
    model = entry.model
    assert (model.context_window_tokens, model.max_output_tokens, model.is_known) == (64_000, 8_000, True)
    assert (model.has_tools, model.has_vision, model.has_reasoning, entry.has_json) == (True, False, False, True)
    assert (entry.model_class, model.continuation, entry.price) == ("economy", "prefill", PRICE)
    assert entry.name == "Our Llama"
    assert set(entry.equivalents) == set(BASE.stand_ins["economy"])
    assert resolve("OURS", endpoints={"lab"}, catalog=merged(change)).model == model


def test_a_known_model_keeps_what_nothing_is_said_of() -> None:
    before = BASE.entries["openai/gpt-4o"]
    after = merged(ModelChange("openai", "gpt-4o", label="Four")).entries["openai/gpt-4o"]
    assert after == replace(before, label="Four")
    assert merged(ModelChange("openai", "gpt-4o", price=PRICE)).entries["openai/gpt-4o"].price == PRICE
    assert BASE.entries["openai/gpt-4o"] is before


def test_a_smaller_window_shortens_the_longest_answer() -> None:
    model = merged(ModelChange("openai", "gpt-4o", context_window_tokens=1_000)).entries["openai/gpt-4o"].model
    assert (model.context_window_tokens, model.max_output_tokens) == (1_000, 1_000)


@pytest.mark.parametrize("is_hidden", [True, False])
def test_what_is_hidden_or_gone_stands_in_for_nobody(is_hidden: bool) -> None:
    catalog = merged(ModelChange("openai", "gpt-5.6", is_hidden=is_hidden, is_gone=not is_hidden))
    assert any("openai/gpt-5.6" in entry.equivalents for entry in BASE.entries.values())
    assert not any("openai/gpt-5.6" in entry.equivalents for entry in catalog.entries.values())
    assert resolve("gpt-5.6", endpoints=ON, catalog=catalog).model.full_id == "openai/gpt-5.6"


def test_a_row_whose_endpoint_is_gone_is_passed_over() -> None:
    assert merged(ModelChange("lab", "llama"), endpoints=()).entries == BASE.entries


def test_the_catalogs_models_come_before_added_ones_of_the_same_name() -> None:
    catalog = merged(ModelChange("lab", "gpt-4o"))
    assert resolve("gpt-4o", endpoints=ON, catalog=catalog).model.full_id == "openai/gpt-4o"
    assert resolve("gpt-4o", endpoints={"lab"}, catalog=catalog).model.full_id == "lab/gpt-4o"


def test_an_added_model_never_takes_what_is_asked_of_another_endpoint() -> None:
    catalog = merged(ModelChange("openrouter", "openai/brand-new"))
    assert resolve("openai/brand-new", endpoints=ON, catalog=catalog).model.endpoint == "openai"
    found = resolve("openrouter/openai/brand-new", endpoints=ON, catalog=catalog).model
    assert (found.endpoint, found.id) == ("openrouter", "openai/brand-new")


def test_an_alias_that_is_taken_stays_with_who_had_it() -> None:
    catalog = merged(ModelChange("anthropic", "claude-new", aliases=("claude-opus",)))
    assert resolve("claude-opus", endpoints=ON, catalog=catalog).model.id == "claude-opus-5-5"


IDS = st.sampled_from([*sorted(entry.model.id for entry in BASE.entries.values()), "new", "openai/new", "lab/x", "a/b"])
CHANGES = st.lists(
    st.builds(
        ModelChange,
        endpoint=st.sampled_from([*sorted(ON), "nowhere"]),
        model_id=IDS,
        aliases=st.lists(IDS, max_size=2).map(tuple),
        is_hidden=st.booleans(),
        is_gone=st.booleans(),
        context_window_tokens=st.none() | st.integers(1, 10_000_000),
        max_output_tokens=st.none() | st.integers(1, 10_000_000),
    ),
    max_size=8,
)


@given(CHANGES)
def test_whatever_rows_say_every_full_id_is_found_and_every_answer_fits(changes: list[ModelChange]) -> None:
    catalog = merged(*changes)
    for full_id, entry in catalog.entries.items():
        assert entry.model.full_id == full_id
        assert entry.model.max_output_tokens <= entry.model.context_window_tokens
        assert set(entry.equivalents) <= set(catalog.entries)
        assert full_id in catalog.names[full_id.lower()]
    for full_id in BASE.entries:
        endpoint = full_id.partition("/")[0]
        found = resolve(full_id, endpoints={endpoint}, catalog=catalog, today=BEFORE_ANY_RETIRES)
        assert found.model.full_id == full_id
