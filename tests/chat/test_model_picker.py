"""The model picker: what it lists and why not, what picking does, and that nobody picks past their rights."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.formats import date_format
from pytest_django import Settings

from accounts.actions.preferences import MAX_FAVOURITES, set_favourite_model, set_preferences
from accounts.models import Membership, Preferences, Team, User
from chat.effective import effective_settings
from chat.health import EndpointState
from chat.model_picker import Picker, PickerRow, model_picker
from chat.models import Conversation, Message
from convoscope.errors import ValidationFailed
from convoscope.settings import env
from providers.catalog import utc_today
from providers.configured import forget_rows
from providers.models import AccessLimit, ModelRow
from tests.support.entrance import text_of
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _openai(settings: Settings) -> None:
    settings.PROVIDERS = {"openai": env.Provider(api_key="k", base_url="", model="", timeout_s=30)}


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return make_turn(alice).conversation


def limit(name: str, *, tiers: tuple[str, ...] = ("enterprise",)) -> None:
    AccessLimit.objects.create(name=name, tiers=list(tiers))
    forget_rows()


def picker(user: User, conversation: Conversation | None = None) -> Picker:
    return model_picker(Preferences.of(user), current="gpt-4o", conversation=conversation, states={})


def rows(found: Picker) -> dict[str, PickerRow]:
    return {row.value: row for section in found.sections for row in section.rows}


# What it lists


def test_every_model_at_hand_with_its_figures(alice: User) -> None:
    found = picker(alice)
    assert [section.heading for section in found.sections] == ["OpenAI", "the built-in offline model"]
    row = rows(found)["openai/gpt-4o"]
    assert (row.name, row.place, row.window, row.price) == ("gpt-4o", "OpenAI", "128K", "$2.50 in · $10.00 out")
    assert (row.badges, row.reason, row.dot) == (("vision", "tools", "JSON"), "", None)
    assert found.current == "openai/gpt-4o"
    assert found.auto is not None
    assert found.auto.value == "auto"


def test_what_needs_another_provider_says_which(alice: User) -> None:
    elsewhere = {row.value: row.reason for row in picker(alice).elsewhere}
    assert elsewhere["anthropic/claude-opus-5-5"] == "Anthropic isn't switched on here"
    assert not [value for value in elsewhere if value.startswith(("v98store/", "openrouter/", "openai/"))]


def test_auto_is_not_offered_where_it_is_off(alice: User, settings: Settings, client_of: ClientOf) -> None:
    settings.AUTO_MODEL_ENABLED = False
    assert picker(alice).auto is None
    assert client_of(alice).post("/models/", {"model": "auto"}).status_code == 422


def test_reasons_stand_in_the_row(alice: User) -> None:
    limit("openai/gpt-4o")
    ModelRow.objects.create(endpoint="openai", model_id="gpt-4.1", retires_on=utc_today() - timedelta(days=1))
    ModelRow.objects.create(endpoint="openai", model_id="gpt-5.2", retires_on=utc_today() + timedelta(days=9))
    ModelRow.objects.create(endpoint="openai", model_id="gpt-5.4", is_hidden=True)
    ModelRow.objects.create(endpoint="openai", model_id="gpt-5.5", label="Our best")
    forget_rows()
    found = rows(picker(alice))
    assert found["openai/gpt-4o"].reason == "Not for your tier"
    assert found["openai/gpt-4.1"].reason.startswith("Retired since ")
    soon = date_format(utc_today() + timedelta(days=9), "DATE_FORMAT")
    assert found["openai/gpt-5.2"].notice == f"gpt-5.2 retires on {soon}. Choose another model by then."
    assert "openai/gpt-5.4" not in found
    assert found["openai/gpt-5.5"].name == "Our best"


def test_a_model_too_small_for_the_conversation_says_so(alice: User, conversation: Conversation) -> None:
    conversation.messages.filter(role=Message.Role.ASSISTANT).update(input_tokens=180_000, output_tokens=2_000)
    conversation.refresh_from_db()
    found = rows(picker(alice, conversation))
    assert found["openai/gpt-4o"].reason == "Too small for this conversation of 182K tokens"
    assert found["openai/gpt-5.6"].reason == ""


def test_favourites_come_first_and_once(alice: User) -> None:
    set_favourite_model(user=alice, full_id="openai/gpt-5.6", is_favourite=True)
    set_favourite_model(user=alice, full_id="openai/gpt-4o", is_favourite=True)
    set_favourite_model(user=alice, full_id="openai/no-longer", is_favourite=True)
    found = picker(alice)
    assert [row.value for row in found.sections[0].rows] == ["openai/gpt-5.6", "openai/gpt-4o"]
    values = [row.value for section in found.sections for row in section.rows]
    assert len(values) == len(set(values))
    set_favourite_model(user=alice, full_id="openai/gpt-5.6", is_favourite=False)
    assert Preferences.of(User.objects.get(id=alice.id)).favourite_models == ["openai/gpt-4o", "openai/no-longer"]


def test_a_dot_says_how_the_provider_does(alice: User) -> None:
    unsteady = EndpointState("unsteady", "One call in five fails")
    states = {"openai": unsteady, "anthropic": EndpointState("unknown", "Nobody asked it lately")}
    found = rows(model_picker(Preferences.of(alice), current="", conversation=None, states=states))
    assert found["openai/gpt-4o"].dot == unsteady
    # No dot is better than one that says nothing.
    assert {row.dot for value, row in found.items() if not value.startswith("openai/")} == {None}


# Picking


def test_a_pick_in_a_conversation_is_kept_for_it(alice: User, conversation: Conversation, client_of: ClientOf) -> None:
    client = client_of(alice)
    conversation.settings = {"temperature": 0.0, "model": "openai/gpt-5.6"}
    conversation.save()
    path = f"/conversations/{conversation.id}/model/"
    page = client.get(path).text
    assert re.search(r'value="openai/gpt-5.6" checked', page)
    response = client.post(path, {"model": "openai/gpt-4.1", "only_this_model": "on"}, headers=HTMX)
    assert response["HX-Trigger"] == "dialog-close"
    assert response.text.count(">gpt-4.1<") == 2, "the bar's chip and the composer's"
    conversation.refresh_from_db()
    assert conversation.settings == {"temperature": 0.0, "model": "openai/gpt-4.1", "only_this_model": True}
    assert effective_settings(conversation)["only_this_model"] is True
    response = client.post(path, {"model": "auto"})
    assert response["Location"] == f"/conversations/{conversation.id}/"
    conversation.refresh_from_db()
    assert conversation.settings == {"temperature": 0.0, "model": "auto"}
    assert ">Auto<" in client.get(response["Location"]).text


def test_a_pick_before_a_conversation_goes_into_its_composer(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    response = client.post("/models/", {"model": "openai/gpt-4.1"}, headers=HTMX)
    assert '<input id="model" type="hidden" name="model" value="openai/gpt-4.1" hx-swap-oob="true">' in response.text
    response = client.post("/models/", {"model": "openai/gpt-4.1"})
    assert response["Location"] == "/?model=openai%2Fgpt-4.1"
    page = client.get(response["Location"]).text
    assert 'name="model" value="openai/gpt-4.1"' in page
    assert "<span>gpt-4.1</span>" in page
    assert 'name="model" value=""' in client.get("/?model=nothing").text


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("openai/gpt-4o", "gpt-4o: Not for your tier. Choose another model."),
        ("anthropic/claude-opus-5-5", "This model isn't switched on here."),
        ("", "This model isn't switched on here."),
        ("\x00", "This model isn't switched on here."),
        ("x" * 9_000, "This model isn't switched on here."),
    ],
)
def test_what_cannot_be_picked_is_refused(
    alice: User, conversation: Conversation, client_of: ClientOf, model: str, said: str
) -> None:
    limit("openai/gpt-4o")
    before = conversation.settings
    for path in ("/models/", f"/conversations/{conversation.id}/model/"):
        response = client_of(alice).post(path, {"model": model})
        assert response.status_code == 422
        assert said in text_of(response)
    conversation.refresh_from_db()
    assert conversation.settings == before


def test_a_turn_with_a_model_that_is_not_for_one_is_refused(
    alice: User, conversation: Conversation, client_of: ClientOf
) -> None:
    limit("openai")
    sent = {"text": "Hello?", "turn_key": str(uuid4()), "model": "openai/brand-new"}
    response = client_of(alice).post(f"/conversations/{conversation.id}/messages/", sent)
    assert response.status_code == 422
    assert "brand-new: Not for your tier." in text_of(response)
    assert conversation.messages.count() == 2


def test_a_limited_preference_or_default_is_passed_over(alice: User) -> None:
    team = Team.objects.create(name="Research")
    set_preferences(user=alice, default_model="openai/gpt-4o", temperature=None)
    AccessLimit.objects.create(name="openai", is_by_team=True).teams.add(team)
    forget_rows()
    assert effective_settings(make_turn(alice).conversation)["model"] == "offline/convoscope-offline"
    Membership.objects.create(team=team, user=alice)
    assert effective_settings(make_turn(alice).conversation)["model"] == "openai/gpt-4o"


def test_forms_offer_what_one_may_use_and_say_why_not(
    alice: User, conversation: Conversation, client_of: ClientOf
) -> None:
    limit("openai/gpt-4o")
    client = client_of(alice)
    for path, name in (("/preferences/", "default_model"), (f"/conversations/{conversation.id}/settings/", "model")):
        page = client.get(path).text
        assert 'value="openai/gpt-4.1"' in page
        assert 'value="openai/gpt-4o"' not in page
        assert 'value="auto"' in page
        assert "gpt-4o: Not for your tier." in text_of(client.post(path, {name: "openai/gpt-4o"}))


def test_settings_keep_only_this_model(alice: User, conversation: Conversation, client_of: ClientOf) -> None:
    client, path = client_of(alice), f"/conversations/{conversation.id}/settings/"
    client.post(path, {"only_this_model": "on", "temperature": "0"})
    conversation.refresh_from_db()
    assert conversation.settings == {"only_this_model": True, "temperature": 0.0}
    client.post(path, {"temperature": "0"})
    conversation.refresh_from_db()
    assert conversation.settings == {"temperature": 0.0}


def test_the_picker_of_a_new_chat_opens_at_what_was_picked(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    picked = client.post("/models/", {"model": "openai/gpt-4.1"}, headers=HTMX).text
    [address] = re.findall(r'hx-get="([^"]+)"', picked)
    assert re.findall(r'value="([^"]+)" checked', client.get(address).text) == ["openai/gpt-4.1"]
    assert f'href="{address}"' in client.get("/?model=openai/gpt-4.1").text
    before = re.findall(r'value="([^"]+)" checked', client.get("/models/").text)
    assert re.findall(r'value="([^"]+)" checked', client.get("/models/?model=nonsense").text) == before


# Favourites


def test_a_star_is_given_and_taken(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    response = client.post("/models/favourite/", {"model": "+openai/gpt-5.6"}, headers=HTMX)
    assert 'aria-pressed="true"' in response.text
    assert 'value="-openai/gpt-5.6"' in response.text
    assert client.post("/models/favourite/", {"model": "-openai/gpt-5.6"})["Location"] == "/models/"
    assert Preferences.of(User.objects.get(id=alice.id)).favourite_models == []


def test_without_javascript_a_star_leads_back_to_where_it_stood(
    alice: User, conversation: Conversation, client_of: ClientOf
) -> None:
    def sent_from(page: str) -> str:
        fields = {"model": "+openai/gpt-5.6"}
        return client_of(alice).post("/models/favourite/", fields, headers={"Referer": page})["Location"]

    page = f"http://testserver/conversations/{conversation.id}/model/"
    assert sent_from(page) == page
    assert sent_from("https://elsewhere.example/models/") == "/models/"


def test_favourites_are_bounded(alice: User) -> None:
    Preferences.objects.create(user=alice, favourite_models=[f"openai/{n}" for n in range(MAX_FAVOURITES)])
    with pytest.raises(ValidationFailed, match="50 favourites are the most"):
        set_favourite_model(user=alice, full_id="openai/more", is_favourite=True)
    set_favourite_model(user=alice, full_id="openai/3", is_favourite=True)


@pytest.mark.parametrize("model", ["", "+", "+" + "x" * 300, "+a\x00b"])
def test_what_is_no_model_is_no_favourite(alice: User, client_of: ClientOf, model: str) -> None:
    assert client_of(alice).post("/models/favourite/", {"model": model}).status_code == 400


# Others


def test_charlie_finds_nothing_of_alices(conversation: Conversation, charlie: User, client_of: ClientOf) -> None:
    path = f"/conversations/{conversation.id}/model/"
    assert client_of(charlie).get(path).status_code == 404
    assert client_of(charlie).post(path, {"model": "openai/gpt-4.1"}).status_code == 404
    client_of(charlie).post("/models/favourite/", {"model": "+openai/gpt-5.6"})
    assert list(Preferences.objects.values_list("user", flat=True)) == [charlie.pk]


def test_a_visitor_is_sent_to_the_sign_in(conversation: Conversation) -> None:
    for path in ("/models/", "/models/favourite/", f"/conversations/{conversation.id}/model/"):
        assert Client().post(path).headers["Location"] == "/accounts/login/?next=/"


def test_for_an_answer_the_picker_says_that_it_answers_again(alice: User, client_of: ClientOf) -> None:
    answer = make_turn(alice).answer
    Message.objects.filter(id=answer.id).update(status="complete")
    page = text_of(client_of(alice).get(f"/messages/{answer.id}/retry/", headers=HTMX))
    assert "Answer with another model" in page
    assert "Answer again" in page
    for words in ("Choose the model", "Use this model", "Compare several"):
        assert words not in page
