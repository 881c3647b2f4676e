"""What else tells of a message that a moderator hides: title, topics, summary, entities, suggested follow-ups, titles
of links, requests as they were sent, answers that are kept to be given again. All of it is forgotten, or made anew from
the rest."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from chat import events
from chat.actions.conversations import title_of_first_question
from chat.actions.memory import forget_read
from chat.actions.titles import request_title
from chat.models import Conversation, ConversationEntities, Message, Run
from chat.models.message import MessageQuerySet
from convoscope.encrypted_content import Unreadable
from providers.actions.wire_requests import forget_requests
from providers.cache.forgetting import forget_user

SAVED_AT_ONCE = 200


def forget_what_tells_of(message: Message, conversation: Conversation) -> None:
    """For the transaction that hides it, and holds its conversation's row."""
    below = Message.objects.subtree_of(message.id)
    # Held before anything else of theirs: what an answer saves at its end is there by now, or it finds the message
    # hidden (`forget_if_hidden_since`).
    list(Run.objects.unfinished().select_for_update(of=("self",)).filter(message__in=below).order_by("id"))
    forget_read(below)
    ConversationEntities.objects.filter(leaf__in=below).update(leaf=None)
    Conversation.objects.filter(id=conversation.id, summary_leaf__in=below).update(summary_leaf=None)
    _forget_follow_ups(below)
    _forget_title(conversation)
    forget_requests(Run.objects.filter(message__in=below).values_list("id", flat=True))
    # Which of them it is part of isn't known.
    forget_user(conversation.owner_id)


def forget_if_hidden_since(run: Run) -> None:
    """For the end of a run, whose row is held: what it was given was read before its conversation lost something."""
    if is_hidden_since(run):
        forget_requests([run.id])


def is_hidden_since(run: Run) -> bool:
    """Whether the conversation lost a message since this run of it began."""
    hidden = Message.objects.filter(conversation=run.message.conversation_id, hidden_at__gte=run.created_at)
    return hidden.exists()


def _forget_title(conversation: Conversation) -> None:
    """Unless it is the person's own."""
    if conversation.title_source != Conversation.TitleSource.PERSON:
        with override(conversation.owner.language):
            otherwise = _("New conversation")
        conversation.title = title_of_first_question(conversation, otherwise=otherwise)
        conversation.title_source = Conversation.TitleSource.QUESTION
        conversation.save(update_fields=["title", "title_source"])
        transaction.on_commit(partial(events.conversation_renamed, conversation), robust=True)
        transaction.on_commit(partial(request_title, conversation), robust=True)
    conversation.shares.update(title=conversation.title)


def _forget_follow_ups(below: MessageQuerySet) -> None:
    """Of the message, and of answers that were given after it. None are made anew."""
    changed = list[Message]()
    for answer in below.only("metadata", "role").iterator(SAVED_AT_ONCE):
        try:
            if answer.metadata.get("follow_ups"):
                answer.metadata["follow_ups"] = []
                changed.append(answer)
        except Unreadable:
            # Should its key come back, they would tell of it.
            if answer.role == Message.Role.ASSISTANT:
                answer.metadata = {}
                changed.append(answer)
    Message.objects.bulk_update(changed, ["metadata"], batch_size=SAVED_AT_ONCE)
