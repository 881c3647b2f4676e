"""Suggested follow-ups: made by the task model in the background, once an answer is there, and kept with it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError

from accounts.models import Preferences
from chat import events
from chat.actions.conversations import hold_conversation
from chat.actions.hiding import is_hidden_since
from chat.actions.masking import ask_about
from chat.context.history import read_history
from chat.guards.cutting import beginning
from chat.models import Message, Run
from chat.understanding.follow_ups import clean_follow_ups, intent_in
from chat.understanding.intent import CLOSING, INTENTS
from chat.understanding.standalone import standalone_question
from convoscope.encrypted_content import Unreadable
from providers.contract import ChatMessage, Model
from providers.task_model import WORK_S, task_models

logger = logging.getLogger(__name__)

SEEN_QUESTION_CHARS = 1_000
SEEN_ANSWER_CHARS = 4_000
MAX_ANSWER_TOKENS = 150
INSTRUCTION = (
    "Suggest up to three short messages that the person could send next, to go on from this answer. Write them as the "
    "person would, in the language of their message, each on a line of its own, of at most 12 words, without numbers "
    "or quotes. Make them different from each other and from what was asked. If nothing useful comes to mind, say NONE."
)
INTENT_INSTRUCTION = (
    "First, on a line of its own, write what the person's message is: INTENT: and one of "
    f"{', '.join(INTENTS)}. If it is feedback or a goodbye, write nothing else. Then: "
)
# Tasks of the serving process share its time with what streams there.
BUSY_RUNS = 20
# Longer than both models may take: who is asked meanwhile leaves it to them, and a process that died is forgotten.
CLAIM_S = round(3 * WORK_S)


def request_follow_ups(run: Run) -> None:
    """Queue the making of suggestions for an answer that has just ended, if it may have some. Lost, they are not made:
    nobody waits for them."""
    from chat.tasks import suggest_follow_ups  # tasks call actions; here an action queues one

    is_wanted = settings.AUTO_FOLLOW_UPS and run.understanding.get("intent") not in CLOSING
    if is_wanted and _may_be_followed(run.message) and not _is_busy():
        try:
            suggest_follow_ups.delay(str(run.message_id))
        except OperationalError as exc:
            logger.warning("nothing is suggested after %s: the broker is gone (%s)", run.message_id, exc)


def suggest_for(message_id: UUID, *, models: Iterable[Model] | None = None) -> int:
    """Make and store suggestions for an answer, by the first of the models that says something; returns how many. Where
    no rule was sure what the person's message is, the same call says it. Running it twice changes nothing."""
    claim = f"follow-ups:{message_id}"
    if not settings.AUTO_FOLLOW_UPS or not cache.add(claim, 1, CLAIM_S):
        return 0
    try:
        answer = _open_answer(message_id)
        if answer is None:
            return 0
        run = answer.runs.latest("created_at")
        _decide_by_what_is_known(run, answer)
        if run.understanding.get("intent") in CLOSING:
            return 0
        said = _made(run, answer, task_models() if models is None else models)
        return _keep(run, answer, said)
    except Unreadable:
        logger.warning("nothing is suggested after %s: FIELD_ENCRYPTION_KEYS lacks the key of it", message_id)
        return 0
    finally:
        cache.delete(claim)


def _is_busy() -> bool:
    return settings.CELERY_IS_EMBEDDED and Run.objects.unfinished().count() > BUSY_RUNS


def _may_be_followed(answer: Message) -> bool:
    """An answer that is whole and the only one to its question's turn; of a temporary chat nothing is told to another
    model, or kept."""
    is_whole = answer.status == Message.Status.COMPLETE and answer.finish_reason in ("", "complete")
    return is_whole and answer.comparison_id is None and not answer.conversation.is_temporary


def _open_answer(message_id: UUID) -> Message | None:
    """The answer, if its person wants suggestions and it has none yet and ends the path that is shown."""
    open_ones = Message.objects.readable().filter(conversation__trashed_at=None, conversation__deleted_at=None)
    shown = open_ones.select_related("conversation__owner__preferences", "parent").filter(id=message_id)
    answer = shown.first()
    if answer is None or answer.parent is None or answer.conversation.active_leaf_id != answer.id:
        return None
    if "follow_ups" in answer.metadata:
        return None
    is_wanted = Preferences.of(answer.conversation.owner).suggests_follow_ups
    return answer if is_wanted and _may_be_followed(answer) and answer.runs.exists() else None


def _decide_by_what_is_known(run: Run, answer: Message) -> None:
    """What follows a clarifying question answers it, where no rule was sure of something else."""
    before = answer.parent.parent if _is_unsure(run) and answer.parent else None
    if before is not None and before.finish_reason == Message.ASKED_BACK:
        _decide(run, "clarification", "rules")


def _is_unsure(run: Run) -> bool:
    return bool(run.understanding.get("decided_by") == "guess")


def _decide(run: Run, intent: str, decided_by: str) -> None:
    run.understanding = run.understanding | {"intent": intent, "decided_by": decided_by}
    run.save(update_fields=["understanding"])


def _made(run: Run, answer: Message, models: Iterable[Model]) -> str:
    """What the first model says that says anything; blank if none does."""
    question = answer.parent
    assert question is not None
    earlier = read_history(question.parent_id) if question.parent_id else []
    asked = beginning(standalone_question(question.text, earlier), SEEN_QUESTION_CHARS)
    seen = f"user: {asked}\n\nassistant: {beginning(answer.text, SEEN_ANSWER_CHARS)}"
    instruction = INTENT_INSTRUCTION + INSTRUCTION if _is_unsure(run) else INSTRUCTION
    answers = (
        ask_about(
            answer.conversation,
            model,
            (ChatMessage.of_text("system", instruction), ChatMessage.of_text("user", seen)),
            max_answer_tokens=MAX_ANSWER_TOKENS,
            feature="follow_ups",
        )
        for model in models
    )
    return next(filter(None, answers), "")


def _keep(run: Run, answer: Message, said: str) -> int:
    """Store what was said, none too, so that nobody is asked again; pages show it. Of two that did so the first is
    kept."""
    question = answer.parent
    assert question is not None
    intent = intent_in(said) if _is_unsure(run) else None
    suggestions = [] if intent in CLOSING else clean_follow_ups(said, asked=question.text)
    with transaction.atomic():
        if intent is not None:
            _decide(run, intent, "model")
        hold_conversation(answer.conversation_id)
        standing = Message.objects.readable().select_for_update().filter(id=answer.id).first()
        if standing is None or is_hidden_since(run) or "follow_ups" in standing.metadata:
            return 0
        standing.metadata = standing.metadata | {"follow_ups": suggestions}
        standing.save(update_fields=["metadata"])
        if suggestions:
            standing.conversation = answer.conversation
            transaction.on_commit(lambda: events.follow_ups_made(standing), robust=True)
    return len(suggestions)
