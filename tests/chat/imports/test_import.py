"""A file that a person brings: uploaded, looked through, imported or discarded, and nothing left behind."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.signals import post_save
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.actions import imports
from chat.actions.imports import confirm_import, lost_imports, purge_imports, request_import, work_on_import
from chat.exports.archive import write_archive
from chat.models import Conversation, ConversationImport, ImportedSource, Message
from chat.tasks import sweep_imports
from chat.tasks import work_on_import as work_task
from convoscope.background import limited_to
from convoscope.errors import ValidationFailed
from tests.chat.exports.test_document import AT
from tests.chat.imports.support import bring, exported, imported
from tests.support.answers import TEXT, make_conversation, make_plain

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


class BrokenStore(FileSystemStorage):
    def open(self, name: str, mode: str = "rb") -> Any:
        raise ZeroDivisionError


class KeepingStore(FileSystemStorage):
    def delete(self, name: str) -> None:
        raise PermissionError(name)


class Killed(BaseException):
    """Where a process would be gone."""


@pytest.fixture
def export(charlie: User) -> bytes:
    return exported(make_plain(charlie).message.conversation)


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def archive_of(owner: User) -> bytes:
    file = io.BytesIO()
    write_archive(file, owner, has_markdown=True, exported_at=AT, on_progress=lambda _done: None)
    return file.getvalue()


def test_the_way_of_a_file(alice: User, client_of: ClientOf, export: bytes) -> None:
    client = client_of(alice)
    upload = {"file": SimpleUploadedFile("mine.json", export)}
    assert client.post("/imports/", upload)["Location"] == "/imports/"
    [brought] = ConversationImport.objects.all()
    assert "every 2s" in client.get("/imports/", headers=HTMX).text
    assert work_on_import(brought.id) == {"looked_through": 1}
    page = client.get("/imports/").text
    for words in ("One conversation is new.", "Why our p99 doubled", "Convoscope: 1", "holds come along"):
        assert words in page
    assert not Conversation.objects.filter(owner=alice).exists()
    assert client.post(reverse("import_confirm", args=[brought.id]))["Location"] == "/imports/"
    assert work_on_import(brought.id) == {"imported": 1}
    assert "One conversation was imported." in client.get("/imports/").text
    conversation = Conversation.objects.get(owner=alice)
    assert TEXT in client.get(reverse("conversation_detail", args=[conversation.id])).text
    assert "Why our p99 doubled" in client.get("/search/", {"q": "queueing"}).text
    client.post(reverse("import_discard", args=[brought.id]))
    assert not ConversationImport.objects.exists()
    assert Conversation.objects.filter(owner=alice).exists()


def test_the_task_is_queued_at_the_commit(alice: User, export: bytes, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as queued:
        request_import(owner=alice, upload=SimpleUploadedFile("a.json", export))
    assert len(queued) == 1


def test_the_file_goes_with_the_end(
    alice: User, media: Path, export: bytes, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        brought = bring(alice, export)
        assert len(files(media)) == 1
        assert len(files(media)[0].name) >= 32
        confirm_import(brought=brought)
        work_on_import(brought.id)
    assert files(media) == []


@pytest.mark.django_db(transaction=True)
def test_a_storage_that_keeps_the_file_makes_no_failure_of_it(alice: User, export: bytes, settings: Settings) -> None:
    brought = bring(alice, export)
    confirm_import(brought=brought)
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{__name__}.KeepingStore"}}
    assert work_on_import(brought.id) == {"imported": 1}
    brought.refresh_from_db()
    assert (brought.status, brought.error) == ("ready", "")


def test_discarded_nothing_of_it_stays(
    alice: User, client_of: ClientOf, media: Path, export: bytes, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        brought = bring(alice, export)
        client_of(alice).post(reverse("import_discard", args=[brought.id]))
    assert (files(media), ConversationImport.objects.count()) == ([], 0)
    assert not Conversation.objects.filter(owner=alice).exists()


def test_an_archive_of_all_comes_back_whole_and_once(alice: User, charlie: User) -> None:
    for title in ("One", "Two"):
        make_plain(charlie, conversation=make_conversation(charlie, title))
    archive = archive_of(charlie)
    assert imported(alice, archive, "all.zip").report["new"] == 2
    again = imported(alice, archive, "all.zip").report
    assert (again["new"], again["known"], again["refused"]) == (0, 2, 0)
    assert sorted(Conversation.objects.filter(owner=alice).values_list("title", flat=True)) == ["One", "Two"]
    assert Message.objects.filter(conversation__owner=alice).count() == 4


def test_what_was_never_gone_isnt_imported(alice: User) -> None:
    make_plain(alice)
    report = imported(alice, archive_of(alice), "all.zip").report
    assert (report["new"], report["known"], Conversation.objects.count()) == (0, 1, 1)


def test_deleted_for_good_it_can_be_brought_back(alice: User, export: bytes) -> None:
    imported(alice, export)
    Conversation.objects.filter(owner=alice).update(trashed_at=timezone.now())
    assert bring_and_drop(alice, export)["known"] == 1
    Conversation.objects.filter(owner=alice).update(deleted_at=timezone.now())
    assert imported(alice, export).report["new"] == 1
    assert Conversation.objects.visible_to(alice).count() == 1


def bring_and_drop(owner: User, content: bytes) -> dict[str, int]:
    brought = bring(owner, content)
    report: dict[str, int] = brought.report
    brought.delete()
    return report


@pytest.mark.parametrize("stop", range(1, 4))
def test_killed_and_run_again_it_comes_to_the_same(alice: User, charlie: User, stop: int) -> None:
    for title in ("One", "Two", "Three"):
        make_plain(charlie, conversation=make_conversation(charlie, title))
    brought = bring(alice, archive_of(charlie), "all.zip")
    confirm_import(brought=brought)
    count = 0

    def dying(sender: object, created: bool, **kwargs: object) -> None:
        nonlocal count
        count += created
        if count == stop:
            raise Killed

    post_save.connect(dying, sender=ImportedSource)
    try:
        with pytest.raises(Killed):
            work_on_import(brought.id)
    finally:
        post_save.disconnect(dying, sender=ImportedSource)
    assert Conversation.objects.visible_to(alice).count() == ImportedSource.objects.count() == stop - 1
    long_ago = timezone.now() - timedelta(hours=1)
    ConversationImport.objects.update(alive_at=long_ago, created_at=long_ago)
    assert lost_imports() == [brought.id]
    assert work_on_import(brought.id) == {"imported": 1}
    brought.refresh_from_db()
    assert (brought.report["new"], brought.report["known"]) == (3, 0)
    assert Conversation.objects.visible_to(alice).count() == 3
    assert (Conversation.objects.filter(owner=alice).count(), ImportedSource.objects.count()) == (3, 3)
    assert lost_imports() == []


def test_when_its_time_is_up_it_is_gone_on_with(alice: User, charlie: User) -> None:
    for title in ("One", "Two"):
        make_plain(charlie, conversation=make_conversation(charlie, title))
    brought = bring(alice, archive_of(charlie), "all.zip")
    confirm_import(brought=brought)
    with limited_to(0):
        assert work_on_import(brought.id) == {"out_of_time": 1}
    assert Conversation.objects.filter(owner=alice).count() == 1
    ConversationImport.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert lost_imports() == [brought.id]
    assert work_on_import(brought.id) == {"imported": 1}
    brought.refresh_from_db()
    assert (brought.report["new"], Conversation.objects.filter(owner=alice).count()) == (2, 2)


def test_one_that_takes_too_long_to_look_through_is_refused(alice: User, export: bytes) -> None:
    brought = request_import(owner=alice, upload=SimpleUploadedFile("a.json", export))
    with limited_to(-1):
        assert work_on_import(brought.id) == {"refused": 1}
    brought.refresh_from_db()
    assert (brought.status, "Split it" in brought.error) == ("failed", True)


def test_who_is_at_work_is_left_alone(alice: User, export: bytes) -> None:
    brought = request_import(owner=alice, upload=SimpleUploadedFile("a.json", export))
    ConversationImport.objects.update(alive_at=timezone.now(), created_at=timezone.now() - timedelta(hours=1))
    assert (lost_imports(), work_on_import(brought.id)) == ([], {})


def test_it_isnt_tried_for_ever(alice: User, client_of: ClientOf, export: bytes) -> None:
    brought = request_import(owner=alice, upload=SimpleUploadedFile("a.json", export))
    ConversationImport.objects.update(attempt=imports.MAX_ATTEMPTS)
    assert work_on_import(brought.id) == {}
    assert "Not imported" in client_of(alice).get("/imports/").text


def test_a_file_that_is_gone_and_a_fault_of_ours_are_said(
    alice: User, client_of: ClientOf, export: bytes, settings: Settings
) -> None:
    brought = request_import(owner=alice, upload=SimpleUploadedFile("a.json", export))
    default_storage.delete(brought.file)
    work_task(str(brought.id))
    assert "couldn’t read" in client_of(alice).get("/imports/").text.replace("&#x27;", "’")
    brought = request_import(owner=alice, upload=SimpleUploadedFile("a.json", export))
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{__name__}.BrokenStore"}}
    work_task(str(brought.id))
    assert "on our side" in client_of(alice).get("/imports/").text


def test_one_at_a_time(alice: User, client_of: ClientOf, media: Path, export: bytes) -> None:
    bring(alice, export)
    with pytest.raises(ValidationFailed):
        request_import(owner=alice, upload=SimpleUploadedFile("a.json", export))
    answer = client_of(alice).post("/imports/", {"file": SimpleUploadedFile("a.json", export)})
    assert answer.status_code == 422
    assert "Import or discard it first" in answer.text
    assert len(files(media)) == 1


def test_too_large_empty_or_none(alice: User, client_of: ClientOf, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = 10
    for content, words in ((b"[{}, {}, {}]", "is larger than"), (b"", "is empty")):
        answer = client_of(alice).post("/imports/", {"file": SimpleUploadedFile("a.json", content)})
        assert (answer.status_code, words in answer.text) == (422, True)
    assert "Choose a file." in client_of(alice).post("/imports/", {}).text
    assert not ConversationImport.objects.exists()


def test_what_expired_is_deleted_with_its_file(
    alice: User, media: Path, export: bytes, django_capture_on_commit_callbacks: Any
) -> None:
    bring(alice, export)
    assert purge_imports() == 0
    ConversationImport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        sweep_imports()
    assert (ConversationImport.objects.count(), files(media)) == (0, [])


def test_only_the_owner_has_it(alice: User, charlie: User, client_of: ClientOf, export: bytes) -> None:
    brought = bring(alice, export)
    assert brought.name not in client_of(charlie).get("/imports/").text
    for name in ("import_confirm", "import_discard"):
        address = reverse(name, args=[brought.id])
        assert client_of(charlie).post(address).status_code == 404
        assert Client().post(address)["Location"].startswith("/accounts/login/")
    brought.refresh_from_db()
    assert brought.status == "previewed"
