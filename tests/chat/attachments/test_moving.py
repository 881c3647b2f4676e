"""Conversations with files, exported, imported and shared."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from chat.actions.shares import revoke_share, share_conversation
from chat.attachments.names import clean_name
from chat.exports.archive import conversation_archive, write_archive
from chat.exports.markdown import conversation_markdown
from chat.exports.page import conversation_page
from chat.models import Attachment, Conversation, Message, Share
from convoscope.settings import env
from tests.chat.attachments.files import docx, paragraph, pdf, picture
from tests.chat.attachments.support import SIGHTED, answered, attach, send, stored_files
from tests.chat.exports.test_document import AT, VALIDATOR
from tests.chat.imports.support import imported

ClientOf = Callable[[User], Client]
PICTURE = picture("JPEG", (300, 200))
CONTENTS = {"a.jpg": PICTURE, "b.pdf": pdf("Hello there"), "c.docx": docx(paragraph("Hello")), "d.txt": b"Hello\r\n"}


@pytest.fixture(autouse=True)
def _a_model_that_sees(settings: Settings) -> None:
    settings.PROVIDERS = {"openai": env.Provider(api_key="sk", base_url="", model="scripted", timeout_s=30)}


def said(owner: User, contents: dict[str, bytes] | None = None) -> Conversation:
    files = [attach(owner, content, name) for name, content in (CONTENTS if contents is None else contents).items()]
    turn = send(owner, *files, model=SIGHTED)
    answered(turn)
    return Conversation.objects.get(id=turn.conversation.id)


def archive_of(conversation: Conversation) -> bytes:
    return b"".join(conversation_archive(conversation, exported_at=AT))


def facts_of(owner: User) -> list[tuple[Any, ...]]:
    rows = Attachment.objects.filter(owner=owner).in_order()
    facts = rows.values_list(
        "position", "name", "kind", "media_type", "size_bytes", "sha256", "text", "text_tokens", "width", "created_at"
    )
    return list(facts)


def contents_of(owner: User) -> list[bytes]:
    found = []
    for one in Attachment.objects.filter(owner=owner).in_order():
        with default_storage.open(one.file) as file:
            found.append(file.read())
    return found


def zipped(document: object, members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", orjson.dumps(document))
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_the_json_of_a_conversation_with_files_is_a_zip_with_their_bytes(alice: User, client_of: ClientOf) -> None:
    conversation = said(alice)
    assert "as a .zip" in client_of(alice).get(f"/conversations/{conversation.id}/export/").text
    response = client_of(alice).get(f"/conversations/{conversation.id}/export/json/")
    assert response["Content-Type"] == "application/zip"
    assert ".zip" in response["Content-Disposition"]
    with ZipFile(io.BytesIO(b"".join(response))) as archive:
        document = orjson.loads(archive.read(f"conversations/{conversation.id}.json"))
        VALIDATOR.validate(document)
        files = document["messages"][0]["attachments"]
        assert [one["name"] for one in files] == list(CONTENTS)
        assert [archive.read(one["file"]) for one in files] == list(CONTENTS.values())
        assert len(archive.namelist()) == 2 + len(CONTENTS)
    Attachment.objects.all().delete()
    plain = client_of(alice).get(f"/conversations/{conversation.id}/export/json/")
    assert plain["Content-Type"] == "application/json"


def test_everything_comes_back(alice: User, charlie: User) -> None:
    conversation = said(alice)
    before = archive_of(conversation)
    report = imported(charlie, before, "export.zip").report
    assert (report["new"], report["lines"]) == (1, [])
    assert facts_of(charlie) == facts_of(alice)
    assert contents_of(charlie) == list(CONTENTS.values())
    copy = Conversation.objects.get(owner=charlie)
    question = copy.messages.get(role="user")
    ids = [str(one.id) for one in question.attachments.order_by("position")]
    assert [part["id"] for part in question.parts if part["type"] == "attachment"] == ids
    assert len(stored_files()) == 2 * (len(CONTENTS) + 2)


def test_the_archive_of_all_has_each_content_once(alice: User, charlie: User) -> None:
    said(alice)
    said(alice, {"again.txt": CONTENTS["d.txt"]})
    out = io.BytesIO()
    write_archive(out, alice, has_markdown=True, exported_at=AT, on_progress=lambda _done: None)
    with ZipFile(out) as archive:
        assert len([name for name in archive.namelist() if name.startswith("attachments/")]) == len(CONTENTS)
    assert imported(charlie, out.getvalue(), "all.zip").report["new"] == 2
    assert Attachment.objects.filter(owner=charlie).count() == len(CONTENTS) + 1
    # What two messages have alike is stored once.
    assert len(set(Attachment.objects.filter(owner=charlie).values_list("file", flat=True))) == len(CONTENTS)


def test_json_alone_keeps_the_names_and_says_so(alice: User, charlie: User) -> None:
    conversation = said(alice, {"d.txt": b"Hello"})
    with ZipFile(io.BytesIO(archive_of(conversation))) as archive:
        document = archive.read(f"conversations/{conversation.id}.json")
    report = imported(charlie, document).report
    assert "1 file isn't in what you uploaded" in report["lines"][0]["what"]
    kept = Attachment.objects.get(owner=charlie)
    assert (kept.name, kept.size_bytes, kept.has_file) == ("d.txt", 5, False)


def test_a_file_that_the_storage_lost_leaves_its_name(alice: User, charlie: User) -> None:
    conversation = said(alice, {"d.txt": b"Hello"})
    default_storage.delete(Attachment.objects.get().file)
    assert imported(charlie, archive_of(conversation), "a.zip").report["new"] == 1
    assert not Attachment.objects.get(owner=charlie).has_file


def test_markdown_names_files_and_html_shows_images(alice: User) -> None:
    conversation = said(alice, {"a.jpg": PICTURE, "[x](y).txt": b"Hello"})
    markdown = b"".join(conversation_markdown(conversation, exported_at=AT)).decode()
    assert "- File: a.jpg\n- File: \\[x\\](y).txt\n\nWhen does it run?" in markdown
    html = b"".join(conversation_page(conversation, exported_at=AT)).decode()
    with default_storage.open(f"{Attachment.objects.get(name='a.jpg').file}.sent") as file:
        assert f'src="data:image/jpeg;base64,{b64encode(file.read()).decode()}"' in html
    assert '<p class="file" dir="auto">[x](y).txt</p>' in html


CHATGPT_PARTS = [{"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-Abc1"}, "What is it?"]
CHATGPT = {
    "title": "A picture",
    "conversation_id": "6b0f0d9c-0000-4000-8000-00000000000b",
    "mapping": {
        "q": {
            "message": {
                "author": {"role": "user"},
                "content": {"content_type": "multimodal_text", "parts": CHATGPT_PARTS},
                "metadata": {
                    "attachments": [
                        {"id": "file-Abc1", "name": "holiday.jpg", "mime_type": "image/jpeg"},
                        {"id": "file-Def2", "name": "plan.pdf", "mime_type": "application/pdf"},
                        {"id": "file-Ghi3", "name": "gone.pdf", "size": 7},
                    ]
                },
            }
        }
    },
}


def test_chatgpts_zip_brings_its_files(alice: User) -> None:
    content = zipped([CHATGPT], {"file-Abc1-holiday.jpg": PICTURE, "u/file-Def2-plan.pdf": pdf("Hi")})
    report = imported(alice, content, "chatgpt.zip").report
    assert [line["what"] for line in report["lines"]] == ["1 file isn't in what you uploaded; its name is kept."]
    rows = Attachment.objects.in_order().values_list("name", "kind", "text", "size_bytes")
    assert list(rows) == [
        ("holiday.jpg", "image", "", len(PICTURE)),
        ("plan.pdf", "document", "Hi", len(pdf("Hi"))),
        ("gone.pdf", "document", "", 7),
    ]
    message = Message.objects.get()
    assert [part["name"] for part in message.parts[:3]] == ["holiday.jpg", "plan.pdf", "gone.pdf"]


def test_what_is_in_a_zip_is_taken_within_the_same_limits(alice: User, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 5_000
    content = zipped(
        [CHATGPT],
        {"file-Abc1-holiday.jpg": b"MZ\x90\x00", "file-Def2-plan.pdf": bytes(10**6)},
    )
    said = " ".join(line["what"] for line in imported(alice, content, "chatgpt.zip").report["lines"])
    assert "is a program" in said
    assert "the limit is 4.9\xa0KB a file" in said
    assert not Attachment.objects.exclude(file="").exists()
    assert stored_files() == set()


def test_files_of_an_import_together_fill_no_disk(alice: User, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = 2_000
    content = zipped([CHATGPT], {"file-Abc1-a": b"a" * 3_500, "file-Def2-b": b"b" * 3_500})
    report = imported(alice, content, "chatgpt.zip").report
    assert [line for line in report["lines"] if "too large together" in line["what"]]
    assert len(stored_files()) == 1


def test_two_conversations_with_one_file_store_it_once(alice: User) -> None:
    other = CHATGPT | {"conversation_id": "6b0f0d9c-0000-4000-8000-00000000000c"}
    imported(alice, zipped([CHATGPT, other], {"file-Def2-plan.txt": b"The plan"}), "chatgpt.zip")
    rows = Attachment.objects.filter(name="plan.pdf").values_list("text", "message__conversation", "file")
    assert len(rows) == len({conversation for _text, conversation, _file in rows}) == 2
    assert len({(text, file) for text, _conversation, file in rows}) == len(stored_files()) == 1


def test_a_damaged_member_is_named_and_the_rest_is_imported(alice: User) -> None:
    content = zipped([CHATGPT], {"file-Def2-plan.txt": b"Hello there, " * 100})
    at = content.index(b"plan.txt") + len("plan.txt")
    report = imported(alice, content[:at] + bytes(8) + content[at + 8 :], "chatgpt.zip").report
    assert report["new"] == 1
    assert [line for line in report["lines"] if "can't be unpacked" in line["what"]]


def test_claude_has_the_text_of_documents_and_the_names_of_the_rest(alice: User) -> None:
    question = {
        "uuid": "q",
        "sender": "human",
        "text": "Look",
        "attachments": [{"file_name": "plan.pdf", "extracted_content": "The plan", "file_size": 99}],
        "files": [{"file_name": "holiday.png"}],
    }
    report = imported(alice, orjson.dumps([{"uuid": "c", "name": "A", "chat_messages": [question]}])).report
    assert len(report["lines"]) == 1
    rows = Attachment.objects.in_order().values_list("name", "kind", "text")
    assert list(rows) == [("plan.pdf.txt", "document", "The plan"), ("holiday.png", "image", "")]


def test_open_webui_has_pictures_whole(alice: User) -> None:
    url = f"data:image/jpeg;base64,{b64encode(PICTURE).decode()}"
    files = [
        {"type": "image", "url": url},
        {"type": "file", "name": "plan.pdf", "file": {"data": {"content": "The plan"}}},
        {"type": "image", "url": "data:image/png;base64,!!"},
    ]
    message = {"id": "q", "parentId": None, "role": "user", "content": "Look", "files": files}
    document = [{"id": "c", "title": "A", "chat": {"history": {"messages": {"q": message}, "currentId": "q"}}}]
    imported(alice, orjson.dumps(document))
    rows = Attachment.objects.in_order().values_list("name", "kind", "size_bytes")
    assert list(rows) == [
        ("image.jpeg", "image", len(PICTURE)),
        ("plan.pdf.txt", "document", 8),
        ("image.png", "image", 0),
    ]


def test_librechat_has_the_names(alice: User) -> None:
    files = [{"filename": "holiday.png", "type": "image/png", "bytes": 7}]
    message = {"messageId": "q", "isCreatedByUser": True, "text": "Look", "files": files}
    imported(alice, orjson.dumps({"conversationId": "c", "title": "A", "messages": [message]}))
    kept = Attachment.objects.get()
    assert (kept.name, kept.kind, kept.size_bytes, kept.has_file) == ("holiday.png", "image", 7, False)


class TestRandomFiles(TestCase):
    names = st.text(max_size=30)
    contents = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50).filter(str.strip)

    @how(max_examples=8)
    @given(files=st.lists(st.tuples(names, contents), min_size=1, max_size=3))
    def test_any_texts_come_back(self, files: list[tuple[str, str]]) -> None:
        owner, _made = User.objects.get_or_create(email="alice@example.org")
        other, _made = User.objects.get_or_create(email="charlie@example.org")
        turn = send(owner, *(attach(owner, text.encode(), f"{name}.txt") for name, text in files))
        answered(turn)
        conversation = Conversation.objects.get(id=turn.conversation.id)
        assert imported(other, archive_of(conversation), "a.zip").report["lines"] == []
        copy = Attachment.objects.filter(message__conversation__owner=other).order_by("-id")[: len(files)]
        assert [one.name for one in copy][::-1] == [clean_name(f"{name}.txt") for name, _text in files]
        assert contents_of(other)[-len(files) :] == [text.encode() for _name, text in files]


def test_a_link_shows_images_and_names_documents(
    alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    conversation = said(alice, {"a.jpg": picture("JPEG", exif=b"Exif\x00\x00"), "secret.txt": b"Not to be read"})
    share = share_conversation(conversation=conversation, expires_at=None)
    image = Attachment.objects.get(share=share)
    page = Client().get(f"/share/{share.token}/").text
    address = f"/share/{share.token}/images/{image.id}/"
    assert page.count(address) == 2
    assert "secret.txt" in page
    assert "Not to be read" not in page
    shown = Client().get(address)
    assert b"".join(shown).startswith(b"\xff\xd8\xff")
    assert (shown.status_code, shown["Content-Type"], shown["X-Content-Type-Options"]) == (200, "image/jpeg", "nosniff")
    original = Attachment.objects.get(message__isnull=False, kind="image")
    assert Client().get(f"/share/{share.token}/images/{original.id}/").status_code == 404
    assert Client().get(f"/share/{'x' * 32}/images/{image.id}/").status_code == 404
    Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(address).status_code == 404
    Share.objects.update(expires_at=None)
    # What is shown stays when its message goes, and goes with the link.
    with django_capture_on_commit_callbacks(execute=True):
        conversation.messages.all().delete()
    assert b"".join(Client().get(address))
    with django_capture_on_commit_callbacks(execute=True):
        revoke_share(share=share)
    assert Client().get(address).status_code == 404
    assert stored_files() == set()


def test_an_expired_link_shows_no_image(alice: User) -> None:
    conversation = said(alice, {"a.jpg": PICTURE})
    for expires_at, status in ((timezone.now() + timedelta(days=1), 200), (timezone.now(), 404)):
        share = share_conversation(conversation=conversation, expires_at=expires_at)
        address = f"/share/{share.token}/images/{share.attachments.get().id}/"
        shown = Client().get(address)
        assert (shown.status_code, b"".join(shown).startswith(b"\xff\xd8\xff")) == (status, status == 200)


def test_a_message_that_is_its_files_alone_is_shared(alice: User, media: Path) -> None:
    turn = send(alice, attach(alice, PICTURE, "a.jpg"), text="", model=SIGHTED)
    answered(turn)
    Message.objects.filter(id=turn.answer.id).update(finished_at=timezone.now())
    conversation = Conversation.objects.get(id=turn.conversation.id)
    share = share_conversation(conversation=conversation, expires_at=None)
    assert (share.message_count, share.snapshot[0]["files"][0]["name"]) == (2, "a.jpg")
