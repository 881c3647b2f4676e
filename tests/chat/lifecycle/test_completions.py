"""What was resolved gets its final summary, also where the message that asked for it was lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Preferences, User
from chat.actions import lifecycle
from chat.actions.lifecycle import complete_conversation, lost_completions
from chat.models import Conversation, ConversationEntities
from chat.tasks import complete_conversation as complete_task
from chat.tasks import sweep_completions
from tests.chat.lifecycle.conftest import ago, current
from tests.chat.test_summaries import talk


@pytest.fixture
def resolved(alice: User) -> Callable[..., Conversation]:
    """A conversation that was resolved a while ago, the message about which was lost."""

    def make(**fields: object) -> Conversation:
        conversation = talk(alice, 3)
        over = {"status": "completed", "resolved_at": ago(hours=1)}
        Conversation.objects.filter(id=conversation.id).update(**over | fields)
        return conversation

    return make


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked for, which is done at once."""
    asked: list[str] = []

    def delay(conversation_id: str) -> None:
        asked.append(conversation_id)
        complete_task(conversation_id)

    monkeypatch.setattr(complete_task, "delay", delay)
    return asked


def test_what_was_lost_is_asked_for_again_and_then_done(
    resolved: Callable[..., Conversation], queued: list[str]
) -> None:
    conversation = resolved()
    assert sweep_completions() == {"queued": 1}
    assert queued == [str(conversation.id)]
    done = current(conversation)
    assert done.summary_leaf_id == done.active_leaf_id
    assert ConversationEntities.objects.get().leaf_id == done.active_leaf_id
    assert sweep_completions() == {"queued": 0}


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "active"},
        {"status": "expired"},
        {"resolved_at": timedelta(0)},
        {"resolved_at": timedelta(days=4)},
        {"trashed_at": timedelta(0)},
        {"deleted_at": timedelta(0)},
        {"is_temporary": True},
        {"active_leaf": None},
        {"memory": "buffer"},
    ],
    ids=str,
)
def test_what_has_nothing_to_be_made_is_left_alone(
    resolved: Callable[..., Conversation], fields: dict[str, object]
) -> None:
    now = timezone.now()
    resolved(**{name: now - value if isinstance(value, timedelta) else value for name, value in fields.items()})
    assert lost_completions() == []


@pytest.mark.parametrize(
    ("memory", "of_owner", "lacks_summary", "lacks_entities"),
    [
        ("", "", True, True),
        ("", "summary", True, False),
        ("", "buffer", False, False),
        ("hybrid", "buffer", True, True),
        ("entity", "", False, True),
    ],
)
def test_the_strategy_in_force_says_what_is_lacking(
    resolved: Callable[..., Conversation],
    alice: User,
    memory: str,
    of_owner: str,
    lacks_summary: bool,
    lacks_entities: bool,
) -> None:
    conversation = resolved(memory=memory)
    Preferences.objects.update_or_create(user=alice, defaults={"memory": of_owner})
    complete_conversation(conversation.id)
    assert lost_completions() == []
    Conversation.objects.update(summary_leaf=None)
    assert bool(lost_completions()) == lacks_summary
    Conversation.objects.update(summary_leaf=current(conversation).active_leaf_id)
    ConversationEntities.objects.update_or_create(conversation=conversation, defaults={"leaf": None})
    assert bool(lost_completions()) == lacks_entities


def test_they_are_found_by_one_query_and_some_at_a_time(
    resolved: Callable[..., Conversation],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(lifecycle, "AT_ONCE", 2)
    newest, oldest, between = (resolved(resolved_at=ago(hours=hours)) for hours in (1, 3, 2))
    with django_assert_num_queries(1):
        assert lost_completions() == [oldest.id, between.id]
    complete_conversation(oldest.id)
    assert lost_completions() == [between.id, newest.id]
