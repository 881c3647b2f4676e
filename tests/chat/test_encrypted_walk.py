"""Who talks to models for a while, on a site that encrypts content: providers, pages and files are given what was said,
and nothing that is stored says it."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat.actions.entities import extract_entities
from chat.actions.exports import build_export
from chat.actions.follow_ups import suggest_for
from chat.actions.imports import confirm_import, request_import, work_on_import
from chat.actions.summaries import summarise_conversation
from chat.actions.titles import title_conversation
from chat.actions.unread import FINAL
from chat.models import (
    Checkpoint,
    Conversation,
    ConversationEntities,
    ConversationExport,
    ConversationImport,
    Message,
    Run,
    Share,
)
from chat.runs.engine import Engine
from convoscope.encrypted_content import MARK
from convoscope.encrypted_fields import Encrypted, Locked
from convoscope.settings import env
from providers.cache.door import CacheDoor
from providers.configured import configured_endpoints
from providers.gateway import Gateway
from providers.models import Attempt
from tests.chat.attachments.support import attach
from tests.support.access import EXPECTED
from tests.support.everything import traces_of
from tests.support.policies import set_policy
from tests.support.server import Person, Server, signed_in
from tests.support.staged import newest_answer, running_engine
from tests.support.threads import in_thread
from tests.support.turns import until
from tests.support.vendors import Answer, Hang, Status, VendorServer
from tests.support.walk import ADDRESSES, make_site, pages_of_the_admin

ClientOf = Callable[[User], Client]
SECRET = "a secret, long enough to pass the check"
OTHER_MODEL = "anthropic/claude-sonnet-5-5"
EMAIL = "jo.smith@example.org"
# One for each thing that is said. In lower case, as the index of the search folds them.
ASKED, IN_FILE, ANSWERED, REASONED, AGAIN, CUT_OFF, GONE_ON, EDITED = (
    f"quillwort{name}" for name in ("ask", "file", "answer", "reason", "again", "cut", "on", "edit")
)
SUMMARY, NAMED, FOLLOWING, COMMENT, FORKED, IMPORTED, STREAMED, REFUSED = (
    f"quillwort{name}" for name in ("sum", "entity", "next", "comment", "fork", "import", "stream", "refused")
)
WORDS = [ASKED, IN_FILE, ANSWERED, REASONED, AGAIN, CUT_OFF, GONE_ON, EDITED, SUMMARY, NAMED, FOLLOWING, COMMENT]
WORDS += [FORKED, IMPORTED, STREAMED, REFUSED, EMAIL]
FOUND = {
    "topics": ["Settling"],
    "entities": [{"name": NAMED.title(), "type": "person", "attributes": {"wakes": NAMED}}],
    "relations": [],
}


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    settings.FIELD_ENCRYPTION_KEYS, settings.ENCRYPT_CONTENT = [SECRET], True
    return tmp_path


@pytest.fixture
async def vendors() -> AsyncGenerator[VendorServer, None]:
    async with VendorServer() as vendors:
        yield vendors


@pytest.fixture
async def engine(transactional_db: None, vendors: VendorServer, settings: Settings) -> AsyncGenerator[Engine, None]:
    """With the adapters of the vendors themselves, and a cache."""
    settings.LLM_MAX_RETRIES = 0
    settings.PROVIDERS = {
        "openai": env.Provider(api_key="k", base_url=f"{vendors.url}/v1", model="", timeout_s=30),
        "anthropic": env.Provider(api_key="k", base_url=vendors.url, model="", timeout_s=30),
    }
    engine = Engine(Gateway(await in_thread(configured_endpoints)))
    engine.gateway.cache = CacheDoor(engine.database.run)
    async with running_engine(engine):
        yield engine


@dataclass
class Walk:
    """A person who goes through the product. Whatever anybody is given on the way holds no ciphertext."""

    engine: Engine
    vendors: VendorServer
    person: Person

    async def get(self, path: str) -> str:
        page = await self.person.get(path)
        assert MARK not in page, path
        return page

    async def post(self, path: str, **fields: str) -> str:
        response = await self.person.post(path, htmx=True, **fields)
        said = await response.text()
        assert response.status < 400, (path, response.status, said)
        assert MARK not in said, path
        return said

    async def ended(self) -> Message:
        await asyncio.sleep(0)
        await until(lambda: self.engine.is_idle)
        return await self.engine.database.run(newest_answer)

    async def asked(self, path: str, answer: Answer, **fields: str) -> Message:
        """What comes of it, by a model that is asked once and answers so."""
        before = len(self.vendors.requests)
        self.vendors.will(answer)
        await self.post(path, **({"turn_key": str(uuid4())} | fields))
        ended = await self.ended()
        assert len(self.vendors.requests) == before + 1, ended.runs
        return ended

    async def done(self, answer: str, task: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """A task's work, whose model answers so."""
        before = len(self.vendors.requests)
        self.vendors.will(Answer(tokens=(answer,)))
        made = await in_thread(task, *given, **named)
        assert len(self.vendors.requests) == before + 1, task
        return made

    def assert_told(self, *words: str) -> None:
        """Of who was asked last."""
        told = json.dumps(self.vendors.requests[-1].body)
        assert [word for word in words if word not in told] == []
        assert EMAIL not in told

    async def of(self, question: Callable[[], Any]) -> Any:
        return await self.engine.database.run(question)


def assert_only_sealed() -> None:
    """What may be encrypted is so, once, and can be read where it stands; nothing else is."""
    for model in apps.get_models():
        sealed = {field.column for field in model._meta.local_fields if isinstance(field, Encrypted)}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608  # ours
            for row in cursor.fetchall():
                for column, value in zip([one[0] for one in cursor.description], row, strict=True):
                    stored = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    is_sealed = column in sealed and stored not in (b"", b"None", b"[]", b"{}")
                    assert (MARK.encode() in stored) is is_sealed, (model, column, stored[:80])
        for name in (field.name for field in model._meta.local_fields if isinstance(field, Encrypted)):
            for value in model._base_manager.values_list(name, flat=True):
                assert not isinstance(value, Locked), (model, name)
                assert MARK not in str(value), (model, name)


async def test_a_walk(
    server: Server,
    engine: Engine,
    vendors: VendorServer,
    alice: User,
    media: Path,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with signed_in(server, alice) as person:
        walk = Walk(engine, vendors, person)
        await walk.of(lambda: set_policy(masks=True))
        conversation_id = await _talk(walk, alice)
        await _background(walk, conversation_id, settings)
        await _branches(walk, conversation_id)
        await _given_out(walk, alice, conversation_id)
        await _faults(walk, conversation_id)
        await _pages(walk)
    told = json.dumps([one.body for one in vendors.requests])
    assert MARK not in told
    assert EMAIL not in told
    assert await walk.of(lambda: traces_of(WORDS, media)) == []
    assert [word for word in WORDS if word in caplog.text] == []
    await walk.of(assert_only_sealed)


async def _talk(walk: Walk, alice: User) -> UUID:
    """Several turns, with a file, a masked address, an answer that is cut off and goes on."""
    document = await in_thread(attach, alice, f"{IN_FILE} is awake at four.".encode())
    text = f"{'When do the settlements run? ' * 9}{ASKED} wants to know, write to {EMAIL}."
    answer = Answer(tokens=(f"{ANSWERED} says four, ", "[EMAIL_1]."))
    first = await walk.asked("/conversations/", answer, text=text, attachments=str(document.id))
    assert first.text == f"{ANSWERED} says four, {EMAIL}."
    walk.assert_told(ASKED, IN_FILE, "[EMAIL_1]")
    here = f"/conversations/{first.conversation_id}/"
    cut_off = Answer(tokens=(f"{CUT_OFF} and",), reasoning=(REASONED,), finish="length")
    cut = await walk.asked(f"{here}messages/", cut_off, text="And at five?", parent=str(first.id), model=OTHER_MODEL)
    walk.assert_told(ASKED, IN_FILE, ANSWERED)
    await walk.asked(f"/messages/{cut.id}/continue/", Answer(tokens=(f" {GONE_ON}",)))
    walk.assert_told(ASKED, ANSWERED, CUT_OFF)
    last = await walk.of(lambda: Message.objects.get(id=cut.id))
    assert (CUT_OFF in last.text, GONE_ON in last.text) == (True, True)
    page = await walk.get(here)
    assert [word for word in (ASKED, ANSWERED, CUT_OFF, GONE_ON) if word not in page] == []
    return first.conversation_id


async def _background(walk: Walk, conversation_id: UUID, settings: Settings) -> None:
    leaf = await walk.of(newest_answer)
    await walk.done("Settlements", title_conversation, conversation_id)
    walk.assert_told("settlements")
    await walk.done(f"They spoke of {SUMMARY}.", summarise_conversation, conversation_id, reach=FINAL)
    walk.assert_told(ASKED, IN_FILE, ANSWERED, GONE_ON)
    await walk.done(json.dumps(FOUND), extract_entities, conversation_id, reach=FINAL)
    walk.assert_told(ASKED, IN_FILE, ANSWERED, GONE_ON)
    await walk.done(f"What of {FOLLOWING}?", suggest_for, leaf.id)
    walk.assert_told(GONE_ON)
    page = await walk.get(f"/conversations/{conversation_id}/")
    assert FOLLOWING in page
    assert SUMMARY in await walk.get(f"/conversations/{conversation_id}/memory/")
    kept = await walk.of(lambda: ConversationEntities.objects.get(conversation=conversation_id))
    assert NAMED in str(kept.graph)
    # What is known goes with what is asked next, in the place of what was said.
    settings.MAX_CONVERSATION_HISTORY = 2
    answer = await walk.asked(
        f"/conversations/{conversation_id}/messages/",
        Answer(tokens=(f"{ANSWERED} once more.",)),
        text=f"Who is {NAMED.title()}?",
        parent=str(leaf.id),
    )
    walk.assert_told(SUMMARY, NAMED)
    # What is new is told with what was known.
    await walk.done(f"They still spoke of {SUMMARY}.", summarise_conversation, conversation_id, reach=FINAL)
    walk.assert_told(SUMMARY, f"{ANSWERED} once more.")
    await walk.done(json.dumps(FOUND), extract_entities, conversation_id, reach=FINAL)
    walk.assert_told(NAMED.title(), f"{ANSWERED} once more.")
    await walk.post(f"/messages/{answer.id}/feedback/", feedback="bad")
    await walk.post(f"/messages/{answer.id}/feedback/", comment=COMMENT)
    assert COMMENT in await walk.get(f"/messages/{answer.id}/feedback/")


async def _branches(walk: Walk, conversation_id: UUID) -> None:
    leaf = await walk.of(newest_answer)
    answer = await walk.asked(
        f"/conversations/{conversation_id}/messages/",
        Answer(tokens=(f"{ANSWERED} at last.",)),
        text=f"Is {NAMED.title()} awake?",
        parent=str(leaf.id),
    )
    await walk.asked(f"/messages/{answer.id}/retry/", Answer(tokens=(AGAIN,)), model=OTHER_MODEL)
    walk.assert_told(SUMMARY, NAMED)
    edit = await walk.get(f"/messages/{answer.parent_id}/edit/")
    assert NAMED.title() in edit
    edited = await walk.asked(f"/messages/{answer.parent_id}/edit/", Answer(tokens=(AGAIN,)), text=EDITED)
    walk.assert_told(EDITED, SUMMARY)
    await walk.post(f"/messages/{edited.id}/delete/")
    await walk.post(f"/messages/{edited.id}/restore/")
    await walk.post(f"/messages/{answer.id}/fork/", branches="on")
    fork = await walk.of(lambda: Conversation.objects.exclude(id=conversation_id).latest("created_at"))
    assert SUMMARY in fork.summary
    assert GONE_ON in await walk.get(f"/conversations/{fork.id}/")
    await walk.asked(
        f"/conversations/{fork.id}/messages/",
        Answer(tokens=(FORKED,)),
        text=f"And {NAMED.title()} here?",
        parent=str(fork.active_leaf_id),
    )
    walk.assert_told(NAMED, SUMMARY)


async def _given_out(walk: Walk, alice: User, conversation_id: UUID) -> None:
    here = f"/conversations/{conversation_id}/"
    await walk.post(f"{here}share/", expiry="never")
    share = await walk.of(lambda: Share.objects.get())
    assert ASKED in await walk.get(f"/share/{share.token}/")
    for file_format in ("markdown", "html"):
        assert ASKED in await walk.get(f"{here}export/{file_format}/")
    exported = await _fetched(walk, f"{here}export/json/")
    assert ASKED in _unpacked(exported)
    for form in ("json", "everything"):
        await walk.of(lambda form=form: ConversationExport.objects.create(owner=alice, format=form))  # type: ignore[misc]
        archive = await walk.of(lambda: ConversationExport.objects.latest("id"))
        await in_thread(build_export, archive.id)
        unpacked = _unpacked(await _fetched(walk, f"/exports/{archive.id}/"))
        assert [word for word in (ASKED, IN_FILE, ANSWERED, SUMMARY, NAMED, COMMENT) if word not in unpacked] == []
    await in_thread(_imported, alice, exported)
    brought = await walk.of(lambda: Conversation.objects.latest("id"))
    assert SUMMARY in brought.summary
    await walk.asked(
        f"/conversations/{brought.id}/messages/",
        Answer(tokens=(IMPORTED,)),
        text=f"And {NAMED.title()} there?",
        parent=str(brought.active_leaf_id),
    )
    walk.assert_told(NAMED, SUMMARY)
    # They are in clear as long as they lie there.
    await walk.of(lambda: [one.delete() for one in ConversationExport.objects.all()])


def _imported(owner: User, content: bytes) -> None:
    brought = request_import(owner=owner, upload=ContentFile(content, name="conversation.zip"))
    work_on_import(brought.id)
    confirm_import(brought=ConversationImport.objects.get(id=brought.id))
    work_on_import(brought.id)
    assert ConversationImport.objects.get(id=brought.id).status == "ready"


async def _fetched(walk: Walk, path: str) -> bytes:
    async with walk.person.http.get(f"http://{walk.person.server.address}{path}") as response:
        return await response.read()


def _unpacked(content: bytes) -> str:
    """What a file says, or all that are packed in it."""
    texts = [content]
    if content.startswith(b"PK"):
        archive = ZipFile(io.BytesIO(content))
        texts = [archive.read(name) for name in archive.namelist()]
    said = b"\n".join(texts).decode("utf-8", "replace")
    assert MARK not in said
    return said


async def _faults(walk: Walk, conversation_id: UUID) -> None:
    """A provider that quotes what it refuses, and an answer that somebody stops."""
    quoted = json.dumps({"error": {"message": f"Refused: {REFUSED}", "type": "invalid_request_error", "code": None}})
    path = f"/conversations/{conversation_id}/messages/"
    parent = await walk.of(lambda: str(Conversation.objects.get(id=conversation_id).active_leaf_id))
    refuses = Status(400, quoted.encode())
    # The model itself, then who stands in for it
    walk.vendors.will(refuses, refuses)
    await walk.post(path, turn_key=str(uuid4()), text=REFUSED, parent=parent)
    refused = await walk.ended()
    assert refused.status == "failed"
    assert "Refused: [text]" in await walk.of(lambda: "".join(Attempt.objects.values_list("error_detail", flat=True)))
    walk.vendors.will(Answer(tokens=(f"{STREAMED} ", "and on"), fault=Hang(after=1)))
    await walk.post(path, turn_key=str(uuid4()), text="Go on and on", parent=parent)
    async with asyncio.timeout(20):
        while not await walk.of(Checkpoint.objects.exists):
            await asyncio.sleep(0.01)
    run = await walk.of(lambda: Run.objects.unfinished().get())
    assert await walk.of(lambda: "".join(Checkpoint.objects.values_list("text_delta", flat=True))) in f"{STREAMED} "
    await walk.of(assert_only_sealed)
    await walk.get(f"/conversations/{conversation_id}/")
    await walk.post(f"/runs/{run.id}/stop/")
    walk.vendors.go_on()
    stopped = await walk.ended()
    assert stopped.status == "stopped"


async def _pages(walk: Walk) -> None:
    ids = await walk.of(lambda: list(Message.objects.values_list("id", "role")))
    for message_id, role in ids:
        for page in ("", "text/", "menu/") + (("inspect/", "reasoning/") if role == "assistant" else ("edit/",)):
            await walk.get(f"/messages/{message_id}/{page}")
    for run_id, calls in await walk.of(lambda: list(Attempt.objects.values_list("request_id", "call_number"))):
        await walk.get(f"/runs/{run_id}/inspect/")
        await walk.get(f"/runs/{run_id}/requests/{calls}/")
    for path in ("/", "/search/?q=settlements", "/search/palette/?q=settle", "/shares/", "/exports/", "/imports/"):
        await walk.get(path)


def test_no_address_gives_ciphertext(db: None, settings: Settings, client_of: ClientOf) -> None:
    settings.OWN_KEYS_ALLOWED = True
    settings.RATE_LIMIT_IP_REQUESTS = settings.RATE_LIMIT_REQUESTS = 100_000
    site = make_site(client_of)
    Conversation.objects.update(summary=SUMMARY)
    Message.objects.update(feedback_comment=COMMENT, metadata={"follow_ups": [FOLLOWING]})
    given = {}
    for address in ADDRESSES:
        line = EXPECTED[address.key]
        path = site.path(address, line)
        for name in line.who & {"owner", "moderator", "administrator", "visitor"} if "GET" in line.methods else ():
            for headers in ({}, {"HX-Request": "true"}):
                given[path, name, *headers] = b"".join(site.clients[name].get(path, headers=headers))
    given |= {(path, "administrator"): site.clients["administrator"].get(path).content for path in pages_of_the_admin()}
    assert [key for key, content in given.items() if MARK.encode() in content] == []
