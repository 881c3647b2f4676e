"""Sorting reaches the owner's other pages: one event for any number; an open conversation says where it is kept."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from accounts.models import User
from chat.actions import labels, organising, purging
from chat.consumers import NOT_FOUND
from chat.models import Conversation
from chat.runs.engine import Engine
from tests.chat.organising.conftest import make
from tests.support.server import Server, next_object, signed_in
from tests.support.turns import begin_turn

NOTHING = {"type": "hello", "version": 0, "last": None, "unfinished": {}}


async def notices(connection: Any, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        message = await next_object(connection)
        if message["type"] == "notice":
            found.append(message["html"])
    return found


async def test_pages_fetch_their_list_and_show_how_theirs_is_kept(
    server: Server, engine: Engine, alice: User, charlie: User
) -> None:
    turn = await begin_turn(engine, alice)
    his = await begin_turn(engine, charlie)
    async with (
        signed_in(server, alice) as person,
        signed_in(server, charlie) as other,
        person.socket(turn.conversation.id) as page,
        other.socket(his.conversation.id) as elsewhere,
    ):
        for connection in (page, elsewhere):
            await connection.send_str('{"type":"ping"}')
            await next_object(connection)

        def organise() -> None:
            others = [make(alice, f"Number {number}").id for number in range(50)]
            organising.archive_conversations(owner=alice, ids=[turn.conversation.id, *others])

        await engine.database.run(organise)
        stale, kept = await notices(page, 2)
        assert 'hx-target="#sidebar-lists"' in stale
        assert "This conversation is archived." in kept
        assert f'hx-post="/conversations/{turn.conversation.id}/unarchive/"' in kept
        # One event for all of them, and one for a folder, which says nothing of the conversation.
        await engine.database.run(lambda: labels.create_folder(owner=alice, name="Work"))
        [again] = await notices(page, 1)
        assert again == stale
        await elsewhere.send_str('{"type":"ping"}')
        assert (await next_object(elsewhere))["type"] == "pong"


@pytest.mark.parametrize("is_all", [True, False])
async def test_the_page_of_what_is_deleted_for_good_closes(
    server: Server, engine: Engine, alice: User, is_all: bool
) -> None:
    turn = await begin_turn(engine, alice)

    def delete() -> None:
        ids = [turn.conversation.id]
        organising.trash_conversations(owner=alice, ids=ids)
        purging.delete_conversations(owner=alice, ids=None if is_all else ids)

    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as page:
        await page.send_bytes(orjson.dumps(NOTHING))
        await next_object(page)
        await engine.database.run(delete)
        while not isinstance(data := (await page.receive(timeout=5)).data, int):
            pass
        assert data == NOT_FOUND
        async with person.socket(turn.conversation.id) as again:
            assert (await again.receive(timeout=5)).data == NOT_FOUND


async def test_what_was_missed_comes_with_the_next_hello(server: Server, engine: Engine, alice: User) -> None:
    turn = await begin_turn(engine, alice)

    def organise() -> int:
        organising.pin_conversations(owner=alice, ids=[turn.conversation.id])
        tags = ["urgent"]
        organising.set_tags(conversation=Conversation.objects.get(), tags=[], new=tags)
        return Conversation.objects.get().version

    version = await engine.database.run(organise)
    async with signed_in(server, alice) as person:
        for known, is_told in ((version - 1, True), (version, False)):
            async with person.socket(turn.conversation.id) as page:
                await page.send_bytes(orjson.dumps(NOTHING | {"version": known, "last": str(turn.answer.id)}))
                first = await next_object(page)
                assert ("Unpin" in first["html"] and "urgent" in first["html"]) is is_told
