"""Whatever is done to a conversation, in whatever order, leaves a valid tree, and the stored path is the shown one."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

from django.test import Client
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from chat.actions.branches import delete_message, restore_message
from chat.actions.conversations import select_message
from chat.actions.forks import fork_conversation
from chat.actions.runs import retry_message
from chat.actions.turns import submit_turn
from chat.fragments import WINDOW_MESSAGES
from chat.models import Conversation, Message, Run

ARTICLE = re.compile(r'<article [^>]*data-message="([^"]+)"')
place = st.integers(min_value=0, max_value=10_000)


class Tree(RuleBasedStateMachine):
    """Beside the rows it keeps what they have to be: each message's parent, and what was deleted by which deletion."""

    @initialize()
    def begin(self) -> None:
        self.owner = User.objects.create_user(email=f"{uuid4().hex}@example.org")
        self.conversation_id: UUID | None = None
        self.parents: dict[UUID, UUID | None] = {}
        self.deletions: list[tuple[UUID, UUID | None, frozenset[UUID]]] = []
        self._submit("One")

    # Helpers of the machine

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.select_related("owner").get(owner=self.owner, metadata={})

    @property
    def present(self) -> list[UUID]:
        gone = {one for _root, _leaf, ids in self.deletions for one in ids}
        return [one for one in self.parents if one not in gone]

    def _message(self, message_id: UUID) -> Message:
        return Message.objects.select_related("conversation__owner", "parent").get(id=message_id)

    def _pick(self, at: int, role: str = "") -> Message | None:
        rows = Message.objects.filter(id__in=self.present).order_by("id")
        ids = list((rows.filter(role=role) if role else rows).values_list("id", flat=True))
        return self._message(ids[at % len(ids)]) if ids else None

    def _submit(self, text: str, *, parent_id: UUID | None = None, edited_id: UUID | None = None) -> None:
        turn = submit_turn(
            owner=self.owner,
            conversation_id=self.conversation_id,
            text=text,
            turn_key=uuid4(),
            parent_id=parent_id,
            edited_id=edited_id,
        )
        self.conversation_id = turn.conversation.id
        self.parents[turn.question.id] = turn.question.parent_id
        self.parents[turn.answer.id] = turn.question.id
        self._finish(turn.answer)

    def _finish(self, answer: Message) -> None:
        Run.objects.filter(message=answer).update(status="complete", finished_at=timezone.now())
        Message.objects.filter(id=answer.id).update(status="complete", text="Said", finished_at=timezone.now())

    # What people do

    @rule()
    def ask(self) -> None:
        self._submit("Next", parent_id=self.conversation.active_leaf_id)

    @rule(at=place)
    def ask_on_an_old_page(self, at: int) -> None:
        ids = sorted(self.parents)
        self._submit("Late", parent_id=ids[at % len(ids)])

    @precondition(lambda self: self.present)
    @rule(at=place)
    def edit(self, at: int) -> None:
        question = self._pick(at, "user")
        assert question is not None
        self._submit("Edited", edited_id=question.id)

    @precondition(lambda self: self.present)
    @rule(at=place)
    def regenerate(self, at: int) -> None:
        message = self._pick(at)
        assert message is not None
        answer = retry_message(message=message, by=self.owner)
        self.parents[answer.id] = message.id if message.role == "user" else message.parent_id
        self._finish(answer)

    @precondition(lambda self: self.present)
    @rule(at=place)
    def select(self, at: int) -> None:
        message = self._pick(at)
        assert message is not None
        select_message(message=message)
        self._shows(message.id)

    @precondition(lambda self: self.present)
    @rule(at=place)
    def delete(self, at: int) -> None:
        message = self._pick(at)
        assert message is not None
        below = frozenset(one for one in self.present if message.id in self._above(one))
        leaf_id = self.conversation.active_leaf_id
        delete_message(message=message)
        self.deletions.append((message.id, leaf_id, below))

    @precondition(lambda self: self.deletions)
    @rule(at=place)
    def undo(self, at: int) -> None:
        root, leaf_id, ids = self.deletions[at % len(self.deletions)]
        restore_message(message=self._message(root), leaf_id=leaf_id if leaf_id in ids else None)
        above = self._above(root)
        self.deletions = [one for one in self.deletions if not above & one[2]]
        self._shows(leaf_id if leaf_id in ids else root)

    @precondition(lambda self: self.present)
    @rule(at=place, has_branches=st.booleans())
    def fork(self, at: int, has_branches: bool) -> None:  # hypothesis passes it by name
        message = self._pick(at)
        assert message is not None
        fork = fork_conversation(message=message, by=self.owner, has_branches=has_branches)
        kept = set(self.present) if has_branches else self._above(message.id)
        assert fork.messages.count() == len(kept)
        depths = sorted(len(self._above(one)) for one in kept)
        assert depths == sorted(len(Message.objects.path_to(one.id)) for one in fork.messages.all())
        shown = self.conversation.active_leaf_id if has_branches else message.id
        assert len(Message.objects.path_to(fork.active_leaf_id)) == len(Message.objects.path_to(shown))

    # What has to hold

    def _above(self, message_id: UUID | None) -> set[UUID]:
        """The message and all above it."""
        found: set[UUID] = set()
        while message_id is not None:
            found.add(message_id)
            message_id = self.parents[message_id]
        return found

    def _shows(self, message_id: UUID | None) -> None:
        assert message_id in self._above(self.conversation.active_leaf_id)

    @invariant()
    def the_rows_are_the_tree(self) -> None:
        rows = Message.objects.filter(conversation=self.conversation_id)
        assert dict(rows.values_list("id", "parent_id")) == self.parents
        assert set(rows.present().values_list("id", flat=True)) == set(self.present)
        for message_id in self.present:
            assert self._above(message_id) <= set(self.present)

    @invariant()
    def the_shown_path_is_the_stored_one(self) -> None:
        leaf_id = self.conversation.active_leaf_id
        assert (leaf_id is None) == (not self.present)
        if leaf_id is None:
            return
        assert leaf_id in self.present
        assert leaf_id not in {self.parents[one] for one in self.present}

    def teardown(self) -> None:
        leaf_id = self.conversation.active_leaf_id
        client = Client()
        client.force_login(self.owner)
        page = client.get(f"/conversations/{self.conversation_id}/").text
        shown = [UUID(one) for one in ARTICLE.findall(page)]
        assert shown == [one.id for one in Message.objects.path_to(leaf_id, last=WINDOW_MESSAGES)]


def test_any_sequence_keeps_the_tree(db: None) -> None:
    run_state_machine_as_test(Tree, settings=settings(max_examples=10, stateful_step_count=30))
    # The machines' own, and all forks of theirs.
    conversations = Conversation.objects.select_related("active_leaf")
    assert conversations.filter(metadata={}).count() >= 10
    for conversation in conversations:
        leaf, present = conversation.active_leaf, conversation.messages.present()
        assert leaf in present if present else leaf is None
        assert not present.filter(parent=leaf).exists() or leaf is None
        assert not present.exclude(parent__deleted_at=None).exists()
        assert not present.exclude(parent=None).exclude(parent__conversation=conversation).exists()
