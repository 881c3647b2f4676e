"""No name that comes from outside leads to a file it doesn't name: in addresses, archives and uploads."""

from __future__ import annotations

import io
import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings as configured
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from chat.models import Attachment, Conversation
from tests.chat.attachments.support import stored_files
from tests.chat.imports.support import imported

UP = (
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "....//",
    "%252e%252e%252f",
    "..%c0%af",
    "..;/",
    "%00../",
)
PREFIXES = ("/static/", "/static/js/", "/bundles/0123456789ab/", "/media/", "/", "/attachments/", "/share/")
TARGETS = ("etc/passwd", "manage.py", "convoscope/settings/base.py", "var/secret_key", ".env", ".git/HEAD")
# What stands in those files, and on no page
INSIDE = (b"root:x:", b"DJANGO_SETTINGS_MODULE", b"INSTALLED_APPS", b"ref: refs/")
NAMES = (
    "../../../../etc/cron.d/evil",
    "..\\..\\evil.txt",
    "/etc/passwd",
    "C:\\evil.txt",
    "evil/../../evil.txt",
    "..",
    ".",
    "~/.ssh/authorized_keys",
    "evil\0.txt",
    "con",
)


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_no_address_leads_out_of_its_folder(alice: User, prefix: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    for up in UP:
        for times in (1, 3, 7):
            for target in TARGETS:
                path = f"{prefix}{up * times}{target}"
                answer = client.get(path)
                content = b"".join(answer)
                shown = [words for words in INSIDE if words in content]
                assert (path, shown, answer.status_code in (301, 302, 400, 404)) == (path, [], True)


def test_an_absolute_path_is_none_either(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    for path in ("/static//etc/passwd", "//etc/passwd", "/static/%2fetc/passwd", "/static/file:///etc/passwd"):
        assert client.get(path).status_code in (301, 404)


@pytest.mark.parametrize("name", NAMES)
def test_an_attachment_is_stored_under_a_name_of_ours(alice: User, name: str) -> None:
    client = Client()
    client.force_login(alice)
    upload = SimpleUploadedFile("a.txt", b"Hello")
    # What Django would clean if the name were given to it
    upload._name = name  # type: ignore[attr-defined]  # as a browser sends it
    answer = client.post("/attachments/", {"file": upload})
    assert answer.status_code in (201, 422)
    for kept in Attachment.objects.all():
        stored = Path(default_storage.path(kept.file)).resolve()
        assert stored.is_relative_to(Path(configured.MEDIA_ROOT).resolve() / "attachments")
        assert "evil" not in kept.file
        assert not {"/", "\\", "\0"} & set(kept.name)
        back = client.get(f"/attachments/{kept.id}/")
        assert b"".join(back) == b"Hello"
        assert ".." not in back.headers["Content-Disposition"].replace("...", "")


def test_names_in_an_archive_are_read_and_never_written(alice: User) -> None:
    said = {"uuid": "q", "sender": "human", "text": "Hello"}
    good = json.dumps([{"uuid": "a", "name": "Good", "chat_messages": [said]}])
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("../../../conversations.json", good)
        for name in NAMES:
            archive.writestr(name.replace("\0", "0"), b"evil")
        # A link to a file of the server's
        link = archive.getinfo("/etc/passwd") if "/etc/passwd" in archive.namelist() else None
        if link is not None:
            link.external_attr = 0o120777 << 16
    before, root = files_below(Path(configured.VAR_DIR)), Path(configured.MEDIA_ROOT)
    attached = stored_files()
    report = imported(alice, file.getvalue(), "../../export.zip").report
    assert (report["new"], Conversation.objects.get().title) == (1, "Good")
    written = {path for path in files_below(Path(configured.VAR_DIR)) - before if "sqlite3" not in path.name}
    assert [path for path in written if not path.is_relative_to(root)] == []
    assert [path for path in written if "evil" in path.name or "passwd" in path.name] == []
    assert not (root.parent / "conversations.json").exists()
    assert stored_files() == attached
