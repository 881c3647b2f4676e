"""Keys that people bring along: tested, kept for their owner alone, shown to nobody."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.limits import take_request
from accounts.models import User
from chat.model_choice import is_usable
from convoscope.errors import LimitReached, ValidationFailed
from convoscope.settings import env
from providers.actions.own_keys import remove_own_key, save_own_key
from providers.catalog import load_catalog
from providers.configured import configured_endpoints
from providers.contract import EndpointConfig
from providers.model_access import default_model_for, usable_models
from providers.models import Attempt, PersonalEndpoint, UsageRecord
from providers.personal import cost_to_site, endpoints_for, own_key_places, personal_endpoints
from providers.registry import make_adapter
from tests.support.threads import in_thread
from tests.support.vendors import Answer, Refusal, VendorServer
from tests.support.vendors.calling import KEY

ClientOf = Callable[[User], Client]
OPENAI = load_catalog().endpoints["openai"]
PAGE = "/preferences/keys/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _allowed(settings: Settings) -> None:
    settings.OWN_KEYS_ALLOWED = True


@pytest.fixture
def stored(alice: User) -> PersonalEndpoint:
    row = PersonalEndpoint(owner=alice, name="openai")
    row.keep_key(KEY)
    row.save()
    return row


async def save(vendors: VendorServer, owner: User, key: str = KEY) -> None:
    """As the page does, with the vendor on loopback."""
    known = replace(OPENAI, base_url=f"{vendors.url}/v1")
    await in_thread(save_own_key, known=known, api_key=key, owner=owner)


async def test_a_key_that_works_is_kept_encrypted_for_its_owner_alone(
    alice: User, charlie: User, vendors: VendorServer
) -> None:
    vendors.will(Answer())
    await save(vendors, alice)
    row = await PersonalEndpoint.objects.aget()
    assert (row.owner_id, row.name, row.api_key, row.key_hint) == (alice.id, "openai", KEY, "6789")
    assert KEY not in str(await sync_to_async(_raw_rows)())
    [own] = await sync_to_async(personal_endpoints)(alice.id)
    assert (own.name, own.api_key, own.base_url, own.label) == ("openai", KEY, "", "OpenAI")
    assert await sync_to_async(personal_endpoints)(charlie.id) == []
    assert (await Attempt.objects.aget()).outcome == Attempt.Outcome.COMPLETE


@pytest.mark.parametrize("answer", [Answer(), Refusal("unauthorized")])
async def test_the_test_is_on_their_account_and_in_their_name(
    alice: User, vendors: VendorServer, answer: Answer | Refusal
) -> None:
    vendors.will(answer)
    with suppress(ValidationFailed):
        await save(vendors, alice)
    line = await UsageRecord.objects.aget()
    assert (line.source, line.user_id, line.feature, line.cost_nanousd) == ("own_key", alice.id, "test", 0)
    assert (await Attempt.objects.aget()).source == "own_key"
    assert [request.headers["authorization"] for request in vendors.requests] == [f"Bearer {KEY}"]


async def test_a_test_counts_among_their_requests_whether_or_not_the_key_works(
    alice: User, vendors: VendorServer, settings: Settings
) -> None:
    settings.RATE_LIMIT_REQUESTS, settings.RATE_LIMIT_WINDOW = 2, 3_600
    vendors.will(Refusal("unauthorized"))
    with pytest.raises(ValidationFailed, match="The key is not kept"):
        await save(vendors, alice)
    vendors.will(Answer())
    await save(vendors, alice)
    with pytest.raises(LimitReached):
        await save(vendors, alice)
    assert len(vendors.requests) == 2


def test_too_many_tests_are_said_at_the_field(alice: User, client_of: ClientOf, settings: Settings) -> None:
    settings.RATE_LIMIT_REQUESTS, settings.RATE_LIMIT_WINDOW = 1, 3_600
    take_request(alice)
    response = client_of(alice).post(f"{PAGE}openai/save/", {"api_key": KEY})
    assert response.status_code == 429
    assert "The key was not tested, and is not kept: that would be one request too many. Try again in 60 minutes." in (
        response.text
    )
    assert int(response["Retry-After"]) > 3_500
    assert not PersonalEndpoint.objects.exists()


def _raw_rows() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM providers_personalendpoint")
        return cursor.fetchall()


async def test_a_key_that_does_not_work_is_not_kept(alice: User, vendors: VendorServer) -> None:
    vendors.will(Refusal("unauthorized"))
    with pytest.raises(ValidationFailed, match="The key is not kept: OpenAI refused the key"):
        await save(vendors, alice)
    assert not await PersonalEndpoint.objects.aexists()


async def test_a_new_key_takes_the_place_of_the_old_at_once(
    alice: User, stored: PersonalEndpoint, vendors: VendorServer
) -> None:
    assert (await sync_to_async(personal_endpoints)(alice.id))[0].api_key == KEY
    vendors.will(Answer())
    await save(vendors, alice, "sk-another-key-00000")
    assert (await sync_to_async(personal_endpoints)(alice.id))[0].api_key == "sk-another-key-00000"
    assert await PersonalEndpoint.objects.acount() == 1


def test_it_goes_before_the_sites_for_its_owner_alone(
    alice: User, charlie: User, stored: PersonalEndpoint, settings: Settings
) -> None:
    settings.PROVIDERS = {
        "openai": env.Provider(api_key="sk-sites", base_url="http://proxy/v1", model="gpt-4o", timeout_s=7),
        "xai": env.Provider(api_key="sk-xai", base_url="", model="", timeout_s=30),
    }
    own = {endpoint.name: endpoint for endpoint in endpoints_for(alice.id)}
    assert (own["openai"].api_key, own["openai"].base_url, own["xai"].api_key) == (KEY, "", "sk-xai")
    assert endpoints_for(charlie.id) == configured_endpoints()
    assert KEY not in str(configured_endpoints())


def test_a_provider_that_is_off_here_answers_who_has_a_key(
    alice: User, charlie: User, stored: PersonalEndpoint
) -> None:
    assert is_usable("gpt-4o", alice.id)
    assert not is_usable("gpt-4o", charlie.id)
    assert "openai/gpt-4o" in [entry.model.full_id for entry in usable_models(alice.id)]
    assert default_model_for(alice.id).startswith("openai/")
    assert default_model_for(charlie.id).startswith("offline/")


def test_where_they_are_not_allowed_none_is_used_or_read(
    alice: User,
    stored: PersonalEndpoint,
    settings: Settings,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.OWN_KEYS_ALLOWED = False
    with django_assert_num_queries(0):
        assert personal_endpoints(alice.id) == []
    client = client_of(alice)
    assert client.get(PAGE).status_code == 404
    assert client.post(f"{PAGE}openai/save/", {"api_key": KEY}).status_code == 404
    assert PAGE not in client.get("/preferences/").text
    with pytest.raises(ValidationFailed, match="not allowed here"):
        save_own_key(known=OPENAI, api_key=KEY, owner=alice)


def test_keys_are_read_once_in_a_while(
    alice: User, stored: PersonalEndpoint, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    personal_endpoints(alice.id)
    with django_assert_num_queries(0):
        personal_endpoints(alice.id)
    remove_own_key(endpoint=stored)
    assert personal_endpoints(alice.id) == []


def test_the_page_shows_the_end_of_the_key_and_removes_it(
    alice: User, stored: PersonalEndpoint, client_of: ClientOf
) -> None:
    client = client_of(alice)
    assert PAGE in client.get("/preferences/").text
    page = client.get(PAGE).text
    assert "Your key that ends in …6789" in page
    assert KEY not in page
    assert client.post(f"{PAGE}openai/remove/")["Location"] == PAGE
    assert not PersonalEndpoint.objects.exists()
    assert client.post(f"{PAGE}openai/remove/").status_code == 404


@pytest.mark.parametrize(
    ("key", "said"), [("", "Please paste a key."), ("sk two", "That is not a key"), ("x" * 1_001, "That is not a key")]
)
def test_what_is_no_key_is_refused(alice: User, client_of: ClientOf, key: str, said: str) -> None:
    response = client_of(alice).post(f"{PAGE}openai/save/", {"api_key": key})
    assert response.status_code == 422
    assert said in response.text
    assert not PersonalEndpoint.objects.exists()


@pytest.mark.parametrize("name", ["ollama", "azure_openai", "offline", "nowhere"])
def test_no_address_of_ones_own_can_be_reached(alice: User, client_of: ClientOf, name: str) -> None:
    assert client_of(alice).post(f"{PAGE}{name}/save/", {"api_key": KEY}).status_code == 404
    assert name not in {place.name for place in own_key_places()}


def test_a_key_stored_under_another_secret_is_off_and_says_so(
    alice: User, stored: PersonalEndpoint, settings: Settings, client_of: ClientOf
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["another secret, which is long enough too"]
    assert personal_endpoints(alice.id) == []
    assert "paste it again" in client_of(alice).get(PAGE).text


def test_charlie_and_visitors_reach_nothing(stored: PersonalEndpoint, charlie: User, client_of: ClientOf) -> None:
    assert "6789" not in client_of(charlie).get(PAGE).text
    assert client_of(charlie).post(f"{PAGE}openai/remove/").status_code == 404
    for path in (PAGE, f"{PAGE}openai/save/", f"{PAGE}openai/remove/"):
        response = Client().get(path) if path == PAGE else Client().post(path)
        assert response["Location"] == f"/accounts/login/?next={path if path == PAGE else '/'}"
    assert PersonalEndpoint.objects.exists()


def test_they_cost_the_site_nothing() -> None:
    assert cost_to_site(1_000, is_own_key=True) == 0
    assert cost_to_site(None, is_own_key=True) == 0
    assert cost_to_site(1_000, is_own_key=False) == 1_000
    assert cost_to_site(None, is_own_key=False) is None


@pytest.mark.parametrize(("adapter", "variable"), [("openai", "OPENAI_BASE_URL"), ("anthropic", "ANTHROPIC_BASE_URL")])
async def test_a_key_for_the_vendor_goes_nowhere_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, adapter: str, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9/proxy")
    made = make_adapter(EndpointConfig(name=adapter, adapter=adapter, api_key=KEY))
    assert made._connected().base_url.host == f"api.{adapter}.com"  # type: ignore[attr-defined]  # the SDK's client
    await made.aclose()
