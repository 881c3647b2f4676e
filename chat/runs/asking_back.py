"""Clarifying questions: where rules find a question ambiguous, the task model judges it before it is answered, and what
it asks is the answer. Whatever comes in between, the question is answered."""

from __future__ import annotations

import logging
import re
from typing import Any

from django.conf import settings

from accounts.models import Preferences
from chat.actions.text import clean_line
from chat.actions.title_text import without_reasoning
from chat.context.history import Said
from chat.guards.cutting import beginning
from chat.models import Message, Run
from chat.runs.database import Database
from chat.runs.guarding import RunGuard
from chat.runs.leases import write_run
from chat.runs.live import LiveRun
from chat.runs.load import LoadedRun
from chat.understanding.doubt import doubt_about
from chat.understanding.intent import understand
from chat.understanding.reading import QUESTION_MARKS
from providers.contract import AttemptStarted, ChatMessage, ChatRequest, GatewayEvent, Model
from providers.errors import ProviderError
from providers.folding import complete
from providers.gateway import Gateway
from providers.models import Attempt
from providers.recording import Recorder
from providers.registry import OFFLINE
from providers.task_model import output_limit, task_model

logger = logging.getLogger(__name__)

# It stands before the first token, of few answers: a model that takes longer isn't worth the wait.
JUDGING_S = 4.0
MAX_ANSWER_TOKENS = 80
QUESTION_MAX_CHARS = 300
SEEN_MESSAGES = 4
SEEN_CHARS = 1_500
INSTRUCTION = (
    "You decide whether a chat message can be answered as it is. It may be ambiguous: {doubt} If you can tell what is "
    "meant, or a helpful answer doesn't depend on it, reply with the single word ANSWER. Only if any answer would be a "
    "guess, reply with one short question to the person instead, in their language, that would settle it. Reply with "
    "nothing else."
)
_DOUBTS = {
    "nothing_given": "it says what to do, and not with what.",
    "no_such_item": "it points at an item that the list before it doesn't have.",
    "which_item": "it points at one of several items, and doesn't say which.",
}
_ANSWER = re.compile(r"\W*answer\b", re.I)


class AskingBack:
    def __init__(self, *, gateway: Gateway, database: Database) -> None:
        self._gateway = gateway
        self._database = database

    async def question(self, live: LiveRun, loaded: LoadedRun, guard: RunGuard | None) -> str:
        """The clarifying question; blank where the question is to be answered. It is kept before it is shown, so that
        whoever takes the run over says no more.

        Raises: LeaseLost.
        """
        asked = _asked(loaded)
        if asked is None or not _may_ask_back(loaded.run, live):
            return ""
        doubt = doubt_about(asked.text, loaded.history[:-1])
        if doubt is None:
            return ""
        model = await self._database.run(judging_model, loaded.run.message)
        if model is None:
            return ""
        live.understanding = live.understanding | {"doubt": doubt}
        question = await self._judged(live, loaded, model, doubt, guard)
        if question:
            live.understanding = live.understanding | {"asked_back": question}
            await self._database.run(write_run, live.claim, understanding=live.understanding)
        return question

    async def _judged(self, live: LiveRun, loaded: LoadedRun, model: Model, doubt: str, guard: RunGuard | None) -> str:
        messages = _told(loaded.history, doubt)
        if guard is not None and guard.masks:
            messages, _nothing = await self._database.run(guard.masked, messages)
        request = ChatRequest(
            request_id=live.claim.run_id,
            messages=messages,
            model=model.full_id,
            max_output_tokens=output_limit(model, MAX_ANSWER_TOKENS),
            feature="clarify",
            first_call_number=loaded.calls + 1,
            payer=loaded.payer,
            subject_id=live.message.conversation_id,
            deadline_s=0,
            only_this_model=True,
        )
        recorder = Recorder(request)

        def see(event: GatewayEvent) -> None:
            recorder.take(event)
            if isinstance(event, AttemptStarted) and recorder.last is not None:
                live.add_attempt(recorder.last)

        try:
            answer = await complete(self._gateway, request, see=see, within_s=JUDGING_S)
        except ProviderError as error:
            logger.info("run %s: nobody judged whether to ask back: %s", live.claim.run_id, error.detail)
            return ""
        finally:
            # Stopped by the person, or left to another process, if it is open.
            recorder.close(Attempt.Outcome.STOPPED if live.interruption == "stop" else Attempt.Outcome.ABANDONED)
        question = clean_question(answer.text if guard is None else guard.whole(answer.text))
        if question and recorder.last is not None:
            live.message.model, live.message.provider = recorder.last.started.model, recorder.last.started.endpoint
        return question


def intent_of(loaded: LoadedRun) -> dict[str, Any]:
    """What the question is taken for, as it is kept with its run.

    Shape: see `Run.understanding`.
    """
    asked = _asked(loaded)
    if asked is None:
        return {}
    found = understand(asked.own_text, has_earlier=len(loaded.history) > 1)
    return {"intent": found.intent, "decided_by": "rules" if found.is_sure else "guess"}


def clean_question(answer: str) -> str:
    """The one question that a judge asks; blank for its word that there is none, and for whatever else it said."""
    text = without_reasoning(answer).strip()
    if not text or "\n" in text or len(text) > QUESTION_MAX_CHARS or _ANSWER.match(text):
        return ""
    line = clean_line(text, max_chars=QUESTION_MAX_CHARS).strip("\"'\u201c\u201d ")
    return line if line.endswith(QUESTION_MARKS) else ""


def judging_model(answer: Message) -> Model | None:
    """Who judges whether an answer should ask back; None where it shouldn't: the person doesn't want it, the last
    answer did, the question brings something along, or the built-in model is all there is, which can't judge."""
    question = answer.parent
    if question is None or any(part["type"] != "text" for part in question.parts):
        return None
    if not Preferences.of(answer.conversation.owner).asks_back:
        return None
    if question.parent is not None and question.parent.finish_reason == Message.ASKED_BACK:
        return None
    model = task_model()
    return None if model.endpoint == OFFLINE.name else model


def _may_ask_back(run: Run, live: LiveRun) -> bool:
    """A first answer, once: who tries again wants an answer. No other model is told of a temporary chat, or where none
    is to answer."""
    is_first = run.kind == Run.Kind.ANSWER and live.claim.fence == 1 and run.message.comparison_id is None
    is_bound = live.settings.get("only_this_model") or live.settings.get("must_be_free")
    return bool(settings.ASK_BACK and is_first and not is_bound and not run.message.conversation.is_temporary)


def _asked(loaded: LoadedRun) -> Said | None:
    last = loaded.history[-1] if loaded.history else None
    return last if last is not None and last.role == "user" else None


def _told(history: list[Said], doubt: str) -> tuple[ChatMessage, ...]:
    """The newest of what was said, and what is doubtful about it."""
    newest = history[-SEEN_MESSAGES:]
    said = "\n\n".join(f"{message.role}: {beginning(message.words, SEEN_CHARS)}" for message in newest)
    instruction = INSTRUCTION.format(doubt=_DOUBTS[doubt])
    return ChatMessage.of_text("system", instruction), ChatMessage.of_text("user", said)
