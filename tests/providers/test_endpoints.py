"""The page of the providers: what it takes, what it says, and what it never shows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from convoscope.settings import env
from providers.actions import endpoints
from providers.configured import configured_endpoints, default_model, offline_only
from providers.models import Attempt, Endpoint
from providers.resilience.health import Health, read_health
from tests.support.threads import in_thread
from tests.support.turns import until
from tests.support.vendors import PAGE, Answer, Refusal, Silence, Status, VendorServer, closed_url
from tests.support.vendors.calling import KEY
from tests.support.vendors.script import Step

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db(transaction=True)


async def post(
    client: Client, path: str, fields: dict[str, str] | None = None, *, htmx: bool = True
) -> tuple[int, str]:
    """In a thread, as the app does: the vendors answer in this loop meanwhile."""
    response = await in_thread(client.post, path, fields or {}, headers=HTMX if htmx else {})
    if response.status_code == 302:
        response = await in_thread(client.get, response["Location"])
    return response.status_code, response.text


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


@pytest.fixture
def stored(admin: User) -> Endpoint:
    """OpenAI, in use."""
    row = Endpoint(name="openai", is_enabled=True, created_by=admin)
    row.keep_key(KEY)
    row.save()
    return row


# Saving


async def test_a_key_that_works_is_stored_encrypted_and_in_use(client: Client, vendors: VendorServer) -> None:
    vendors.will(Answer())
    status, html = await post(
        client, "/providers/openai/save/", {"api_key": f" {KEY}\n", "base_url": f"{vendors.url}/v1/"}
    )
    assert status == 200
    assert "OpenAI works: gpt-" in html
    row = await Endpoint.objects.aget()
    assert (row.name, row.is_enabled, row.api_key, row.key_hint) == ("openai", True, KEY, "6789")
    assert (row.base_url, row.last_failure) == (f"{vendors.url}/v1", "")
    assert row.created_by_id is not None
    raw = await sync_to_async(_raw_row)()
    assert KEY not in str(raw)
    attempt = await Attempt.objects.aget()
    assert (attempt.endpoint, attempt.outcome) == ("openai", Attempt.Outcome.COMPLETE)
    assert attempt.first_token_ms is not None
    [request] = vendors.requests
    assert (request.body["max_tokens"], request.headers["authorization"]) == (500, f"Bearer {KEY}")


def _raw_row() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM providers_endpoint")
        return cursor.fetchall()


async def test_without_javascript_the_page_comes_back(client: Client, vendors: VendorServer) -> None:
    vendors.will(Answer())
    path = "/providers/anthropic/save/"
    status, html = await post(
        client, path, {"api_key": KEY, "base_url": vendors.url, "default_model": "claude-x"}, htmx=False
    )
    assert status == 200
    assert "Anthropic works: claude-x began to answer after" in html
    assert "New conversations start with anthropic/claude-x." in html
    assert 'id="endpoint-ollama"' in html


FAILURES: dict[str, tuple[Step, str]] = {
    "wrong key": (Refusal("unauthorized"), "OpenAI refused the key."),
    "no quota": (Refusal("quota"), "its account has no credit left"),
    "rate limit": (Refusal("rate_limited"), "takes no requests from it just now"),
    "unknown model": (Refusal("model_not_found"), "OpenAI doesn&#x27;t know the model “gpt-"),
    "a web page": (PAGE, "What answers there is a web page, not an API. Check the address."),
    "a web page instead of the path": (Status(404, b"<p>Nothing", "text/html"), "or its API is at another address"),
    "broken": (Refusal("server_error"), "can&#x27;t be reached or doesn&#x27;t work just now"),
    "a redirect": (Status(307, headers={"Location": "https://example.org/"}), "It said: HTTP 307"),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_what_fails_is_kept_out_of_use_and_says_why(client: Client, vendors: VendorServer, name: str) -> None:
    step, said = FAILURES[name]
    vendors.will(step)
    status, html = await post(client, "/providers/openai/save/", {"api_key": KEY, "base_url": f"{vendors.url}/v1"})
    assert status == 200
    assert 'data-state="failed"' in html
    assert "Saved, but not in use: " in html
    assert said in html
    assert "Test again" in html
    assert "Use it anyway" in html
    row = await Endpoint.objects.aget()
    assert not row.is_enabled
    assert row.api_key == KEY
    assert row.last_failed_at == row.last_tested_at
    assert await sync_to_async(offline_only)()
    assert (await Attempt.objects.aget()).outcome == Attempt.Outcome.FAILED
    # Nor does it tell people anything of the provider that they ask.
    assert await sync_to_async(read_health)(["openai"]) == {"openai": Health()}


async def test_nobody_answering_is_said(client: Client) -> None:
    _, html = await post(client, "/providers/openai/save/", {"api_key": KEY, "base_url": closed_url()})
    assert "OpenAI can&#x27;t be reached" in html


async def test_silence_ends_in_time(client: Client, vendors: VendorServer, settings: Settings) -> None:
    settings.ENDPOINT_TEST_SECONDS = 0.3
    vendors.will(Silence())
    _, html = await post(client, "/providers/openai/save/", {"api_key": KEY, "base_url": f"{vendors.url}/v1"})
    assert "OpenAI didn&#x27;t answer in time" in html
    await vendors.closed_early()


async def test_the_next_test_puts_it_in_use(client: Client, vendors: VendorServer) -> None:
    vendors.will(Refusal("unavailable"), Answer(), Refusal("unavailable"))
    await post(client, "/providers/openai/save/", {"api_key": KEY, "base_url": f"{vendors.url}/v1"})
    _, html = await post(client, "/providers/openai/test/")
    assert 'data-state="on"' in html
    assert not await sync_to_async(offline_only)()
    _, html = await post(client, "/providers/openai/test/")
    assert 'data-state="on"' in html, "what is in use is not switched off by one failure"
    assert "The last test failed: OpenAI can&#x27;t be reached" in html


async def test_it_can_be_used_in_spite_of_its_test(client: Client, vendors: VendorServer) -> None:
    vendors.will(Refusal("unavailable"))
    await post(client, "/providers/openai/save/", {"api_key": KEY, "base_url": f"{vendors.url}/v1"})
    _, html = await post(client, "/providers/openai/enable/")
    assert 'data-state="on"' in html
    assert (await sync_to_async(default_model)()).startswith("openai/")


async def test_a_test_of_what_was_removed_meanwhile_changes_nothing(
    stored: Endpoint, admin: User, vendors: VendorServer
) -> None:
    stored.base_url = f"{vendors.url}/v1"
    await Endpoint.objects.all().adelete()
    vendors.will(Answer())
    trial = await in_thread(endpoints.test_endpoint, endpoint=stored, by=admin)
    assert not trial.failure
    assert not await Endpoint.objects.aexists()


def test_removing_asks_first_and_removes(client: Client, stored: Endpoint) -> None:
    page = client.get("/providers/").text
    assert "Its key is deleted." in page
    assert 'action="/providers/openai/remove/"' in page
    assert client.post("/providers/openai/remove/").status_code == 302
    assert not Endpoint.objects.exists()
    assert client.post("/providers/openai/remove/").status_code == 404


# What is refused


@pytest.mark.parametrize(
    ("name", "fields", "field", "said"),
    [
        ("openai", {}, "api_key", "Please paste a key"),
        ("openai", {"api_key": "sk two"}, "api_key", "That is not a key"),
        ("openai", {"api_key": "sk-ключ"}, "api_key", "That is not a key"),
        ("openai", {"api_key": "x" * 1_001}, "api_key", "That is not a key"),
        ("openai", {"api_key": KEY, "default_model": "a\nb"}, "default_model", "not the name of a model"),
        ("openai", {"api_key": KEY, "base_url": "https://me:pass@host/v1"}, "base_url", "Leave user name and password"),
        ("openai", {"api_key": KEY, "base_url": "https://host/v1?key=x"}, "base_url", "Leave out what follows"),
        *(
            ("openai", {"api_key": KEY, "base_url": url}, "base_url", "That is not an address")
            for url in (
                "ftp://host",
                "file:///etc/passwd",
                "host/v1",
                "https://",
                "https://a b/",
                "https://host:99999/",
                "https://[::1/",
                "https://[zz]/",
                "https://hö.st/",
                "https://a..b/",
                f"https://host/{'x' * 500}",
            )
        ),
        ("azure_openai", {"api_key": KEY}, "base_url", "Please give the address of your Azure OpenAI"),
        ("ollama", {}, "default_model", "Please name a model"),
        ("azure_openai", {"api_key": KEY, "base_url": "https://x"}, "default_model", "Please name a model"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field(
    client: Client, name: str, fields: dict[str, str], field: str, said: str
) -> None:
    response = client.post(f"/providers/{name}/save/", fields, headers=HTMX)
    assert response.status_code == 422
    assert (response["HX-Retarget"], response["HX-Reswap"]) == (f"#{name}-{field}-error", "innerHTML")
    assert said in response.text
    page = client.post(f"/providers/{name}/save/", fields)
    assert page.status_code == 422
    assert said in page.text
    assert f'id="{name}-{field}-error"' in page.text
    assert KEY not in page.text
    assert not Endpoint.objects.exists()


def test_a_stored_key_goes_to_no_other_address(client: Client, stored: Endpoint) -> None:
    response = client.post("/providers/openai/save/", {"base_url": "https://elsewhere.example"}, headers=HTMX)
    assert response.status_code == 422
    assert "paste the key again" in response.text
    stored.refresh_from_db()
    assert stored.base_url == ""


async def test_a_local_server_needs_no_key_and_takes_none_along(client: Client, vendors: VendorServer) -> None:
    vendors.will(Answer(), Answer())
    path, fields = "/providers/ollama/save/", {"base_url": f"{vendors.url}/v1", "default_model": "llama"}
    await post(client, path, fields | {"api_key": KEY})
    async with VendorServer() as other:
        other.will(Answer())
        _, html = await post(client, path, {"base_url": f"{other.url}/v1", "default_model": "llama"})
        assert 'data-state="on"' in html
        assert KEY not in str(other.requests)
    _, html = await post(client, path, fields)
    assert await sync_to_async(default_model)() == "ollama/llama"


async def test_an_empty_key_keeps_the_stored_one(client: Client, stored: Endpoint, vendors: VendorServer) -> None:
    await Endpoint.objects.aupdate(base_url=f"{vendors.url}/v1")
    vendors.will(Answer())
    fields = {"base_url": f"{vendors.url}/v1", "default_model": "gpt-4.1"}
    _, html = await post(client, "/providers/openai/save/", fields)
    assert "OpenAI works: gpt-4.1" in html
    assert vendors.requests[0].headers["authorization"] == f"Bearer {KEY}"


# Environment and row


def test_a_row_in_use_goes_before_the_environment(client: Client, stored: Endpoint, settings: Settings) -> None:
    given = env.Provider(api_key="sk-from-the-environment", base_url="https://env.example", model="env", timeout_s=7)
    settings.PROVIDERS = {"openai": given}
    openai = configured_endpoints()[0]
    assert (openai.api_key, openai.base_url, openai.default_model, openai.idle_timeout_s) == (KEY, "", "", 7)
    page = client.get("/providers/").text
    assert "It goes before OPENAI_API_KEY." in page
    client.post("/providers/openai/remove/")
    assert configured_endpoints()[0].api_key == "sk-from-the-environment"
    page = client.get("/providers/").text
    assert "On, by OPENAI_API_KEY" in page
    assert "sk-from-the-environment" not in page


def test_a_row_out_of_use_leaves_the_environment_in_force(client: Client, stored: Endpoint, settings: Settings) -> None:
    settings.PROVIDERS = {"openai": env.Provider(api_key="sk-env", base_url="", model="", timeout_s=30)}
    Endpoint.objects.update(is_enabled=False, last_failure="It was refused.")
    assert configured_endpoints()[0].api_key == "sk-env"
    page = client.get("/providers/").text
    assert "Saved, but not in use: It was refused." in page
    assert "OPENAI_API_KEY is in use instead." in page


def test_the_default_model_is_of_the_named_provider(stored: Endpoint, settings: Settings) -> None:
    assert default_model().startswith("openai/")
    settings.PROVIDERS = {"anthropic": env.Provider(api_key="sk", base_url="", model="", timeout_s=30)}
    settings.DEFAULT_LLM_PROVIDER = "anthropic"
    assert default_model().startswith("anthropic/")
    settings.DEFAULT_LLM_PROVIDER = "offline"
    assert default_model() == "offline/convoscope-offline"


def test_a_provider_without_a_model_is_no_default(settings: Settings) -> None:
    settings.PROVIDERS = {"ollama": env.Provider(api_key="", base_url="http://localhost:1", model="", timeout_s=30)}
    assert default_model() == "offline/convoscope-offline"


def test_a_turn_asks_no_database_for_the_default_model(
    stored: Endpoint, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    default_model()
    with django_assert_num_queries(0):
        default_model()


# Secrets


def test_a_key_stored_under_another_secret_is_off_and_says_so(
    client: Client, stored: Endpoint, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["another secret, which is long enough too"]
    assert offline_only()
    page = client.get("/providers/").text
    assert "the key was stored under another secret; paste it again" in page
    assert "Use it anyway" not in page
    response = client.post("/providers/openai/test/", headers=HTMX)
    assert "stored under another secret" in response.text
    settings.FIELD_ENCRYPTION_KEYS.append(settings.SECRET_KEY)
    assert "On, with the key that ends in …6789" in client.get("/providers/").text


async def test_the_key_is_shown_nowhere(
    client: Client, vendors: VendorServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    words = orjson.dumps({"error": {"message": f"Incorrect API key: {KEY}", "type": "x", "code": "invalid_api_key"}})
    vendors.will(Status(401, words), Answer())
    shown: list[object] = []
    for htmx in (True, False):
        shown += await post(
            client, "/providers/openai/save/", {"api_key": KEY, "base_url": f"{vendors.url}/v1"}, htmx=htmx
        )
    row, attempts = await Endpoint.objects.aget(), [attempt async for attempt in Attempt.objects.all()]
    assert "Incorrect API key: [key]" in attempts[0].error_detail
    shown += [repr(row), str(row), str(vars(row)), str([vars(attempt) for attempt in attempts]), caplog.text]
    shown.append(repr(await sync_to_async(configured_endpoints)()))
    assert not [text for text in shown if KEY in str(text)]


@pytest.mark.parametrize(("key", "hint"), [("k" * 11, ""), ("k" * 8 + "abcd", "abcd"), ("", "")])
def test_only_of_a_long_key_the_end_is_shown(key: str, hint: str) -> None:
    row = Endpoint(name="openai")
    row.keep_key(key)
    assert (row.key_hint, row.api_key) == (hint, key)


# Who may


PATHS = ["/providers/", *(f"/providers/openai/{verb}/" for verb in ("save", "test", "enable", "remove"))]


@pytest.mark.parametrize("path", PATHS)
def test_for_others_there_is_nothing_here(charlie: User, client_of: ClientOf, stored: Endpoint, path: str) -> None:
    client = client_of(charlie)
    assert (client.get(path) if path == "/providers/" else client.post(path)).status_code == 404
    charlie.is_staff = True
    charlie.save()
    assert (client.get(path) if path == "/providers/" else client.post(path)).status_code == 404
    stored.refresh_from_db()
    assert stored.is_enabled


@pytest.mark.parametrize("path", PATHS)
def test_a_visitor_is_sent_to_the_login_page(path: str) -> None:
    client = Client()
    response = client.get(path) if path == "/providers/" else client.post(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", ["offline", "nobody"])
def test_what_is_no_provider_is_not_there(client: Client, name: str) -> None:
    assert client.post(f"/providers/{name}/save/", {"api_key": KEY}).status_code == 404


async def test_a_key_pasted_during_the_test_of_another_is_kept(
    client: Client, vendors: VendorServer, stored: Endpoint, settings: Settings
) -> None:
    settings.ENDPOINT_TEST_SECONDS = 0.5
    vendors.will(Silence())
    fields = {"api_key": KEY, "base_url": f"{vendors.url}/v1/"}
    saving = asyncio.create_task(post(client, "/providers/openai/save/", fields))
    await until(lambda: vendors.requests)

    def paste_another() -> None:
        stored.keep_key("sk-another-key-000000")
        stored.save()

    await sync_to_async(paste_another)()
    status, html = await saving
    assert (status, "Somebody else saved this provider" in html) == (422, True)
    assert (await Endpoint.objects.aget()).api_key == "sk-another-key-000000"
