"""What may be deleted by the clock: every purge asks here, so whatever holds something back is decided here too."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from chat.models import Run
from chat.models.conversation import ConversationQuerySet


def deletable(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """Those of them from which something may be deleted now: none that an answer is being written in, since what a run
    used is booked at its end."""
    unfinished = Run.objects.unfinished().filter(message__conversation=OuterRef("id"))
    return conversations.filter(~Exists(unfinished))
