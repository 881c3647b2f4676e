"""What a person changes in what a conversation remembers, and what of it goes with messages."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from chat.actions.conversations import hold_open
from chat.actions.guarding import pass_text
from chat.actions.summaries import MAX_WORDS
from chat.actions.text import clean_paragraphs
from chat.context.history import is_on_path
from chat.entities.graph import Graph, own_part
from chat.models import Conversation, ConversationEntities
from chat.models.message import MessageQuerySet
from convoscope.encrypted_content import Unreadable, unreadable_marked
from convoscope.encrypted_fields import is_marked
from convoscope.errors import ValidationFailed


def change_memory(*, conversation: Conversation, memory: str, summary: str, read_until: UUID | None = None) -> None:
    """Set how it remembers, and its summary in the person's own words, from which the next one is made. A summary that
    is emptied is made anew. `read_until` is the last message of what they saw summed up: if a task has read on since,
    it does so again.

    Raises: ValidationFailed for a summary that is too long, or that a policy refuses, ConversationLocked, and
    Unreadable for another one in the place of what nobody can read; then nothing is changed.
    """
    summary = clean_paragraphs(summary).strip()
    with transaction.atomic():
        hold_open(conversation)
        mine = Conversation.objects.filter(id=conversation.id)
        with unreadable_marked():
            former = conversation.summary
        if summary == former:
            mine.update(memory=memory)
            return
        if summary and is_marked(former):
            raise Unreadable
        words = len(summary.split())
        if words > MAX_WORDS:
            raise ValidationFailed(
                _("The summary has %(words)d words; the limit is %(limit)d. Shorten it.")
                % {"words": words, "limit": MAX_WORDS},
                field="summary",
            )
        summary = pass_text(summary, owner_id=conversation.owner_id, field="summary").text
        leaf_id = _leaf_of(conversation, read_until or conversation.summary_leaf_id) if summary else None
        mine.update(memory=memory, summary=summary, summary_leaf=leaf_id)


def forget_read(messages: MessageQuerySet) -> None:
    """Take out of the memory what was read in messages that are about to be removed: neither a page nor an export is to
    tell of them any more. What the person said of entities and topics stays. For the transaction that holds the row of
    their conversation."""
    for row in ConversationEntities.objects.select_for_update().filter(leaf__in=messages):
        try:
            row.graph = own_part(Graph.of_json(row.graph)).as_json()
        except Unreadable:
            # Should its key come back, it would tell of them.
            row.graph = {}
        row.revision += 1
        row.save(update_fields=["graph", "revision"])
        if not row.has_own_topics:
            Conversation.objects.filter(id=row.conversation_id).update(topics="")
    Conversation.objects.filter(summary_leaf__in=messages).update(summary="")


def _leaf_of(conversation: Conversation, read_until: UUID | None) -> UUID | None:
    """What the person says of another branch, they say of the one that is shown."""
    leaf_id = conversation.active_leaf_id
    is_shown = read_until is not None and leaf_id is not None and is_on_path(read_until, leaf_id)
    return read_until if is_shown else leaf_id
