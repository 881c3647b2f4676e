"""Which model does the work in the background."""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings

from chat.runs.engine import Engine
from convoscope.settings import env
from providers.catalog import load_catalog
from providers.configured import forget_rows
from providers.models import Endpoint, ModelRow
from providers.task_model import built_in_model, task_model, task_models

OFFLINE = "offline/convoscope-offline"
pytestmark = pytest.mark.django_db


def switch_on(settings: Settings, *names: str, default: str = "") -> None:
    settings.PROVIDERS = {name: env.Provider(api_key="k", base_url="", model="", timeout_s=30) for name in names}
    settings.DEFAULT_LLM_PROVIDER = default


def change(full_id: str, **said: object) -> None:
    endpoint, _, model_id = full_id.partition("/")
    ModelRow.objects.update_or_create(endpoint=endpoint, model_id=model_id, defaults=said)
    forget_rows()


def test_where_no_provider_is_on_it_is_the_built_in_model() -> None:
    assert task_model() == built_in_model()
    assert [model.full_id for model in task_models()] == [OFFLINE]


def test_by_default_it_is_the_cheapest_economy_model_of_the_provider(settings: Settings) -> None:
    switch_on(settings, "openai")
    chosen = load_catalog().entries[task_model().full_id]
    others = [one for one in load_catalog().by_endpoint["openai"] if one.model_class == "economy" and one.price]
    assert (chosen.model.endpoint, chosen.model_class) == ("openai", "economy")
    assert chosen.price is not None
    assert chosen.price.input_usd == min(one.price.input_usd for one in others if one.price)
    assert [model.full_id for model in task_models()] == [chosen.model.full_id, OFFLINE]


def test_what_administrators_say_of_models_counts(settings: Settings) -> None:
    switch_on(settings, "openai")
    first = task_model().full_id
    change("openai/gpt-5-mini", input_usd=Decimal("0.01"), output_usd=Decimal("0.01"))
    assert task_model().full_id == "openai/gpt-5-mini"
    for said in (
        {"is_hidden": True},
        {"is_hidden": False, "gone_at": timezone.now()},
        {"gone_at": None, "retires_on": timezone.now().date() - timedelta(days=1)},
        {"retires_on": None, "model_class": "standard"},
    ):
        change("openai/gpt-5-mini", **said)
        assert task_model().full_id == first, said


@pytest.mark.parametrize(
    ("on", "default", "expected"),
    [
        # A cheaper model of another provider doesn't matter.
        (["mistral", "openai"], "mistral", "mistral"),
        (["openai", "mistral"], "", "openai"),
        # The default provider has no model of the class whose price is known.
        (["openai", "v98store"], "v98store", "openai"),
        (["v98store"], "", "offline"),
        # The site's conversations start with the built-in model.
        (["openai"], "offline", "offline"),
    ],
)
def test_the_default_provider_goes_first(settings: Settings, on: list[str], default: str, expected: str) -> None:
    switch_on(settings, *on, default=default)
    assert task_model().endpoint == expected


def test_a_provider_that_an_administrator_added_counts() -> None:
    row = Endpoint(name="openai", is_enabled=True)
    row.keep_key("sk-pasted")
    row.save()
    forget_rows()
    assert task_model().endpoint == "openai"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (OFFLINE, OFFLINE),
        ("offline", OFFLINE),
        ("openai/gpt-6-sol", "openai/gpt-6-sol"),
        ("claude-haiku", "anthropic/claude-haiku-5-5"),
        ("ollama/llama3", "ollama/llama3"),
    ],
)
def test_the_named_model_is_taken(settings: Settings, named: str, expected: str) -> None:
    switch_on(settings, "openai", "anthropic", "ollama")
    settings.TASK_MODEL = named
    assert task_model().full_id == expected


UNUSABLE = ["mistral/mistral-small-latest", "mistral-small-latest", "nobody/knows-it", "knows-it", "openai/", "auto"]


@pytest.mark.parametrize("named", UNUSABLE)
def test_a_name_that_means_nothing_here_is_said_in_the_log(
    settings: Settings, caplog: pytest.LogCaptureFixture, named: str
) -> None:
    switch_on(settings, "openai")
    settings.TASK_MODEL = named
    with caplog.at_level(logging.WARNING, "providers.task_model"):
        assert task_model() == built_in_model()
    [record] = caplog.records
    assert record.getMessage().startswith("TASK_MODEL can't be asked, the built-in model does its work: ")


@pytest.fixture
def unusable(settings: Settings) -> None:
    settings.TASK_MODEL = "openai/gpt-6-luna"


async def test_a_serving_process_says_so_when_it_starts(
    unusable: None, caplog: pytest.LogCaptureFixture, serving: Engine
) -> None:
    said = [record.getMessage() for record in caplog.get_records("setup") if record.name == "providers.task_model"]
    assert len(said) == 1
    assert "set OPENAI_API_KEY" in said[0]
