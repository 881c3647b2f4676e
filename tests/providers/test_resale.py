"""Models at resellers, and servers that speak OpenAI's protocol: names, prices, and what goes over the wire."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env
from providers.catalog import CatalogError, load_catalog, parse_catalog, resolve
from providers.contract import ToolDefinition
from providers.registry import make_adapter
from providers.rows import endpoint_config
from tests.support.vendors import Answer, VendorServer
from tests.support.vendors.calling import KEY, asking, call

CATALOG = load_catalog()
BEFORE = date(2026, 11, 1)
# Vendors whose models OpenRouter has under names of its own; Mistral's “latest” is none of them.
RESOLD = {"openai", "anthropic", "gemini", "xai", "deepseek", "groq"}
PRIMARIES = [full_id for full_id in CATALOG.entries if full_id.partition("/")[0] in RESOLD]


@pytest.mark.parametrize("full_id", [*PRIMARIES, "mistral/mistral-large-4"])
def test_each_primarys_last_candidate_is_itself_at_openrouter(full_id: str) -> None:
    entry = CATALOG.entries[full_id]
    last = CATALOG.entries[entry.equivalents[-1]]
    assert last.model.endpoint == "openrouter"
    assert not any(one.startswith("openrouter/") for one in entry.equivalents[:-1])
    assert last.model_class == entry.model_class
    assert last.equivalents[0] == full_id
    if full_id.partition("/")[0] in ("openai", "anthropic", "gemini", "xai"):
        assert last.price == entry.price
        assert last.model.context_window_tokens == entry.model.context_window_tokens
    else:
        assert last.price is None


@pytest.mark.parametrize(
    ("name", "endpoints", "full_id"),
    [
        ("gpt-4o", {"openai", "openrouter"}, "openai/gpt-4o"),
        ("openai/gpt-4o", {"openai", "openrouter"}, "openai/gpt-4o"),
        ("openai/gpt-4o", {"openrouter"}, "openrouter/openai/gpt-4o"),
        ("gpt-4o", {"openrouter"}, "openrouter/openai/gpt-4o"),
        ("anthropic/claude-opus-5.5", {"anthropic", "openrouter"}, "anthropic/claude-opus-5-5"),
        ("openrouter/anthropic/claude-opus-5.5", {"anthropic", "openrouter"}, "openrouter/anthropic/claude-opus-5.5"),
        ("claude-opus", {"bedrock", "openrouter"}, "bedrock/anthropic.claude-opus-5-5"),
        ("amazon-bedrock/claude-haiku", {"bedrock"}, "bedrock/anthropic.claude-haiku-5-5"),
        ("openai/gpt-oss-120b", {"groq", "openrouter"}, "groq/openai/gpt-oss-120b"),
        ("v98store/gpt-4o", {"v98store"}, "v98store/gpt-4o"),
        ("openai-compatible/gpt-4o", {"v98store"}, "v98store/gpt-4o"),
        ("gpt-4o", {"v98store"}, "v98store/gpt-4o"),
    ],
)
def test_names_lead_to_the_vendor_first(name: str, endpoints: set[str], full_id: str) -> None:
    assert resolve(name, endpoints=endpoints, today=BEFORE).model.full_id == full_id


def test_bedrocks_models_have_no_price_that_is_known_and_come_before_openrouters() -> None:
    entry = CATALOG.entries["anthropic/claude-opus-5-5"]
    assert entry.equivalents[-2:] == ("bedrock/anthropic.claude-opus-5-5", "openrouter/anthropic/claude-opus-5.5")
    assert CATALOG.entries["bedrock/anthropic.claude-opus-5-5"].price is None


def test_a_retirement_holds_at_the_reseller_too() -> None:
    after = resolve("openrouter/openai/gpt-5", endpoints={"openrouter"}, today=date(2027, 1, 1))
    assert after.model.full_id == "openrouter/openai/gpt-6.1-terra"


def test_a_place_that_resells_nothing_is_refused() -> None:
    text = """
[endpoints.openai]
label = "OpenAI"
adapter = "openai"
[stand_ins]
premium = []
standard = []
economy = []
[[models]]
id = "a"
endpoint = "openai"
class = "economy"
window_tokens = 10
max_output_tokens = 5
continuation = "none"
resold = ["openai/b"]
"""
    with pytest.raises(CatalogError, match="openai/a: resold openai/b is at no reseller"):
        parse_catalog(text)


TOOL = ToolDefinition("look_up", "Looks something up.", '{"type": "object", "properties": {}}')


@pytest.mark.parametrize(
    ("name", "path", "model", "takes_tools"),
    [
        ("azure_openai", "/openai/v1", "azure_openai/my-deployment", False),
        ("openrouter", "/api/v1", "openrouter/openai/gpt-4o", True),
        ("xai", "/v1", "grok-4.7", True),
        ("groq", "/openai/v1", "groq/openai/gpt-oss-120b", True),
        ("mistral", "/v1", "mistral-large", True),
        ("deepseek", "/v1", "deepseek-v4-pro", True),
        ("v98store", "/v1", "openai-compatible/gpt-4o", False),
        ("ollama", "/v1", "ollama/llama3:8b", False),
        ("vllm", "/v1", "vllm/some/model", False),
    ],
)
async def test_each_compatible_server_is_asked_in_its_form(name: str, path: str, model: str, takes_tools: bool) -> None:
    found = resolve(model, endpoints={name}, today=BEFORE).model
    async with VendorServer() as server:
        server.will(Answer())
        config = endpoint_config(CATALOG.endpoints[name], api_key=KEY, base_url=f"{server.url}{path}", model="")
        adapter = make_adapter(config)
        request = asking(temperature=0.0, max_output_tokens=50, tools=(TOOL,))
        outcome = await call(adapter, request, found)
        await adapter.aclose()
    assert outcome.text == "Hello, world."
    [sent] = server.requests
    assert sent.path == f"{path}/chat/completions"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert (sent.body["model"], sent.body["max_tokens"], sent.body["temperature"]) == (found.id, 50, 0.0)
    assert ("tools" in sent.body) == takes_tools
    assert sent.query == {}


@pytest.mark.parametrize(
    ("variables", "base_url"),
    [
        ({"BEDROCK_REGION": "eu-central-1"}, "https://bedrock-mantle.eu-central-1.api.aws/anthropic"),
        ({"BEDROCK_BASE_URL": "https://inside.example/anthropic"}, "https://inside.example/anthropic"),
    ],
)
def test_bedrock_is_on_by_its_region_or_address(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], base_url: str
) -> None:
    assert "bedrock" not in env.providers()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert env.providers()["bedrock"].base_url == base_url


def test_a_region_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEDROCK_REGION", "Frankfurt")
    with pytest.raises(ImproperlyConfigured, match="BEDROCK_REGION must be a region of AWS"):
        env.providers()
