"""Locking, warning, suspending, who may decide about whom, and how each is taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import orjson
import pytest
from django.test import Client
from pytest_django import Settings

from accounts.actions.people import give_role
from accounts.models import AuditEntry, Role, User
from chat.actions.appeals import appeal, decide_appeal
from chat.actions.flags import NotTheirs, claim_flag, dismiss_flags, flag_message
from chat.actions.forks import fork_conversation
from chat.actions.moderation import (
    hide_message,
    lock_conversation,
    mark_reviewed,
    restore,
    suspend_user,
    warn_user,
)
from chat.actions.runs import continue_message, retry_message
from chat.actions.shares import share_conversation
from chat.models import Conversation, ConversationEntities, Flag, Message, ModerationAction, Run
from chat.runs.engine import Engine
from convoscope.errors import ConversationLocked, ValidationFailed
from tests.chat.moderation.conftest import ClientOf, make_moderator
from tests.support.answers import TEXT, make_plain
from tests.support.entrance import text_of
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, next_object, signed_in
from tests.support.turns import begin_turn, until

REASON = "It plans a theft."
HTMX = {"HX-Request": "true", "HX-Trigger": "composer"}


def turn_form(text: str = "Go on") -> dict[str, str]:
    return {"text": text, "turn_key": str(uuid4())}


# Locked


def test_nothing_is_added_to_a_locked_conversation(
    alice: User, moderator: User, answer: Message, client_of: ClientOf
) -> None:
    lock_conversation(conversation=answer.conversation, reason=REASON, by=moderator)
    client = client_of(alice)
    address = f"/conversations/{answer.conversation_id}/"
    refused = client.post(f"{address}messages/", turn_form(), headers=HTMX)
    assert refused.status_code == 422
    assert "locked this conversation" in refused.text
    assert REASON in refused.text
    assert refused["HX-Retarget"] == "#composer-error"
    page = client.post(f"{address}messages/", turn_form("All that I typed"))
    assert "All that I typed" in page.text
    assert REASON in client.post(f"/messages/{answer.parent_id}/edit/", turn_form("Otherwise")).text
    assert "Otherwise" in client.post(f"/messages/{answer.parent_id}/edit/", turn_form("Otherwise")).text
    for add in (
        partial(retry_message, message=answer, by=alice),
        partial(continue_message, message=answer, by=alice),
        partial(fork_conversation, message=answer, by=alice, has_branches=False),
        partial(share_conversation, conversation=answer.conversation, expires_at=None),
    ):
        answer.refresh_from_db()
        with pytest.raises(ConversationLocked, match="theft"):
            add()
    assert answer.conversation.messages.count() == 2


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("rename/", {"title": "Otherwise"}),
        ("settings/", {"temperature": "0.5"}),
        ("model/", {"model": "offline/offline"}),
        ("memory/", {"memory": "buffer", "summary": "Otherwise"}),
        ("topics/", {"topics": "otherwise"}),
        ("entities/", {"name": "Otherwise", "type": "person"}),
    ],
)
def test_nor_is_its_title_settings_or_memory_changed(
    alice: User, moderator: User, answer: Message, client_of: ClientOf, path: str, form: dict[str, str]
) -> None:
    lock_conversation(conversation=answer.conversation, reason=REASON, by=moderator)
    before = Conversation.objects.values().get()
    page = client_of(alice).post(f"/conversations/{answer.conversation_id}/{path}", form)
    assert page.status_code in (422, 200)
    assert "locked this conversation" in page.text
    assert REASON in page.text
    assert Conversation.objects.values().get() == before
    assert not ConversationEntities.objects.exclude(graph={}).exists()


def test_an_entity_of_it_is_not_taken_away(alice: User, moderator: User, answer: Message, client_of: ClientOf) -> None:
    client, address = client_of(alice), f"/conversations/{answer.conversation_id}/entities/"
    assert client.post(address, {"name": "Ada", "type": "person"}).status_code == 302
    lock_conversation(conversation=answer.conversation, reason=REASON, by=moderator)
    graph = ConversationEntities.objects.get().graph
    [entity] = graph["entities"]
    refused = client.post(f"{address}{entity['id']}/remove/")
    assert REASON in refused.text
    assert ConversationEntities.objects.get().graph == graph


def test_it_is_read_and_exported(alice: User, moderator: User, answer: Message, client_of: ClientOf) -> None:
    lock_conversation(conversation=answer.conversation, reason=REASON, by=moderator)
    client = client_of(alice)
    page = client.get(f"/conversations/{answer.conversation_id}/").text
    assert TEXT in page
    assert "you can read and export it" in page
    assert REASON in page
    exported = client.get(f"/conversations/{answer.conversation_id}/export/markdown/")
    assert TEXT in b"".join(exported).decode()


def test_its_links_are_closed_until_it_is_unlocked(
    alice: User, moderator: User, answer: Message, client: Client
) -> None:
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    action = lock_conversation(conversation=answer.conversation, reason=REASON, by=moderator)
    assert client.get(f"/share/{share.token}/").status_code == 404
    restore(action=action, reason="It was a play.", by=moderator)
    assert client.get(f"/share/{share.token}/").status_code == 200
    assert retry_message(message=answer, by=alice).parent == answer.parent


def test_what_is_being_written_stops_with_its_text(alice: User, moderator: User) -> None:
    run = make_plain(alice, took_ms=None)
    lock_conversation(conversation=run.message.conversation, reason=REASON, by=moderator)
    run.refresh_from_db()
    assert run.status == Run.Status.STOPPED
    assert Message.objects.get(id=run.message_id).text.startswith(TEXT)


def test_it_stops_also_where_the_moderators_process_died_meanwhile(
    alice: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_plain(alice, took_ms=None)
    monkeypatch.setattr("chat.actions.moderation.stop_run", lambda **_run: None)
    lock_conversation(conversation=run.message.conversation, reason=REASON, by=moderator)
    run.refresh_from_db()
    assert run.stop_requested_at is not None


# Warned


def test_a_warning_stands_on_every_page_until_it_is_acknowledged(
    alice: User, moderator: User, answer: Message, client_of: ClientOf
) -> None:
    warn_user(conversation=answer.conversation, reason=REASON, by=moderator)
    client = client_of(alice)
    for path in ("/", f"/conversations/{answer.conversation_id}/", "/preferences/"):
        assert "A moderator has warned you:" in client.get(path).text
    [warning] = ModerationAction.objects.all()
    assert client.post(f"/decisions/{warning.id}/acknowledge/").status_code == 302
    assert "A moderator has warned you:" not in client.get("/").text
    assert REASON in client.get("/decisions/").text
    assert AuditEntry.objects.filter(action="moderation.acknowledged").count() == 1


def test_who_acknowledges_one_is_shown_the_others(
    alice: User, moderator: User, answer: Message, client_of: ClientOf
) -> None:
    """Of those that came since the page was made, nothing was read."""
    first = warn_user(conversation=answer.conversation, reason=REASON, by=moderator)
    client = client_of(alice)
    assert f"/decisions/{first.id}/acknowledge/" in client.get("/").text
    second = warn_user(conversation=answer.conversation, reason="It insults.", by=moderator)
    client.post(f"/decisions/{first.id}/acknowledge/")
    assert "It insults." in client.get("/").text
    assert client_of(moderator).post(f"/decisions/{second.id}/acknowledge/").status_code == 404
    client.post(f"/decisions/{second.id}/acknowledge/")
    assert "A moderator has warned you:" not in client.get("/").text
    assert AuditEntry.objects.filter(action="moderation.acknowledged").count() == 2


def test_a_warning_that_is_taken_back_stands_nowhere(
    alice: User, moderator: User, answer: Message, client_of: ClientOf
) -> None:
    first = warn_user(conversation=answer.conversation, reason=REASON, by=moderator)
    second = warn_user(conversation=answer.conversation, reason="It insults.", by=moderator)
    client = client_of(alice)
    assert "It insults." in client.get("/").text
    restore(action=second, reason="It didn't.", by=moderator)
    assert REASON in client.get("/").text
    restore(action=first, reason="It was a play.", by=moderator)
    assert "A moderator has warned you:" not in client.get("/").text


# Suspended


def test_a_suspended_person_is_out_and_told_why_at_the_door(
    alice: User, moderator: User, answer: Message, client_of: ClientOf, settings: Settings
) -> None:
    settings.ADMIN_EMAIL = "root@example.org"
    client = client_of(alice)
    assert client.get("/").status_code == 200
    action = suspend_user(conversation=answer.conversation, reason=REASON, by=moderator)
    assert client.get("/").status_code == 302
    door = Client()
    form = {"login": alice.email, "password": "a long enough password"}
    page = text_of(door.post("/accounts/login/", form, follow=True))
    assert "This account is suspended" in page
    assert REASON in page
    assert "write to root@example.org" in page
    # Who doesn't know the password learns nothing.
    assert REASON not in text_of(Client().get("/accounts/inactive/"))
    restore(action=action, reason="It was a play.", by=moderator)
    assert client_of(User.objects.get(id=alice.id)).get("/").status_code == 200
    alice.refresh_from_db()
    assert (alice.is_active, alice.suspension_reason) == (True, "")


async def test_who_is_suspended_while_an_answer_streams_loses_the_stream_and_keeps_the_text(
    server: Server, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    moderator = await engine.database.run(make_moderator)
    turn = await begin_turn(engine, alice)
    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as connection:
        await connection.send_bytes(orjson.dumps({"type": "hello", "version": 0, "last": None, "unfinished": {}}))
        await next_object(connection)
        script.say("Words that were written. ")
        await until(lambda: any(live.text for live in engine.hub.runs()))
        await engine.database.run(partial(suspend_user, conversation=turn.conversation, reason=REASON, by=moderator))
        while (message := await connection.receive(timeout=20)).data != 4403:
            assert isinstance(message.data, str)
    await until(lambda: not list(engine.hub.runs()))
    kept = await engine.database.run(Message.objects.get, id=turn.answer.id)
    assert kept.status == Message.Status.STOPPED
    assert kept.text.strip() == "Words that were written."


def test_a_restored_suspension_lifts_no_newer_one(alice: User, moderator: User, answer: Message) -> None:
    first = suspend_user(conversation=answer.conversation, reason=REASON, by=moderator)
    # An administrator lets her in.
    User.objects.filter(id=alice.id).update(is_active=True)
    second = suspend_user(conversation=answer.conversation, reason="It insults.", by=moderator)
    restore(action=first, reason="It was a play.", by=moderator)
    alice.refresh_from_db()
    assert (alice.is_active, alice.suspension_reason) == (False, "It insults.")
    restore(action=second, reason="It didn't.", by=moderator)
    alice.refresh_from_db()
    assert (alice.is_active, alice.suspension_reason) == (True, "")


# Who may


def test_nobody_decides_about_themselves(moderator: User, administrator: User) -> None:
    for person in (moderator, administrator):
        own = make_plain(person).message
        for decide in (
            partial(hide_message, message=own),
            partial(lock_conversation, conversation=own.conversation),
            partial(warn_user, conversation=own.conversation),
            partial(suspend_user, conversation=own.conversation),
            partial(mark_reviewed, conversation=own.conversation),
        ):
            with pytest.raises(NotTheirs, match="This is yours"):
                decide(reason=REASON, by=person)
    assert not ModerationAction.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="moderation.").exists()


def test_about_moderators_and_administrators_another_administrator_decides(
    moderator: User, administrator: User
) -> None:
    other = make_moderator("otto")
    for person in (other, administrator):
        with pytest.raises(NotTheirs, match="only another administrator"):
            suspend_user(conversation=make_plain(person).message.conversation, reason=REASON, by=moderator)
    suspend_user(conversation=make_plain(other).message.conversation, reason=REASON, by=administrator)
    assert not User.objects.get(id=other.id).is_active


def test_who_is_no_moderator_decides_about_nobody(answer: Message, charlie: User) -> None:
    give_role(user=charlie, role=Role.ANALYST)
    with pytest.raises(NotTheirs):
        lock_conversation(conversation=answer.conversation, reason=REASON, by=charlie)


# Flags


def flag(message: Message, category: str = "hate") -> Flag:
    return flag_message(message=message, source="guard", category=category, severity=3, details={})


Decide = Callable[[Message, User], ModerationAction]


@pytest.mark.parametrize(
    "decide",
    [
        pytest.param(lambda one, by: hide_message(message=one, reason=REASON, by=by), id="hide"),
        pytest.param(lambda one, by: lock_conversation(conversation=one.conversation, reason=REASON, by=by), id="lock"),
        pytest.param(lambda one, by: warn_user(conversation=one.conversation, reason=REASON, by=by), id="warn"),
        pytest.param(lambda one, by: suspend_user(conversation=one.conversation, reason=REASON, by=by), id="suspend"),
        pytest.param(lambda one, by: mark_reviewed(conversation=one.conversation, reason=REASON, by=by), id="review"),
    ],
)
def test_a_decision_answers_the_flags(alice: User, moderator: User, answer: Message, decide: Decide) -> None:
    of_message, elsewhere = flag(answer), flag(make_plain(alice).message)
    decide(answer, moderator)
    of_message.refresh_from_db()
    elsewhere.refresh_from_db()
    # What was only looked at was a false alarm.
    reviewed = ModerationAction.objects.get().kind == ModerationAction.Kind.MARK_REVIEWED
    assert of_message.status == (Flag.Status.DISMISSED if reviewed else Flag.Status.ACTED)
    assert of_message.decided_by == moderator
    assert elsewhere.is_open


def test_what_is_decided_twice_is_refused(moderator: User, answer: Message) -> None:
    for decide in (
        partial(hide_message, message=answer),
        partial(lock_conversation, conversation=answer.conversation),
        partial(suspend_user, conversation=answer.conversation),
    ):
        decide(reason=REASON, by=moderator)
        with pytest.raises(ValidationFailed, match="already"):
            decide(reason=REASON, by=moderator)
    assert ModerationAction.objects.count() == 3


def test_what_went_meanwhile_is_said_to_be_gone(alice: User, moderator: User, administrator: User) -> None:
    """Its owner's purge, or erasure, came between the page and the decision."""
    answer = make_plain(alice).message
    one = flag(answer)
    warned = warn_user(conversation=answer.conversation, reason=REASON, by=moderator)
    appealed = appeal(action=warned, text="It is a quotation.")
    alice.delete()
    for late in (
        partial(hide_message, message=answer, reason=REASON),
        partial(lock_conversation, conversation=answer.conversation, reason=REASON),
        partial(restore, action=warned, reason=REASON),
        partial(decide_appeal, appeal=appealed, outcome="granted", answer=REASON),
    ):
        with pytest.raises(ValidationFailed, match="gone"):
            late(by=administrator)
    assert dismiss_flags(flags=[one], reason=REASON, by=administrator) == 0
    with pytest.raises(ValidationFailed, match="decided meanwhile"):
        claim_flag(flag=one, by=administrator)
