"""Attaching a file: what is taken, what is refused and with which words, and whose it is."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from chat.actions.attachments import MAX_WAITING, purge_waiting
from chat.attachments.reading import READ_AT_ONCE, _turn
from chat.models import Attachment, Message
from chat.tasks import purge_deleted_messages
from tests.chat.attachments.files import docx, paragraph, pdf, picture
from tests.chat.attachments.support import FullDisk, send, stored_files
from tests.chat.attachments.support import attach as attached

ClientOf = Callable[[User], Client]
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

TAKEN = {
    "a.png": (picture("PNG"), "image", "image/png"),
    "a.jpg": (picture("JPEG"), "image", "image/jpeg"),
    "a.webp": (picture("WEBP"), "image", "image/webp"),
    "a.gif": (picture("GIF"), "image", "image/gif"),
    "a.pdf": (pdf("Hello there"), "document", "application/pdf"),
    "a.docx": (docx(paragraph("Hello there")), "document", WORD_TYPE),
    "a.md": (b"# Hello there", "document", "text/markdown"),
    "a.csv": (b"a,b\n1,2", "document", "text/csv"),
    "a.py": (b"print('Hello there')", "document", "text/plain"),
    # By its content, whatever it is called
    "picture.txt": (picture("PNG"), "image", "image/png"),
    "a.html": (b"<script>alert(1)</script>", "document", "text/plain"),
    "a.svg": (b"<svg onload='alert(1)'/>", "document", "text/plain"),
}
REFUSED = {
    "a program": (b"MZ\x90\x00\x03\x00", "“a.pdf” is a program, which can't be attached. What can: PNG, JPEG"),
    "nothing": (b"", "“a.pdf” is empty. Choose another file."),
    "a picture that was cut": (picture("PNG", (300, 200))[:-40], "is damaged or cut off"),
    "a scan": (pdf(""), "No text was found in “a.pdf”. If it was scanned, attach its pages as pictures"),
    "Latin letters": ("Ça va très bien.".encode("cp1252"), "can't be told for sure. Save it as UTF-8"),
    "too much": (b"x" * 3_001, "“a.pdf” has 2.9\xa0KB; the limit is 2.9\xa0KB a file."),
}


def upload(client: Client, content: bytes, name: str = "a.pdf", **fields: str) -> Any:
    return client.post("/attachments/", {"file": SimpleUploadedFile(name, content), **fields})


@pytest.mark.parametrize("name", TAKEN)
def test_each_kind_is_taken_for_what_it_is(alice: User, client_of: ClientOf, name: str) -> None:
    content, kind, media_type = TAKEN[name]
    client = client_of(alice)
    response = upload(client, content, name, conversation=str(uuid4()))
    assert response.status_code == 201, response.text
    kept = Attachment.objects.get()
    assert (kept.kind, kept.media_type, kept.size_bytes, kept.message) == (kind, media_type, len(content), None)
    assert f'name="attachments" value="{kept.id}"' in response.text
    assert bool(kept.text) == (kind == "document")
    assert ("<img" in response.text) == (kind == "image")
    fetched = client.get(f"/attachments/{kept.id}/")
    assert b"".join(fetched) == content


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why_and_what_to_do(
    alice: User, client_of: ClientOf, settings: Settings, name: str
) -> None:
    settings.MAX_UPLOAD_BYTES = 3_000
    content, words = REFUSED[name]
    response = upload(client_of(alice), content)
    assert response.status_code == 422
    assert words in response.text.replace("&#x27;", "'")
    assert (Attachment.objects.exists(), stored_files()) == (False, set())


def test_no_file_at_all_is_refused(alice: User, client_of: ClientOf) -> None:
    response = client_of(alice).post("/attachments/", {"file": "a text"})
    assert (response.status_code, "Choose a file" in response.text) == (422, True)


def test_a_file_that_takes_too_long_is_given_up(alice: User, client_of: ClientOf, settings: Settings) -> None:
    settings.ATTACHMENT_READ_SECONDS = 0.001
    response = upload(client_of(alice), b"hello")
    assert (response.status_code, "takes too long" in response.text) == (422, True)


def test_a_reader_that_falls_over_is_in_the_log(
    alice: User, client_of: ClientOf, settings: Settings, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Every file would be called damaged where it can't even start."""
    settings.BASE_DIR = tmp_path
    response = upload(client_of(alice), b"My secret plan", "plan.txt")
    assert (response.status_code, "is damaged" in response.text) == (422, True)
    [line] = [one.getMessage() for one in caplog.records if one.name == "chat.attachments.reading"]
    assert line == "the process that reads a file ended with 1: ModuleNotFoundError"


def test_uploads_are_limited_as_messages_are(alice: User, client_of: ClientOf, settings: Settings) -> None:
    settings.RATE_LIMIT_REQUESTS = 2
    client = client_of(alice)
    answers = [upload(client, b"hello", "a.txt") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[0]["X-RateLimit-Remaining"] == "1"
    assert "Retry-After" in answers[2]
    assert answers[2].text.startswith('<p class="error-text">')


def test_while_too_many_are_read_it_is_asked_for_again(alice: User, client_of: ClientOf, settings: Settings) -> None:
    settings.ATTACHMENT_WAIT_SECONDS = 0.0
    with ExitStack() as held:
        for _ in range(READ_AT_ONCE):
            held.enter_context(_turn("another", 60))
        response = upload(client_of(alice), b"hello", "a.txt")
    assert (response.status_code, "Try again in a moment" in response.text) == (503, True)


def test_a_full_disk_keeps_nothing_and_says_so(alice: User, client_of: ClientOf, settings: Settings) -> None:
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{FullDisk.__module__}.FullDisk"}}
    response = upload(client_of(alice), b"hello", "a.txt")
    assert (response.status_code, "its disk may be full" in response.text) == (503, True)
    assert (Attachment.objects.exists(), stored_files()) == (False, set())


def test_so_many_may_wait(alice: User, client_of: ClientOf) -> None:
    Attachment.objects.bulk_create(Attachment(owner=alice, name="a", kind="document") for _ in range(MAX_WAITING))
    response = upload(client_of(alice), b"hello")
    assert response.status_code == 422
    assert f"{MAX_WAITING} files that wait" in response.text


def test_the_file_is_saved_and_never_opened(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    kept = attached(alice, b"<script>alert(1)</script>", "böse \u202edoc.html")
    response = client.get(f"/attachments/{kept.id}/")
    assert b"".join(response) == b"<script>alert(1)</script>"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''b%C3%B6se%20doc.html"
    assert response["Content-Type"] == "text/plain"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"].startswith("private")
    assert client.get(f"/attachments/{kept.id}/thumbnail/").status_code == 404


def test_a_thumbnail_is_a_picture_of_ours(alice: User, client_of: ClientOf) -> None:
    kept = attached(alice, picture("JPEG"), "a.jpg")
    response = client_of(alice).get(f"/attachments/{kept.id}/thumbnail/")
    assert response["Content-Type"] == "image/webp"
    assert response["Content-Disposition"].startswith("inline")
    assert b"".join(response)[8:12] == b"WEBP"


def test_a_file_that_the_storage_lost_is_not_there(alice: User, client_of: ClientOf) -> None:
    kept = attached(alice)
    default_storage.delete(kept.file)
    assert client_of(alice).get(f"/attachments/{kept.id}/").status_code == 404


def test_removed_before_it_is_sent_it_is_gone(
    alice: User, client_of: ClientOf, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    kept = attached(alice, picture(), "a.png")
    assert len(stored_files()) == 3
    with django_capture_on_commit_callbacks(execute=True):
        response = client_of(alice).post(f"/attachments/{kept.id}/delete/", headers={"HX-Request": "true"})
    assert (response.status_code, response.content) == (200, b"")
    assert (Attachment.objects.exists(), stored_files()) == (False, set())


class Locked(FileSystemStorage):
    """Lets nothing be deleted."""

    def delete(self, name: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", name)


def test_a_file_that_the_storage_does_not_let_go_holds_up_nothing(
    alice: User,
    client_of: ClientOf,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{__name__}.Locked"}}
    kept, done = attached(alice), []
    with django_capture_on_commit_callbacks(execute=True):
        client_of(alice).post(f"/attachments/{kept.id}/delete/")
        transaction.on_commit(lambda: done.append("what comes after"))
    assert (Attachment.objects.exists(), len(done)) == (False, 1)


def test_what_was_sent_is_not_removed(alice: User, client_of: ClientOf) -> None:
    kept = attached(alice)
    send(alice, kept)
    response = client_of(alice).post(f"/attachments/{kept.id}/delete/", headers={"HX-Request": "true"})
    assert (response.status_code, Attachment.objects.count()) == (422, 1)


@pytest.mark.parametrize("path", ["", "thumbnail/"])
def test_what_is_another_persons_is_not_there(alice: User, charlie: User, client_of: ClientOf, path: str) -> None:
    kept = attached(alice, picture(), "a.png")
    assert client_of(charlie).get(f"/attachments/{kept.id}/{path}").status_code == 404
    assert client_of(charlie).post(f"/attachments/{kept.id}/delete/").status_code == 404
    response = Client().get(f"/attachments/{kept.id}/{path}")
    assert (response.status_code, Attachment.objects.count()) == (302, 1)


def test_a_deleted_messages_file_is_not_there(alice: User, client_of: ClientOf) -> None:
    kept = attached(alice)
    turn = send(alice, kept)
    Message.objects.filter(id=turn.question.id).update(deleted_at=timezone.now())
    assert client_of(alice).get(f"/attachments/{kept.id}/").status_code == 404


def test_what_waits_for_a_day_is_deleted(
    alice: User, media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    old, sent, new = (attached(alice, name=name) for name in ("old.txt", "sent.txt", "new.txt"))
    send(alice, sent)
    Attachment.objects.filter(id__in=[old.id, sent.id]).update(created_at=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        assert purge_deleted_messages() == {"messages_removed": 0, "files_removed": 1}
    assert purge_waiting() == 0
    left: set[UUID] = set(Attachment.objects.values_list("id", flat=True))
    assert (left, len(stored_files())) == ({sent.id, new.id}, 2)
