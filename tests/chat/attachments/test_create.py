"""Attaching a file: what is taken, what is refused and with which words, and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from chat.models import Attachment, Message
from tests.chat.attachments.files import docx, paragraph, pdf, picture

ClientOf = Callable[[User], Client]

TAKEN = {
    "a.png": (picture("PNG"), "image", "image/png"),
    "a.jpg": (picture("JPEG"), "image", "image/jpeg"),
    "a.webp": (picture("WEBP"), "image", "image/webp"),
    "a.gif": (picture("GIF"), "image", "image/gif"),
    "a.pdf": (pdf("Hello there"), "document", "application/pdf"),
    "a.docx": (
        docx(paragraph("Hello there")),
        "document",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "a.md": (b"# Hello there", "document", "text/markdown"),
    "a.csv": (b"a,b\n1,2", "document", "text/csv"),
    "a.py": (b"print('Hello there')", "document", "text/plain"),
    "a.html": (b"<script>alert(1)</script>", "document", "text/plain"),
}


def attach(client: Client, content: bytes, name: str) -> object:
    return client.post("/attachments/", {"file": SimpleUploadedFile(name, content)})


@pytest.mark.parametrize("name", TAKEN)
def test_each_kind_is_taken_for_what_it_is(alice: User, client_of: ClientOf, name: str) -> None:
    content, kind, media_type = TAKEN[name]
    client = client_of(alice)
    response = attach(client, content, name)
    assert response.status_code == 201, response.text
    kept = Attachment.objects.get()
    assert (kept.kind, kept.media_type, kept.size_bytes, kept.message) == (kind, media_type, len(content), None)
    assert f'name="attachments" value="{kept.id}"' in response.text
    fetched = client.get(f"/attachments/{kept.id}/")
    assert b"".join(fetched) == content


def test_what_is_attached_is_sent_with_the_message(alice: User, client_of: ClientOf, media: Path) -> None:
    client = client_of(alice)
    attach(client, b"The settlement runs at four.", "notes.txt")
    kept = Attachment.objects.get()
    fields = {"text": "When does it run?", "turn_key": str(uuid4()), "attachments": str(kept.id)}
    response = client.post("/conversations/", fields, headers={"HX-Request": "true"})
    assert response.status_code == 200, response.text
    assert "notes.txt" in response.text
    question = Message.objects.get(role="user")
    assert question.parts == [{"type": "attachment", "id": str(kept.id)}, {"type": "text", "text": fields["text"]}]
    kept.refresh_from_db()
    assert kept.message == question
    assert "notes.txt" in client.get(response["HX-Push-Url"]).text
