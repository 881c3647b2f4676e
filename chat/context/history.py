"""What was said before a message, as the context is built from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings

from chat.context.attached import (
    MAX_IMAGES,
    SaidImage,
    images_of,
    input_tokens_of,
    left_out,
    read_attached,
    read_image,
    read_newest_texts,
    tokens_of_attached,
    with_documents,
)
from chat.counting import expected_tokens
from chat.models import Attachment, Conversation, Message
from chat.models.message import path_ids, path_said
from providers.contract import ChatMessage, Part, Role, TextPart
from providers.tokens import MESSAGE_OVERHEAD_TOKENS, count_text_tokens

_ROLES: dict[str, Role] = {Message.Role.USER: "user", Message.Role.ASSISTANT: "assistant"}


@dataclass(frozen=True, slots=True)
class Said:
    """One message; documents that are attached stand in its text. `tokens` is about what it counts in a request, rather
    too high than too low; that of `images` depends on the model. `own_text` is what was written, without documents, and
    `attached_tokens` is about what the files count where the model isn't known."""

    id: UUID | None
    role: Role
    text: str
    tokens: int
    images: tuple[SaidImage, ...] = ()
    own_text: str = ""
    attached_tokens: int = 0

    @property
    def words(self) -> str:
        """What was written; of a message that is nothing but documents, those."""
        return self.own_text or self.text

    @property
    def expected_tokens(self) -> int:
        """What an answer to it is expected to use, by the question alone."""
        return expected_tokens(self.own_text) + self.attached_tokens

    def as_message(self) -> ChatMessage:
        """Without the images, which have to be read first."""
        return ChatMessage.of_text(self.role, self.text)

    def without_images(self) -> Said:
        """With a word on each in their place."""
        if not self.images:
            return self
        text = "\n\n".join(filter(None, (left_out(self.images), self.text)))
        return replace(self, text=text, tokens=said(self.role, text).tokens, images=())

    def with_images(self) -> ChatMessage:
        """Blocks: it reads them from the storage."""
        parts: list[Part] = []
        for image in self.images:
            part = read_image(image)
            parts.append(part or TextPart(left_out([image])))
        return ChatMessage(self.role, (*parts, *((TextPart(self.text),) if self.text else ())))


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for the messages that are `covered`, as far as they are among those considered. With `is_needed` some
    of them aren't."""

    text: str
    covered: frozenset[UUID]
    is_needed: bool


def said(
    role: Role,
    text: str,
    *,
    message_id: UUID | None = None,
    text_tokens: int | None = None,
    attached: Sequence[Attachment] = (),
) -> Said:
    """`text_tokens` is the count that is kept with the message, where there is one."""
    counted = count_text_tokens(text) if text_tokens is None else text_tokens
    tokens = counted + MESSAGE_OVERHEAD_TOKENS + tokens_of_attached(attached)
    attached_tokens = input_tokens_of(attached, None) if attached else 0
    return Said(message_id, role, with_documents(text, attached), tokens, images_of(attached), text, attached_tokens)


def scaled(tokens: int, percent: int) -> int:
    """What a model counts that makes so many tokens of a text for 100 of ours."""
    return -(-tokens * percent // 100)


def read_history(leaf_id: UUID) -> list[Said]:
    """The path that ends in `leaf_id`, oldest first, at most MAX_CONVERSATION_HISTORY messages of it; not those that
    said nothing."""
    return read_path(leaf_id)[0]


def read_path(leaf_id: UUID, *, newer: int = 0) -> tuple[list[Said], int]:
    """Its history, and how many messages of the path that was made of, those that said nothing too. So many `newer`
    ones stand below it, which count among the most that there may be."""
    last = settings.MAX_CONVERSATION_HISTORY - newer
    path = path_said(leaf_id, last=last) if last > 0 else []
    attached = read_attached([message_id for message_id, *_rest in path])
    read_newest_texts(attached.get(message_id, ()) for message_id, *_rest in reversed(path))
    history = [
        said(_ROLES[role], text, message_id=message_id, text_tokens=text_tokens, attached=attached.get(message_id, ()))
        for message_id, role, text, text_tokens in path
        if text or message_id in attached
    ]
    return history, len(path)


def bounded_images(history: Sequence[Said], *, can_see: bool) -> list[Said]:
    """Those of the newest messages as far as a request may have them, and the last message's always; none for a model
    that can't see them."""
    if not can_see:
        return [message.without_images() for message in history]
    left, kept = MAX_IMAGES, []
    for place, message in enumerate(reversed(history)):
        left -= len(message.images)
        kept.append(message if left >= 0 or place == 0 else message.without_images())
    return kept[::-1]


def read_summary(conversation: Conversation, leaf_id: UUID) -> Summary | None:
    """The conversation's running summary, if it has one and that is of the path that ends in `leaf_id`."""
    summary_leaf_id = conversation.summary_leaf_id
    if not conversation.summary or summary_leaf_id is None:
        return None
    # Of the path itself: a history leaves out what said nothing, such as an answer that failed.
    ids = path_ids(leaf_id, last=settings.MAX_CONVERSATION_HISTORY)[::-1]
    is_whole = len(ids) < settings.MAX_CONVERSATION_HISTORY
    is_near = summary_leaf_id in ids
    if not is_near and (is_whole or not is_on_path(summary_leaf_id, leaf_id)):
        # It is of another branch, or of messages that were edited since.
        return None
    covered = ids[: ids.index(summary_leaf_id) + 1] if is_near else []
    return Summary(conversation.summary, frozenset(covered), is_needed=not is_whole)


def is_on_path(message_id: UUID, leaf_id: UUID, history: Sequence[Said] = ()) -> bool:
    """Whether a message is on the path that ends in `leaf_id`, the end of which is `history`."""
    return message_id in _ids(history) or Message.objects.on_path_to(leaf_id).filter(id=message_id).exists()


def _ids(history: Sequence[Said]) -> list[UUID]:
    return [message.id for message in history if message.id is not None]
