"""The file of everything: asked for by one click, with every kind of row, and told by mail."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from zipfile import ZipFile

import orjson
import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry, User
from accounts.privacy.registry import Inside, Rows, tables
from chat.models import Attachment, Conversation, ConversationExport, Prompt
from chat.tasks import build_export
from tests.support.answers import make_conversation
from tests.support.belongings import FACT, PROMPT, TITLE
from tests.support.entrance import text_of
from tests.support.everything import ADDRESS, make_everything

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def archive_of(user: User) -> ZipFile:
    export = ConversationExport.objects.get(owner=user, format="everything")
    assert build_export(str(export.id)) == {"made": 1}
    export.refresh_from_db()
    with default_storage.open(export.file) as file:
        return ZipFile(io.BytesIO(file.read()))


def ask(client: Client, user: User) -> None:
    ConversationExport.objects.filter(owner=user).delete()
    page = client.post("/privacy/data/", headers=HTMX).text
    assert 'hx-trigger="every 2s"' in page


def test_every_kind_of_row_is_in_it(alice: User, root: User, client_of: ClientOf) -> None:
    make_everything(alice)
    ask(client_of(alice), alice)
    archive = archive_of(alice)
    names = set(archive.namelist())
    for table in tables():
        if isinstance(table.export, Inside):
            assert any(name.startswith(table.export.where) for name in names), table.model
        if not isinstance(table.export, Rows):
            continue
        rows = orjson.loads(archive.read(f"account/{table.export.file}.json"))
        told = list(csv.reader(io.StringIO(archive.read(f"account/{table.export.file}.csv").decode())))
        assert told[0] == list(table.export.columns)
        assert len(told) == len(rows) + 1
        assert rows, table.model
    [account] = orjson.loads(archive.read("account/account.json"))
    assert account["email"] == "alice@example.org"
    everything = b"".join(archive.read(name) for name in names).decode("utf-8", "replace")
    for words in (TITLE, FACT, PROMPT, ADDRESS):
        assert words in everything
    index = orjson.loads(archive.read("index.json"))
    assert len(index["conversations"]) == Conversation.objects.filter(owner=alice).count()
    # Secrets stay here.
    assert "argon2" not in everything
    assert "md5$" not in everything


def test_it_holds_nothing_of_others(alice: User, charlie: User, client_of: ClientOf) -> None:
    make_conversation(charlie, "Of Charlie")
    Prompt.objects.create(owner=charlie, name="c", title="c", text="Charlie's own")
    ask(client_of(alice), alice)
    archive = archive_of(alice)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode("utf-8", "replace")
    assert "harlie" not in everything


def test_a_waiting_file_and_the_trash_are_in_it(alice: User, client_of: ClientOf) -> None:
    make_conversation(alice, "Binned")
    Conversation.objects.update(trashed_at=timezone.now())
    file = default_storage.save(f"attachments/{alice.id}/x", ContentFile(b"waiting"))
    Attachment.objects.create(owner=alice, name="w.txt", kind="document", file=file, sha256="abc")
    ask(client_of(alice), alice)
    archive = archive_of(alice)
    assert archive.read("attachments/abc") == b"waiting"
    assert [one["title"] for one in orjson.loads(archive.read("index.json"))["conversations"]] == ["Binned"]


def test_a_formula_is_no_formula(alice: User, client_of: ClientOf) -> None:
    Prompt.objects.create(owner=alice, name="f", title="=1+1", text="+x")
    ask(client_of(alice), alice)
    archive = archive_of(alice)
    [_head, row] = csv.reader(io.StringIO(archive.read("account/prompts.csv").decode()))
    assert "'=1+1" in row
    assert orjson.loads(archive.read("account/prompts.json"))[0]["title"] == "=1+1"


def test_a_mail_says_where_it_is(alice: User, charlie: User, client_of: ClientOf, settings: Settings) -> None:
    settings.SENDS_MAIL = True
    client = client_of(alice)
    ask(client, alice)
    archive_of(alice)
    export = ConversationExport.objects.get()
    asked = AuditEntry.objects.get(action="data.requested")
    assert (asked.actor, asked.object_id) == (alice.pseudonym.id, str(export.id))
    path = reverse("export_download", args=[export.id])
    assert [one.to for one in mail.outbox] == [["alice@example.org"]]
    assert path in mail.outbox[0].body
    assert b"".join(client.get(path))[:2] == b"PK"
    assert client_of(charlie).get(path).status_code == 404
    page = client.get("/privacy/data/", headers=HTMX)
    assert "Ready" in text_of(page)
    assert "every 2s" not in page.text
    assert export.expires_at is not None
    assert export.finished_at is not None
    assert (export.expires_at - export.finished_at).days == 7


def test_the_usual_export_offers_it_not(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert "everything" not in client.get("/exports/").text.lower().split("<main")[1]
    assert client.post("/exports/", {"format": "everything"}).status_code == 422


@pytest.mark.parametrize("path", ["/privacy/", "/privacy/data/"])
def test_a_visitor_is_sent_to_sign_in(db: None, path: str) -> None:
    assert Client().get(path).headers["Location"].startswith("/accounts/login/")
