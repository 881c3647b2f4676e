"""Two requests at the same moment: the second waits for the first or sees what it did, on either database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts.models import User
from chat.actions.attachments import MAX_WAITING
from chat.actions.conversations import rename_conversation, select_message
from chat.actions.entity_edits import add_entity
from chat.actions.labels import LABELS_MAX, create_folder
from chat.actions.organising import set_tags, tag_conversations
from chat.actions.prompts import MAX_STARTERS, create_prompt
from chat.actions.purging import purge_conversations
from chat.actions.runs import continue_message, retry_message, stop_run
from chat.actions.shares import LINKS_MAX, share_conversation
from chat.actions.turns import Turn, submit_turn
from chat.entities.graph import MAX_ENTITIES, FoundEntity
from chat.models import Attachment, Conversation, Folder, Message, Prompt, Run, Share, Tag
from chat.runs.finish import finish_run
from chat.runs.leases import claim_run
from chat.runs.result import RunResult
from convoscope.errors import TurnKeyReused, ValidationFailed
from tests.chat.attachments.support import attach, stored_files
from tests.support.turns import make_turn

T = TypeVar("T")
THREADS = 6
# Long enough for the other thread to reach the lock it waits for.
PAUSE_S = 0.3


@pytest.fixture(autouse=True)
def _real_transactions(transactional_db: None) -> None:
    """Each thread has a connection of its own, so what it sees must be committed."""


def call(function: Callable[[], T], start: threading.Barrier) -> T:
    try:
        start.wait()
        return function()
    finally:
        connections.close_all()


def at_once(*functions: Callable[[], T]) -> list[T | Exception]:
    """What each returned or raised."""
    start = threading.Barrier(len(functions))
    with ThreadPoolExecutor(len(functions)) as threads:
        futures = [threads.submit(call, function, start) for function in functions]
    return [future.exception() or future.result() for future in futures]  # type: ignore[misc]  # no BaseException here


def all_of(kind: type[T], results: list[T | Exception]) -> list[T]:
    """The results, none of which is an exception."""
    found = [result for result in results if isinstance(result, kind)]
    assert len(found) == len(results), results
    return found


@contextmanager
def while_committing(function: Callable[[], T]) -> Generator[list[Future[T]], None, None]:
    """Start a function in another thread while this one's transaction, opened here, still has to be committed."""
    started: list[Future[T]] = []
    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        yield started
        started.append(threads.submit(call, function, threading.Barrier(1)))
        threading.Event().wait(PAUSE_S)


def finished_turn(owner: User, conversation: Conversation | None = None, reason: str = "complete") -> Turn:
    turn = make_turn(owner, conversation=conversation)
    claim = claim_run(turn.run.id, owner=uuid4())
    assert claim is not None
    result = RunResult(Message.Status.COMPLETE, "An answer", "<p>An answer</p>", finish_reason=reason)
    finish_run(claim, turn.run, result)
    turn.answer.refresh_from_db()
    return turn


def shape(conversation: Conversation) -> tuple[int, int]:
    """Roots and messages of the tree."""
    return conversation.messages.filter(parent=None).count(), conversation.messages.count()


def test_one_key_makes_one_turn(alice: User) -> None:
    submit = partial(submit_turn, owner=alice, conversation_id=None, text="Twice?", turn_key=uuid4())
    turns = at_once(*[submit] * THREADS)
    assert len({turn.question.id for turn in all_of(Turn, turns)}) == 1
    assert [turn.is_new for turn in all_of(Turn, turns)].count(True) == 1
    assert (Conversation.objects.count(), Message.objects.count(), Run.objects.count()) == (1, 2, 1)


def test_one_key_makes_one_turn_within_a_conversation(alice: User) -> None:
    first = finished_turn(alice)
    submit = partial(submit_turn, owner=alice, conversation_id=first.conversation.id, text="Twice?", turn_key=uuid4())
    turns = at_once(*[submit] * THREADS)
    assert len({turn.question.id for turn in all_of(Turn, turns)}) == 1
    assert shape(first.conversation) == (1, 4)


def test_one_key_for_two_texts_refuses_one(alice: User) -> None:
    submit = partial(submit_turn, owner=alice, conversation_id=None, turn_key=uuid4())
    results = at_once(partial(submit, text="One"), partial(submit, text="Two"))
    assert {type(result) for result in results} == {Turn, TurnKeyReused}
    assert Message.objects.filter(role="user").count() == 1


def test_a_submit_that_waited_follows_what_it_waited_for(alice: User) -> None:
    first = finished_turn(alice)
    with while_committing(partial(make_turn, alice, "The other tab", first.conversation)) as other:
        second = make_turn(alice, "This tab", first.conversation)
    [future] = other
    waited = future.result()
    # The answer that is still being written can't be answered: the later question stands beside the earlier one.
    assert waited.question.parent_id == second.question.parent_id == first.answer.id
    assert shape(first.conversation) == (1, 6)
    first.conversation.refresh_from_db()
    assert (first.conversation.active_leaf_id, first.conversation.version) == (waited.answer.id, 3)


def test_selecting_a_branch_finds_a_turn_that_is_being_submitted(alice: User) -> None:
    first = finished_turn(alice)
    with while_committing(partial(select_message, message=first.answer)) as selecting:
        second = make_turn(alice, "Further", first.conversation)
    assert selecting[0].result().active_leaf_id == second.answer.id


def test_a_double_click_on_retry_makes_one_sibling(alice: User) -> None:
    turn = finished_turn(alice)
    answers = at_once(*[partial(retry_message, message=turn.answer, by=alice)] * THREADS)
    assert len({answer.id for answer in all_of(Message, answers)}) == 1
    assert (turn.question.children.count(), Run.objects.unfinished().count()) == (2, 1)


def test_a_double_click_on_continue_makes_one_run(alice: User) -> None:
    turn = finished_turn(alice, reason="length")
    results = at_once(*[partial(continue_message, message=turn.answer, by=alice)] * THREADS)
    assert [type(result) for result in results].count(Message) == 1
    assert [type(result) for result in results].count(ValidationFailed) == THREADS - 1
    assert Run.objects.unfinished().count() == 1


def test_every_rename_counts(alice: User) -> None:
    conversation = make_turn(alice).conversation
    titles = [f"Title {number}" for number in range(THREADS)]
    results = at_once(*(partial(rename_conversation, conversation=conversation, title=title) for title in titles))
    assert results == [None] * THREADS
    conversation.refresh_from_db()
    assert conversation.version == 1 + THREADS
    assert conversation.title in titles


def test_one_of_many_claims(alice: User) -> None:
    run = make_turn(alice).run
    claims = at_once(*(partial(claim_run, run.id, owner=uuid4()) for _ in range(THREADS)))
    assert sum(claim is not None for claim in claims) == 1
    run.refresh_from_db()
    assert run.fence == 1


def test_stop_and_stop_again_end_a_waiting_run_once(alice: User) -> None:
    run = make_turn(alice).run
    assert at_once(*[partial(stop_run, run=run)] * THREADS) == [None] * THREADS
    run.refresh_from_db()
    assert (run.status, run.fence) == (Run.Status.STOPPED, 1)


def test_the_end_of_a_run_keeps_what_changed_beside_it(alice: User) -> None:
    turn = make_turn(alice)
    claim = claim_run(turn.run.id, owner=uuid4())
    assert claim is not None
    end = partial(finish_run, claim, turn.run, RunResult(Message.Status.COMPLETE, "An answer", "<p>An answer</p>"))
    with while_committing(end) as ending:
        # What holds the run for a moment, as a checkpoint does, while another part of the message is written.
        Run.objects.select_for_update().get(id=turn.run.id)
        Message.objects.filter(id=turn.answer.id).update(metadata={"liked": True})
    ending[0].result()
    turn.answer.refresh_from_db()
    assert (turn.answer.text, turn.answer.metadata) == ("An answer", {"liked": True})


def test_of_starters_saved_at_once_as_many_stay_as_there_is_room_for(alice: User) -> None:
    def save(name: str) -> Prompt:
        return create_prompt(
            owner=alice, name=name, title="A", description="", text="A", is_starter=True, is_shared=False, team=None
        )

    results = at_once(*[partial(save, f"s{number}") for number in range(THREADS)])
    assert [type(result) for result in results].count(ValidationFailed) == THREADS - MAX_STARTERS
    assert Prompt.objects.filter(is_starter=True).count() == MAX_STARTERS


def test_a_folder_that_waited_for_another_finds_no_room(alice: User) -> None:
    names = [str(number) for number in range(LABELS_MAX - 1)]
    Folder.objects.bulk_create(Folder(owner=alice, name=name, key=name) for name in names)
    with while_committing(partial(create_folder, owner=alice, name="second")) as started:
        create_folder(owner=alice, name="first")
    with pytest.raises(ValidationFailed, match="which is the limit"):
        started[0].result()
    assert Folder.objects.count() == LABELS_MAX


def test_an_entity_that_waited_for_another_finds_no_room(alice: User) -> None:
    conversation = make_turn(alice).conversation

    def add(name: str) -> None:
        add_entity(conversation=conversation, said=FoundEntity(name, "product"))

    for number in range(MAX_ENTITIES - 1):
        add(f"Name {number}")
    with while_committing(partial(add, "second")) as started:
        add("first")
    with pytest.raises(ValidationFailed, match="are the most there can be"):
        started[0].result()


def test_of_tags_made_at_once_as_many_stay_as_there_is_room_for(alice: User) -> None:
    conversation = make_turn(alice).conversation
    names = [str(number) for number in range(LABELS_MAX - 1)]
    conversation.tags.set(Tag.objects.bulk_create(Tag(owner=alice, name=name, key=name) for name in names))

    def tag(name: str) -> bool:
        tag_conversations(owner=alice, ids=[conversation.id], name=name)
        return True

    results = at_once(*[partial(tag, f"new {number}") for number in range(THREADS)])
    assert [type(result) for result in results].count(ValidationFailed) == THREADS - 1
    assert Tag.objects.count() == LABELS_MAX


def tags_after_a_purge(owner: User) -> tuple[Conversation, Tag]:
    """A conversation that stays, and the tag of another one that was deleted for good."""
    gone, stays = (finished_turn(owner).conversation for _ in range(2))
    tag_conversations(owner=owner, ids=[gone.id], name="x")
    Conversation.objects.filter(id=gone.id).update(trashed_at=timezone.now(), deleted_at=timezone.now())
    return stays, Tag.objects.get()


@pytest.mark.parametrize("way", ["by its name", "as it was chosen"])
@pytest.mark.parametrize("purge_is_first", [True, False])
def test_a_tag_is_given_while_its_last_conversation_is_purged(alice: User, purge_is_first: bool, way: str) -> None:
    stays, tag = tags_after_a_purge(alice)
    give: Callable[[], object] = partial(tag_conversations, owner=alice, ids=[stays.id], name="x")
    if way == "as it was chosen":
        give = partial(set_tags, conversation=stays, tags=[tag], new=[])
    first, second = (purge_conversations, give) if purge_is_first else (give, purge_conversations)
    with while_committing(second) as started:
        first()
    started[0].result()
    assert [one.name for one in stays.tags.all()] == ["x"]
    assert Conversation.objects.get() == stays


def test_of_files_attached_at_once_as_many_wait_as_there_is_room_for(alice: User) -> None:
    Attachment.objects.bulk_create(Attachment(owner=alice, name="a", kind="document") for _ in range(MAX_WAITING - 1))
    files = stored_files()
    results = at_once(*[partial(attach, alice)] * THREADS)
    assert [type(result) for result in results].count(ValidationFailed) == THREADS - 1
    assert Attachment.objects.count() == MAX_WAITING
    assert len(stored_files() - files) == 1


def test_a_link_that_waited_for_another_finds_no_room(alice: User) -> None:
    conversation = finished_turn(alice).conversation
    Share.objects.bulk_create(Share(owner=alice, conversation=conversation) for _ in range(LINKS_MAX - 1))
    share = partial(share_conversation, conversation=conversation, expires_at=None)
    with while_committing(share) as started:
        share()
    with pytest.raises(ValidationFailed, match="links already"):
        started[0].result()
    assert Share.objects.count() == LINKS_MAX
