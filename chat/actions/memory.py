"""What a person changes in what a conversation remembers."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chat.actions.summaries import MAX_WORDS
from chat.actions.text import clean_paragraphs
from chat.models import Conversation
from convoscope.errors import ValidationFailed


def change_memory(*, conversation: Conversation, memory: str, summary: str) -> None:
    """Set how it remembers, and its summary in the person's own words, from which the next one is made. A summary that
    is emptied is made anew.

    Raises: ValidationFailed for a summary that is too long; nothing is changed then.
    """
    summary = clean_paragraphs(summary).strip()
    words = len(summary.split())
    if words > MAX_WORDS:
        raise ValidationFailed(
            _("The summary has %(words)d words; the limit is %(limit)d. Shorten it.")
            % {"words": words, "limit": MAX_WORDS},
            field="summary",
        )
    if summary == conversation.summary:
        Conversation.objects.filter(id=conversation.id).update(memory=memory)
        return
    leaf_id = (conversation.summary_leaf_id or conversation.active_leaf_id) if summary else None
    Conversation.objects.filter(id=conversation.id).update(memory=memory, summary=summary, summary_leaf=leaf_id)
