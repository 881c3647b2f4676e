"""Where in a conversation's tree a question goes."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from chat.actions.conversations import require_readable
from chat.models import Conversation, Message
from chat.models.message import answer_above
from convoscope.errors import ValidationFailed


def followed(conversation: Conversation, parent_id: UUID | None) -> UUID | None:
    """The message a new question follows. An answer still being written can't be answered: its question's place is
    taken instead, as a branch beside it.

    Raises: ValidationFailed for one that isn't there.
    """
    seen_id = parent_id or conversation.active_leaf_id
    if seen_id is None:
        return None
    try:
        return answer_above(seen_id, conversation_id=conversation.id)
    except Message.DoesNotExist:
        raise ValidationFailed(
            _("The message you replied to is no longer in this conversation. Reload the page and send again."),
            field="text",
        ) from None


def edited_question(conversation: Conversation, edited_id: UUID) -> Message:
    """Raises: ValidationFailed for one that isn't there."""
    question = conversation.messages.present().filter(id=edited_id, role=Message.Role.USER).only("parent_id").first()
    if question is None:
        raise ValidationFailed(
            _("The question you edited was deleted meanwhile. Your text is kept: send it as a new message."),
            field="text",
        )
    require_readable(question)
    return question
