"""Conversations, runs and calls in the admin: to be read, escaped, bounded, and in a constant number of queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import Conversation, Message, Run
from providers.models import Attempt
from tests.support.entrance import text_of
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]


@pytest.fixture
def admin(db: None, client_of: ClientOf) -> Client:
    return client_of(User.objects.create_superuser(email="root@example.org", password="four unrelated words"))


def make_attempt(run: Run, number: int = 1) -> Attempt:
    return Attempt.objects.create(
        request_id=run.id, call_number=number, endpoint="openai", model="gpt", reason="first", started_at=timezone.now()
    )


def test_a_conversation_is_shown_without_what_was_said(admin: Client, alice: User) -> None:
    """That is read where each look is recorded."""
    turn = make_turn(alice, "What is <b>marzipan</b>?")
    Message.objects.filter(id=turn.answer.id).update(text="It is heavy.", status="complete")
    page = admin.get(f"/admin/chat/conversation/{turn.conversation.id}/change/")
    html = page.content.decode()
    assert "alice@example.org" in html
    assert "It is heavy." not in html
    assert "marzipan" not in html
    assert f'href="/admin/moderation/conversations/{turn.conversation.id}/"' in html
    assert 'name="_save"' not in html


@pytest.mark.parametrize("path", ["chat/conversation", "chat/run", "providers/attempt"])
def test_nothing_is_changed_by_hand(admin: Client, alice: User, path: str) -> None:
    turn = make_turn(alice)
    ids = {
        "chat/conversation": turn.conversation.id,
        "chat/run": turn.run.id,
        "providers/attempt": make_attempt(turn.run).id,
    }
    assert admin.get(f"/admin/{path}/add/").status_code == 403
    assert admin.get(f"/admin/{path}/{ids[path]}/change/").status_code == 200
    assert admin.post(f"/admin/{path}/{ids[path]}/change/", {"title": "Mine"}).status_code == 403
    assert admin.post(f"/admin/{path}/{ids[path]}/delete/", {"post": "yes"}).status_code == 403
    admin.post(f"/admin/{path}/", {"action": "delete_selected", ACTION_CHECKBOX_NAME: str(ids[path])})
    assert Conversation.objects.count() == Run.objects.count() == Attempt.objects.count() == 1


@pytest.mark.parametrize("path", ["chat/conversation", "chat/run", "providers/attempt"])
def test_a_list_asks_no_more_for_more(
    admin: Client, alice: User, path: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        person = User.objects.create_user(email=f"person{number}@example.org")
        turn = make_turn(person, f"Question {number}")
        make_attempt(turn.run)
    with django_assert_max_num_queries(12):
        page = text_of(admin.get(f"/admin/{path}/"))
    assert str(turn.conversation.id) in page or path == "providers/attempt"
    # A title is made of what was said.
    assert "Question 19" not in page


def test_lists_are_searched_and_count_what_belongs_to_each_row(admin: Client, alice: User, charlie: User) -> None:
    turn = make_turn(alice, "About trees")
    make_turn(charlie, "About rivers")
    now = timezone.now()
    Run.objects.filter(id=turn.run.id).update(started_at=now, finished_at=now + timedelta(seconds=2.5))
    for number in (1, 2):
        make_attempt(turn.run, number)
    for query in ("alice@", turn.conversation.id):
        found = admin.get(f"/admin/chat/conversation/?q={query}")
        assert "alice@example.org" in text_of(found)
        assert "charlie@example.org" not in text_of(found)
    assert "alice@example.org" not in text_of(admin.get("/admin/chat/conversation/?q=trees"))
    assert re.search(r'data-label="messages">\s*2\s*</td>', found.content.decode())
    for name in (turn.run.id, turn.answer.id, turn.conversation.id):
        runs = text_of(admin.get(f"/admin/chat/run/?q={name}"))
        assert "1 run " in runs
        assert "2 calls" in runs
        assert "2.5" in runs
    assert "2 calls" not in text_of(admin.get("/admin/chat/run/?q=trees"))
    calls = admin.get(f"/admin/providers/attempt/?request_id={turn.run.id}")
    assert "2 calls to providers" in text_of(calls)


@pytest.mark.parametrize("query", ["q=%00", "q=%FF", "q='%22%3B--", "active_at__year=x", "p=-1", "nothing=1"])
def test_a_query_that_makes_no_sense_breaks_nothing(admin: Client, alice: User, query: str) -> None:
    make_turn(alice)
    assert admin.get(f"/admin/chat/conversation/?{query}").status_code in (200, 302, 400)
    assert admin.get(f"/admin/chat/conversation/{uuid4()}/change/").status_code == 302
