"""Keeping a temporary chat: from then on it is listed, found and named like any other."""

from __future__ import annotations

from django.db import transaction

from chat import events
from chat.actions.conversations import title_of_first_question
from chat.actions.titles import request_title
from chat.models import Conversation


def keep_conversation(*, conversation: Conversation) -> None:
    """Nothing is changed of one that is kept already. A title that the person gave stays."""
    with transaction.atomic():
        kept = Conversation.objects.select_for_update().get(id=conversation.id)
        if not kept.is_temporary:
            return
        kept.is_temporary = False
        kept.settings.pop("tells_of_person", None)
        if kept.title_source == Conversation.TitleSource.QUESTION:
            # As if it had never been temporary
            kept.title = title_of_first_question(kept, otherwise=kept.title)
        kept.version += 1
        kept.save(update_fields=["is_temporary", "settings", "title", "version"])
    conversation.refresh_from_db()
    events.sidebar_changed(conversation.owner_id, [conversation.id])
    request_title(conversation)
