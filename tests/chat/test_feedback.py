"""Good or bad, and a comment: over HTMX, as pages of their own, and for whoever may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from chat.actions.feedback import COMMENT_MAX_CHARS
from chat.models import Message
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def answer(alice: User) -> Message:
    return finished(make_turn(alice).answer)


def finished(message: Message) -> Message:
    message.status, message.text = Message.Status.COMPLETE, "Hello."
    message.parts = [{"type": "text", "text": "Hello."}]
    message.save()
    return message


def address(message: Message) -> str:
    return f"/messages/{message.id}/feedback/"


def test_an_answer_is_called_good_and_then_bad(alice: User, client_of: ClientOf, answer: Message) -> None:
    client = client_of(alice)
    html = client.post(address(answer), {"feedback": "good"}, headers=HTMX).text
    answer.refresh_from_db()
    assert answer.feedback == "good"
    assert answer.feedback_at is not None
    assert html.count('aria-pressed="true"') == 1
    assert "Add a comment" in html
    client.post(address(answer), {"feedback": "bad"}, headers=HTMX)
    answer.refresh_from_db()
    assert answer.feedback == "bad"


def test_the_pressed_button_takes_it_back_and_keeps_the_comment_for_the_next_time(
    alice: User, client_of: ClientOf, answer: Message
) -> None:
    client = client_of(alice)
    html = client.post(address(answer), {"feedback": "good"}, headers=HTMX).text
    assert 'name="feedback" value=""' in html
    client.post(address(answer), {"comment": "Just right."}, headers=HTMX)
    html = client.post(address(answer), {"feedback": ""}, headers=HTMX).text
    answer.refresh_from_db()
    assert (answer.feedback, answer.feedback_comment, answer.feedback_at) == ("", "Just right.", None)
    assert 'aria-pressed="true"' not in html
    assert "comment" not in html
    assert "Edit comment" in client.post(address(answer), {"feedback": "bad"}, headers=HTMX).text
    assert "Just right." in client.get(address(answer), headers=HTMX).text


def test_a_second_click_before_the_first_answer_changes_nothing(
    alice: User, client_of: ClientOf, answer: Message
) -> None:
    client = client_of(alice)
    for _ in range(2):
        client.post(address(answer), {"feedback": "good"}, headers=HTMX)
    answer.refresh_from_db()
    assert answer.feedback == "good"


def test_a_comment_is_written_in_the_dialog(alice: User, client_of: ClientOf, answer: Message) -> None:
    client = client_of(alice)
    client.post(address(answer), {"feedback": "bad"})
    assert "What was wrong with this answer?" in client.get(address(answer), headers=HTMX).text
    done = client.post(address(answer), {"comment": " <b>Made up.\r\nAll of it.\x00 "}, headers=HTMX)
    assert done["HX-Trigger"] == "dialog-close"
    assert 'hx-swap-oob="true"' in done.text
    assert "Edit comment" in done.text
    answer.refresh_from_db()
    assert answer.feedback_comment == "<b>Made up.\nAll of it."
    assert "&lt;b&gt;Made up." in client.get(address(answer), headers=HTMX).text


@pytest.mark.parametrize("comment", ["x" * (COMMENT_MAX_CHARS + 1), "Said of an answer that nobody rated."])
def test_a_comment_that_cannot_be_is_refused_and_kept_in_the_form(
    alice: User, client_of: ClientOf, answer: Message, comment: str
) -> None:
    client = client_of(alice)
    if len(comment) > COMMENT_MAX_CHARS:
        client.post(address(answer), {"feedback": "good"})
    refused = client.post(address(answer), {"comment": comment}, headers=HTMX)
    assert refused.status_code == 422
    assert comment in refused.text
    answer.refresh_from_db()
    assert answer.feedback_comment == ""


@pytest.mark.parametrize("feedback", ["great", "goodbad", "\x00"])
def test_there_is_no_other_feedback(alice: User, client_of: ClientOf, answer: Message, feedback: str) -> None:
    assert client_of(alice).post(address(answer), {"feedback": feedback}, headers=HTMX).status_code == 422
    answer.refresh_from_db()
    assert answer.feedback == ""


def test_what_is_no_finished_answer_is_not_rated(alice: User, client_of: ClientOf) -> None:
    turn = make_turn(alice)
    client = client_of(alice)
    for message in (turn.question, turn.answer):
        assert client.post(address(message), {"feedback": "good"}, headers=HTMX).status_code == 422


def test_a_finished_answer_shows_its_feedback_and_the_comment_for_the_other_button(
    alice: User, client_of: ClientOf, answer: Message
) -> None:
    client = client_of(alice)
    page = f"/conversations/{answer.conversation_id}/"
    assert client.get(page).text.count('aria-pressed="false"') == 2
    client.post(address(answer), {"feedback": "good"})
    html = client.get(page).text
    assert html.count('aria-pressed="true"') == 1
    assert 'aria-pressed="false"' not in html
    assert 'aria-label="Add a comment"' in html


def test_all_of_it_works_without_htmx(alice: User, client_of: ClientOf, answer: Message) -> None:
    client = client_of(alice)
    page = f"/conversations/{answer.conversation_id}/"
    assert client.post(address(answer), {"feedback": "good"}).headers["Location"] == page
    assert "<!doctype html>" in client.get(address(answer)).text
    assert client.post(address(answer), {"comment": "Good."}).headers["Location"] == page
    assert client.post(address(answer), {"comment": "x" * 3000}).status_code == 422


def test_what_is_not_yours_is_not_there(charlie: User, client: Client, client_of: ClientOf, answer: Message) -> None:
    for data in ({"feedback": "bad"}, {"comment": "Mine."}):
        assert client_of(charlie).post(address(answer), data).status_code == 404
        assert client.post(address(answer), data).headers["Location"].startswith("/accounts/login/")
    assert client_of(charlie).get(address(answer)).status_code == 404
    assert client.get(address(answer)).headers["Location"].startswith("/accounts/login/")
    answer.refresh_from_db()
    assert answer.feedback == ""
