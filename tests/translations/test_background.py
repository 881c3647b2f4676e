"""What is done without a request, for somebody, is done in their language: answers, archives, imports, mails."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import orjson
import pytest
from django.core import mail as mails
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat import events
from chat.actions.expiry_mail import send_expiry_mail
from chat.actions.exports import build_export, fail_export
from chat.actions.imports import work_on_import
from chat.models import ConversationExport, ConversationImport, Message
from chat.runs.engine import Engine
from providers.errors import AuthenticationFailed, RateLimited
from tests.chat.test_run_fallback import Scene
from tests.support.answers import make_conversation, make_plain
from tests.support.server import Server, next_object, signed_in
from tests.support.stage import Stage, says
from tests.support.staged import seams_of, staged_engine
from tests.support.threads import in_thread


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


class TestAnswers:
    @pytest.fixture
    def stage(self, settings: Settings) -> Stage:
        settings.LLM_MAX_RETRIES = 2
        return Stage()

    @pytest.fixture
    async def engine(self, transactional_db: None, stage: Stage, settings: Settings) -> AsyncGenerator[Engine, None]:
        async with staged_engine(stage, settings, ("openai", "anthropic")) as engine:
            yield engine

    async def test_what_happens_to_an_answer_is_told(
        self, server: Server, engine: Engine, chi: User, stage: Stage
    ) -> None:
        scene = Scene(server, engine, chi, stage)
        limited = RateLimited("", retry_after_s=0.4)
        refused = AuthenticationFailed("")
        told = await scene.ask(("openai", [limited]), ("openai", [refused]), ("anthropic", says("Xin ", "chào.")))
        assert "Openai đang giới hạn tần suất, thử lại sau 1 giây" in told.watched.lines
        words = "Đã chuyển sang Anthropic: Openai từ chối khóa của trang này"
        assert seams_of(told.watched.end) == [words]
        # Kept in their language, as it was told.
        assert [part["text"] for part in told.message.parts if part["type"] == "notice"] == [words]
        assert 'aria-label="Sao chép câu trả lời"' in told.watched.end

    async def test_what_a_page_missed_is_told(self, server: Server, engine: Engine, chi: User) -> None:
        run = await in_thread(make_plain, chi)
        hello = {"type": "hello", "version": -1, "last": None, "unfinished": {}}
        async with signed_in(server, chi) as person, person.socket(run.message.conversation_id) as connection:
            await connection.send_bytes(orjson.dumps(hello))
            pushed = "".join([(await next_object(connection))["html"] for _ in range(3)])
        assert 'aria-label="Sao chép câu hỏi"' in pushed
        assert 'aria-label="Sao chép câu trả lời"' in pushed

    async def test_what_is_suggested_is_pushed_in_the_language(self, server: Server, engine: Engine, chi: User) -> None:
        run = await in_thread(make_plain, chi)

        def suggest() -> None:
            answer = Message.objects.select_related("conversation").get(id=run.message_id)
            answer.metadata = {"follow_ups": ["Vì sao?"]}
            answer.save()
            events.follow_ups_made(answer)

        async with signed_in(server, chi) as person, person.socket(run.message.conversation_id) as connection:
            await connection.send_str('{"type":"ping"}')
            await next_object(connection)
            await engine.database.run(suggest)
            pushed = (await next_object(connection))["html"]
        assert 'aria-label="Gợi ý tiếp theo"' in pushed
        assert 'aria-label="Sửa trước khi gửi: Vì sao?"' in pushed

    async def test_a_download_is_in_the_language(self, server: Server, engine: Engine, chi: User) -> None:
        run = await in_thread(make_plain, chi)
        async with signed_in(server, chi) as person:
            page = await person.get(f"/conversations/{run.message.conversation_id}/export/html/")
        assert '<html lang="vi" dir="ltr">' in page
        assert "<h2>Bạn · " in page


def archived(owner: User) -> ConversationExport:
    make_plain(owner)
    return ConversationExport.objects.create(owner=owner, format="markdown")


def test_an_archive_is_in_the_language(chi: User) -> None:
    export = archived(chi)
    assert build_export(export.id) == {"made": 1}
    export.refresh_from_db()
    with default_storage.open(export.file) as file, ZipFile(io.BytesIO(file.read())) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".md")]
        text = archive.read(name).decode()
    assert "xuất ngày" in text
    assert "## Trợ lý" in text


def test_why_there_is_no_archive_is_told(chi: User) -> None:
    export = archived(chi)
    fail_export(export.id)
    export.refresh_from_db()
    assert export.error.startswith("Đã xảy ra lỗi ở phía chúng tôi")


def test_why_nothing_was_imported_is_told(chi: User) -> None:
    file = default_storage.save("imports/broken.json", ContentFile(b"no json"))
    brought = ConversationImport.objects.create(
        owner=chi, name="broken.json", size_bytes=7, file=file, expires_at=timezone.now() + timedelta(days=1)
    )
    assert work_on_import(brought.id) == {"refused": 1}
    brought.refresh_from_db()
    assert brought.error == "Tệp này không phải JSON."


def test_a_mail_of_what_expires_is_in_the_language(chi: User, settings: Settings) -> None:
    settings.SENDS_MAIL = True
    conversation = make_conversation(chi, "Kế hoạch")
    send_expiry_mail(chi.id, [conversation.id])
    [sent] = mails.outbox
    assert sent.subject == "Một số cuộc trò chuyện của bạn sắp mất tin nhắn"
    assert "Sau 14 ngày nữa" in str(sent.body)
