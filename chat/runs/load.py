"""Reads what a process needs to work on a run it has claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.db import transaction

from chat.context.entities import Known, read_graph
from chat.context.history import Said, Summary, read_history, read_path, read_summary, said
from chat.context.person import told_of_person
from chat.context.stages import Room, compress
from chat.context.strategies import DEFAULT, STRATEGIES
from chat.guards.placeholders import begun_in
from chat.guards.policies import Policy, policy_for
from chat.model_choice import can_see
from chat.models import Attachment, Checkpoint, Message, Run
from chat.runs.leases import Claim, held_run
from convoscope.encrypted_fields import unlocked
from providers.actions.attempts import abandon_attempts, highest_call
from providers.contract import ChatMessage, ChatRequest, Payer, Rights
from providers.model_access import rights_of
from providers.payers import payer_of


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the run's strategy gives of what was said, beside the latest messages."""

    summary: Summary | None = None
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A claimed run with its message and conversation. `text` and `reasoning` are what was saved of the answer before
    this claim, without the end of an answer that goes on which may become a placeholder: that is `held`. `calls` is how
    often it was tried. `path_messages` is how many messages the history was made of, where some said nothing. `can_see`
    says whether the model may be given images; `is_tainted` that something stands in its context that the person didn't
    write; `language` is the owner's."""

    run: Run
    siblings: tuple[UUID, ...]
    history: list[Said]
    path_messages: int
    remembered: Remembered
    told: str
    text: str
    held: str
    reasoning: str
    calls: int
    policy: Policy
    is_tainted: bool
    may_use_cache: bool
    can_see: bool
    payer: Payer
    rights: Rights
    language: str

    @property
    def written(self) -> str:
        return self.text + self.held


def load_run(claim: Claim) -> LoadedRun:
    """Read a claimed run, and close the calls that a former holder left open.

    Raises: LeaseLost.
    """
    with transaction.atomic():
        return _load(held_run(claim), claim)


def first_load(run: Run, attached: Sequence[Attachment] = ()) -> LoadedRun:
    """What `load_run` would find for a run that is about to be inserted: its question alone is newer, and what is
    attached to it."""
    answer = run.message
    question = answer.parent
    assert question is not None
    history, earlier_messages = read_path(question.parent_id, newer=1) if question.parent_id else ([], 0)
    asked = said("user", question.text, message_id=question.id, text_tokens=question.text_tokens, attached=attached)
    history.append(asked)
    payer = payer_of(answer.conversation.owner_id)
    remembered = _remembered(run, question.parent_id, history)
    return LoadedRun(
        run,
        (),
        history,
        earlier_messages + 1,
        remembered,
        told_of_person(answer.conversation, answer.conversation.owner),
        text="",
        held="",
        reasoning="",
        calls=0,
        policy=policy_for(answer.conversation.owner_id),
        is_tainted=_is_tainted(run, history, earlier_messages + 1, remembered),
        may_use_cache=_may_use_cache(run),
        can_see=_can_see(run, history),
        payer=payer,
        rights=rights_of(payer),
        language=answer.conversation.owner.language,
    )


def _load(run: Run, claim: Claim) -> LoadedRun:
    message = run.message
    history, path_messages = read_path(message.parent_id) if message.parent_id else ([], 0)
    saved_text, reasoning = "", reasoning_of(message)
    calls = 0
    payer = payer_of(message.conversation.owner_id)
    if claim.fence > 1:
        saved_text, saved_reasoning = saved_so_far(run)
        reasoning += saved_reasoning
        calls = highest_call(run.id)
        abandon_calls(run, written=message.text, last_fence=claim.fence - 1)
    text, held = joined(run, message.text, saved_text)
    siblings: tuple[UUID, ...] = ()
    if run.kind != Run.Kind.ANSWER:
        present = Message.objects.present().filter(parent=message.parent_id)
        siblings = tuple(present.order_by("id").values_list("id", flat=True))
    remembered = _remembered(run, message.parent_id, history)
    return LoadedRun(
        run,
        siblings,
        history,
        path_messages,
        remembered,
        told_of_person(message.conversation, message.conversation.owner),
        text,
        held,
        reasoning,
        calls,
        policy=policy_for(message.conversation.owner_id),
        is_tainted=_is_tainted(run, history, path_messages, remembered),
        may_use_cache=_may_use_cache(run),
        can_see=_can_see(run, history),
        payer=payer,
        rights=rights_of(payer),
        language=message.conversation.owner.language,
    )


def _remembered(run: Run, leaf_id: UUID | None, history: Sequence[Said]) -> Remembered:
    """By the strategy that was frozen with the run."""
    if leaf_id is None:
        return Remembered()
    conversation, strategy = run.message.conversation, STRATEGIES[run.settings.get("memory", DEFAULT)]
    return Remembered(
        read_summary(conversation, leaf_id) if strategy.has_summary else None,
        Known(read_graph(conversation, leaf_id, history), strategy.hops) if strategy.has_entities else None,
    )


def _is_tainted(run: Run, history: Sequence[Said], path_messages: int, remembered: Remembered) -> bool:
    """Of what isn't in the history any more, answers to it and what is remembered may still speak."""
    if any(one.attached_tokens for one in history):
        return True
    conversation = run.message.conversation
    # By owner too: most people have few files or none, and a long conversation has many messages to look at.
    files = Attachment.objects.filter(owner=conversation.owner_id, message__conversation=conversation.id)
    if path_messages > len(history) and files.filter(message__hidden_at__isnull=False).exists():
        # An answer to what is hidden by now isn't.
        return True
    has_memory = remembered.summary is not None or (remembered.known is not None and remembered.known.graph.entities)
    is_longer = path_messages >= django_settings.MAX_CONVERSATION_HISTORY
    return bool((has_memory or is_longer) and files.exists())


def abandon_calls(run: Run, *, written: str, last_fence: int) -> None:
    """Close the calls of a run that are still open, and book what they used. `written` is what the message had before
    the run; `last_fence` the claim that made the calls. Nothing else in the rows is looked at: it may be what keeps the
    run from being worked on."""
    message = run.message
    text, reasoning = saved_so_far(run)
    begun = "".join(joined(run, written, text)).removesuffix(saved_so_far(run, fence=last_fence)[0])
    history = read_history(message.parent_id) if message.parent_id else []
    # What didn't fit wasn't sent.
    history, _stages = compress(history, Room(django_settings.CONTEXT_TARGET_TOKENS))
    asked = ChatRequest(
        request_id=run.id,
        messages=tuple(ChatMessage.of_text("user", one.text) for one in history),
        model="",
        partial_text=begun,
        payer=payer_of(message.conversation.owner_id),
        subject_id=message.conversation_id,
    )
    abandon_attempts(asked, received=reasoning + text)


def _can_see(run: Run, history: Sequence[Said]) -> bool:
    """Not asked of the catalog where there is nothing to see."""
    has_images = any(message.images for message in history)
    return not has_images or can_see(str(run.settings["model"]), run.message.conversation.owner_id)


def _may_use_cache(run: Run) -> bool:
    """Who tries again wants another answer; of a temporary chat nothing is kept."""
    return run.kind == Run.Kind.ANSWER and not run.message.conversation.is_temporary


def request_of(
    run_id: UUID, message: Message, settings: dict[str, Any], history: Sequence[ChatMessage], **given: Any
) -> ChatRequest:
    """What the gateway is asked for a run."""
    return ChatRequest(
        request_id=run_id,
        messages=tuple(history),
        model=str(settings["model"]),
        temperature=settings.get("temperature"),
        max_output_tokens=settings.get("max_output_tokens"),
        only_this_model=bool(settings.get("only_this_model")),
        must_be_free=bool(settings.get("must_be_free")),
        subject_id=message.conversation_id,
        may_be_kept=not message.conversation.is_temporary,
        **given,
    )


def joined(run: Run, written: str, saved: str) -> tuple[str, str]:
    """What an answer has with what is saved of its run, and what of it waits for more: where the text it had `written`
    before ends in the beginning of a placeholder, that stands in what is saved, as what it came to."""
    held = begun_in(written) if run.kind == Run.Kind.CONTINUE else ""
    written = written.removesuffix(held)
    return (written + saved, "") if saved else (written, held)


def saved_so_far(run: Run, *, fence: int | None = None) -> tuple[str, str]:
    """Text and reasoning in the run's checkpoints, in the order they were written; of one claim's alone by `fence`."""
    checkpoints = Checkpoint.objects.filter(run=run)
    if fence is not None:
        checkpoints = checkpoints.filter(fence=fence)
    text: list[str] = []
    reasoning: list[tuple[int, str]] = []
    for claim, kind, delta in checkpoints.order_by("fence", "n").values_list("fence", "kind", "text_delta"):
        match kind:
            case Checkpoint.Kind.TEXT:
                text.append(unlocked(delta))
            case Checkpoint.Kind.REASONING:
                reasoning.append((claim, unlocked(delta)))
            case Checkpoint.Kind.ANEW:
                reasoning = [(earlier, said) for earlier, said in reasoning if earlier != claim]
    return "".join(text), "".join(delta for _claim, delta in reasoning)


def reasoning_of(message: Message) -> str:
    return "".join(part["text"] for part in message.parts if part["type"] == "reasoning")
