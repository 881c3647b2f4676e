"""What pauses a conversation, completes it, and makes it active again."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.actions import lifecycle
from chat.actions.conversations import rename_conversation
from chat.actions.lifecycle import complete_conversation, pause_idle, reopen_conversation, resolve_conversation
from chat.actions.summaries import summarise_conversation
from chat.actions.unread import LEFT_OUT
from chat.feeds import changed_notice
from chat.models import Conversation
from chat.tasks import pause_idle as pause_idle_task
from convoscope.settings.env import Provider
from providers.actions.ledger import write_lines
from providers.contract import Payer
from providers.models import UsageRecord
from tests.chat.imports.support import FILES, imported
from tests.chat.lifecycle.conftest import ago, current, sent
from tests.chat.test_summaries import talk
from tests.support.spending import line, make_budget
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def test_half_an_hour_without_a_message_pauses_it_with_its_summary(alice: User) -> None:
    idle, fresh = talk(alice, 4), talk(alice, 4)
    Conversation.objects.filter(id=idle.id).update(active_at=ago(minutes=31))
    Conversation.objects.filter(id=fresh.id).update(active_at=ago(minutes=29))
    pause_idle_task()
    assert (current(idle).status, current(fresh).status) == ("paused", "active")
    assert "item 0 is blue" in current(idle).summary
    assert current(idle).summary_leaf_id == idle.messages.order_by("-id")[LEFT_OUT].id
    assert current(fresh).summary == ""
    assert pause_idle() == 0


def test_the_task_model_is_asked_once_for_each_and_few_times_a_minute(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "ASKED_AT_ONCE", 4)
    for _ in range(3):
        talk(alice, 4)
    talk(alice, 1)
    Conversation.objects.update(active_at=ago(hours=1))
    assert [pause_idle(), pause_idle(), pause_idle()] == [2, 2, 0]
    assert UsageRecord.objects.filter(feature="summary").count() == 3
    # Active again without a word, it is asked about no more.
    Conversation.objects.update(status="active")
    pause_idle()
    assert UsageRecord.objects.filter(feature="summary").count() == 3
    assert not Conversation.objects.filter(status="active").exists()


def test_what_another_process_summarises_is_left_to_it(alice: User) -> None:
    conversation = talk(alice, 4)
    Conversation.objects.update(active_at=ago(hours=1))
    cache.set(f"summary:{conversation.id}", 1)
    assert (pause_idle(), current(conversation).status) == (0, "active")
    cache.clear()
    assert pause_idle() == 1


def test_a_budget_that_is_used_up_has_the_built_in_model_asked(alice: User, settings: Settings) -> None:
    settings.PROVIDERS = {"openai": Provider(api_key="k", base_url="", model="", timeout_s=30)}
    make_budget(scope="site", limit="1")
    write_lines([line(Payer(alice.id))])
    conversation = talk(alice, 4)
    Conversation.objects.update(active_at=ago(hours=1))
    assert pause_idle() == 1
    assert "item 0 is blue" in current(conversation).summary
    assert set(UsageRecord.objects.filter(feature="summary").values_list("endpoint", flat=True)) == {"offline"}


def test_what_was_imported_is_asked_about_when_somebody_goes_on_with_it(alice: User) -> None:
    imported(alice, (FILES / "chatgpt.json").read_bytes())
    assert pause_idle() == 0
    assert not UsageRecord.objects.exists()


def test_what_is_too_short_for_a_summary_is_paused_without_one(alice: User) -> None:
    conversation = talk(alice, 1)
    Conversation.objects.update(active_at=ago(hours=1))
    assert pause_idle() == 1
    assert (current(conversation).status, current(conversation).summary) == ("paused", "")


def test_a_message_makes_it_active_again_and_opening_it_writes_nothing(alice: User, client_of: ClientOf) -> None:
    conversation = talk(alice, 1)
    Conversation.objects.update(active_at=ago(hours=1), status="paused")
    client = client_of(alice)
    assert client.get(f"/conversations/{conversation.id}/").status_code == 200
    assert current(conversation).status == "paused"
    sent(client, conversation)
    assert current(conversation).status == "active"
    assert pause_idle() == 0


def test_trying_an_answer_again_makes_it_active_too(alice: User, client_of: ClientOf) -> None:
    conversation = talk(alice, 1)
    Conversation.objects.update(status="paused")
    answer_id = current(conversation).active_leaf_id
    assert client_of(alice).post(f"/messages/{answer_id}/retry/", headers=HTMX).status_code == 200
    assert current(conversation).status == "active"


def test_completed_it_has_a_title_and_a_summary_of_all_that_was_said(alice: User) -> None:
    conversation = talk(alice, 3)
    resolve_conversation(conversation=conversation)
    assert conversation.status == "completed"
    assert complete_conversation(conversation.id) == 1
    done = current(conversation)
    assert (done.title_source, done.summary_leaf_id) == ("model", done.active_leaf_id)
    assert "item 2 is blue" in done.summary
    assert complete_conversation(conversation.id) == 0
    assert current(conversation).summary == done.summary


def test_a_title_of_her_own_stays(alice: User) -> None:
    conversation = talk(alice, 1)
    rename_conversation(conversation=conversation, title="Hers")
    resolve_conversation(conversation=conversation)
    complete_conversation(conversation.id)
    assert current(conversation).title == "Hers"


def test_reopened_meanwhile_nothing_is_made(alice: User) -> None:
    conversation = talk(alice, 3)
    resolve_conversation(conversation=conversation)
    reopen_conversation(conversation=conversation)
    assert current(conversation).status == "active"
    assert complete_conversation(conversation.id) == 0


def test_what_was_summarised_to_its_end_goes_on_from_there(alice: User) -> None:
    conversation = talk(alice, 3)
    resolve_conversation(conversation=conversation)
    complete_conversation(conversation.id)
    reopen_conversation(conversation=conversation)
    before = current(conversation)
    talk(alice, 2, conversation=current(conversation))
    assert summarise_conversation(conversation.id) == 0
    assert current(conversation).summary == before.summary


def test_a_message_reopens_it_on_every_page(alice: User, client_of: ClientOf) -> None:
    conversation = talk(alice, 1)
    client = client_of(alice)
    page = f"/conversations/{conversation.id}/"
    client.post(f"{page}resolve/")
    assert current(conversation).status == "completed"
    assert "<span>Resolved</span>" in client.get(page).text
    sent(client, conversation)
    again = current(conversation)
    assert (again.status, again.resolved_at) == ("active", None)
    assert "<span>Resolved</span>" not in client.get(page).text
    pushed = changed_notice(again)
    assert 'id="resolution" hx-swap-oob="outerHTML"' in pushed
    assert "Mark as resolved" in pushed


def test_reopening_what_was_never_resolved_changes_nothing(alice: User) -> None:
    turn = make_turn(alice)
    Conversation.objects.update(status="paused", active_at=timezone.now())
    reopen_conversation(conversation=turn.conversation)
    assert current(turn.conversation).status == "paused"


def test_only_its_owner_resolves_it(alice: User, charlie: User, client: Client, client_of: ClientOf) -> None:
    conversation = talk(alice, 1)
    for address in (f"/conversations/{conversation.id}/resolve/", f"/conversations/{uuid4()}/resolve/"):
        assert client_of(charlie).post(address).status_code == 404
        assert client.post(address).headers["Location"].startswith("/accounts/login/")
    assert current(conversation).status == "active"
