"""Submitting turns: once whatever happens on the way, nothing refused that can be kept, clear words for the rest."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.actions.text import clean_message_text
from chat.actions.turns import submit_turn
from chat.models import Conversation, Message, Run
from chat.models.message import answer_above
from convoscope.errors import ValidationFailed
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]


def test_a_turn_writes_question_answer_and_run(alice: User) -> None:
    turn = make_turn(alice, "What is up?")
    assert turn.is_new
    assert turn.conversation.title == "What is up?"
    assert turn.question.text == "What is up?"
    assert turn.answer.parent_id == turn.question.id
    assert turn.answer.status == Message.Status.QUEUED
    assert turn.conversation.active_leaf_id == turn.answer.id
    assert turn.question.id < turn.answer.id
    assert Run.objects.get().status == Run.Status.QUEUED


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("x" * 50, "x" * 50),
        ("Explain how a hash table works, with a table and code", "Explain how a hash table works, with a table and…"),
        ("Read https://example.org/" + "x" * 90, "Read https://example.org/" + "x" * 24 + "…"),
        ("\u6c34" * 60, "\u6c34" * 49 + "…"),
    ],
)
def test_a_long_question_is_cut_between_words_for_a_title(alice: User, question: str, title: str) -> None:
    assert make_turn(alice, question).conversation.title == title


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_first", [True, False])
def test_once_it_is_written_nothing_is_read_that_the_answer_would_wait_for(
    alice: User, client_of: ClientOf, *, is_first: bool
) -> None:
    client, headers = client_of(alice), {"HX-Request": "true"}
    # What a process reads once has been read.
    begun = client.post("/conversations/", {"text": "Hello", "turn_key": str(uuid4())}, headers=headers)
    path, parent = "/conversations/", ""
    if not is_first:
        path, parent = f"{begun['HX-Push-Url']}messages/", str(Message.objects.get(role="assistant").id)
        Message.objects.update(status=Message.Status.COMPLETE)
    with CaptureQueriesContext(connection) as queries:
        response = client.post(path, {"text": "Go", "turn_key": str(uuid4()), "parent": parent}, headers=headers)
    assert response.text.count("<article") == 2
    said = [query["sql"] for query in queries]
    last_write = max(place for place, sql in enumerate(said) if sql.startswith('INSERT INTO "chat_run"'))
    assert [sql for sql in said[last_write:] if sql.startswith(("SELECT", "WITH"))] == []


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_submits_with_one_key_make_one_turn(alice: User) -> None:
    key = uuid4()

    def submit(_: int) -> tuple[object, bool]:
        try:
            turn = submit_turn(owner=alice, conversation_id=None, text="Once", turn_key=key)
            return turn.answer.id, turn.is_new
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as threads:
        results = list(threads.map(submit, range(20)))
    assert len({answer for answer, _ in results}) == 1
    assert [is_new for _, is_new in results].count(True) == 1
    assert Conversation.objects.count() == 1
    assert Message.objects.count() == 2


def test_a_repeated_submit_answers_with_the_first_result(alice: User, client_of: ClientOf) -> None:
    client, fields = client_of(alice), {"text": "Hello", "turn_key": str(uuid4())}
    first = client.post("/conversations/", fields, headers={"HX-Request": "true"})
    again = client.post("/conversations/", fields, headers={"HX-Request": "true"})
    assert first["HX-Push-Url"] == again["HX-Push-Url"]
    path = first["HX-Push-Url"] + "messages/"
    fields = {"text": "More", "turn_key": str(uuid4()), "parent": str(Message.objects.get(role="assistant").id)}
    assert client.post(path, fields).status_code == client.post(path, fields).status_code == 302
    assert Message.objects.filter(role="user").count() == 2


def test_the_same_key_with_another_text_is_a_conflict(alice: User, client_of: ClientOf) -> None:
    client, key = client_of(alice), str(uuid4())
    client.post("/conversations/", {"text": "Hello", "turn_key": key})
    response = client.post("/conversations/", {"text": "Other", "turn_key": key}, headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert "already sent" in response.text
    assert Message.objects.filter(role="user").count() == 1


def test_keys_belong_to_their_author(alice: User, charlie: User) -> None:
    key = uuid4()
    for owner in (alice, charlie):
        assert submit_turn(owner=owner, conversation_id=None, text="Hello", turn_key=key).is_new


def test_a_turn_from_a_stale_tab_becomes_a_branch(alice: User) -> None:
    first = make_turn(alice)
    Message.objects.filter(id=first.answer.id).update(status="complete", text="Hi.")
    conversation = first.conversation
    seen = first.answer.id
    for text in ("from one tab", "from the other"):
        submit_turn(owner=alice, conversation_id=conversation.id, text=text, turn_key=uuid4(), parent_id=seen)
    branches = Message.objects.filter(parent=seen)
    assert [branch.text for branch in branches.order_by("id")] == ["from one tab", "from the other"]
    conversation.refresh_from_db()
    assert conversation.active_leaf is not None
    assert conversation.active_leaf.parent == branches.get(text="from the other")


def test_what_is_sent_while_an_answer_runs_becomes_a_branch_beside_it(alice: User) -> None:
    first = make_turn(alice, "First")
    second = submit_turn(
        owner=alice, conversation_id=first.conversation.id, text="Second", turn_key=uuid4(), parent_id=first.answer.id
    )
    assert second.question.parent_id is None
    assert Run.objects.unfinished().count() == 2


@pytest.mark.parametrize("status", Message.Status.values)
def test_a_question_follows_the_nearest_answer_that_has_ended(alice: User, status: str) -> None:
    first = make_turn(alice, "First")
    Message.objects.filter(id=first.answer.id).update(status=Message.Status.COMPLETE)
    second = make_turn(alice, "Second", conversation=first.conversation)
    Message.objects.filter(id=second.answer.id).update(status=status)
    has_ended = status not in Message.UNFINISHED
    for seen, above in (
        (first.answer, first.answer),
        (second.answer, second.answer if has_ended else first.answer),
        (second.question, first.answer),
    ):
        assert answer_above(seen.id, conversation_id=first.conversation.id) == above.id
    assert answer_above(first.question.id, conversation_id=first.conversation.id) is None
    with pytest.raises(Message.DoesNotExist):
        answer_above(uuid4(), conversation_id=first.conversation.id)


def test_a_parent_of_another_conversation_is_refused(alice: User) -> None:
    first, other = make_turn(alice), make_turn(alice)
    with pytest.raises(ValidationFailed, match="no longer in this conversation"):
        submit_turn(
            owner=alice, conversation_id=first.conversation.id, text="Hi", turn_key=uuid4(), parent_id=other.answer.id
        )


@pytest.mark.parametrize("text", ["", "   ", "\n\t\n", "\x00\x01", "\ud800"])
def test_nothing_to_send_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValidationFailed, match="Please enter a message"):
        clean_message_text(text)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("bell\x07 tab\t", "bell tab\t"),
        ("cafe\u0301", "café"),
        ("lone \udfff surrogate", "lone  surrogate"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("abc \u202e def", "abc \u202e def"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_text_is_normalised_and_kept(raw: str, clean: str) -> None:
    assert clean_message_text(raw) == clean


def test_too_long_says_limit_and_length() -> None:
    with pytest.raises(ValidationFailed, match="100,001 characters; the limit is 100,000"):
        clean_message_text("x" * 100_001)


@pytest.mark.parametrize("text", ["", "x" * 100_001, " \x00 "])
def test_the_page_shows_the_error_beside_the_composer(alice: User, client_of: ClientOf, text: str) -> None:
    client, fields = client_of(alice), {"text": text, "turn_key": str(uuid4())}
    response = client.post("/conversations/", fields, headers={"HX-Request": "true", "HX-Trigger": "composer"})
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#composer-error"
    plain = client.post("/conversations/", fields)
    assert plain.status_code == 422
    assert 'name="turn_key"' in plain.text
    assert not Message.objects.exists()


def test_without_script_a_refused_text_comes_back_in_the_form(alice: User, client_of: ClientOf) -> None:
    turn = make_turn(alice)
    path = f"/conversations/{turn.conversation.id}/messages/"
    response = client_of(alice).post(path, {"text": "y" * 100_001, "turn_key": str(uuid4())})
    assert response.status_code == 422
    assert "y" * 100_001 in response.text


@pytest.mark.parametrize("field", ["turn_key", "parent"])
def test_fields_no_page_sends_are_refused_with_words(alice: User, client_of: ClientOf, field: str) -> None:
    fields = {"text": "Hi", "turn_key": str(uuid4())} | {field: "nonsense"}
    assert client_of(alice).post("/conversations/", fields).status_code == 422


def test_someone_elses_conversation_is_not_there(alice: User, charlie: User, client_of: ClientOf) -> None:
    turn = make_turn(alice)
    path = f"/conversations/{turn.conversation.id}/messages/"
    assert client_of(charlie).post(path, {"text": "Hi", "turn_key": str(uuid4())}).status_code == 404


@pytest.mark.django_db
def test_a_visitor_is_sent_to_the_login_page() -> None:
    response = Client().post("/conversations/", {"text": "Hi", "turn_key": str(uuid4())})
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
def test_a_page_whose_session_ended_goes_to_the_login_and_back() -> None:
    page = f"/conversations/{uuid4()}/"
    response = Client().post(
        f"{page}messages/",
        {"text": "Hi", "turn_key": str(uuid4())},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"},
    )
    assert response.status_code == 401
    assert response["HX-Redirect"] == f"/accounts/login/?next={page}"
