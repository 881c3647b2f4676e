"""The pages of an endpoint's models: what they take, what they refuse, and that it is in force."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Membership, Team, User
from convoscope.settings import env
from providers.actions.models import ModelFields, add_found_models, save_model
from providers.catalog import current_catalog, load_catalog
from providers.configured import default_model, effective_catalog, forget_rows, limits, reread_endpoints
from providers.contract import Payer
from providers.model_access import default_model_for, excluded_for, may_use, usable_models
from providers.models import AccessLimit, Endpoint, ModelRow
from providers.prices import known_price, price_in_force
from tests.support.entrance import text_of
from tests.support.threads import in_thread
from tests.support.vendors import VendorServer
from tests.support.vendors.calling import KEY

ClientOf = Callable[[User], Client]
OPENAI = load_catalog().endpoints["openai"]
EDIT = "/providers/openai/models/edit/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


@pytest.fixture
def openai(settings: Settings) -> None:
    settings.PROVIDERS = {"openai": env.Provider(api_key="k", base_url="", model="", timeout_s=30)}


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="Research")


# What is said of models


@pytest.mark.django_db(transaction=True)
def test_a_model_is_added_with_all_that_is_said(client: Client, openai: None, team: Team) -> None:
    sent = {
        "model_id": "gpt-lab",
        "label": "The lab's",
        "aliases": "labby, l2",
        "context_window_tokens": "64000",
        "max_output_tokens": "8000",
        "input_usd": "0.5",
        "output_usd": "1.25",
        "capabilities": ["tools"],
        "model_class": "economy",
        "continuation": "none",
        "retires_on": "2099-01-31",
        "teams": [str(team.id)],
        "tiers": ["free"],
    }
    response = client.post(EDIT, sent)
    assert response.status_code == 302
    page = text_of(client.get("/providers/openai/models/"))
    assert "gpt-lab is saved." in page
    assert "The lab's" in page
    assert "64K · $0.50 in · $1.25 out" in page
    assert "added here · retires on 31 January 2099 · only for Research in the tiers Free" in page
    entry = effective_catalog().entries["openai/gpt-lab"]
    assert (entry.model.has_tools, entry.model.has_vision, entry.model.continuation) == (True, False, "none")
    assert known_price("openai/gpt-lab") == entry.price
    assert effective_catalog().names["l2"] == ("openai/gpt-lab",)


@pytest.mark.django_db(transaction=True)
def test_a_known_model_is_renamed_hidden_and_given_another_price_and_all_is_taken_back(
    client: Client, openai: None
) -> None:
    listed = known_price("openai/gpt-4o")
    assert "$2.50 in · $10.00 out" in text_of(client.get("/providers/openai/models/"))
    client.post(
        f"{EDIT}?model=gpt-4o",
        {"model_id": "gpt-4o", "label": "Four", "is_hidden": "on", "input_usd": "0", "output_usd": "3"},
    )
    page = text_of(client.get("/providers/openai/models/"))
    assert "Four" in page
    assert "$0.00 in · $3.00 out" in page
    price = known_price("openai/gpt-4o")
    assert price is not None
    assert (price.input_usd, price.output_usd, price.cached_usd) == (Decimal(0), Decimal(3), None)
    form = client.get(f"{EDIT}?model=gpt-4o").text
    assert 'value="3.00"' in form
    assert 'placeholder="128000"' in form
    client.post("/providers/openai/models/forget/", {"model": "gpt-4o"})
    assert known_price("openai/gpt-4o") == listed
    assert not ModelRow.objects.exists()


def test_a_change_of_price_is_a_new_version(openai: None, admin: User) -> None:
    first = price_in_force("openai/gpt-4o")
    save_model(
        known=OPENAI, model_id="gpt-4o", fields=ModelFields(input_usd=Decimal(1), output_usd=Decimal(1)), by=admin
    )
    forget_rows()
    second = price_in_force("openai/gpt-4o")
    assert first is not None
    assert second is not None
    assert (first.input_usd, second.input_usd) == (Decimal("2.5"), Decimal(1))


@pytest.mark.django_db(transaction=True)
def test_an_unknown_price_is_said_never_zero(client: Client, openai: None) -> None:
    client.post(EDIT, {"model_id": "gpt-lab"})
    assert "33K · price unknown" in text_of(client.get("/providers/openai/models/"))
    assert price_in_force("openai/gpt-lab") is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"model_id": ""}, "Write the model's name as the provider does."),
        ({"model_id": "x" * 201}, "in 200 characters at most"),
        ({"label": "x" * 101}, "in 100 characters at most"),
        ({"context_window_tokens": "0"}, "Enter a whole number of tokens, from 1"),
        ({"context_window_tokens": "many"}, "Enter a whole number of tokens."),
        ({"context_window_tokens": "1000", "max_output_tokens": "1001"}, "longer than the window of 1000 tokens"),
        ({"max_output_tokens": "40000"}, "longer than the window of 32768 tokens"),
        ({"input_usd": "-1", "output_usd": "1"}, "A price is 0 or more"),
        ({"input_usd": "1000000", "output_usd": "1"}, "A price is 0 or more"),
        ({"input_usd": "NaN", "output_usd": "1"}, "Enter an amount of US dollars"),
        ({"input_usd": "1"}, "Give both the price of input and that of output"),
        ({"cached_usd": "1"}, "Give both the price of input and that of output"),
        ({"aliases": "gpt-4o"}, "“gpt-4o” is a name of openai/gpt-4o already."),
        ({"aliases": "claude-opus"}, "“claude-opus” is a name of anthropic/claude-opus-5-5 already."),
        ({"aliases": "groq/mine"}, "“groq/mine” would be asked of Groq."),
        ({"aliases": "auto"}, "“auto” can't be a name."),
        ({"capabilities": ["flying"]}, "flying is not one of the available choices"),
        ({"model_class": "luxury"}, "luxury is not one of the available choices"),
        ({"retires_on": "soon"}, "Enter a valid date"),
        ({"teams": ["1"]}, "is not a valid UUID"),
        ({"tiers": ["gold"]}, "gold is not one of the available choices"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field(
    client: Client, openai: None, sent: dict[str, object], said: str
) -> None:
    response = client.post(EDIT, {"model_id": "gpt-lab"} | sent)
    assert response.status_code == 422
    assert said in text_of(response)
    assert not ModelRow.objects.exists()
    assert not AccessLimit.objects.exists()


def test_the_database_holds_to_the_same(openai: None) -> None:
    for wrong in (
        {"context_window_tokens": 10, "max_output_tokens": 11},
        {"input_usd": Decimal(-1), "output_usd": Decimal(1)},
        {"output_usd": Decimal(1)},
        {"cached_usd": Decimal(1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ModelRow.objects.create(endpoint="openai", model_id="x", **wrong)


def test_a_model_of_an_unknown_endpoint_is_not_found(client: Client) -> None:
    assert client.get("/providers/nowhere/models/").status_code == 404
    assert client.post("/providers/offline/models/edit/", {"model_id": "x"}).status_code == 404
    assert client.get(f"{EDIT}?model=unknown").status_code == 404


def test_a_hidden_default_gives_way(openai: None, admin: User) -> None:
    default = default_model()
    ModelRow.objects.create(endpoint="openai", model_id=default.partition("/")[2], is_hidden=True)
    forget_rows()
    assert default_model() != default
    assert default_model().startswith("openai/")


def test_nothing_changed_is_the_same_catalog(openai: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    assert effective_catalog() is load_catalog()
    ModelRow.objects.create(endpoint="openai", model_id="x")
    reread_endpoints()
    first = current_catalog()
    assert first is not load_catalog()
    reread_endpoints()
    assert current_catalog() is first
    with django_assert_num_queries(0):
        assert known_price("openai/x") is None


# Who may use them


def limit(name: str, *teams: Team, tiers: tuple[str, ...] = ()) -> None:
    row = AccessLimit.objects.create(name=name, is_by_team=bool(teams), tiers=list(tiers))
    row.teams.set(teams)
    forget_rows()


def test_nothing_limited_asks_nothing(
    openai: None, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert limits() == {}
    with django_assert_num_queries(0):
        assert excluded_for(Payer(user_id=alice.id), ["openai/gpt-4o", "offline/x"]) == {}
        assert may_use(alice.id, "openai/gpt-4o")


def test_a_team_alone_may_use_what_is_for_it(openai: None, alice: User, charlie: User, team: Team) -> None:
    Membership.objects.create(team=team, user=alice)
    limit("openai/gpt-4o", team)
    assert may_use(alice.id, "openai/gpt-4o")
    assert not may_use(charlie.id, "openai/gpt-4o")
    asked = ["openai/gpt-4o", "openai/gpt-4.1"]
    assert excluded_for(Payer(user_id=charlie.id), asked) == {"openai/gpt-4o": "Not for your team"}
    assert excluded_for(Payer(user_id=charlie.id, team_id=team.id), asked) == {}
    assert excluded_for(Payer(), asked) == {}, "a script is on nobody's account"
    assert "gpt-4o" in [entry.model.id for entry in usable_models(alice.id)]
    assert "gpt-4o" not in [entry.model.id for entry in usable_models(charlie.id)]


def test_a_limit_of_an_endpoint_holds_for_all_its_models(openai: None, alice: User, charlie: User, team: Team) -> None:
    Membership.objects.create(team=team, user=alice)
    limit("openai", team)
    limit("openai/gpt-4o", tiers=("enterprise",))
    assert may_use(alice.id, "openai/brand-new")
    assert not may_use(alice.id, "openai/gpt-4o"), "both limits hold"
    assert not may_use(charlie.id, "openai/brand-new")
    assert default_model_for(alice.id).startswith("openai/")
    assert default_model_for(charlie.id) == "offline/convoscope-offline"
    assert [entry.model.full_id for entry in usable_models(charlie.id)] == ["offline/convoscope-offline"]


def test_a_tier_alone_may_use_what_is_for_it(openai: None, alice: User, charlie: User) -> None:
    User.objects.filter(id=alice.id).update(tier="professional")
    limit("openai/gpt-4o", tiers=("professional", "enterprise"))
    assert may_use(alice.id, "openai/gpt-4o")
    reason = excluded_for(Payer(user_id=charlie.id), ["openai/gpt-4o"])
    assert reason == {"openai/gpt-4o": "Not for your tier"}


def test_a_deleted_team_leaves_the_model_to_nobody(openai: None, client: Client, alice: User, team: Team) -> None:
    Membership.objects.create(team=team, user=alice)
    limit("openai/gpt-4o", team)
    team.delete()
    forget_rows()
    assert not may_use(alice.id, "openai/gpt-4o")
    assert "for nobody: its teams are deleted" in text_of(client.get("/providers/openai/models/"))
    assert "nobody may use it" in text_of(client.get(f"{EDIT}?model=gpt-4o"))


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_is_limited_on_its_page_and_stays_so_without_a_key(
    client: Client, admin: User, alice: User, team: Team
) -> None:
    row = Endpoint(name="openai", is_enabled=True)
    row.keep_key(KEY)
    row.save()
    client.post("/providers/openai/limit/", {"teams": [str(team.id)]})
    assert not may_use(alice.id, "openai/gpt-4o")
    client.post("/providers/openai/remove/")
    assert not may_use(alice.id, "openai/gpt-4o")
    client.post("/providers/openai/limit/", {})
    assert may_use(alice.id, "openai/gpt-4o")
    assert not AccessLimit.objects.exists()
    assert client.post("/providers/openai/limit/", {"tiers": ["gold"]}).status_code == 422


# Asking an endpoint


@pytest.mark.django_db(transaction=True)
async def test_an_endpoint_is_asked_for_its_models(client: Client, vendors: VendorServer, settings: Settings) -> None:
    settings.PROVIDERS = {"openai": env.Provider(api_key="k", base_url=f"{vendors.url}/v1", model="", timeout_s=30)}
    vendors.models = ["gpt-4o", "gpt-brand-new", "o3"]
    page = (await in_thread(client.post, "/providers/openai/models/ask/")).text
    assert "1 is new" in page
    assert 'value="gpt-brand-new" checked' in page
    assert "2 known." in page
    assert "no longer in the provider&#x27;s own list" in page
    assert (await sync_to_async(effective_catalog)()).entries["openai/gpt-5.6"].is_gone
    assert not (await sync_to_async(effective_catalog)()).entries["openai/o3"].is_gone
    await in_thread(client.post, "/providers/openai/models/add/", {"model": ["gpt-brand-new"]})
    assert (await sync_to_async(effective_catalog)()).entries["openai/gpt-brand-new"].is_added
    vendors.models.append("gpt-5.6")
    page = (await in_thread(client.post, "/providers/openai/models/ask/")).text
    assert "Nothing is new." in page
    assert not (await sync_to_async(effective_catalog)()).entries["openai/gpt-5.6"].is_gone


def test_an_endpoint_that_is_off_cannot_be_asked(client: Client) -> None:
    response = client.post("/providers/openai/models/ask/")
    assert response.status_code == 409
    assert "OpenAI is off." in response.text


def test_an_endpoint_that_cannot_be_reached_is_said(client: Client, settings: Settings) -> None:
    given = env.Provider(api_key="k", base_url="http://127.0.0.1:9/v1", model="", timeout_s=30)
    settings.PROVIDERS = {"openai": given}
    response = client.post("/providers/openai/models/ask/")
    assert response.status_code == 502
    assert "can&#x27;t be reached" in response.text


def test_what_is_added_twice_is_there_once(openai: None) -> None:
    assert add_found_models(known=OPENAI, model_ids=["a", "a", "b"]) == 2
    assert add_found_models(known=OPENAI, model_ids=["b", "c"]) == 1


PATHS = ["", "edit/", "edit/?model=gpt-4o", "forget/", "ask/", "add/"]


@pytest.mark.parametrize("path", PATHS)
def test_to_everybody_else_there_is_nothing(alice: User, client_of: ClientOf, path: str) -> None:
    address = f"/providers/openai/models/{path}"
    client = client_of(alice)
    assert {client.get(address).status_code, client.post(address, {"model_id": "x"}).status_code} <= {404, 405}
    assert "/accounts/login/" in Client().post(address).headers.get("Location", "/accounts/login/")
    assert not ModelRow.objects.exists()
    assert client.post("/providers/openai/limit/").status_code == 404
