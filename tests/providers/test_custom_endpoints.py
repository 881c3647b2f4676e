"""Servers under an administrator's own names: added, refused, asked, and reached by `name/model`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from accounts.models import User
from providers.catalog import current_catalog, resolve
from providers.configured import configured_endpoints, default_model
from providers.contract import NO_LIMITS, EndpointConfig
from providers.models import Endpoint
from providers.routing.ranking import usable_entries
from tests.support.threads import in_thread
from tests.support.vendors import PAGE, Answer, Refusal, VendorServer, closed_url
from tests.support.vendors.calling import KEY
from tests.support.vendors.script import Step

ClientOf = Callable[[User], Client]
PATH = "/providers/custom/add/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


def fields(url: str, **changes: str) -> dict[str, str]:
    return {
        "name": "lab",
        "label": "The lab",
        "adapter": "openai",
        "base_url": f"{url}/v1",
        "api_key": KEY,
        "default_model": "llama",
    } | changes


async def post(client: Client, path: str, sent: dict[str, str]) -> tuple[int, str]:
    """In a thread, as the app does: the vendors answer in this loop meanwhile. A redirect is followed."""
    response = await in_thread(client.post, path, sent)
    if response.status_code == 302:
        response = await in_thread(client.get, response["Location"])
    return response.status_code, response.text


async def test_a_server_is_added_tested_and_in_use(client: Client, vendors: VendorServer) -> None:
    vendors.will(Answer())
    status, html = await post(client, PATH, fields(vendors.url))
    assert status == 200
    assert "lab works." in html
    row = await Endpoint.objects.aget()
    assert (row.name, row.label, row.adapter, row.is_custom, row.is_enabled) == ("lab", "The lab", "openai", True, True)
    assert (row.api_key, row.base_url) == (KEY, f"{vendors.url}/v1")
    assert KEY not in html
    [lab, _offline] = await sync_to_async(configured_endpoints)()
    assert (lab.name, lab.label, lab.adapter) == ("lab", "The lab", "openai")
    assert await sync_to_async(default_model)() == "lab/llama"
    assert 'id="endpoint-lab"' in html
    [request] = vendors.requests
    assert (request.body["model"], request.headers["authorization"]) == ("llama", f"Bearer {KEY}")


@pytest.mark.parametrize(
    ("adapter", "path"),
    [("openai", "/v1/chat/completions"), ("anthropic", "/v1/messages"), ("gemini", "/v1/models/llama")],
)
async def test_it_may_speak_each_protocol(client: Client, vendors: VendorServer, adapter: str, path: str) -> None:
    vendors.will(Answer())
    url = f"{vendors.url}/v1" if adapter == "openai" else vendors.url
    await post(client, PATH, fields(vendors.url, adapter=adapter, base_url=url))
    assert (await Endpoint.objects.aget()).is_enabled
    assert vendors.requests[0].path.startswith(path)


async def test_a_server_without_a_key_needs_none(client: Client, vendors: VendorServer) -> None:
    vendors.will(Answer())
    await post(client, PATH, fields(vendors.url, api_key=""))
    assert (await Endpoint.objects.aget()).is_enabled


async def test_its_models_are_found_by_its_name(client: Client, vendors: VendorServer) -> None:
    vendors.will(Answer())
    await post(client, PATH, fields(vendors.url))
    on = {endpoint.name for endpoint in await sync_to_async(configured_endpoints)()}
    model = resolve("lab/some/llama:8b", endpoints=on).model
    assert (model.endpoint, model.id, model.context_window_tokens, model.is_known) == (
        "lab",
        "some/llama:8b",
        8_192,
        False,
    )
    assert current_catalog().endpoints["lab"].label == "The lab"


async def test_auto_may_choose_its_model(client: Client, vendors: VendorServer) -> None:
    vendors.will(Answer())
    await post(client, PATH, fields(vendors.url))
    endpoints = {endpoint.name: endpoint for endpoint in await sync_to_async(configured_endpoints)()}
    assert "lab/llama" in [entry.model.full_id for entry in usable_entries(endpoints, NO_LIMITS)]


def test_auto_passes_over_a_server_that_no_catalog_has() -> None:
    script = EndpointConfig(name="scripts-own", adapter="openai", default_model="llama")
    assert usable_entries({script.name: script}, NO_LIMITS) == []


async def test_what_fails_is_kept_with_the_reason(client: Client, vendors: VendorServer) -> None:
    vendors.will(Refusal("unauthorized"), Answer())
    _, html = await post(client, PATH, fields(vendors.url))
    assert "Saved, but not in use: The lab refused the key." in html
    row = await Endpoint.objects.aget()
    assert (row.is_enabled, row.last_failed_at) == (False, row.last_tested_at)
    _, html = await post(client, "/providers/lab/test/", {})
    assert "The lab works" in html
    assert (await Endpoint.objects.aget()).is_enabled


async def test_an_address_that_nobody_knows_is_said_to_be_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Mock(side_effect=socket.gaierror(-2, "Name or service not known")))
    _, html = await post(client, PATH, fields("http://lab.invalid"))
    assert "The address of The lab wasn&#x27;t found. Check it, and that this server has a connection." in html
    assert "gaierror" not in html


async def test_nobody_answering_is_kept_with_the_reason(client: Client) -> None:
    _, html = await post(client, PATH, fields(closed_url()))
    assert "The lab can&#x27;t be reached" in html


REFUSED_ANSWERS: dict[str, tuple[Step, str]] = {
    "a page": (PAGE, "What answers there is a web page, not an API."),
    "no such model": (Refusal("model_not_found"), "doesn&#x27;t know the model “llama”"),
}


@pytest.mark.parametrize("name", REFUSED_ANSWERS)
async def test_what_is_no_api_or_has_no_such_model_is_refused(client: Client, vendors: VendorServer, name: str) -> None:
    step, said = REFUSED_ANSWERS[name]
    vendors.will(step)
    status, html = await post(client, PATH, fields(vendors.url))
    assert status == 422
    assert said in html
    assert KEY not in html
    assert not await Endpoint.objects.aexists()


async def test_who_names_no_model_is_told_which_there_are(client: Client, vendors: VendorServer) -> None:
    vendors.models = ["llama", "qwen"]
    status, html = await post(client, PATH, fields(vendors.url, default_model=""))
    assert status == 422
    assert "Please name a model. It has llama, qwen." in html
    vendors.models = [f"m{number}" for number in range(9)]
    _, html = await post(client, PATH, fields(vendors.url, default_model=""))
    assert "It has 9, such as m0, m1, m2, m3, m4." in html
    vendors.models = []
    _, html = await post(client, PATH, fields(vendors.url, default_model=""))
    assert "It lists none itself." in html
    _, html = await post(client, PATH, fields(closed_url(), default_model=""))
    assert "Please name a model, as the server writes it." in html


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "A name has small letters"),
        ({"name": "my lab"}, "A name has small letters"),
        ({"name": "lab/x"}, "A name has small letters"),
        ({"name": "x" * 51}, "A name has small letters"),
        ({"name": "OpenAI"}, "“openai” is reserved"),
        ({"name": "openai-compatible"}, "“openai-compatible” is reserved"),
        ({"name": "qwen"}, "“qwen” is reserved"),
        ({"name": "auto"}, "“auto” is reserved"),
        ({"name": "custom"}, "“custom” is reserved"),
        ({"name": "offline"}, "“offline” is reserved"),
        ({"name": "taken"}, "There is a provider named “taken” already."),
        ({"label": "x" * 81}, "in 80 characters at most"),
        ({"adapter": "telnet"}, "telnet is not one of the available choices"),
        ({"base_url": ""}, "Please give the address of your The lab."),
        ({"base_url": "host/v1"}, "That is not an address."),
        ({"base_url": "https://me:secret@host/v1"}, "Leave user name and password out"),
        ({"api_key": "sk two"}, "That is not a key"),
        ({"default_model": "a\nb"}, "That is not the name of a model."),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field(client: Client, changes: dict[str, str], said: str) -> None:
    Endpoint.objects.create(name="taken", is_custom=True, adapter="openai", label="T", base_url="http://t/v1")
    response = client.post(PATH, fields("http://localhost:9", **changes))
    assert response.status_code == 422
    assert said in response.text
    assert KEY not in response.text
    assert Endpoint.objects.count() == 1


def test_all_that_is_wrong_is_said_at_once_each_beside_its_field(client: Client) -> None:
    wrong = {"name": "", "label": "", "base_url": "", "api_key": "sk two", "default_model": "", "adapter": "telnet"}
    response = client.post(PATH, wrong)
    assert response.status_code == 422
    assert {name: len(errors) for name, errors in response.context["form"].errors.items()} == dict.fromkeys(
        ("name", "adapter", "base_url", "api_key", "default_model"), 1
    )
    text = response.text
    for field, said in {
        "name": "A name has small letters",
        "adapter": "telnet is not one of the available choices",
        "base_url": "Please give the server&#x27;s address.",
        "api_key": "That is not a key",
        "default_model": "Please name a model, as the server writes it.",
    }.items():
        assert said in text.split(f'id="id_{field}_error"')[1].split("</p>")[0]
    assert not Endpoint.objects.exists()
    text = client.post(PATH, fields("http://a b", label="x" * 81, default_model="a\nb")).text
    for said in ("in 80 characters at most", "That is not an address.", "That is not the name of a model."):
        assert said in text


async def test_it_is_changed_and_removed_like_the_others(client: Client, vendors: VendorServer) -> None:
    vendors.will(Answer(), Answer())
    await post(client, PATH, fields(vendors.url))
    _, html = await post(
        client, "/providers/lab/save/", {"base_url": f"{vendors.url}/v1", "default_model": "qwen", "api_key": ""}
    )
    assert "The lab works: qwen" in html
    status, html = await post(client, "/providers/lab/remove/", {})
    assert (status, await Endpoint.objects.aexists()) == (200, False)
    assert "The key of The lab is removed." in html
    status, _ = await post(client, "/providers/lab/remove/", {})
    assert status == 404


def test_its_row_says_that_it_is_removed(client: Client) -> None:
    Endpoint.objects.create(name="lab", is_custom=True, adapter="openai", label="The lab", base_url="http://lab/v1")
    response = client.post("/providers/lab/remove/", headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "The lab is removed." in response.text


def test_nobody_but_administrators_finds_it(alice: User, client_of: ClientOf) -> None:
    assert client_of(alice).get(PATH).status_code == 404
    assert client_of(alice).post(PATH, fields("http://localhost:9")).status_code == 404
    assert Client().post(PATH).headers["Location"] == "/accounts/login/?next=/"
    assert not Endpoint.objects.exists()
