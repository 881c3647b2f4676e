"""Limits on what asks for an answer: sending, retrying, continuing. What is refused is kept, and what is repeated is
counted once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.limits import add_tokens, limit_state
from accounts.models import User
from chat.actions.turns import Turn
from chat.models import Conversation, Message, Run
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
LetPass = Callable[[float], None]
HTMX = {"HX-Request": "true"}
COMPOSER = HTMX | {"HX-Trigger": "composer"}
LIMIT = 2


@pytest.fixture(autouse=True)
def _small_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_REQUESTS = LIMIT


@pytest.fixture
def client(alice: User, client_of: ClientOf) -> Client:
    return client_of(alice)


def send(client: Client, text: str = "Hello", *, path: str = "/conversations/", **options: Any) -> Any:
    key = options.pop("key", None) or str(uuid4())
    parent = {"parent": options.pop("parent")} if "parent" in options else {}
    headers = options.pop("headers", COMPOSER)
    return client.post(path, {"text": text, "turn_key": key} | parent, headers=headers)


def use_up(client: Client) -> None:
    for _ in range(LIMIT):
        assert send(client).status_code == 200


def left(user: User) -> int:
    state = limit_state(user)
    assert state is not None
    return state.remaining


def cut_answer(user: User) -> Turn:
    """An answer that can be continued and retried, in a conversation made when nobody counts."""
    turn = make_turn(user)
    Message.objects.filter(id=turn.answer.id).update(status="complete", text="Some", finish_reason="length")
    Run.objects.update(status="complete")
    return turn


def test_each_answer_to_a_message_says_what_is_left(client: Client) -> None:
    first, second = send(client), send(client)
    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("2", "1")
    assert second["X-RateLimit-Remaining"] == "0"
    assert int(second["X-RateLimit-Reset"]) >= int(first["X-RateLimit-Reset"])
    assert "Retry-After" not in second


def test_reading_counts_nothing(client: Client, alice: User) -> None:
    for _ in range(5):
        assert "X-RateLimit-Limit" not in client.get("/")
    assert left(alice) == LIMIT


def test_a_refusal_stands_beside_the_text_and_counts_down(client: Client) -> None:
    use_up(client)
    response = send(client, "One more")
    assert response.status_code == 429
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#composer-error", "innerHTML")
    assert "limit of 2 messages a minute. Your text is kept." in response.text
    assert 'data-seconds="60"' in response.text
    assert "Try again in 60 seconds." in response.text
    assert (response["Retry-After"], response["X-RateLimit-Remaining"]) == ("60", "0")
    assert Message.objects.filter(role="user").count() == LIMIT


def test_a_minute_later_it_is_sent(client: Client, let_pass: LetPass) -> None:
    use_up(client)
    let_pass(59)
    assert send(client).status_code == 429
    let_pass(1)
    assert send(client).status_code == 200


@pytest.mark.parametrize("is_new", [True, False])
def test_without_script_the_page_comes_back_with_the_text(client: Client, alice: User, is_new: bool) -> None:
    path = "/conversations/" if is_new else f"/conversations/{make_turn(alice).conversation.id}/messages/"
    while left(alice):
        make_turn(alice)
    response = send(client, "My <long> question", path=path, headers={})
    assert response.status_code == 429
    assert "My &lt;long&gt; question</textarea>" in response.text
    assert "<!doctype html>" in response.text
    assert "Try again in 60 seconds." in response.text
    assert response["Retry-After"] == "60"
    assert 'name="turn_key"' in response.text


def test_a_repeated_message_is_counted_once(client: Client, alice: User) -> None:
    key = str(uuid4())
    addresses = {send(client, key=key)["HX-Push-Url"] for _ in range(5)}
    assert len(addresses) == 1
    assert left(alice) == LIMIT - 1


def test_a_repeated_message_is_refused_by_no_limit(client: Client, alice: User) -> None:
    key = str(uuid4())
    first = send(client, key=key)
    conversation = Conversation.objects.get()
    path, second_key = f"/conversations/{conversation.id}/messages/", str(uuid4())
    parent = str(conversation.active_leaf_id)
    second = send(client, "More", path=path, key=second_key, parent=parent)
    assert send(client).status_code == 429
    again = send(client, key=key)
    assert (again.status_code, again["HX-Push-Url"]) == (200, first["HX-Push-Url"])
    again = send(client, "More", path=path, key=second_key, parent=parent)
    assert (again.status_code, second.status_code) == (200, 200)
    assert Message.objects.filter(role="user").count() == 2
    assert left(alice) == 0


def test_the_key_of_another_text_is_a_conflict_at_the_limit_too(client: Client) -> None:
    key = str(uuid4())
    send(client, key=key)
    send(client)
    assert send(client, "Other", key=key).status_code == 409


@pytest.mark.parametrize("text", ["", "x" * 100_001])
def test_text_that_cant_be_sent_is_not_counted(client: Client, alice: User, text: str) -> None:
    assert send(client, text).status_code == 422
    assert left(alice) == LIMIT


def test_a_message_to_a_parent_that_is_gone_is_not_counted(client: Client, alice: User, charlie: User) -> None:
    conversation = make_turn(alice).conversation
    path, parent = f"/conversations/{conversation.id}/messages/", str(make_turn(charlie).answer.id)
    assert send(client, path=path, parent=parent).status_code == 422
    assert left(alice) == LIMIT - 1


# Retry and continue


@pytest.mark.parametrize("verb", ["retry", "continue"])
def test_asking_again_counts(client: Client, alice: User, verb: str) -> None:
    turn = cut_answer(alice)
    response = client.post(f"/messages/{turn.answer.id}/{verb}/", headers=HTMX)
    assert (response.status_code, response["X-RateLimit-Remaining"]) == (200, "0")


@pytest.mark.parametrize("verb", ["retry", "continue"])
def test_asking_again_is_refused_at_the_limit(client: Client, alice: User, verb: str) -> None:
    turn = cut_answer(alice)
    use_up_what_is_left(alice)
    path = f"/messages/{turn.answer.id}/{verb}/"
    fragment = client.post(path, headers=HTMX)
    assert (fragment.status_code, fragment["HX-Retarget"]) == (429, "#toasts")
    # A machine that does much else at the same time lets seconds pass in between.
    assert f'data-seconds="{fragment["Retry-After"]}"' in fragment.text
    page = client.post(path)
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= int(fragment["Retry-After"]) <= 60
    assert f"Try again in {page['Retry-After']} seconds." in page.text
    assert turn.question.children.count() == 1
    turn.answer.refresh_from_db()
    assert turn.answer.status == Message.Status.COMPLETE


def use_up_what_is_left(user: User) -> None:
    while left(user):
        make_turn(user)


def test_a_second_click_on_retry_is_neither_counted_nor_refused(
    client: Client, alice: User, settings: Settings
) -> None:
    settings.RATE_LIMIT_REQUESTS = 3
    turn = cut_answer(alice)
    path = f"/messages/{turn.answer.id}/retry/"
    assert client.post(path, headers=HTMX)["X-RateLimit-Remaining"] == "1"
    assert client.post(path, headers=HTMX)["X-RateLimit-Remaining"] == "1"
    use_up_what_is_left(alice)
    assert client.post(path, headers=HTMX).status_code == 200
    assert turn.question.children.count() == 2


def test_what_cant_be_continued_is_not_counted(client: Client, alice: User) -> None:
    turn = make_turn(alice)
    for verb in ("retry", "continue"):
        assert client.post(f"/messages/{turn.answer.id}/{verb}/", headers=HTMX).status_code == 422
    assert left(alice) == LIMIT - 1


def test_stopping_is_not_limited(client: Client, alice: User) -> None:
    turn = make_turn(alice)
    use_up_what_is_left(alice)
    assert client.post(f"/runs/{turn.run.id}/stop/", headers=HTMX).status_code == 204


# Tokens


def test_tokens_are_expected_by_the_question_and_put_right_by_the_answer(
    client: Client, alice: User, let_pass: LetPass
) -> None:
    User.objects.filter(id=alice.id).update(tier="free")
    assert send(client, "word " * 4_000).status_code == 200
    assert send(client, "word " * 4_000).status_code == 429
    assert send(client, "short").status_code == 200
    add_tokens(alice.id, 30_000)
    refused = send(client, "short")
    assert refused.status_code == 429
    assert "limit of 10,000 tokens a minute" in refused.text
    assert refused["X-RateLimit-Limit"] == "10000"
    let_pass(60)
    assert send(client, "short").status_code == 200


def test_the_longest_message_can_be_sent_by_every_tier(client: Client, alice: User) -> None:
    User.objects.filter(id=alice.id).update(tier="free")
    assert send(client, "x" * 100_000).status_code == 200


# Others


def test_others_requests_are_not_counted(client: Client, alice: User, charlie: User, client_of: ClientOf) -> None:
    turn = cut_answer(alice)
    before, stranger = left(alice), client_of(charlie)
    assert send(stranger, path=f"/conversations/{turn.conversation.id}/messages/").status_code == 404
    for verb in ("retry", "continue"):
        assert stranger.post(f"/messages/{turn.answer.id}/{verb}/").status_code == 404
    assert (left(alice), left(charlie)) == (before, LIMIT)


@pytest.mark.django_db
def test_a_visitor_is_sent_to_the_login_page() -> None:
    for path in ("/conversations/", f"/messages/{uuid4()}/retry/", f"/messages/{uuid4()}/continue/"):
        assert Client().post(path)["Location"].startswith("/accounts/login/")
