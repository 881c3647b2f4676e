"""Rename, settings, delete and undo: over HTMX, as pages of their own, and for whoever may not."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation
from providers.models import UsageRecord
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
COMMANDS = ["rename", "settings", "resolve", "reopen", "trash", "restore"]


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return make_turn(alice, "How do pools work?").conversation


def open_page(conversation: Conversation) -> dict[str, str]:
    return {"HX-Current-URL": f"http://testserver/conversations/{conversation.id}/"}


def test_rename_in_the_sidebar(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    address = f"/conversations/{conversation.id}/rename/"
    assert 'value="How do pools work?"' in client.get(address, headers=HTMX).content.decode()
    html = client.post(address, {"title": " Pools <b> "}, headers=HTMX).content.decode()
    assert "Pools &lt;b&gt;</span>" in html
    assert "hx-swap-oob" not in html
    shown_again = client.get(f"{address}?cancel=1", headers=HTMX).content.decode()
    assert "Pools &lt;b&gt;</span>" in shown_again


def test_rename_of_the_open_conversation_changes_its_heading(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    html = client_of(alice).post(
        f"/conversations/{conversation.id}/rename/", {"title": "Pools"}, headers=HTMX | open_page(conversation)
    )
    assert "hx-swap-oob" in html.content.decode()
    assert 'aria-current="page"' in html.content.decode()


def test_rename_in_the_dialog(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    headers = HTMX | open_page(conversation) | {"HX-Target": "dialog"}
    address = f"/conversations/{conversation.id}/rename/"
    assert 'id="dialog-title"' in client.get(address, headers=headers).content.decode()
    refused = client.post(address, {"title": "  "}, headers=headers)
    assert refused.status_code == 422
    assert "Please enter a title" in refused.content.decode()
    done = client.post(address, {"title": "Pools"}, headers=headers)
    assert done["HX-Trigger"] == "dialog-close"
    conversation.refresh_from_db()
    assert conversation.title == "Pools"


def test_settings_are_kept_and_inherited_again(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    address = f"/conversations/{conversation.id}/settings/"
    own = {
        "model": "offline/convoscope-offline",
        "temperature": "1.5",
        "max_output_tokens": "300",
        "system_prompt": "Answer in verse.",
    }
    done = client.post(address, own, headers=HTMX)
    assert done["HX-Trigger"] == "dialog-close"
    conversation.refresh_from_db()
    assert conversation.settings == {
        "model": "offline/convoscope-offline",
        "temperature": 1.5,
        "max_output_tokens": 300,
        "system_prompt": "Answer in verse.",
    }
    assert "Answer in verse." in client.get(address, headers=HTMX).content.decode()
    client.post(address, dict.fromkeys(own, ""), headers=HTMX)
    conversation.refresh_from_db()
    assert conversation.settings == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", "2.1"),
        ("temperature", "-1"),
        ("temperature", "nan"),
        ("temperature", "warm"),
        ("max_output_tokens", "0"),
        ("max_output_tokens", "1.5"),
        ("model", "openai/not-here"),
        ("system_prompt", "x" * 20_001),
        ("system_prompt", "A rule and another. " * 500),
    ],
)
def test_settings_that_cannot_be_are_refused_beside_their_field(
    alice: User, client_of: ClientOf, conversation: Conversation, field: str, value: str
) -> None:
    refused = client_of(alice).post(f"/conversations/{conversation.id}/settings/", {field: value}, headers=HTMX)
    assert refused.status_code == 422
    assert 'class="field-error"' in refused.content.decode()
    conversation.refresh_from_db()
    assert conversation.settings == {}


def test_a_model_that_is_off_stays_chosen_until_another_is(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    conversation.settings = {"model": "openai/gpt-gone"}
    conversation.save()
    client = client_of(alice)
    address = f"/conversations/{conversation.id}/settings/"
    assert '<option value="openai/gpt-gone" selected>' in client.get(address, headers=HTMX).content.decode()
    assert client.post(address, {"model": "openai/gpt-gone"}, headers=HTMX).status_code == 200


def test_delete_of_the_open_conversation_leads_to_a_new_one(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    client = client_of(alice)
    address = f"/conversations/{conversation.id}"
    response = client.post(f"{address}/trash/", headers=HTMX | open_page(conversation))
    assert (response["HX-Retarget"], response["HX-Push-Url"]) == ("#main", "/")
    assert "What are you working on?" in response.content.decode()
    assert f"{address}/restore/" in response.content.decode()
    # What is written there begins a new conversation.
    assert 'action="/conversations/"' in response.content.decode()


def test_delete_elsewhere_and_undo(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    html = client.post(f"/conversations/{conversation.id}/trash/", headers=HTMX).content.decode()
    assert 'hx-swap-oob="delete"' in html
    assert "What are you working on?" not in html
    back = client.post(f"/conversations/{conversation.id}/restore/", headers=HTMX).content.decode()
    # Its place among the days is the reader's own, so the page fetches its list.
    assert 'id="sidebar-stale"' in back
    assert "How do pools work?" in client.get("/conversations/list/", headers=HTMX).text
    conversation.refresh_from_db()
    assert conversation.trashed_at is None


def test_a_conversation_is_resolved_and_reopened(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    address = f"/conversations/{conversation.id}"
    html = client.post(f"{address}/resolve/", headers=HTMX).text
    assert f'hx-post="{address}/reopen/"' in html
    assert "<span>Resolved</span>" in html
    conversation.refresh_from_db()
    first = conversation.resolved_at
    assert first is not None
    client.post(f"{address}/resolve/", headers=HTMX)
    conversation.refresh_from_db()
    assert conversation.resolved_at == first
    assert "<span>Resolved</span>" in client.get(f"{address}/").text
    html = client.post(f"{address}/reopen/", headers=HTMX).text
    assert f'hx-post="{address}/resolve/"' in html
    assert "Resolved" not in html
    conversation.refresh_from_db()
    assert conversation.resolved_at is None


def test_all_of_it_works_without_htmx(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    address = f"/conversations/{conversation.id}"
    for command in ("rename", "settings"):
        assert "<!doctype html>" in client.get(f"{address}/{command}/").content.decode()
    assert client.post(f"{address}/rename/", {"title": "Pools"}).headers["Location"] == f"{address}/"
    assert client.post(f"{address}/settings/", {"temperature": "0"}).headers["Location"] == f"{address}/"
    assert client.post(f"{address}/settings/", {"temperature": "9"}).status_code == 422
    assert client.post(f"{address}/resolve/").headers["Location"] == f"{address}/"
    assert client.post(f"{address}/reopen/").headers["Location"] == f"{address}/"
    assert client.post(f"{address}/trash/").headers["Location"] == "/"
    assert client.post(f"{address}/restore/").headers["Location"] == f"{address}/"
    assert "<!doctype html>" in client.get("/shortcuts/").content.decode()


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/shortcuts/", "Keyboard shortcuts"),
        ("/models/", "Choose the model"),
        ("/models/compare/", "Compare models"),
        ("/folders/", "New folder"),
        ("/conversations/{id}/rename/", "How do pools work?"),
        ("/conversations/{id}/folder/", "Move to folder"),
    ],
)
def test_a_dialog_on_a_page_of_its_own_names_the_page(
    alice: User, client_of: ClientOf, conversation: Conversation, address: str, title: str
) -> None:
    page = client_of(alice).get(address.format(id=conversation.id)).text
    assert f"<title>{title} · Convoscope</title>" in page


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_not_yours_is_not_there(
    charlie: User, client: Client, client_of: ClientOf, conversation: Conversation, command: str
) -> None:
    address = f"/conversations/{conversation.id}/{command}/"
    assert client_of(charlie).post(address, {"title": "Mine"}).status_code == 404
    assert client.post(address).headers["Location"].startswith("/accounts/login/")
    conversation.refresh_from_db()
    assert (conversation.title, conversation.trashed_at, conversation.resolved_at) == ("How do pools work?", None, None)


def test_text_of_a_message_is_for_copying(alice: User, charlie: User, client_of: ClientOf) -> None:
    question = make_turn(alice, "**Bold** <script>").question
    response = client_of(alice).get(f"/messages/{question.id}/text/")
    assert response.content.decode() == "**Bold** <script>"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert client_of(charlie).get(f"/messages/{question.id}/text/").status_code == 404


@pytest.mark.parametrize("text", ["What is 17 % of 2,340?", "<script>x</script>", "\x00\ud800", "x" * 100_000])
def test_a_link_can_fill_the_message_field(alice: User, client_of: ClientOf, text: str) -> None:
    response = client_of(alice).get("/", {"text": text.encode("utf-8", "replace").decode()})
    assert response.status_code == 200
    assert b"<script>x</script>" not in response.content


def test_the_settings_say_what_the_conversation_has_cost(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    """Its answers and its title: the sum of its lines in the ledger."""
    for number, cost_nanousd in enumerate((4_300_000, 200_000)):
        UsageRecord.objects.create(
            request_id=UUID(int=number),
            call_number=1,
            subject_id=conversation.id,
            feature="chat",
            endpoint="openai",
            model="gpt-4o",
            outcome="complete",
            cost_nanousd=cost_nanousd,
            created_at=timezone.now(),
        )
    page = client_of(alice).get(f"/conversations/{conversation.id}/settings/").text
    assert "This conversation has cost so far:" in page
    assert "$0.0045" in page
