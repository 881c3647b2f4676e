"""The trash: looked through, restored from, emptied for good after a question."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Message, Run
from tests.chat.organising.conftest import HTMX, ClientOf, assert_closed_to_others, make
from tests.support.turns import make_turn


def in_trash(owner: User, title: str) -> Conversation:
    return make(owner, title, trashed_at=timezone.now())


def test_the_trash_says_how_long_it_keeps(alice: User, client_of: ClientOf) -> None:
    empty = client_of(alice).get("/trash/").text
    assert empty.count("stay here for 30 days") == 1
    assert "The trash is empty." in empty
    in_trash(alice, "Of pools")
    page = client_of(alice).get("/trash/").text
    assert "stay here for 30 days" in page
    assert "Of pools" in page


def test_delete_for_good_asks_first(alice: User, client_of: ClientOf) -> None:
    chosen, other = in_trash(alice, "Of pools"), in_trash(alice, "Of queues")
    client = client_of(alice)
    form = {"act": "delete", "ids": [str(chosen.id)]}
    asked = client.post("/trash/", form, headers=HTMX)
    assert asked["HX-Retarget"] == "#dialog"
    assert "1 conversation will be deleted with all its messages." in asked.text
    assert Conversation.objects.filter(deleted_at=None).count() == 2
    done = client.post("/trash/", form | {"sure": "yes"}, headers=HTMX)
    assert done["HX-Trigger"] == "dialog-close"
    assert "1 conversation was deleted for good." in done.text
    assert client.get(f"/conversations/{chosen.id}/").status_code == 404
    assert client.post(f"/conversations/{chosen.id}/restore/").status_code == 404
    assert re.findall(r">(Of \w+)</a>", client.get("/trash/").text) == ["Of queues"]
    assert client.get(f"/conversations/{other.id}/").status_code == 200


def test_what_is_not_in_the_trash_is_not_deleted_for_good(
    alice: User, client_of: ClientOf, conversation: Conversation
) -> None:
    gone = in_trash(alice, "Of queues")
    form = {"act": "delete", "ids": [str(conversation.id), str(gone.id)], "sure": "yes"}
    assert "1 conversation was deleted for good." in client_of(alice).post("/trash/", form, headers=HTMX).text
    conversation.refresh_from_db()
    assert conversation.deleted_at is None


def test_emptying_says_how_many(alice: User, charlie: User, client_of: ClientOf) -> None:
    for number in range(3):
        in_trash(alice, f"Of pools {number}")
    in_trash(charlie, "Not hers")
    kept = make(alice, "Not in it")
    client = client_of(alice)
    assert "3 conversations will be deleted" in client.post("/trash/", {"act": "empty"}, headers=HTMX).text
    assert "3 conversations were deleted" in client.post("/trash/", {"act": "empty", "sure": "yes"}, headers=HTMX).text
    assert set(Conversation.objects.filter(deleted_at=None).values_list("title", flat=True)) == {
        "Not hers",
        kept.title,
    }


def test_it_works_without_htmx(alice: User, client_of: ClientOf) -> None:
    in_trash(alice, "Of pools")
    client = client_of(alice)
    asked = client.post("/trash/", {"act": "empty"})
    assert "<!doctype html>" in asked.text
    assert 'name="sure"' in asked.text
    assert client.post("/trash/", {"act": "empty", "sure": "yes"}).headers["Location"] == "/trash/"
    assert "1 conversation was deleted for good." in client.get("/trash/").text


def test_an_answer_that_is_being_written_is_stopped(alice: User, client_of: ClientOf) -> None:
    turn = make_turn(alice)
    client = client_of(alice)
    client.post(f"/conversations/{turn.conversation.id}/trash/")
    client.post("/trash/", {"act": "empty", "sure": "yes"})
    assert Run.objects.get().status == Run.Status.STOPPED
    assert Message.objects.get(id=turn.answer.id).status == Message.Status.STOPPED


def test_nothing_leads_to_what_was_deleted(alice: User, client_of: ClientOf) -> None:
    turn = make_turn(alice)
    Conversation.objects.update(trashed_at=timezone.now(), deleted_at=timezone.now())
    client = client_of(alice)
    for path in (
        f"/conversations/{turn.conversation.id}/menu/",
        f"/messages/{turn.question.id}/text/",
        f"/messages/{turn.answer.id}/inspect/",
        f"/runs/{turn.run.id}/inspect/",
    ):
        assert client.get(path).status_code == 404
    form = {"text": "More", "turn_key": str(turn.run.id)}
    assert client.post(f"/conversations/{turn.conversation.id}/messages/", form).status_code == 404


@pytest.mark.parametrize("path", ["/trash/", "/archive/", "/conversations/manage/"])
def test_what_is_not_yours_is_not_there(
    alice: User, charlie: User, client: Client, client_of: ClientOf, path: str
) -> None:
    thrown_away = in_trash(alice, "Of pools")
    form: dict[str, object] = {"act": "delete", "ids": [str(thrown_away.id)], "sure": "yes"}
    assert_closed_to_others(path, charlie=charlie, client_of=client_of, form=form)
    assert client.get(path).headers["Location"].startswith("/accounts/login/")
    thrown_away.refresh_from_db()
    assert thrown_away.deleted_at is None
