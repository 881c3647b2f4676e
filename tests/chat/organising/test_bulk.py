"""Several conversations at once: one statement a kind, all or nothing, with an undo for what goes out of sight."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.list_forms import ORGANISED_AT_ONCE
from chat.models import Conversation, Folder
from tests.chat.organising.conftest import HTMX, ClientOf, make

ALL = "/conversations/manage/"


@pytest.fixture
def three(alice: User) -> list[Conversation]:
    return [make(alice, f"Of pools {number}", hours_ago=number) for number in range(3)]


def ids_of(conversations: list[Conversation]) -> list[str]:
    return [str(one.id) for one in conversations]


def state(field: str) -> list[bool]:
    return [bool(value) for value in Conversation.objects.order_by("-active_at").values_list(field, flat=True)]


@pytest.mark.parametrize(
    ("act", "field", "opposite"),
    [("pin", "is_pinned", "unpin"), ("archive", "archived_at", "unarchive"), ("trash", "trashed_at", "restore")],
)
def test_what_is_done_to_several_is_done_to_no_other(
    alice: User, client_of: ClientOf, three: list[Conversation], act: str, field: str, opposite: str
) -> None:
    client = client_of(alice)
    html = client.post(ALL, {"act": act, "ids": ids_of(three[:2])}, headers=HTMX).text
    assert state(field) == [True, True, False]
    assert "2 conversations were" in html
    client.post(ALL, {"act": opposite, "ids": ids_of(three[:1])}, headers=HTMX)
    assert state(field) == [False, True, False]


def test_rows_that_leave_the_list_are_taken_from_the_page(
    alice: User, client_of: ClientOf, three: list[Conversation]
) -> None:
    client = client_of(alice)
    pinned = client.post(ALL, {"act": "pin", "ids": ids_of(three[:2])}, headers=HTMX).text
    assert pinned.count('class="shelf-row" hx-swap-oob="outerHTML"') == 2
    gone = client.post(ALL, {"act": "trash", "ids": ids_of(three[:2])}, headers=HTMX).text
    assert len(re.findall(r'<li id="c-[\w-]{22}-row" hx-swap-oob="delete"></li>', gone)) == 2


@pytest.mark.parametrize("act", ["archive", "trash"])
def test_undo_brings_all_of_them_back(alice: User, client_of: ClientOf, three: list[Conversation], act: str) -> None:
    client = client_of(alice)
    toast = client.post(ALL, {"act": act, "ids": ids_of(three)}, headers=HTMX).text
    fields = re.findall(r'<input type="hidden" name="(act|undo|ids)" value="([^"]*)">', toast)
    form = {name: [value for one, value in fields if one == name] for name in ("act", "undo", "ids")}
    back = client.post(ALL, form, headers=HTMX)
    assert back["HX-Retarget"] == "#shelf-rows"
    assert re.findall(r">(Of pools \d)</a>", back.text) == ["Of pools 0", "Of pools 1", "Of pools 2"]
    assert state("trashed_at") == state("archived_at") == [False, False, False]


def test_a_folder_is_asked_for_and_then_takes_them(alice: User, client_of: ClientOf, three: list[Conversation]) -> None:
    folder = Folder.objects.create(owner=alice, name="Work", key="work")
    client = client_of(alice)
    form: dict[str, object] = {"act": "folder", "ids": ids_of(three[:2])}
    asked = client.post(ALL, form, headers=HTMX)
    assert asked["HX-Retarget"] == "#dialog"
    assert asked.text.count('name="ids"') == 2
    assert client.post(ALL, form | {"folder": "", "name": "work"}, headers=HTMX).status_code == 422
    done = client.post(ALL, form | {"folder": str(folder.id), "name": ""}, headers=HTMX)
    assert done["HX-Trigger"] == "dialog-close"
    assert state("folder") == [True, True, False]
    # In the folder itself, what is moved out of it leaves the page.
    out = client.post(f"/folders/{folder.id}/", form | {"folder": "", "name": ""}, headers=HTMX).text
    assert out.count('-row" hx-swap-oob="delete"') == 2
    assert state("folder") == [False, False, False]


def test_a_tag_is_asked_for_and_added_once(alice: User, client_of: ClientOf, three: list[Conversation]) -> None:
    client = client_of(alice)
    form: dict[str, object] = {"act": "tag", "ids": ids_of(three[:2])}
    assert 'id="known-tags"' in client.post(ALL, form, headers=HTMX).text
    assert client.post(ALL, form | {"tag": " "}, headers=HTMX).status_code == 422
    for tag in ("urgent", "URGENT"):
        assert client.post(ALL, form | {"tag": tag}, headers=HTMX)["HX-Trigger"] == "dialog-close"
    assert Conversation.objects.filter(tags__name="urgent").count() == 2


def test_one_that_is_anothers_stops_all_of_it(
    alice: User, charlie: User, client_of: ClientOf, three: list[Conversation]
) -> None:
    his = make(charlie, "His")
    client = client_of(alice)
    for foreign in (str(his.id), str(uuid4())):
        for act in ("trash", "folder", "tag", "delete"):
            form = {"act": act, "ids": [*ids_of(three), foreign]}
            assert client.post(ALL, form, headers=HTMX).status_code == 404
    assert state("trashed_at") == [False] * 4


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"act": "pin"}, "Nothing was selected"),
        ({"act": "pin", "ids": ["nonsense"]}, "out of date"),
        ({"act": "pin", "ids": [str(uuid4()) for _ in range(ORGANISED_AT_ONCE + 1)]}, "at most 500"),
        ({"act": "pin", "ids": [str(uuid4())] * 3_000}, "at most 500"),
    ],
)
def test_what_cannot_be_done_is_said(alice: User, client_of: ClientOf, form: dict[str, object], said: str) -> None:
    refused = client_of(alice).post(ALL, form, headers=HTMX)
    assert refused.status_code == 422
    assert said in refused.text


@pytest.mark.parametrize("act", ["", "explode"])
def test_an_act_that_is_none_is_refused(alice: User, client_of: ClientOf, three: list[Conversation], act: str) -> None:
    assert client_of(alice).post(ALL, {"act": act, "ids": ids_of(three)}).status_code == 400


@pytest.mark.parametrize("act", ["pin", "archive", "trash", "tag"])
def test_500_take_as_many_statements_as_one(alice: User, client_of: ClientOf, act: str) -> None:
    moment = make(alice, "The first").active_at
    Conversation.objects.bulk_create(
        Conversation(owner=alice, title=f"Number {number}", active_at=moment) for number in range(ORGANISED_AT_ONCE)
    )
    ids = [str(one) for one in Conversation.objects.values_list("id", flat=True)]
    client = client_of(alice)
    client.get("/")

    def statements(chosen: list[str]) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.post(ALL, {"act": act, "ids": chosen, "tag": "urgent"}).status_code == 302
            return len(asked.captured_queries)

    statements(ids[ORGANISED_AT_ONCE:])
    for_one = statements(ids[ORGANISED_AT_ONCE:])
    # SQLite takes what is inserted in two parts.
    assert statements(ids[:ORGANISED_AT_ONCE]) <= for_one + 1


def test_it_works_without_htmx(alice: User, client_of: ClientOf, three: list[Conversation]) -> None:
    client = client_of(alice)
    page = client.get(ALL).text
    assert page.count('type="checkbox" name="ids"') == 3
    for act in ("folder", "tag"):
        asked = client.post(ALL, {"act": act, "ids": ids_of(three)})
        assert "<!doctype html>" in asked.text
        assert asked.text.count('name="ids"') == 3
    assert client.post(ALL, {"act": "archive", "ids": ids_of(three)}).headers["Location"] == ALL
    page = client.get(ALL).text
    assert "3 conversations were archived." in page
    assert "Your conversations stand here" in page


def test_visitors_are_sent_to_sign_in(client: Client, three: list[Conversation]) -> None:
    refused = client.post(ALL, {"act": "trash", "ids": ids_of(three)})
    assert refused.headers["Location"].startswith("/accounts/login/")
    assert state("trashed_at") == [False, False, False]
