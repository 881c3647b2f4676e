"""Ends a person's sockets when their session ends: on logout, suspension and a changed password. Takes the files of
archives away with their rows."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_out
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from chat import events
from chat.models import ConversationExport


@receiver(user_logged_out)
def close_session(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        events.session_ended(user.id, request.session.session_key)


@receiver([password_changed, password_reset, password_set])
def close_sessions(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    events.session_ended(user.id, None)


@receiver(post_save, sender=User)
def close_sessions_of_suspended(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    if not created and not instance.is_active:
        events.session_ended(instance.id, None)


@receiver(post_delete, sender=ConversationExport)
def delete_file_of_export(sender: Any, instance: ConversationExport, **kwargs: Any) -> None:
    """Also where the row went with its owner."""
    if instance.file:
        transaction.on_commit(lambda: default_storage.delete(instance.file))
