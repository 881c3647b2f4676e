"""Folders: made, renamed, filled, deleted without their conversations, and brought back with them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat.actions.labels import LABELS_MAX
from chat.actions.purging import FOLDER_KEPT, purge_folders
from chat.models import Conversation, Folder
from tests.chat.organising.conftest import HTMX, ClientOf, assert_closed_to_others, make


@pytest.fixture
def folder(alice: User) -> Folder:
    return Folder.objects.create(owner=alice, name="Work", key="work")


def open_at(folder: Folder) -> dict[str, str]:
    return HTMX | {"HX-Current-URL": f"http://testserver/folders/{folder.id}/"}


def test_a_folder_is_made_filled_and_opened(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    assert "dialog-title" in client.get("/folders/", headers=HTMX).text
    made = client.post("/folders/", {"name": "  Đồ   án "}, headers=HTMX)
    assert made["HX-Trigger"] == "dialog-close"
    folder = Folder.objects.get()
    assert (folder.name, folder.owner) == ("Đồ án", alice)
    assert f'href="/folders/{folder.id}/"' in client.get("/").text
    moved = client.post(f"/conversations/{conversation.id}/folder/", {"folder": folder.id, "name": ""}, headers=HTMX)
    assert moved["HX-Trigger"] == "dialog-close"
    assert f'href="/folders/{folder.id}/" dir="auto">Đồ án</a>' in moved.text
    make(alice, "Elsewhere")
    page = client.get(f"/folders/{folder.id}/", headers=HTMX).text
    assert "Of pools" in page
    assert "Elsewhere" not in page
    client.post(f"/conversations/{conversation.id}/folder/", {"folder": "", "name": ""})
    assert "Of pools" not in client.get(f"/folders/{folder.id}/", headers=HTMX).text


def test_a_new_folder_is_made_on_the_way(alice: User, client_of: ClientOf, conversation: Conversation) -> None:
    client = client_of(alice)
    address = f"/conversations/{conversation.id}/folder/"
    client.post(address, {"folder": "", "name": "New"})
    conversation.refresh_from_db()
    assert conversation.folder is not None
    assert conversation.folder.name == "New"
    refused = client.post(address, {"folder": "", "name": "NEW"}, headers=HTMX)
    assert refused.status_code == 422
    assert "You have a folder named “NEW” already." in refused.text
    assert 'value="NEW"' in refused.text


@pytest.mark.parametrize("taken", ["Work", " work", "WORK\t"])
def test_a_name_is_given_once_without_regard_to_case(
    alice: User, charlie: User, client_of: ClientOf, folder: Folder, taken: str
) -> None:
    refused = client_of(alice).post("/folders/", {"name": taken}, headers=HTMX)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    client_of(charlie).post("/folders/", {"name": taken})
    assert charlie.folders.count() == 1


@pytest.mark.parametrize(("one", "other"), [("Đồ án", "ĐỒ ÁN"), ("Straße", "STRASSE"), ("e\u0301te", "\u00c9TE")])
def test_case_is_that_of_every_script(alice: User, client_of: ClientOf, one: str, other: str) -> None:
    client = client_of(alice)
    client.post("/folders/", {"name": one})
    assert client.post("/folders/", {"name": other}).status_code == 422


@pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 101])
def test_a_name_that_cannot_be_is_refused(alice: User, client_of: ClientOf, folder: Folder, name: str) -> None:
    client = client_of(alice)
    assert client.post("/folders/", {"name": name}).status_code == 422
    assert client.post(f"/folders/{folder.id}/rename/", {"name": name}).status_code == 422
    assert client.post(f"/folders/{folder.id}/rename/", {"name": name}, headers=HTMX).status_code == 422
    folder.refresh_from_db()
    assert folder.name == "Work"


def test_there_is_an_end_to_folders(alice: User, client_of: ClientOf) -> None:
    names = [f"folder {number}" for number in range(LABELS_MAX)]
    Folder.objects.bulk_create(Folder(owner=alice, name=name, key=name) for name in names)
    refused = client_of(alice).post("/folders/", {"name": "One more"}, headers=HTMX)
    assert refused.status_code == 422
    assert "200 folders" in refused.text


def test_rename_in_place(alice: User, client_of: ClientOf, folder: Folder) -> None:
    client = client_of(alice)
    address = f"/folders/{folder.id}/rename/"
    assert address in client.get(f"/folders/{folder.id}/menu/", headers=HTMX).text
    assert 'value="Work"' in client.get(address, headers=HTMX).text
    assert "Work</span>" in client.get(f"{address}?cancel=1", headers=HTMX).text
    html = client.post(address, {"name": "Wörk"}, headers=HTMX).text
    assert "Wörk</span>" in html
    assert f"data-name-of='{folder.id}'" in html


def test_deleted_its_conversations_stay_and_undo_files_them_again(
    alice: User, client_of: ClientOf, conversation: Conversation, folder: Folder
) -> None:
    Conversation.objects.update(folder=folder)
    client = client_of(alice)
    html = client.post(f"/folders/{folder.id}/delete/", headers=HTMX).text
    assert f"/folders/{folder.id}/restore/" in html
    assert client.get(f"/folders/{folder.id}/").status_code == 404
    assert f"/folders/{folder.id}/" not in client.get(f"/conversations/{conversation.id}/").text
    assert "Work" not in client.get("/conversations/manage/").text
    client.post(f"/folders/{folder.id}/restore/", headers=HTMX)
    assert "Of pools" in client.get(f"/folders/{folder.id}/").text


def test_deleted_where_it_is_open_leads_to_a_new_conversation(alice: User, client_of: ClientOf, folder: Folder) -> None:
    response = client_of(alice).post(f"/folders/{folder.id}/delete/", headers=open_at(folder))
    assert (response["HX-Retarget"], response["HX-Push-Url"]) == ("#main", "/")
    assert "What are you working on?" in response.text


def test_its_name_can_be_taken_meanwhile(alice: User, client_of: ClientOf, folder: Folder) -> None:
    client = client_of(alice)
    client.post(f"/folders/{folder.id}/delete/")
    assert client.post("/folders/", {"name": "work"}).status_code == 302
    refused = client.post(f"/folders/{folder.id}/restore/", headers=HTMX)
    assert refused.status_code == 422
    assert "already" in refused.text


def test_its_place_can_be_taken_meanwhile(alice: User, client_of: ClientOf, folder: Folder) -> None:
    client = client_of(alice)
    client.post(f"/folders/{folder.id}/delete/")
    names = [f"folder {number}" for number in range(LABELS_MAX)]
    Folder.objects.bulk_create(Folder(owner=alice, name=name, key=name) for name in names)
    refused = client.post(f"/folders/{folder.id}/restore/", headers=HTMX)
    assert (refused.status_code, "200 folders" in refused.text) == (422, True)
    assert Folder.objects.visible_to(alice).count() == LABELS_MAX


def test_a_purge_removes_it_and_keeps_its_conversations(conversation: Conversation, folder: Folder) -> None:
    Conversation.objects.update(folder=folder)
    Folder.objects.update(deleted_at=timezone.now() - FOLDER_KEPT / 2)
    assert purge_folders() == 0
    Folder.objects.update(deleted_at=timezone.now() - 2 * FOLDER_KEPT)
    assert purge_folders() == 1
    conversation.refresh_from_db()
    assert conversation.folder is None


def test_all_of_it_works_without_htmx(
    alice: User, client_of: ClientOf, conversation: Conversation, folder: Folder
) -> None:
    client = client_of(alice)
    for path in ("/folders/", f"/folders/{folder.id}/menu/", f"/folders/{folder.id}/rename/", f"/folders/{folder.id}/"):
        assert "<!doctype html>" in client.get(path).text
    for path in (f"/conversations/{conversation.id}/menu/", f"/conversations/{conversation.id}/folder/"):
        assert "<!doctype html>" in client.get(path).text
    assert (
        client.post(f"/folders/{folder.id}/rename/", {"name": "Home"}).headers["Location"] == f"/folders/{folder.id}/"
    )
    assert client.post(f"/folders/{folder.id}/delete/").headers["Location"] == "/"
    assert client.post(f"/folders/{folder.id}/restore/").headers["Location"] == f"/folders/{folder.id}/"


def test_a_folder_of_anothers_takes_nothing_in(
    alice: User, charlie: User, client_of: ClientOf, conversation: Conversation
) -> None:
    his = Folder.objects.create(owner=charlie, name="His", key="his")
    client = client_of(alice)
    for folder_id, status in ((his.id, 404), (uuid4(), 404), ("nonsense", 422)):
        form = {"folder": folder_id, "name": ""}
        assert client.post(f"/conversations/{conversation.id}/folder/", form).status_code == status
    conversation.refresh_from_db()
    assert conversation.folder is None


@pytest.mark.parametrize("command", ["", "rename/", "delete/", "restore/"])
def test_what_is_not_yours_is_not_there(charlie: User, client_of: ClientOf, folder: Folder, command: str) -> None:
    form: dict[str, object] = {"name": "Mine", "act": "pin", "ids": [str(uuid4())]}
    assert_closed_to_others(f"/folders/{folder.id}/{command}", charlie=charlie, client_of=client_of, form=form)
    folder.refresh_from_db()
    assert (folder.name, folder.deleted_at) == ("Work", None)
