"""`manage.py sync_models` against vendors on loopback: what it prints, what it stores, and what it leaves alone."""

from __future__ import annotations

from io import StringIO

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from pytest_django import Settings

from convoscope.settings import env
from providers.catalog import load_catalog
from providers.configured import effective_catalog
from providers.models import ModelRow
from providers.syncing import compare
from tests.support.threads import in_thread
from tests.support.vendors import VendorServer, closed_url

pytestmark = pytest.mark.django_db(transaction=True)


def given(url: str) -> env.Provider:
    return env.Provider(api_key="k", base_url=url, model="", timeout_s=30)


async def sync(*arguments: str) -> str:
    out = StringIO()

    def run() -> None:
        call_command("sync_models", *arguments, stdout=out, stderr=out)

    await in_thread(run)
    return out.getvalue()


@pytest.fixture
def three(settings: Settings, vendors: VendorServer) -> None:
    settings.PROVIDERS = {
        "openai": given(f"{vendors.url}/v1"),
        "anthropic": given(vendors.url),
        "gemini": given(vendors.url),
    }


async def test_each_vendor_says_what_it_has_and_nothing_is_stored(three: None, vendors: VendorServer) -> None:
    vendors.models = ["gpt-4o", "claude-opus-5-5", "gemini-4-argon", "brand-new"]
    said = await sync()
    for name in ("openai", "anthropic", "gemini"):
        assert f"{name}: 3 new, 1 known," in said
    assert "  new   brand-new" in said
    assert "  gone  o3" in said
    assert not await ModelRow.objects.aexists()


async def test_add_stores_what_is_new_and_marks_what_is_gone(three: None, vendors: VendorServer) -> None:
    vendors.models = ["gpt-4o", "brand-new"]
    said = await sync("--endpoint", "openai", "--add")
    assert "added 1, marked" in said
    assert "anthropic" not in said
    catalog = await sync_to_async(effective_catalog)()
    entry = catalog.entries["openai/brand-new"]
    assert (entry.is_added, entry.price, entry.model.context_window_tokens, entry.is_hidden) == (
        True,
        None,
        32_768,
        False,
    )
    assert catalog.entries["openai/o3"].is_gone
    assert not catalog.entries["openai/gpt-4o"].is_gone
    assert "openai: 0 new, 2 known" in await sync("--endpoint", "openai", "--add")
    vendors.models = ["gpt-4o", "o3"]
    await sync("--endpoint", "openai", "--add")
    catalog = await sync_to_async(effective_catalog)()
    assert not catalog.entries["openai/o3"].is_gone
    assert catalog.entries["openai/brand-new"].is_gone


async def test_a_dry_run_stores_nothing(three: None, vendors: VendorServer) -> None:
    vendors.models = ["gpt-4o", "brand-new"]
    assert "would add 1 and mark" in await sync("--endpoint", "openai", "--add", "--dry-run")
    assert not await ModelRow.objects.aexists()


async def test_what_an_administrator_said_of_a_model_stays(three: None, vendors: VendorServer) -> None:
    await ModelRow.objects.acreate(endpoint="openai", model_id="brand-new", label="Ours", is_hidden=True)
    vendors.models = ["gpt-4o", "brand-new"]
    await sync("--endpoint", "openai", "--add")
    row = await ModelRow.objects.aget(model_id="brand-new")
    assert (row.label, row.is_hidden, row.gone_at) == ("Ours", True, None)


async def test_one_that_cannot_be_asked_stops_no_other(three: None, vendors: VendorServer, settings: Settings) -> None:
    settings.PROVIDERS["openai"] = given(closed_url())
    vendors.models = ["claude-opus-5-5"]
    out = StringIO()

    def run() -> None:
        with pytest.raises(CommandError, match="openai could not be asked; the others are done"):
            call_command("sync_models", stdout=out, stderr=out)

    await in_thread(run)
    assert "OpenAI can't be reached" in out.getvalue()
    assert "anthropic: 0 new, 1 known" in out.getvalue()


def test_one_that_is_off_is_refused(settings: Settings) -> None:
    with pytest.raises(CommandError, match="No endpoint is on"):
        call_command("sync_models")
    settings.PROVIDERS = {"openai": given("http://localhost:9")}
    with pytest.raises(CommandError, match=r"xai is not on\. On are: openai"):
        call_command("sync_models", "--endpoint", "xai")


def test_an_alias_is_known_and_an_empty_list_says_nothing() -> None:
    catalog = load_catalog()
    found = compare("anthropic", ["claude-haiku-4-5-20251001", "claude-new"], catalog)
    assert found.known == ("claude-haiku-4-5-20251001",)
    assert found.new == ("claude-new",)
    assert "claude-haiku-4-5" not in found.gone
    assert "claude-opus-5-5" in found.gone
    assert compare("anthropic", [], catalog).gone == ()
