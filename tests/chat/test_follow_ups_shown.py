"""Suggested follow-ups on the page: who is shown them and where, over the socket and after a reload, and how they are
sent; what is exported of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import orjson
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.actions.preferences import set_preferences
from accounts.models import Preferences, User
from chat import events
from chat.actions.forks import fork_conversation
from chat.consumers import parse_hello
from chat.exports.document import conversation_json
from chat.feeds import read_missed
from chat.imports.convoscope import read
from chat.models import Message
from chat.runs.engine import Engine
from tests.support.answers import make_plain
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, next_object, signed_in
from tests.support.turns import begin_turn, until

ClientOf = Callable[[User], Client]
THREE = ["How <cold> may it get?", "Which cover is best?", "Make me a checklist"]
NOTHING = {"type": "hello", "version": 0, "last": None, "unfinished": {}}


@pytest.fixture
def answer(alice: User) -> Message:
    answer = make_plain(alice).message
    answer.metadata = {"follow_ups": THREE}
    answer.save()
    answer.conversation.active_leaf = answer
    answer.conversation.save()
    return answer


def rows(html: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'<button name="text" value="([^"]*)"', html)]


def page_of(client: Client, answer: Message) -> str:
    return str(client.get(f"/conversations/{answer.conversation_id}/").text)


def test_they_stand_under_the_last_answer(alice: User, answer: Message, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert rows(page_of(client, answer)) == THREE
    assert rows(client.get(f"/messages/{answer.id}/").text) == THREE
    # Without JavaScript the row sends itself.
    page = page_of(client, answer)
    form = page[page.index("<follow-ups") : page.index("</follow-ups>")]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    address = re.search(r'action="([^"]+)"', form)
    assert address is not None
    sent = client.post(address[1], fields | {"text": THREE[1]})
    assert sent.status_code == 302
    question = Message.objects.filter(role=Message.Role.USER).latest("id")
    assert (question.text, question.parent_id) == (THREE[1], answer.id)
    # Sent again it is the same turn, and with what followed they are over.
    client.post(address[1], fields | {"text": THREE[1]})
    assert Message.objects.filter(text=THREE[1]).count() == 1
    assert rows(page_of(client, answer)) == []


def test_who_switched_them_off_is_shown_none(
    alice: User, answer: Message, client_of: ClientOf, settings: Settings
) -> None:
    client = client_of(alice)
    set_preferences(user=alice, suggests_follow_ups=False)
    assert rows(page_of(client, answer)) == []
    set_preferences(user=alice, suggests_follow_ups=True)
    assert rows(page_of(client, answer)) == THREE
    settings.AUTO_FOLLOW_UPS = False
    assert rows(page_of(client, answer)) == []


@pytest.mark.parametrize("kept", [None, "text", 3, {"a": 1}, [None, 3, "a\nb", "x" * 121]])
def test_what_was_kept_otherwise_breaks_no_page(
    alice: User, answer: Message, client_of: ClientOf, kept: object
) -> None:
    answer.metadata = {"follow_ups": kept}
    answer.save()
    assert rows(page_of(client_of(alice), answer)) == []


def test_the_preferences_switch_both(alice: User, client_of: ClientOf, settings: Settings) -> None:
    client = client_of(alice)
    assert client.get("/preferences/").text.count(" checked") == 2
    client.post("/preferences/", {"default_model": "", "temperature": "", "asks_back": "on"})
    kept = Preferences.objects.get(user=alice)
    assert (kept.suggests_follow_ups, kept.asks_back) == (False, True)
    # What the site has switched off is no choice, and stays as it was chosen.
    settings.AUTO_FOLLOW_UPS = settings.ASK_BACK = False
    assert "asks_back" not in client.get("/preferences/").text
    client.post("/preferences/", {"default_model": "", "temperature": "", "suggests_follow_ups": "on"})
    kept.refresh_from_db()
    assert (kept.suggests_follow_ups, kept.asks_back) == (False, True)


def test_those_made_before_its_page_connected_are_brought_by_the_hello(alice: User, answer: Message) -> None:
    def rows_brought(**has: object) -> list[str]:
        said = {"type": "hello", "version": answer.conversation.version, "last": str(answer.id), "unfinished": {}}
        hello = parse_hello(orjson.dumps(said | {"follow_ups": False} | has))
        assert hello is not None
        return rows(read_missed(answer.conversation_id, hello).notice)

    assert rows_brought() == THREE
    assert rows_brought(version=0) == THREE
    assert rows_brought(follow_ups=True) == []
    assert rows_brought(last=None) == []
    # The state of an answer that ended meanwhile has them in it.
    assert rows_brought(unfinished={str(answer.id): [1, 0]}) == []
    set_preferences(user=alice, suggests_follow_ups=False)
    assert rows_brought() == []
    set_preferences(user=alice, suggests_follow_ups=True)
    Message.objects.filter(id=answer.id).update(hidden_at=timezone.now())
    assert rows_brought() == [], "they tell of what a moderator hid"


def test_they_are_of_this_place_alone(alice: User, answer: Message) -> None:
    document = orjson.loads(b"".join(conversation_json(answer.conversation, exported_at=answer.created_at)))
    assert all("follow_ups" not in message["metadata"] for message in document["messages"])
    document["messages"][-1]["metadata"]["follow_ups"] = THREE
    assert all("follow_ups" not in message.metadata for message in read(document).messages)
    fork = fork_conversation(message=answer, by=alice, has_branches=False)
    assert all("follow_ups" not in message.metadata for message in fork.messages.all())


async def test_they_come_over_the_socket(server: Server, engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    turn = await begin_turn(engine, alice)
    script.say("Done.")
    script.finish()
    await until(lambda: engine.is_idle)

    def suggest() -> None:
        answer = Message.objects.select_related("conversation").get(id=turn.answer.id)
        answer.metadata = {"follow_ups": THREE}
        answer.save()
        events.follow_ups_made(answer)

    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as connection:
        await connection.send_str('{"type":"ping"}')
        await next_object(connection)
        await engine.database.run(suggest)
        notice = await next_object(connection)
        page = await person.get(f"/conversations/{turn.conversation.id}/")
    assert notice["type"] == "notice"
    assert rows(notice["html"]) == rows(page) == THREE
    place = re.search(r'<follow-ups id="([^"]+)" aria-live="off" hx-swap-oob="true">', notice["html"])
    assert place is not None
    assert f'<follow-ups id="{place[1]}"' in page


@pytest.mark.parametrize("text", ["Hello?", "thanks"])
async def test_the_intent_is_kept_with_the_run_and_shown(
    server: Server, engine: Engine, alice: User, script: ScriptedAdapter, text: str
) -> None:
    turn = await begin_turn(engine, alice, text)
    script.say("Done.")
    script.finish()
    await until(lambda: engine.is_idle)
    said = {"Hello?": "Taken for a question by rules.", "thanks": "Taken for feedback by rules."}[text]
    async with signed_in(server, alice) as person:
        assert said in await person.get(f"/messages/{turn.answer.id}/inspect/")
