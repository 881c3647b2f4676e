"""Decisions at the same moment as what they are about, or as each other: on either database one waits for the other."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat.actions.flags import NotTheirs, claim_flag, dismiss_flags, flag_message
from chat.actions.moderation import hide_message, lock_conversation
from chat.actions.turns import Turn
from chat.models import Flag, Message, Run
from chat.runs.finish import finish_run
from chat.runs.leases import claim_run
from chat.runs.result import RunResult
from providers.actions.attempts import AttemptRecord
from providers.contract import AttemptStarted, ChatRequest
from providers.models import Attempt
from tests.chat.moderation.conftest import make_moderator
from tests.chat.test_races import at_once
from tests.support.answers import make_plain
from tests.support.turns import make_turn

ROUNDS = 5


@pytest.fixture(autouse=True)
def _real_transactions(transactional_db: None) -> None:
    """Each thread has a connection of its own, so what it sees must be committed."""


def end(turn: Turn) -> None:
    """With a call whose request is kept, and a flag of the provider's."""
    claim = claim_run(turn.run.id, owner=uuid4())
    assert claim is not None
    started = AttemptStarted(1, "offline", "offline", "first", body=lambda: b"all that was said")
    request = ChatRequest(turn.run.id, (), "offline", may_be_kept=True)
    attempts = (AttemptRecord(request, started, timezone.now(), outcome=Attempt.Outcome.COMPLETE),)
    result = RunResult(
        Message.Status.COMPLETE, "Done", "<p>Done</p>", finish_reason="content_filter", attempts=attempts
    )
    finish_run(claim, Run.objects.select_related("message__conversation__owner").get(id=turn.run.id), result)


@pytest.mark.parametrize("is_question", [True, False])
def test_an_answer_that_ends_meanwhile_keeps_no_request_with_what_is_hidden(alice: User, is_question: bool) -> None:
    moderator = make_moderator()
    for _round in range(ROUNDS):
        answer = make_plain(alice).message
        turn = make_turn(alice, conversation=answer.conversation)
        hidden = turn.question if is_question else answer
        hide = partial(hide_message, message=hidden, reason="It insults.", by=moderator)
        assert [one for one in at_once(partial(end, turn), hide) if isinstance(one, Exception)] == []
        assert Message.objects.get(id=turn.answer.id).text == "Done"
        assert Attempt.objects.get(request_id=turn.run.id).wire_request is None


def test_an_answer_ends_while_its_conversation_is_locked(alice: User) -> None:
    moderator = make_moderator()
    for _round in range(ROUNDS):
        turn = make_turn(alice)
        lock = partial(lock_conversation, conversation=turn.conversation, reason="It insults.", by=moderator)
        ended, locked = at_once(partial(end, turn), lock)
        assert not isinstance(locked, Exception)
        # Where the moderator came first, the answer was ended by that.
        assert not isinstance(ended, Exception) or isinstance(ended, AssertionError)
        assert not Run.objects.unfinished().exists()


def test_of_two_who_work_on_a_flag_one_does(alice: User) -> None:
    mora, otto = make_moderator(), make_moderator("otto")
    for _round in range(ROUNDS):
        answer = make_plain(alice).message
        flag = flag_message(message=answer, source="guard", category="hate", severity=2, details={})
        claimed, dismissed = at_once(
            partial(claim_flag, flag=flag, by=mora), partial(dismiss_flags, flags=[flag], reason="A play.", by=otto)
        )
        assert isinstance(claimed, Exception) != isinstance(dismissed, NotTheirs)
        assert Flag.objects.get(id=flag.id).is_open is isinstance(dismissed, NotTheirs)
