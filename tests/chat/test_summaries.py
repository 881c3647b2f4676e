"""The running summary: when it is made, from what, what it is used for, and who may change it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.actions import summaries, unread
from chat.actions.branches import delete_message
from chat.actions.summaries import MAX_WORDS, clean_summary, summarise_conversation
from chat.actions.unread import LEFT_OUT, NEW_MESSAGES
from chat.context.builder import build_context
from chat.context.history import read_history, read_summary
from chat.models import Conversation, Message
from chat.runs.load import first_load
from providers.models import UsageRecord
from providers.task_model import built_in_model
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
OFFLINE = [built_in_model()]


def talk(owner: User, turns: int, *, conversation: Conversation | None = None, first: str = "") -> Conversation:
    """A finished conversation, in which each message says a fact of its own."""
    conversation = conversation or Conversation.objects.create(owner=owner, title="Talk", active_at=timezone.now())
    parent_id: UUID | None = conversation.active_leaf_id
    for number in range(turns):
        for role in ("user", "assistant"):
            said = first if first and not number and role == "user" else f"The {role} says that item {number} is blue."
            message = Message.objects.create(conversation=conversation, parent_id=parent_id, role=role, text=said)
            parent_id = message.id
    conversation.active_leaf_id = parent_id
    conversation.save()
    return conversation


def current(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(id=conversation.id)


def covered(conversation: Conversation) -> int:
    path = Message.objects.path_to(current(conversation).active_leaf_id)
    return [message.id for message in path].index(current(conversation).summary_leaf_id) + 1  # type: ignore[arg-type]  # it has one


def test_it_is_made_once_there_is_enough_new(alice: User) -> None:
    conversation = talk(alice, 6)
    assert summarise_conversation(conversation.id, models=OFFLINE) == 0
    talk(alice, 1, conversation=conversation)
    assert summarise_conversation(conversation.id, models=OFFLINE) == 1
    assert "item 0 is blue" in current(conversation).summary
    assert covered(conversation) == 14 - LEFT_OUT
    assert summarise_conversation(conversation.id, models=OFFLINE) == 0
    talk(alice, NEW_MESSAGES // 2, conversation=current(conversation))
    assert summarise_conversation(conversation.id, models=OFFLINE) == 1
    assert covered(conversation) == 24 - LEFT_OUT
    assert UsageRecord.objects.filter(feature="summary").count() == 2


def test_long_messages_make_it_due_sooner(alice: User, settings: Settings) -> None:
    settings.CONTEXT_TARGET_TOKENS = 1_000
    conversation = talk(alice, 3, first="A word and another. " * 200)
    assert summarise_conversation(conversation.id, models=OFFLINE) == 1


def test_many_tokens_make_it_due_whatever_is_read_at_once(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONTEXT_TARGET_TOKENS = 150
    monkeypatch.setattr(unread, "READ_TOKENS", 60)
    conversation = talk(alice, 6)
    assert summarise_conversation(conversation.id, models=OFFLINE) > 0


def test_a_long_conversation_is_read_in_steps(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "READ_TOKENS", 100)
    conversation = talk(alice, 40)
    assert summarise_conversation(conversation.id, models=OFFLINE) == unread.STEPS
    before = covered(conversation)
    summarise_conversation(conversation.id, models=OFFLINE)
    assert covered(conversation) > before


def test_what_another_wrote_meanwhile_is_not_overwritten(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = talk(alice, 10)
    made = summaries._made

    def meanwhile(*arguments: object) -> str:
        Conversation.objects.filter(id=conversation.id).update(summary="In her own words.")
        return made(*arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(summaries, "_made", meanwhile)
    assert summarise_conversation(conversation.id, models=OFFLINE) == 0
    assert current(conversation).summary == "In her own words."


def test_while_one_works_on_it_another_leaves_it(alice: User) -> None:
    conversation = talk(alice, 10)
    cache.add(f"summary:{conversation.id}", 1)
    assert summarise_conversation(conversation.id, models=OFFLINE) == 0


def test_a_claim_holds_for_as_long_as_its_steps_take(monkeypatch: pytest.MonkeyPatch) -> None:
    now, others = [time.time()], []
    monkeypatch.setattr(time, "time", lambda: now[0])

    def step() -> bool:
        others.append(cache.add("summary:a", 1))
        now[0] += unread.CLAIM_S - 1
        return True

    assert unread.in_steps("summary:a", step).steps == unread.STEPS
    assert others == [False] * unread.STEPS
    assert cache.add("summary:a", 1)


def test_a_model_that_says_nothing_changes_nothing(alice: User) -> None:
    conversation = talk(alice, 10)
    assert summarise_conversation(conversation.id, models=[]) == 0
    assert current(conversation).summary == ""


@pytest.mark.parametrize(
    "fields", [{"is_temporary": True}, {"memory": "buffer"}, {"trashed_at": datetime(2026, 1, 1, tzinfo=UTC)}]
)
def test_where_none_is_wanted_none_is_made(alice: User, fields: dict[str, object]) -> None:
    conversation = talk(alice, 10)
    Conversation.objects.filter(id=conversation.id).update(**fields)
    assert summarise_conversation(conversation.id, models=OFFLINE) == 0


def test_it_is_made_anew_once_its_messages_were_edited(alice: User) -> None:
    conversation = talk(alice, 10)
    summarise_conversation(conversation.id, models=OFFLINE)
    assert "item 0" in current(conversation).summary
    delete_message(
        message=Message.objects.filter(conversation=conversation).select_related("conversation").earliest("id")
    )
    talk(alice, 10, conversation=current(conversation), first="The first thing is that the sky is green.")
    leaf_id = current(conversation).active_leaf_id
    assert leaf_id is not None
    assert read_summary(current(conversation), leaf_id) is None
    summarise_conversation(conversation.id, models=OFFLINE)
    assert "the sky is green" in current(conversation).summary


def test_a_fact_said_500_messages_ago_is_still_given_to_the_model(alice: User) -> None:
    conversation = talk(alice, 8, first="My sister is called Ottilie, and her birthday is the 3rd of May.")
    summarise_conversation(conversation.id, models=OFFLINE)
    summary = current(conversation).summary
    assert "Ottilie" in summary
    talk(alice, 250, conversation=current(conversation))
    Conversation.objects.filter(id=conversation.id).update(summary=summary)
    turn = make_turn(alice, "What is my sister called?", current(conversation))
    loaded = first_load(turn.run)
    context = build_context(loaded.history, summary=loaded.remembered.summary, model=built_in_model())
    given = "\n".join(message.text for message in context.messages)
    assert "Ottilie" in given
    assert any(part.name == "summary" for part in context.report.parts)
    assert context.messages[0].role == "system"


def test_an_answer_that_said_nothing_hides_no_summary(alice: User, settings: Settings) -> None:
    settings.MAX_CONVERSATION_HISTORY = 10
    conversation = talk(alice, 8)
    summarise_conversation(conversation.id, models=OFFLINE)
    silent = current(conversation).summary_leaf
    assert silent is not None
    Message.objects.filter(id=silent.id).update(text="", status="failed")
    loaded = first_load(make_turn(alice, "What now?", current(conversation)).run)
    assert silent.id not in {one.id for one in loaded.history}
    summary = loaded.remembered.summary
    assert summary is not None
    assert summary.is_needed, "older messages aren't among those considered"
    assert {one.id for one in loaded.history} & summary.covered


def test_a_stage_leaves_to_it_only_what_it_knows(alice: User, settings: Settings) -> None:
    conversation = talk(alice, 12)
    summarise_conversation(conversation.id, models=OFFLINE)
    leaf_id = current(conversation).active_leaf_id
    assert leaf_id is not None
    history = read_history(leaf_id)
    summary = read_summary(current(conversation), leaf_id)
    assert summary is not None
    everything = build_context(history, summary=summary)
    assert not everything.report.stages
    settings.CONTEXT_TARGET_TOKENS = everything.report.used_tokens - 1
    context = build_context(history, summary=summary)
    assert [stage.name for stage in context.report.stages] == ["use_summary"]
    assert context.report.used_tokens < settings.CONTEXT_TARGET_TOKENS
    kept = {message.text for message in context.messages}
    assert {one.text for one in history if one.id not in summary.covered} <= kept


def test_a_summary_is_cut_at_a_sentence() -> None:
    assert clean_summary("  Short. ") == "Short."
    long = clean_summary("One two three four. " * 100)
    assert long.endswith("four.")
    assert len(long.split()) <= MAX_WORDS
    listed = clean_summary("- One two\n- three four.\n" * 100)
    assert listed.endswith("four.")
    assert len(listed.split()) <= MAX_WORDS


def test_its_owner_sees_changes_and_switches_it_off(alice: User, client_of: ClientOf) -> None:
    conversation = talk(alice, 10)
    summarise_conversation(conversation.id, models=OFFLINE)
    client, address = client_of(alice), reverse("conversation_memory", args=[conversation.id])
    assert "item 0 is blue" in client.get(address, headers={"HX-Request": "true"}).text
    long = client.post(address, {"memory": "summary", "summary": "word " * (MAX_WORDS + 1)})
    assert (long.status_code, "limit is 200" in long.text) == (422, True)
    client.post(address, {"memory": "buffer", "summary": "Mine alone."})
    changed = current(conversation)
    assert (changed.memory, changed.summary) == ("buffer", "Mine alone.")
    turn = make_turn(alice, "What now?", changed)
    assert turn.run.settings["memory"] == "buffer"
    assert first_load(turn.run).remembered.summary is None
    client.post(address, {"memory": "summary", "summary": ""})
    assert summarise_conversation(conversation.id, models=OFFLINE) == 1


def seen_page(client: Client, conversation: Conversation) -> dict[str, str]:
    """What a browser sends back of the page, as it was when it was opened."""
    page = client.get(reverse("conversation_memory", args=[conversation.id]))
    form = page.context["form"]
    return {field.html_name: str(field.value() or "") for field in form}


def test_a_page_that_was_open_meanwhile_takes_nothing_out_of_it(alice: User, client_of: ClientOf) -> None:
    conversation = talk(alice, 10)
    summarise_conversation(conversation.id, models=OFFLINE)
    client, seen = client_of(alice), covered(conversation)
    form = seen_page(client, conversation)
    talk(alice, NEW_MESSAGES // 2, conversation=current(conversation), first="The sky is green.")
    summarise_conversation(conversation.id, models=OFFLINE)
    assert covered(conversation) > seen
    client.post(reverse("conversation_memory", args=[conversation.id]), form | {"memory": "summary"})
    assert (current(conversation).memory, covered(conversation)) == ("summary", seen)
    summarise_conversation(conversation.id, models=OFFLINE)
    assert "The sky is green" in current(conversation).summary


def test_what_is_said_of_another_branch_is_said_of_this_one(alice: User, client_of: ClientOf) -> None:
    conversation = talk(alice, 10)
    summarise_conversation(conversation.id, models=OFFLINE)
    above = Message.objects.filter(conversation=conversation).order_by("id")[3]
    Conversation.objects.filter(id=conversation.id).update(active_leaf=above)
    client = client_of(alice)
    form = seen_page(client, conversation) | {"summary": "In my own words."}
    client.post(reverse("conversation_memory", args=[conversation.id]), form)
    kept = read_summary(current(conversation), above.id)
    assert kept is not None
    assert kept.text == "In my own words."


def test_a_summary_that_is_too_long_already_holds_nothing_else_up(alice: User, client_of: ClientOf) -> None:
    conversation = talk(alice, 1)
    Conversation.objects.filter(id=conversation.id).update(summary="word " * MAX_WORDS + "word")
    client = client_of(alice)
    form = seen_page(client, conversation) | {"memory": "buffer"}
    assert client.post(reverse("conversation_memory", args=[conversation.id]), form).status_code == 302
    assert current(conversation).memory == "buffer"


def test_for_others_there_is_nothing(alice: User, charlie: User, client_of: ClientOf, client: Client) -> None:
    address = reverse("conversation_memory", args=[talk(alice, 1).id])
    assert client_of(charlie).get(address).status_code == 404
    assert client.get(address).headers["Location"].startswith("/accounts/login/")
