"""All conversations of a person in one file: asked for, made in the background, downloaded, deleted."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import orjson
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import Settings

from accounts.models import User
from chat.actions import exports
from chat.actions.exports import build_export, lost_exports, purge_exports, request_export
from chat.exports.archive import write_archive
from chat.models import Conversation, ConversationExport
from chat.tasks import build_export as build_task
from chat.tasks import sweep_exports
from tests.chat.exports.test_document import VALIDATOR
from tests.support.answers import make_conversation, make_plain

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
AT = datetime.fromisoformat("2026-11-28T12:30:00+00:00")


class FullDisk(FileSystemStorage):
    """Takes the beginning of a file, then has no room."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        super().save(name, ContentFile(content.read(10)))
        raise OSError(errno.ENOSPC, "No space left on device")


class Killed(BaseException):
    """Where a process would be gone."""


class DyingStore(FileSystemStorage):
    """The process is gone when half of the file is there."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        super().save(name, ContentFile(content.read(10)))
        raise Killed


class SlowStore(FileSystemStorage):
    """Another process takes the archive up while this one saves the file."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        ConversationExport.objects.update(attempt=7)
        return super().save(name, content)


class BrokenStore(FileSystemStorage):
    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        raise ZeroDivisionError


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def use(settings: Settings, store: str) -> None:
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{__name__}.{store}"}}


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def archive_of(export: ConversationExport) -> ZipFile:
    export.refresh_from_db()
    assert export.status == "ready", export.error
    with default_storage.open(export.file) as file:
        return ZipFile(io.BytesIO(file.read()))


def make_lost(export: ConversationExport, **fields: object) -> None:
    """Its process died a while ago."""
    long_ago = timezone.now() - timedelta(hours=1)
    given = {"status": "running", "attempt": 1, "alive_at": long_ago, "requested_at": long_ago} | fields
    ConversationExport.objects.filter(id=export.id).update(**given)


def test_the_way_of_an_archive(alice: User, client_of: ClientOf, media: Path) -> None:
    first = make_plain(alice).message.conversation
    second = make_conversation(alice, "../../etc/passwd")
    binned = make_conversation(alice, "Binned")
    Conversation.objects.filter(id=binned.id).update(trashed_at=timezone.now())
    client = client_of(alice)
    page = client.post("/exports/", {"format": "markdown"}, headers=HTMX).text
    assert 'hx-trigger="every 2s"' in page
    [export] = ConversationExport.objects.all()
    assert build_export(export.id) == {"made": 1}
    page = client.get("/exports/", headers=HTMX).text
    export = ConversationExport.objects.get()
    assert f'">{date_format(export.requested_at, "DATE_FORMAT")}</local-time>' in page
    assert "data-exact" not in page
    assert export.expires_at is not None
    assert f"Kept until {date_format(export.expires_at, 'DATE_FORMAT')}." in page
    assert "Ready" in page
    assert "every 2s" not in page
    answer = client.get(reverse("export_download", args=[export.id]))
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/zip", "nosniff")
    assert answer["Content-Disposition"].startswith('attachment; filename="convoscope-2')
    archive = ZipFile(io.BytesIO(b"".join(answer)))
    assert archive.testzip() is None
    index = orjson.loads(archive.read("index.json"))
    assert (index["format"], index["version"]) == ("convoscope.archive", 1)
    assert [one["id"] for one in index["conversations"]] == [str(first.id), str(second.id)]
    named = {name for one in index["conversations"] for name in (one["file"], one["markdown"])}
    assert named | {"index.json"} == set(archive.namelist())
    assert [name for name in named if ".." in name or name.count("/") != 1] == []
    for one in index["conversations"]:
        document = orjson.loads(archive.read(one["file"]))
        VALIDATOR.validate(document)
        assert document["conversation"]["title"] == one["title"]
    [file] = files(media)
    assert file.parent.name == str(alice.id)
    assert len(file.stem) >= 32


def test_the_task_is_queued_at_the_commit(
    alice: User, client_of: ClientOf, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as queued:
        assert client_of(alice).post("/exports/", {"format": "json"})["Location"] == "/exports/"
    assert len(queued) == 1


def test_one_at_a_time(alice: User, charlie: User) -> None:
    first = request_export(owner=alice, format="json")
    assert request_export(owner=alice, format="markdown") == first
    assert request_export(owner=charlie, format="json") != first
    build_export(first.id)
    assert request_export(owner=alice, format="json") != first


def test_older_ones_make_room(alice: User, media: Path, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(exports.KEPT_OF_A_PERSON + 2):
            build_export(request_export(owner=alice, format="json").id)
    assert ConversationExport.objects.count() == exports.KEPT_OF_A_PERSON == len(files(media))


def test_built_twice_it_is_made_once(alice: User, media: Path) -> None:
    export = request_export(owner=alice, format="json")
    assert build_export(export.id) == {"made": 1}
    assert build_export(export.id) == {}
    assert len(files(media)) == 1


@pytest.mark.parametrize("stop", range(6))
def test_killed_while_writing_and_begun_again_the_file_is_the_same(alice: User, stop: int) -> None:
    for title in ("One", "Two"):
        make_plain(alice, conversation=make_conversation(alice, title))

    def write(file: IO[bytes], limit: float) -> None:
        pieces = 0

        def count(_done: int) -> None:
            nonlocal pieces
            pieces += 1
            if pieces > limit:
                raise Killed

        write_archive(file, alice, has_markdown=True, exported_at=AT, on_progress=count)

    whole, cut, again = io.BytesIO(), io.BytesIO(), io.BytesIO()
    write(whole, float("inf"))
    with pytest.raises(Killed):
        write(cut, stop)
    write(again, float("inf"))
    assert again.getvalue() == whole.getvalue()
    assert len(cut.getvalue()) <= len(whole.getvalue()) * 2


def test_what_a_dead_process_left_is_taken_up(alice: User, media: Path, settings: Settings) -> None:
    make_plain(alice)
    export = request_export(owner=alice, format="json")
    use(settings, "DyingStore")
    with pytest.raises(Killed):
        build_export(export.id)
    assert len(files(media)) == 1
    assert lost_exports() == []
    make_lost(export)
    assert lost_exports() == [export.id]
    use(settings, "FileSystemStorage")
    assert build_export(export.id) == {"made": 1}
    assert archive_of(export).testzip() is None
    assert len(files(media)) == 1
    assert lost_exports() == []


def test_who_is_at_work_is_left_alone(alice: User) -> None:
    export = request_export(owner=alice, format="json")
    assert lost_exports() == []
    make_lost(export, alive_at=timezone.now())
    assert lost_exports() == []
    assert build_export(export.id) == {}


def test_who_lost_it_keeps_nothing(alice: User, media: Path, settings: Settings) -> None:
    use(settings, "SlowStore")
    export = request_export(owner=alice, format="json")
    assert build_export(export.id) == {"discarded_or_taken_up_elsewhere": 1}
    assert files(media) == []
    export.refresh_from_db()
    assert export.status == "running"


def test_it_isnt_tried_for_ever(alice: User, client_of: ClientOf) -> None:
    export = request_export(owner=alice, format="json")
    make_lost(export, attempt=exports.MAX_ATTEMPTS)
    assert build_export(export.id) == {}
    assert "Not made" in client_of(alice).get("/exports/").text
    assert request_export(owner=alice, format="json") != export


@pytest.mark.parametrize(("store", "words"), [("FullDisk", "disk may be full"), ("BrokenStore", "on our side")])
def test_a_store_that_fails_leaves_no_half_file(
    alice: User, client_of: ClientOf, media: Path, settings: Settings, store: str, words: str
) -> None:
    use(settings, store)
    export = request_export(owner=alice, format="json")
    build_task(str(export.id))
    export.refresh_from_db()
    assert export.status == "failed"
    assert words in client_of(alice).get("/exports/").text
    assert files(media) == []
    assert client_of(alice).get(reverse("export_download", args=[export.id])).status_code == 404


def test_what_expired_is_deleted_with_its_file(
    alice: User, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    export = request_export(owner=alice, format="json")
    build_export(export.id)
    assert purge_exports() == 0
    ConversationExport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        sweep_exports()
    assert (ConversationExport.objects.count(), files(media)) == (0, [])


def test_a_person_who_goes_takes_their_files_along(
    alice: User, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    build_export(request_export(owner=alice, format="json").id)
    with django_capture_on_commit_callbacks(execute=True):
        alice.delete()
    assert files(media) == []


def test_only_the_owner_has_it(alice: User, charlie: User, client_of: ClientOf) -> None:
    Conversation.objects.create(owner=charlie, title="Charlie's", active_at=timezone.now())
    make_conversation(alice)
    export = request_export(owner=alice, format="json")
    address = reverse("export_download", args=[export.id])
    assert client_of(alice).get(address).status_code == 404
    build_export(export.id)
    assert b"Charlie" not in archive_of(export).read("index.json")
    default_storage.delete(ConversationExport.objects.get().file)
    assert client_of(alice).get(address).status_code == 404
    assert client_of(charlie).get(address).status_code == 404
    assert client_of(alice).post("/exports/", {"format": "docx"}).status_code == 422
    assert Client().get(address)["Location"].startswith("/accounts/login/")
