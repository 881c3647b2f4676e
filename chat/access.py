"""The only door from an id in a request to an object: what isn't the person's own is a 404."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.shortcuts import get_object_or_404

from accounts.models import User
from chat.models import Conversation, Message, Run


def get_conversation(user: User | AnonymousUser, conversation_id: UUID) -> Conversation:
    return get_object_or_404(Conversation.objects.visible_to(_person(user)), id=conversation_id)


def get_message(user: User | AnonymousUser, message_id: UUID) -> Message:
    messages = Message.objects.visible_to(_person(user)).select_related("conversation")
    return get_object_or_404(messages, id=message_id)


def get_run(user: User | AnonymousUser, run_id: UUID) -> Run:
    runs = Run.objects.filter(message__conversation__owner=_person(user)).select_related("message__conversation")
    return get_object_or_404(runs, id=run_id)


def find_conversation(user: User | AnonymousUser, conversation_id: UUID) -> Conversation | None:
    """Like `get_conversation` where there is no HTTP answer to give: a socket closes with 4404."""
    if isinstance(user, AnonymousUser):
        return None
    return Conversation.objects.visible_to(user).filter(id=conversation_id).first()


def _person(user: User | AnonymousUser) -> User:
    # Every view that leads here is behind the login; this holds the type checker and a forgotten decorator to it.
    assert isinstance(user, User)
    return user
