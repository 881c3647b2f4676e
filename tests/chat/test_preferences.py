"""The preferences page, and that a choice holds where the conversation made none."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.actions.preferences import set_preferences
from accounts.models import Preferences, User
from chat.actions.shares import share_conversation
from chat.effective import effective_settings
from chat.models import Message, Share
from convoscope.settings import env
from tests.support.entrance import text_of
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]


@pytest.fixture
def openai(settings: Settings) -> None:
    settings.PROVIDERS = {"openai": env.Provider(api_key="k", base_url="", model="", timeout_s=30)}


def test_a_model_and_a_temperature_are_chosen(openai: None, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    page = client.get("/preferences/").content.decode()
    assert ">Default (" in page
    assert 'value="offline/' in page
    model = next(iter(page.split('value="offline/')[1:])).split('"')[0]
    saved = client.post("/preferences/", {"default_model": f"offline/{model}", "temperature": "0"})
    assert saved.headers["Location"] == "/preferences/"
    assert "Saved." in text_of(client.get("/preferences/"))
    effective = effective_settings(make_turn(alice).conversation)
    assert effective["model"] == f"offline/{model}"
    assert effective["temperature"] == 0


def test_the_conversations_own_choice_comes_first_and_the_sites_last(openai: None, alice: User, charlie: User) -> None:
    set_preferences(user=alice, default_model="", temperature=0.1)
    conversation = make_turn(alice).conversation
    assert effective_settings(conversation)["temperature"] == 0.1
    assert effective_settings(conversation)["model"].startswith("openai/")
    conversation.settings = {"temperature": 0.0, "model": "offline/x"}
    assert effective_settings(conversation)["temperature"] == 0.0
    assert effective_settings(conversation)["model"] == "offline/x"
    assert effective_settings(make_turn(charlie).conversation)["temperature"] == 0.7


def test_a_preferred_model_that_was_switched_off_is_passed_over_and_said(alice: User, client_of: ClientOf) -> None:
    set_preferences(user=alice, default_model="anthropic/claude-gone", temperature=None)
    assert effective_settings(make_turn(alice).conversation)["model"].startswith("offline/")
    assert "You chose anthropic/claude-gone, which isn't switched on" in text_of(client_of(alice).get("/preferences/"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"temperature": "2.1"}, "Enter a number from 0 to 2."),
        ({"temperature": "-1"}, "Enter a number from 0 to 2."),
        ({"temperature": "warm"}, "Enter a number from 0 to 2, such as 0.7"),
        ({"temperature": "nan"}, "Enter a number from 0 to 2"),
        ({"temperature": "inf"}, "Enter a number from 0 to 2"),
        ({"default_model": "openai/gpt-9"}, "This model isn't switched on here."),
        ({"default_model": "x" * 5000}, "This model isn't switched on here."),
        ({"default_model": "\x00"}, "This model isn't switched on here."),
    ],
)
def test_what_cant_be_taken_is_said(alice: User, client_of: ClientOf, fields: dict[str, str], said: str) -> None:
    response = client_of(alice).post("/preferences/", fields)
    assert response.status_code == 422
    assert said in text_of(response)
    assert not Preferences.objects.exists()


def test_blank_goes_back_to_the_sites_choice(alice: User, client_of: ClientOf) -> None:
    set_preferences(user=alice, default_model="offline/x", temperature=1.0)
    client_of(alice).post("/preferences/", {"default_model": "", "temperature": ""})
    stored = Preferences.objects.get(user=alice)
    assert (stored.default_model, stored.temperature) == ("", None)


# Pages and notifications


def test_what_pages_follow_is_chosen_in_one_form(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    chosen = {
        "theme": "dark",
        "typeface": "serif",
        "send_key": "control_enter",
        "time_zone": "Asia/Ho_Chi_Minh",
        "notifications": "title",
        "keep_days": "90",
    }
    assert client.post("/preferences/", chosen).status_code == 302
    page = client.get("/preferences/").text
    for name, value in chosen.items():
        assert re.search(rf'<select name="{name}".*?value="{value}" selected', page, re.S), name
    html = client.get("/").text
    for said in ('data-theme="dark"', 'data-typeface="serif"', 'data-send="control_enter"', 'data-time-zone="Asia/Ho_'):
        assert said in html
    assert 'aria-keyshortcuts="Control+Enter"' in html
    assert "<kbd>Ctrl</kbd><kbd>Enter</kbd>" in client.get("/shortcuts/").text
    client.post("/preferences/", dict.fromkeys(chosen, "") | {"theme": "system"})
    html = client.get("/").text
    assert "data-typeface" not in html
    assert 'aria-keyshortcuts="Enter"' in html
    assert "data-time-zone" not in html


@pytest.mark.parametrize("name", ["theme", "typeface", "send_key", "time_zone", "notifications", "keep_days"])
def test_what_is_no_choice_is_said_and_the_rest_kept_in_the_form(alice: User, client_of: ClientOf, name: str) -> None:
    response = client_of(alice).post("/preferences/", {"temperature": "1.5", name: "../etc"})
    assert response.status_code == 422
    assert "Nothing was saved yet." in response.text
    assert f'aria-describedby="id_{name}' in response.text
    assert 'value="1.5"' in response.text
    assert not Preferences.objects.exists()


def test_times_are_of_the_chosen_zone_else_of_the_browsers(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    turn = make_turn(alice)
    at_night = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    Message.objects.filter(id=turn.answer.id).update(status="complete", text="Yes")
    share = share_conversation(conversation=turn.conversation, expires_at=timezone.now() + timedelta(days=1))
    Share.objects.filter(id=share.id).update(created_at=at_night)
    assert "shared on 1 March 2026" in client.get("/shares/").text
    client.cookies["time_zone"] = "Asia/Ho_Chi_Minh"
    assert "shared on 2 March 2026" in client.get("/shares/").text
    set_preferences(user=alice, time_zone="America/New_York")
    assert "shared on 1 March 2026" in client.get("/shares/").text
    client.cookies["time_zone"] = "../../etc/passwd"
    assert client.get("/shares/").status_code == 200


# The theme


def test_a_theme_is_kept_and_every_page_has_it(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert 'data-theme="system"' in client.get("/").content.decode()
    assert client.post("/preferences/theme/", {"theme": "dark"}).headers["Location"] == "/preferences/"
    response = client.post("/preferences/theme/", {"theme": "dark"}, headers={"HX-Request": "true"})
    assert response.status_code == 204
    for path in ("/", "/preferences/", "/accounts/password/change/", "/nothing/"):
        assert 'data-theme="dark"' in client.get(path).content.decode()
    assert 'data-theme="system"' in Client().get("/accounts/login/").content.decode()


@pytest.mark.parametrize("theme", ["", "pink", "DARK", "x" * 1000])
def test_an_unknown_theme_is_refused(alice: User, client_of: ClientOf, theme: str) -> None:
    refused = client_of(alice).post("/preferences/theme/", {"theme": theme})
    assert refused.status_code == 400
    alice.refresh_from_db()
    assert alice.theme == User.Theme.SYSTEM


def test_the_theme_costs_no_query(
    alice: User, client_of: ClientOf, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(alice)
    client.get("/")
    # The person with all that a page asks of them; of the sidebar the folders, what is pinned and the rest; the prompts
    # that the empty page offers; and the session, where it isn't in memory.
    with django_assert_num_queries(5 if settings.IS_EMBEDDED else 6):
        client.get("/")
    with django_assert_num_queries(0):
        Client().get("/nothing/")


@pytest.mark.parametrize("what", ["model", "retry", "select", "restore", "messages"])
def test_they_are_read_with_the_person_alone(alice: User, client_of: ClientOf, what: str) -> None:
    turn = make_turn(alice)
    Message.objects.filter(id=turn.answer.id).update(status=Message.Status.COMPLETE)
    of = f"/messages/{turn.answer.id}" if what in ("retry", "select") else f"/conversations/{turn.conversation.id}"
    fields = {"model": "offline/convoscope-offline", "text": "Hi", "turn_key": str(uuid4())}
    with CaptureQueriesContext(connection) as queries:
        response = client_of(alice).post(f"{of}/{what}/", fields, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert sum('FROM "accounts_preferences"' in query["sql"] for query in queries) == 0
    assert sum('JOIN "accounts_preferences"' in query["sql"] for query in queries) == 1


def test_charlie_changes_only_his_own(alice: User, charlie: User, client_of: ClientOf) -> None:
    client_of(charlie).post("/preferences/", {"temperature": "1"})
    client_of(charlie).post("/preferences/theme/", {"theme": "dark"})
    assert list(Preferences.objects.values_list("user", flat=True)) == [charlie.pk]
    alice.refresh_from_db()
    assert alice.theme == User.Theme.SYSTEM


@pytest.mark.parametrize("path", ["/preferences/", "/preferences/theme/"])
def test_a_visitor_is_sent_to_the_sign_in(alice: User, path: str) -> None:
    assert Client().post(path).headers["Location"] == "/accounts/login/?next=/"
    assert Client().get(path).status_code in (302, 405)
