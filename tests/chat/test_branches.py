"""Editing a question, answering again, deleting and bringing back, forking: over HTTP, and what the tree is then."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chat.actions.branches import DELETED_KEPT, delete_message, purge_deleted_messages, restore_message
from chat.actions.conversations import select_message
from chat.actions.forks import fork_conversation
from chat.actions.runs import retry_message
from chat.actions.turns import Turn, submit_turn
from chat.models import Conversation, Message, Run
from convoscope.errors import TurnKeyReused, ValidationFailed
from providers.models import Attempt, UsageRecord
from tests.support.answers import Call, make_answer, make_plain
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def turns(alice: User) -> list[Turn]:
    """Three finished turns of one conversation."""
    first = make_turn(alice, "One")
    done = [first]
    finish(first.answer)
    for text in ("Two", "Three"):
        done.append(make_turn(alice, text, first.conversation))
        finish(done[-1].answer)
    return done


def finish(answer: Message) -> None:
    Run.objects.filter(message=answer).update(status="complete", finished_at=timezone.now())
    said = {"text": f"Answer {answer.id}", "parts": [{"type": "text", "text": f"Answer {answer.id}"}]}
    Message.objects.filter(id=answer.id).update(status="complete", finished_at=timezone.now(), **said)
    answer.refresh_from_db()


def shown(conversation: Conversation) -> list[str]:
    conversation.refresh_from_db()
    return [message.text or message.status for message in Message.objects.path_to(conversation.active_leaf_id)]


def post(client: Client, name: str, message_id: UUID, **data: str) -> str:
    response = client.post(reverse(name, args=[message_id]), data, headers=HTMX)
    assert response.status_code == 200, response.content
    return response.text


# Editing


def test_an_edited_question_stands_beside_the_first(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    html = post(client_of(alice), "message_edit", turns[1].question.id, text="Two, really", turn_key=str(uuid4()))
    assert 'id="log"' in html
    assert "2 / 2" in html
    assert "Three" not in html
    assert shown(turns[0].conversation) == ["One", f"Answer {turns[0].answer.id}", "Two, really", "queued"]
    edited = Message.objects.get(text="Two, really")
    assert edited.parent_id == turns[0].answer.id
    assert Message.objects.filter(id=turns[1].question.id, deleted_at=None).exists()


def test_the_first_question_can_be_edited(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    post(client_of(alice), "message_edit", turns[0].question.id, text="Uno", turn_key=str(uuid4()))
    assert shown(turns[0].conversation) == ["Uno", "queued"]
    assert Message.objects.get(text="Uno").parent_id is None


def test_sent_twice_an_edit_makes_one_turn(alice: User, turns: list[Turn]) -> None:
    send = partial(submit_turn, owner=alice, conversation_id=turns[0].conversation.id, turn_key=uuid4(), text="Again")
    once = send(edited_id=turns[1].question.id)
    twice = send(edited_id=turns[1].question.id)
    assert (twice.is_new, twice.question.id) == (False, once.question.id)
    with pytest.raises(TurnKeyReused):
        send(edited_id=turns[2].question.id)


def test_the_form_holds_the_question_and_works_without_javascript(
    alice: User, client_of: ClientOf, turns: list[Turn]
) -> None:
    client, address = client_of(alice), reverse("message_edit", args=[turns[1].question.id])
    assert ">Two</textarea>" in client.get(address).text
    refused = client.post(address, {"text": " ", "turn_key": str(uuid4())})
    assert (refused.status_code, "Please enter a message" in refused.text) == (422, True)
    sent = client.post(address, {"text": "Due", "turn_key": str(uuid4())})
    assert sent.headers["Location"] == reverse("conversation_detail", args=[turns[0].conversation.id])


def test_a_refused_edit_says_so_beside_its_field(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    address = reverse("message_edit", args=[turns[1].question.id])
    headers = HTMX | {"HX-Trigger": "edit-m-x"}
    refused = client_of(alice).post(address, {"text": "", "turn_key": str(uuid4())}, headers=headers)
    assert (refused.status_code, refused.headers["HX-Retarget"]) == (422, "#edit-m-x-error")


def test_what_was_deleted_meanwhile_is_not_edited(alice: User, turns: list[Turn]) -> None:
    delete_message(message=turns[1].question)
    with pytest.raises(ValidationFailed, match="deleted meanwhile"):
        submit_turn(
            owner=alice,
            conversation_id=turns[0].conversation.id,
            text="Two?",
            turn_key=uuid4(),
            edited_id=turns[1].question.id,
        )


# Answering again


def test_any_answer_can_be_given_again(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    html = post(client_of(alice), "message_retry", turns[0].answer.id)
    assert 'id="log"' in html
    assert shown(turns[0].conversation) == ["One", "queued"]


def test_by_another_model_and_for_this_answer_only(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    client, address = client_of(alice), reverse("message_retry", args=[turns[2].answer.id])
    assert f'hx-post="{address}"' in client.get(address, headers=HTMX).text
    refused = client.post(address, {"model": "openai/none-such"}, headers=HTMX)
    assert (refused.status_code, "switched on here" in refused.text) == (422, True)
    response = client.post(address, {"model": "auto"}, headers=HTMX)
    assert (response.headers["HX-Trigger"], response.headers["HX-Retarget"]) == ("dialog-close", "#log")
    run = Run.objects.latest("created_at")
    assert (run.kind, run.settings["model"]) == ("retry", "auto")
    turns[0].conversation.refresh_from_db()
    assert "model" not in turns[0].conversation.settings


def test_two_models_may_answer_at_once_and_one_not_twice(alice: User, turns: list[Turn]) -> None:
    first = retry_message(message=turns[2].answer, by=alice, model="auto")
    other = retry_message(message=turns[2].answer, by=alice, model="offline/offline")
    again = retry_message(message=turns[2].answer, by=alice, model="auto")
    assert (first.id, first.id != other.id) == (again.id, True)


# Deleting and bringing back


def test_a_deleted_question_goes_with_what_followed_it(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    client, question = client_of(alice), turns[1].question
    assert "all 3 that follow it" in client.get(reverse("message_delete", args=[question.id]), headers=HTMX).text
    before = shown(turns[0].conversation)
    html = post(client, "message_delete", question.id)
    assert shown(turns[0].conversation) == before[:2]
    assert "Two" not in html.split("timed-toast")[0]
    leaf = re.search(r'name="leaf" value="([0-9a-f-]+)"', html)
    assert leaf is not None
    post(client, "message_restore", question.id, leaf=leaf[1])
    assert shown(turns[0].conversation) == before


def test_a_deleted_answer_leaves_its_question_to_be_answered(
    alice: User, client_of: ClientOf, turns: list[Turn]
) -> None:
    client = client_of(alice)
    html = post(client, "message_delete", turns[2].answer.id)
    assert "Answer this question" in html
    assert shown(turns[0].conversation)[-1] == "Three"
    post(client, "message_retry", turns[2].question.id)
    assert shown(turns[0].conversation)[-2:] == ["Three", "queued"]


def test_the_version_beside_it_is_shown_then(alice: User, turns: list[Turn]) -> None:
    other = retry_message(message=turns[1].answer, by=alice)
    finish(other)
    delete_message(message=other)
    assert shown(turns[0].conversation)[-1] == f"Answer {turns[2].answer.id}"
    assert [one.text for one in Message.objects.present().filter(parent=turns[1].question)] == [
        f"Answer {turns[1].answer.id}"
    ]


def test_all_can_be_deleted_and_something_new_be_asked(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    html = post(client_of(alice), "message_delete", turns[0].question.id)
    assert "Nothing is left of this conversation" in html
    assert shown(turns[0].conversation) == []
    make_turn(alice, "Anew", turns[0].conversation)
    assert shown(turns[0].conversation) == ["Anew", "queued"]


def test_what_is_being_written_is_stopped_and_keeps_its_place(alice: User, turns: list[Turn]) -> None:
    running = make_turn(alice, "Four", turns[0].conversation)
    delete_message(message=running.question)
    running.run.refresh_from_db()
    assert running.run.status == "stopped"
    assert shown(turns[0].conversation)[-1] == f"Answer {turns[2].answer.id}"
    restore_message(message=running.question)
    assert shown(turns[0].conversation)[-2:] == ["Four", "stopped"]


def test_who_undoes_the_first_of_two_deletions_gets_both_back(alice: User, turns: list[Turn]) -> None:
    before = shown(turns[0].conversation)
    delete_message(message=turns[2].question)
    delete_message(message=turns[1].question)
    restore_message(message=turns[2].question, leaf_id=turns[2].answer.id)
    assert shown(turns[0].conversation) == before


def test_an_undo_leaves_what_was_deleted_before(alice: User, turns: list[Turn]) -> None:
    delete_message(message=turns[2].question)
    delete_message(message=turns[1].question)
    restore_message(message=turns[1].question)
    assert shown(turns[0].conversation)[-1] == f"Answer {turns[1].answer.id}"


def test_nothing_comes_back_below_an_answer_that_goes_on(alice: User, turns: list[Turn]) -> None:
    delete_message(message=turns[2].question)
    Message.objects.filter(id=turns[1].answer.id).update(status="streaming")
    with pytest.raises(ValidationFailed, match="is being written"):
        restore_message(message=turns[2].question)
    Message.objects.filter(id=turns[1].answer.id).update(status="complete")
    assert restore_message(message=turns[2].question).active_leaf_id == turns[2].answer.id


def test_what_was_deleted_is_not_there(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    delete_message(message=turns[2].question)
    client = client_of(alice)
    for name in ("message_detail", "message_text", "message_menu", "message_delete"):
        assert client.get(reverse(name, args=[turns[2].answer.id])).status_code == 404
    assert client.post(reverse("message_select", args=[turns[2].answer.id])).status_code == 404
    with pytest.raises(ValidationFailed, match="deleted meanwhile"):
        retry_message(message=turns[2].answer, by=alice)


def test_a_page_that_still_shows_it_goes_on_above(alice: User, turns: list[Turn]) -> None:
    delete_message(message=turns[1].question)
    turn = submit_turn(
        owner=alice,
        conversation_id=turns[0].conversation.id,
        text="And then?",
        turn_key=uuid4(),
        parent_id=turns[2].answer.id,
    )
    assert turn.question.parent_id == turns[0].answer.id


def test_the_purge_takes_what_is_too_late_to_undo(alice: User, turns: list[Turn]) -> None:
    delete_message(message=turns[1].question)
    assert purge_deleted_messages() == 0
    Message.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - DELETED_KEPT - timedelta(seconds=1))
    assert purge_deleted_messages() == 4
    assert purge_deleted_messages() == 0
    assert Message.objects.count() == 2
    assert shown(turns[0].conversation) == ["One", f"Answer {turns[0].answer.id}"]


def test_what_is_purged_keeps_its_ledger_lines(alice: User) -> None:
    run = make_plain(alice)
    lines = UsageRecord.objects.count()
    delete_message(message=run.message)
    Message.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - timedelta(days=1))
    purge_deleted_messages()
    assert (Run.objects.count(), UsageRecord.objects.count()) == (0, lines)


def test_what_is_purged_is_in_no_request_as_it_was_sent(alice: User) -> None:
    call = Call(100, fields={"wire_request": b"all that was said"})
    run = make_answer(alice, calls=[call])
    delete_message(message=run.message)
    Message.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - timedelta(days=1))
    purge_deleted_messages()
    assert Attempt.objects.get().wire_request is None


def test_nothing_comes_back_of_a_conversation_that_was_deleted_for_good(
    alice: User, client_of: ClientOf, turns: list[Turn]
) -> None:
    delete_message(message=turns[1].question)
    Conversation.objects.update(trashed_at=timezone.now(), deleted_at=timezone.now())
    address = reverse("message_restore", args=[turns[1].question.id])
    assert client_of(alice).post(address, headers=HTMX).status_code == 404


def test_no_path_leads_through_what_was_deleted_a_moment_ago(alice: User, turns: list[Turn]) -> None:
    stale = Message.objects.select_related("conversation").get(id=turns[2].answer.id)
    delete_message(message=turns[1].question)
    for act in (
        lambda: select_message(message=stale),
        lambda: fork_conversation(message=stale, by=alice, has_branches=False),
        lambda: fork_conversation(message=stale, by=alice, has_branches=True),
        lambda: retry_message(message=stale, by=alice),
    ):
        with pytest.raises(ValidationFailed, match="deleted meanwhile"):
            act()
    assert shown(turns[0].conversation) == ["One", turns[0].answer.text]
    assert Conversation.objects.count() == 1


def test_a_late_undo_says_so(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    delete_message(message=turns[1].question)
    message = turns[1].question
    Message.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - timedelta(days=1))
    purge_deleted_messages()
    with pytest.raises(ValidationFailed, match="too late"):
        restore_message(message=message)
    gone = client_of(alice).post(reverse("message_restore", args=[message.id]), headers=HTMX)
    assert gone.status_code == 404


# Forking


def test_a_fork_copies_the_path_to_the_message(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    response = client_of(alice).post(reverse("message_fork", args=[turns[1].answer.id]), headers=HTMX)
    fork = Conversation.objects.exclude(id=turns[0].conversation.id).get()
    assert response.headers["HX-Redirect"] == reverse("conversation_detail", args=[fork.id])
    assert shown(fork) == shown(turns[0].conversation)[:4]
    assert fork.title == "One (fork)"
    assert Message.objects.filter(conversation=fork).count() == 4
    copied = Message.objects.get(conversation=fork, text="Two")
    assert (copied.created_at, copied.turn_key) == (turns[1].question.created_at, None)
    page = client_of(alice).get(reverse("conversation_detail", args=[fork.id])).text
    assert f'href="{reverse("conversation_detail", args=[turns[0].conversation.id])}"' in page.split('id="log"')[1]


def test_a_fork_with_all_branches_has_the_same_tree(alice: User, client_of: ClientOf, turns: list[Turn]) -> None:
    retry_message(message=turns[1].answer, by=alice)
    finish(Message.objects.latest("created_at"))
    delete_message(message=turns[2].question)
    make_turn(alice, "Still written", turns[0].conversation)
    client_of(alice).post(reverse("message_fork", args=[turns[0].answer.id]), {"branches": "yes"})
    fork = Conversation.objects.exclude(id=turns[0].conversation.id).get()
    kept = turns[0].conversation.messages.present().exclude(status__in=Message.UNFINISHED)
    assert _tree(fork.messages.all()) == _tree(kept)
    assert shown(fork) == shown(turns[0].conversation)[:-1]


def _tree(messages: object) -> list[tuple[str, str, str]]:
    return sorted((one.text, one.role, one.parent.text if one.parent else "") for one in messages)  # type: ignore[attr-defined]  # a queryset


def test_what_is_being_written_is_not_forked(alice: User, client_of: ClientOf) -> None:
    run = make_answer(alice, took_ms=None, status="streaming")
    response = client_of(alice).post(reverse("message_fork", args=[run.message_id]), headers=HTMX)
    assert (response.status_code, "still being written" in response.text) == (422, True)


@pytest.mark.parametrize("name", ["message_edit", "message_retry", "message_delete", "message_restore", "message_fork"])
def test_for_others_there_is_nothing(
    alice: User, charlie: User, client_of: ClientOf, client: Client, turns: list[Turn], name: str
) -> None:
    address = reverse(name, args=[turns[1].question.id])
    assert client_of(charlie).post(address, {"text": "Mine", "turn_key": str(uuid4())}).status_code == 404
    assert client.post(address).headers["Location"].startswith("/accounts/login/")
