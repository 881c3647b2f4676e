"""The rows of the command palette."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.actions.people import give_role, make_administrator
from accounts.models import Role, User
from chat.models import Conversation
from tests.chat.search.conftest import Say

ClientOf = Callable[[User], Client]
OPENED = {"HX-Request": "true", "HX-Target": "dialog"}
TYPING = {"HX-Request": "true", "HX-Target": "palette-rows"}


def rows(client: Client, typed: str = "") -> list[str]:
    html = client.get("/search/palette/", {"q": typed}, headers=TYPING).text
    found = re.findall(r'<span class="palette-label"[^>]*>(.*?)</span>', html, re.S)
    return [re.sub(r"</?mark>", "", row) for row in found]


def test_it_opens_with_the_latest_conversations_and_what_can_be_done(alice: User, client_of: ClientOf) -> None:
    for number in range(8):
        Conversation.objects.create(owner=alice, title=f"Number {number}", active_at=timezone.now())
    client = client_of(alice)
    html = client.get("/search/palette/", headers=OPENED).text
    assert "<command-palette" in html
    shown = rows(client)
    assert shown[:6] == [f"Number {number}" for number in range(7, 1, -1)]
    assert {"New conversation", "Choose the model", "Theme: Dark", "Preferences", "My usage", "Status"} <= set(shown)
    assert {"Select several", "Archive", "Trash", "Memory", "Prompts", "Exports", "Import", "Privacy"} <= set(shown)
    assert len(set(re.findall(r'id="palette-\d+"', html))) == len(shown)


def test_what_is_typed_finds_actions_titles_and_messages(alice: User, client_of: ClientOf, say: Say) -> None:
    message = say("a new pool", title="Pools")
    say("nothing of it", title="New pools")
    client = client_of(alice)
    assert rows(client, "new") == ["New conversation", "New pools", "Pools"]
    assert rows(client, "conv n") == ["New conversation"]
    html = client.get("/search/palette/", {"q": "new poo"}, headers=TYPING).text
    assert f"?at={message.id}#m-" in html
    assert 'href="/search/?q=new%20poo"' in html
    assert "<form" not in html


def test_nothing_found_says_so(alice: User, client_of: ClientOf) -> None:
    html = client_of(alice).get("/search/palette/", {"q": "<qqq>"}, headers=TYPING).text
    assert "Nothing has “&lt;qqq&gt;” in it." in html
    assert "listbox" not in html


def test_administrators_have_their_pages(alice: User, charlie: User, client_of: ClientOf) -> None:
    give_role(user=charlie, role=Role.ANALYST)
    assert not {"Reports", "Providers", "Administration"} & set(rows(client_of(alice)))
    assert {"Reports", "Experiments"} <= set(rows(client_of(charlie)))
    make_administrator(user=alice)
    assert {"Reports", "Inspect", "Providers", "Budgets", "Administration"} <= set(rows(client_of(alice)))
    assert {"Sign-ins by providers", "Background tasks"} <= set(rows(client_of(alice)))


def test_where_nothing_is_shared_it_names_no_shared_links(alice: User, client_of: ClientOf, settings: Settings) -> None:
    assert "Shared links" in rows(client_of(alice), "shared")
    settings.SHARING_ALLOWED = False
    assert rows(client_of(alice), "shared") == []


def test_the_palette_is_everybodys_own(client: Client, client_of: ClientOf, say: Say, charlie: User) -> None:
    say("a pool", title="The pool")
    assert rows(client_of(charlie), "pool") == []
    assert "The pool" not in rows(client_of(charlie))
    assert client_of(charlie).get("/search/palette/").headers["Location"] == "/search/"
    assert client.get("/search/palette/").headers["Location"].startswith("/accounts/login/")
