"""Ends a person's sockets when their session ends: on logout, by its owner from elsewhere, on suspension, a changed
password and terms that wait. Has the database keep what search needs, and takes the files of exports, imports and
attachments away with their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_delete, post_migrate, post_save, pre_migrate
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.sessions import session_ended
from chat import events
from chat.actions.attachments import delete_unused_file
from chat.guards.policies import forget_policies
from chat.models import Attachment, ConversationExport, ConversationImport, GuardPolicy, GuardRule
from chat.search import index
from chat.search.folding import fold


@receiver(user_logged_out)
def close_session(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        events.session_ended(user.id, request.session.session_key)


@receiver([password_changed, password_reset, password_set])
def close_sessions(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    events.session_ended(user.id, None)


@receiver(session_ended)
def close_ended_session(sender: Any, person: User | None, session_key: str | None, **kwargs: Any) -> None:
    if person is None:
        events.all_sessions_ended()
    else:
        events.session_ended(person.id, session_key)


@receiver(post_save, sender=User)
def close_sessions_of_suspended(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    if not created and not instance.is_active:
        # A page that is told before the commit connects again, and is let in.
        transaction.on_commit(lambda: events.session_ended(instance.id, None), robust=True)


@receiver(connection_created)
def give_sqlite_fold(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """The triggers that keep the search's index call it."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("chat_fold", 1, fold, deterministic=True)


@receiver(pre_migrate)
def drop_search_triggers(sender: AppConfig, plan: Sequence[object] = (), **kwargs: Any) -> None:
    if sender.name == "chat" and plan and index.has_table():
        index.drop_triggers()


@receiver(post_migrate)
def make_search_triggers(sender: AppConfig, plan: Sequence[object] = (), **kwargs: Any) -> None:
    """Anew after each migration. A flush has no plan."""
    if sender.name == "chat" and plan and index.has_index():
        index.make_triggers()


@receiver(post_delete, sender=ConversationExport)
@receiver(post_delete, sender=ConversationImport)
def delete_file(sender: Any, instance: ConversationExport, **kwargs: Any) -> None:
    """Also where the row went with its owner. What the storage refuses to delete is swept later, and holds up nothing
    else that is to be done by then."""
    if instance.file:
        transaction.on_commit(lambda: default_storage.delete(instance.file), robust=True)


@receiver(post_delete, sender=Attachment)
def delete_attached_file(sender: Any, instance: Attachment, **kwargs: Any) -> None:
    """Once no row names it: edits, forks and shares have rows of their own."""
    transaction.on_commit(lambda: delete_unused_file(instance.file), robust=True)


@receiver([post_save, post_delete], sender=GuardPolicy)
@receiver([post_save, post_delete], sender=GuardRule)
def forget_changed_policies(sender: Any, **kwargs: Any) -> None:
    """Other processes go by what they read a few seconds longer."""
    forget_policies()
    # What another thread read meanwhile was the old one.
    transaction.on_commit(forget_policies)
