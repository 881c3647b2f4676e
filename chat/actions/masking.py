"""What leaves for providers of a conversation, with placeholders for personal data and secrets; and what models that
work in the background are asked of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from chat.actions.guarding import pass_made
from chat.guards.placeholders import Placeholders
from chat.guards.policies import policy_for
from chat.guards.scanning import scans
from chat.models import Conversation, ConversationPlaceholders
from chat.models.placeholders import sealed
from providers.contract import ChatMessage, Model, Part, TextPart, ToolCallPart, ToolResultPart
from providers.payers import payer_of
from providers.task_model import ask_task_model


@dataclass(frozen=True, slots=True)
class Masked:
    """`placeholders` give back what stands in the texts, and in what is answered to them."""

    texts: tuple[str, ...]
    placeholders: Placeholders


def mask_texts(conversation_id: UUID, texts: Sequence[str]) -> Masked:
    """With the conversation's placeholders; new ones are stored before this returns. Blocks."""
    found = [(text, scans.find(text)) for text in texts]
    while True:
        row = ConversationPlaceholders.objects.filter(conversation=conversation_id).first()
        placeholders = row.opened() if row is not None else Placeholders()
        known = len(placeholders)
        # First all of them: what is found in one text may stand in an earlier one, where nothing tells what it is.
        for text, findings in found:
            placeholders.learn(text, findings)
        masked = Masked(tuple(placeholders.mask(text, findings) for text, findings in found), placeholders)
        if len(placeholders) == known or _store(conversation_id, row, placeholders):
            return masked


def _store(conversation_id: UUID, row: ConversationPlaceholders | None, placeholders: Placeholders) -> bool:
    """False if somebody else was quicker: what was given is nobody's then."""
    if row is None:
        row = ConversationPlaceholders(conversation_id=conversation_id)
        ConversationPlaceholders.objects.bulk_create([row], ignore_conflicts=True)
    unchanged = ConversationPlaceholders.objects.filter(conversation=conversation_id, revision=row.revision)
    return bool(unchanged.update(sealed=sealed(placeholders), revision=row.revision + 1))


def copy_placeholders(source: Conversation, fork: Conversation) -> None:
    """So that providers know the copy's beginning again."""
    row = ConversationPlaceholders.objects.filter(conversation=source).first()
    if row is not None:
        ConversationPlaceholders.objects.create(conversation=fork, sealed=row.sealed, revision=row.revision)


def mask_messages(
    conversation_id: UUID, messages: Sequence[ChatMessage], *more: str
) -> tuple[tuple[ChatMessage, ...], Masked]:
    """`more` are texts that go with them: the masked ones stand at the end of `Masked.texts`. What pictures show isn't
    masked."""
    texts = [text for message in messages for part in message.parts for text in _text_of(part)]
    masked = mask_texts(conversation_id, [*texts, *more])
    left = iter(masked.texts)
    return tuple(_with_texts(message, left) for message in messages), masked


def _text_of(part: Part) -> Iterable[str]:
    match part:
        case TextPart(text) | ToolResultPart(text=text) | ToolCallPart(arguments=text):
            yield text


def _with_texts(message: ChatMessage, texts: Iterator[str]) -> ChatMessage:
    parts: list[Part] = []
    for part in message.parts:
        match part:
            case TextPart() | ToolResultPart():
                part = replace(part, text=next(texts))
            case ToolCallPart():
                part = replace(part, arguments=next(texts))
        parts.append(part)
    return ChatMessage(message.role, tuple(parts))


def ask_about(
    conversation: Conversation, model: Model, messages: tuple[ChatMessage, ...], *, is_json: bool = False, **asked: Any
) -> str:
    """What `ask_task_model` gives, as it may be kept. It is told of a conversation masked where a policy says so."""
    owner_id = conversation.owner_id
    asked |= {"payer": payer_of(owner_id), "subject_id": conversation.id}
    if not policy_for(owner_id).masks_for_provider:
        return pass_made(ask_task_model(model, messages, **asked), owner_id=owner_id, is_json=is_json)
    messages, masked = mask_messages(conversation.id, messages)
    answer = ask_task_model(model, messages, **asked)
    restored = masked.placeholders.restore(answer, write=_in_json if is_json else str)
    return pass_made(restored, owner_id=owner_id, is_json=is_json)


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
