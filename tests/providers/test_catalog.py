"""The catalog's data is whole, its faults are named, and names lead to the right model."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from providers.catalog import CatalogError, load_catalog, parse_catalog, resolve, resolve_model
from providers.errors import ModelNotFound

EVERYTHING = frozenset(load_catalog().endpoints)
BEFORE_ANY_RETIRES = date(2026, 11, 1)

SMALL = """
[endpoints.openai]
label = "OpenAI"
adapter = "openai"
variable = "OPENAI_API_KEY"
[endpoints.other]
label = "Other"
adapter = "openai"
variable = "OTHER_API_KEY"
prefixes = ["alias"]
[stand_ins]
premium = []
standard = []
economy = ["other/b"]
[[models]]
id = "a"
endpoint = "openai"
aliases = ["first"]
class = "economy"
window_tokens = 1000
max_output_tokens = 100
usd_per_million = { input = 0.1, output = 2 }
capabilities = ["vision", "json"]
continuation = "instruction"
retires_on = 2027-04-01
[[models]]
id = "b"
endpoint = "other"
class = "economy"
window_tokens = 1000
max_output_tokens = 100
capabilities = []
continuation = "none"
[[retired]]
endpoint = "openai"
successor = "a"
ids = ["old"]
"""


def test_the_file_is_valid_and_read_once() -> None:
    catalog = load_catalog()

    assert catalog is load_catalog()
    assert len(catalog.entries) >= 50
    assert set(catalog.embeddings) == {"gemini-embedding-2", "text-embedding-3-large", "text-embedding-3-small"}
    assert catalog.endpoints["groq"].base_url == "https://api.groq.com/openai/v1"


def test_prices_are_exact_decimals() -> None:
    price = load_catalog().entries["openai/gpt-6-luna"].price

    assert price is not None
    assert (price.input_usd, price.cached_usd, price.cache_write_usd) == (
        Decimal("0.1"),
        Decimal("0.01"),
        Decimal("0.125"),
    )


@pytest.mark.parametrize("name", ["gpt-4o", "claude-opus-5-5", "gemini-3.8-flash", "grok-4.7", "mistral-large-4"])
def test_equivalents_are_of_the_same_class_at_other_endpoints(name: str) -> None:
    catalog = load_catalog()
    entry = catalog.entries[resolve_model(name, endpoints=EVERYTHING).full_id]

    assert entry.equivalents
    for full_id in entry.equivalents:
        other = catalog.entries[full_id]
        assert other.model.endpoint != entry.model.endpoint
        assert other.model_class == entry.model_class


def test_the_offline_model_stands_in_for_nobody() -> None:
    entries = load_catalog().entries

    assert not any("offline/convoscope-offline" in entry.equivalents for entry in entries.values())
    offline = entries["offline/convoscope-offline"]
    assert (offline.model.context_window_tokens, offline.model.max_output_tokens) == (32_000, 4_000)
    assert (offline.model.continuation, offline.equivalents) == ("exact", ())
    assert offline.price is not None
    assert offline.price.input_usd == offline.price.output_usd == 0


def test_of_the_claude_models_only_haiku_4_5_is_prefilled() -> None:
    models = [entry.model for entry in load_catalog().entries.values() if entry.model.endpoint == "anthropic"]

    assert [model.id for model in models if model.continuation == "prefill"] == ["claude-haiku-4-5"]


def test_v98store_models_take_no_tools() -> None:
    models = [entry.model for entry in load_catalog().entries.values() if entry.model.endpoint == "v98store"]

    assert len(models) == 8
    assert not any(model.has_tools for model in models)


@pytest.mark.parametrize(
    ("name", "endpoints", "full_id"),
    [
        ("gpt-4o", EVERYTHING, "openai/gpt-4o"),
        (" GPT-4o ", EVERYTHING, "openai/gpt-4o"),
        ("openai/gpt-4o", EVERYTHING, "openai/gpt-4o"),
        ("v98store/gpt-4o", EVERYTHING, "v98store/gpt-4o"),
        ("openai-compatible/gpt-4o", EVERYTHING, "v98store/gpt-4o"),
        ("gpt-4o", {"v98store"}, "v98store/gpt-4o"),
        ("kimi-k2", {"v98store"}, "v98store/kimi-k2"),
        ("claude-sonnet", EVERYTHING, "anthropic/claude-sonnet-5-5"),
        ("anthropic/claude-haiku-4.5", EVERYTHING, "anthropic/claude-haiku-4-5"),
        ("openai/gpt-oss-120b", EVERYTHING, "groq/openai/gpt-oss-120b"),
        ("groq/openai/gpt-oss-120b", EVERYTHING, "groq/openai/gpt-oss-120b"),
        ("gpt-oss-120b", EVERYTHING, "groq/openai/gpt-oss-120b"),
        ("offline", {"offline"}, "offline/convoscope-offline"),
        ("convoscope-offline", {"offline"}, "offline/convoscope-offline"),
    ],
)
def test_names_resolve(name: str, endpoints: frozenset[str], full_id: str) -> None:
    model = resolve_model(name, endpoints=endpoints)

    assert model.full_id == full_id
    assert model.is_known


@pytest.mark.parametrize("full_id", sorted(load_catalog().entries))
def test_every_full_id_resolves_to_itself(full_id: str) -> None:
    assert resolve(full_id, endpoints=EVERYTHING, today=BEFORE_ANY_RETIRES).model.full_id == full_id


@pytest.mark.parametrize(
    ("name", "endpoint", "model_id", "window_tokens"),
    [
        ("openai/Brand-New", "openai", "Brand-New", 32_768),
        ("openrouter/meta/llama-9", "openrouter", "meta/llama-9", 32_768),
        ("openai-compatible/new", "v98store", "new", 8_192),
        ("ollama/llama3:8b", "ollama", "llama3:8b", 8_192),
        ("our-own/thing", "our-own", "thing", 8_192),
    ],
)
def test_an_unlisted_model_passes_with_cautious_limits(
    name: str, endpoint: str, model_id: str, window_tokens: int
) -> None:
    model = resolve_model(name, endpoints={endpoint})

    assert (model.endpoint, model.id, model.context_window_tokens) == (endpoint, model_id, window_tokens)
    assert (model.is_known, model.continuation, model.has_tools, model.max_output_tokens) == (
        False,
        "instruction",
        False,
        4_096,
    )


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("gpt-3.5-turbo", "openai/gpt-4o-mini"),
        ("openai/gpt-4-turbo", "openai/gpt-4o"),
        ("gpt-4-turbo-preview", "openai/gpt-4o"),
        ("claude-3-opus", "anthropic/claude-opus-5-5"),
        ("anthropic/claude-3-sonnet-20240229", "anthropic/claude-sonnet-5-5"),
        ("claude-3-haiku", "anthropic/claude-haiku-5-5"),
        ("gemini-1.5-pro", "gemini/gemini-2.5-pro"),
        ("gemini-pro", "gemini/gemini-2.5-pro"),
    ],
)
def test_a_retired_id_gives_its_successor_and_a_notice(name: str, successor: str) -> None:
    found = resolve(name, endpoints=EVERYTHING)

    assert found.model.full_id == successor
    assert name.rpartition("/")[2] in found.notice
    assert found.model.id in found.notice


def test_an_id_that_lives_on_elsewhere_is_served_there_without_a_notice() -> None:
    assert resolve("claude-3-7-sonnet", endpoints={"v98store", "anthropic"}).model.endpoint == "v98store"
    assert resolve("claude-3-7-sonnet", endpoints={"v98store"}).notice == ""
    assert resolve("claude-3-7-sonnet", endpoints={"anthropic"}).model.id == "claude-sonnet-5-5"


def test_an_unknown_id_names_the_three_closest() -> None:
    with pytest.raises(ModelNotFound) as caught:
        resolve_model("gpt-4oo", endpoints={"openai"})

    message = caught.value.user_message
    assert "gpt-4oo" in message
    assert "gpt-4o, " in message
    assert message.partition("closest are ")[2].count(",") == 2


@pytest.mark.parametrize("name", ["", "  ", "/", "openai/", "nowhere/x", "offline/other", "x" * 1_000_000, "\ud800"])
def test_odd_names_are_not_found(name: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        resolve_model(name, endpoints=EVERYTHING)

    assert len(caught.value.user_message) < 400
    caught.value.user_message.encode("utf-8")


@pytest.mark.parametrize(
    ("name", "label", "variable"),
    [
        ("gpt-4.1", "OpenAI", "OPENAI_API_KEY"),
        ("claude-opus-5", "Anthropic", "ANTHROPIC_API_KEY"),
        ("claude-3-opus", "Anthropic", "ANTHROPIC_API_KEY"),
        ("xai/something-new", "xAI", "XAI_API_KEY"),
        ("ollama/llama3", "Ollama", "OLLAMA_BASE_URL"),
        ("gpt-4o", "v98store", "V98STORE_API_KEY"),
    ],
)
def test_a_model_whose_endpoint_is_off_says_what_to_set(name: str, label: str, variable: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        resolve_model(name, endpoints={"offline"})

    assert label in caught.value.user_message
    assert variable in caught.value.user_message


def test_a_small_catalog_is_read() -> None:
    catalog = parse_catalog(SMALL)
    entry = catalog.entries["openai/a"]

    assert (entry.model.has_vision, entry.model.has_tools, entry.has_json) == (True, False, True)
    assert (entry.equivalents, entry.retires_on) == (("other/b",), date(2027, 4, 1))
    assert catalog.entries["other/b"].price is None
    assert catalog.names["alias/b"] == ("other/b",)


@pytest.mark.parametrize(
    ("wrong", "right", "named"),
    [
        ('class = "cheap"', 'class = "economy"', "models a: class is 'cheap'"),
        ('endpoint = "nowhere"', 'endpoint = "openai"', "models a: endpoint is 'nowhere'"),
        ("window_tokens = -1", "window_tokens = 1000", "models a: window_tokens"),
        ("window_tokens = 50", "window_tokens = 1000", "models a: max_output_tokens is more"),
        ('window_tokens = "1000"', "window_tokens = 1000", "models a: window_tokens"),
        ("input = -0.1", "input = 0.1", "usd_per_million: input"),
        ("output = 2, inpt = 3", "output = 2", "usd_per_million: inpt is not a field"),
        ('capabilities = ["flying"]', 'capabilities = ["vision", "json"]', "models a: capabilities"),
        ('retires_on = "soon"', "retires_on = 2027-04-01", "models a: retires_on"),
        ('colour = "red"', 'aliases = ["first"]', "models a: colour is not a field"),
        ('economy = ["other/c"]', 'economy = ["other/b"]', "stand_ins.economy: the equivalent other/c"),
        ('economy = []\nhuge = ["other/b"]', 'economy = ["other/b"]', "stand_ins: huge"),
        ('successor = "z"', 'successor = "a"', "retired z: successor openai/z"),
        ('ids = ["a"]', 'ids = ["old"]', "retired a: ids a is also listed"),
        ('label = 5\nadapter = "openai"', 'label = "OpenAI"\nadapter = "openai"', "openai: label"),
        (
            'id = "a"\nendpoint = "openai"\naliases = ["a"]',
            'id = "a"\nendpoint = "openai"\naliases = ["first"]',
            "name a",
        ),
        ('id = "a"\nendpoint = "openai"', 'id = "b"\nendpoint = "other"', "listed twice"),
        ("[[oops", "[[models]]", "catalog.toml"),
    ],
)
def test_faults_name_the_entry_and_the_field(wrong: str, right: str, named: str) -> None:
    assert right in SMALL
    with pytest.raises(CatalogError) as caught:
        parse_catalog(SMALL.replace(right, wrong, 1))

    assert named in str(caught.value)


def test_an_endpoint_says_how_its_models_count_tokens() -> None:
    endpoints = load_catalog().endpoints

    assert {name for name, endpoint in endpoints.items() if endpoint.vocabulary} == {"openai", "azure_openai"}
    assert endpoints["anthropic"].tokens_percent > endpoints["groq"].tokens_percent == 100
    assert all(endpoint.image_tokens >= 1_000 for endpoint in endpoints.values())


def test_where_anthropics_cache_begins_is_known_at_its_resellers_too() -> None:
    entries = load_catalog().entries

    for entry in entries.values():
        if entry.model.endpoint == "anthropic":
            places = [full_id for full_id in entry.equivalents if full_id.startswith("bedrock/")]
            known = {entries[full_id].model.cacheable_from_tokens for full_id in places}
            assert known == {entry.model.cacheable_from_tokens} != {None}


def test_an_unknown_vocabulary_is_named() -> None:
    text = SMALL.replace('label = "Other"', 'label = "Other"\nvocabulary = "p50k_base"')

    with pytest.raises(CatalogError, match="other: vocabulary is 'p50k_base'; allowed are o200k_base, cl100k_base"):
        parse_catalog(text)


# Retirement: gpt-5 retires on 11 December 2026, and gpt-6.1-terra answers from then on

DAY = date(2026, 12, 11)


@pytest.mark.parametrize(
    ("today", "full_id", "notice"),
    [
        (DAY - timedelta(days=31), "openai/gpt-5", ""),
        (
            DAY - timedelta(days=30),
            "openai/gpt-5",
            "gpt-5 retires on 11 December 2026; gpt-6.1-terra answers from then on.",
        ),
        (
            DAY - timedelta(days=1),
            "openai/gpt-5",
            "gpt-5 retires on 11 December 2026; gpt-6.1-terra answers from then on.",
        ),
        (DAY, "openai/gpt-6.1-terra", "OpenAI has retired gpt-5; gpt-6.1-terra answers instead."),
        (DAY + timedelta(days=900), "openai/gpt-6.1-terra", "OpenAI has retired gpt-5; gpt-6.1-terra answers instead."),
    ],
)
def test_a_retirement_is_told_before_and_survived_after(today: date, full_id: str, notice: str) -> None:
    found = resolve("gpt-5", endpoints={"openai"}, today=today)

    assert (found.model.full_id, found.notice) == (full_id, notice)


def test_after_its_retirement_a_model_that_lives_on_elsewhere_is_served_there() -> None:
    found = resolve("gpt-5", endpoints={"openai", "v98store"}, today=DAY)

    assert (found.model.full_id, found.notice) == ("v98store/gpt-5", "")
    assert resolve("openai/gpt-5", endpoints={"openai", "v98store"}, today=DAY).model.id == "gpt-6.1-terra"


def test_without_a_successor_an_equivalent_answers_and_without_that_the_model_itself() -> None:
    catalog = parse_catalog(SMALL)
    day = date(2027, 4, 1)
    found = resolve("first", endpoints={"openai", "other"}, catalog=catalog, today=day)

    assert (found.model.full_id, found.notice) == ("other/b", "OpenAI has retired a; b answers instead.")
    alone = resolve("first", endpoints={"openai"}, catalog=catalog, today=day)
    assert (alone.model.full_id, alone.notice) == ("openai/a", "")
    before = resolve("first", endpoints={"openai"}, catalog=catalog, today=date(2027, 3, 31))
    assert before.notice == "a retires on 1 April 2027. Choose another model by then."


def test_every_model_that_retires_names_a_successor_that_does_not() -> None:
    entries = load_catalog().entries
    retiring = [entry for entry in entries.values() if entry.retires_on is not None]

    assert retiring
    for entry in retiring:
        assert entries[entry.successor].retires_on is None
        assert entries[entry.successor].model.endpoint == entry.model.endpoint
