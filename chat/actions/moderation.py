"""What moderators decide: to hide a message, lock a conversation, warn or suspend a person, and to take that back.

Each decision is one transaction, which also closes the flags that it answers and writes the audit entry.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import people
from accounts.actions.audit import record
from accounts.models import User
from chat import events
from chat.actions.flags import NotTheirs, clean_reason, close_flags, require_may_decide
from chat.actions.forks import fill_hidden_copies
from chat.actions.hiding import forget_what_tells_of
from chat.actions.runs import stop_run
from chat.models import Conversation, Flag, Message, ModerationAction, Run
from chat.models.conversation import ConversationQuerySet
from chat.models.moderation import FlagQuerySet
from convoscope.errors import ValidationFailed

Kind = ModerationAction.Kind
Found = TypeVar("Found", Conversation, Message, ModerationAction, User)


def hide_message(*, message: Message, reason: str, by: User) -> ModerationAction:
    """Show a word of it in its place; no model, search, link or copy gets what it says, and no page but moderators'.
    What was remembered from it on is forgotten, and made anew from the rest.

    Raises: ValidationFailed for one that is being written, or hidden already, or without a reason; NotTheirs.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        conversation = _held(message.conversation_id)
        require_may_decide(by, conversation.owner)
        message = _or_gone(Message.objects.select_for_update(no_key=True).filter(id=message.id).first())
        if message.is_unfinished:
            raise ValidationFailed(_("This answer is still being written. Lock the conversation first, or wait."))
        if message.hidden_at is not None:
            raise ValidationFailed(_("This message is hidden already."))
        _set_hidden(conversation, message, is_hidden=True)
        flags = Flag.objects.filter(message=message)
        return _decide(Kind.HIDE_MESSAGE, conversation, reason, by, message=message, flags=flags)


def lock_conversation(*, conversation: Conversation, reason: str, by: User) -> ModerationAction:
    """Nothing is added to it any more: what is being written there stops, with its text kept. It is read and exported.

    Raises: ValidationFailed for one that is locked, or without a reason; NotTheirs.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        conversation = _held(conversation.id)
        require_may_decide(by, conversation.owner)
        if conversation.locked_at is not None:
            raise ValidationFailed(_("This conversation is locked already."))
        _set_locked(conversation, is_locked=True)
        runs = _ask_to_stop(message__conversation=conversation)
        action = _decide(Kind.LOCK_CONVERSATION, conversation, reason, by)
    _stop_runs(runs)
    return action


def warn_user(*, conversation: Conversation, reason: str, by: User, message: Message | None = None) -> ModerationAction:
    """Its owner is shown the reason on top of their pages until they acknowledge it.

    Raises: ValidationFailed without a reason; NotTheirs.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        conversation = _held(conversation.id)
        require_may_decide(by, conversation.owner)
        people.warn(user=conversation.owner)
        return _decide(Kind.WARN_USER, conversation, reason, by, message=message)


def suspend_user(
    *, conversation: Conversation, reason: str, by: User, message: Message | None = None
) -> ModerationAction:
    """Its owner is signed out everywhere and can't sign in; their answers stop, with their text kept.

    Raises: ValidationFailed for who is suspended already, or without a reason; NotTheirs.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        conversation = _held(conversation.id)
        runs = _shut_out(conversation.owner, reason, by)
        action = _decide(Kind.SUSPEND_USER, conversation, reason, by, message=message)
    _stop_runs(runs)
    return action


def suspend_person(*, person: User, reason: str, by: User) -> ModerationAction:
    """As `suspend_user`, for no conversation of theirs.

    Raises: ValidationFailed for who is suspended already, the only administrator, or without a reason; NotTheirs.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        runs = _shut_out(person, reason, by)
        action = ModerationAction.objects.create(kind=Kind.SUSPEND_USER, person=person, by=by, reason=reason)
        _record(action, details={})
    _stop_runs(runs)
    return action


def let_in_again(*, person: User, reason: str, by: User) -> ModerationAction:
    """Take back the newest suspension of a person. Who was shut out without one, as was possible once, is let in too.

    Raises: ValidationFailed for who isn't suspended, or is being erased, or without a reason; NotTheirs.
    """
    reason = clean_reason(reason)
    _require_suspended(person)
    suspensions = ModerationAction.objects.filter(person=person, kind=Kind.SUSPEND_USER, undone_by=None)
    if (newest := suspensions.order_by("-id").first()) is not None:
        return restore(action=newest, reason=reason, by=by)
    with transaction.atomic():
        require_may_decide(by, person)
        # Another moderator may have been quicker.
        _require_suspended(people.hold(person))
        people.reinstate(user=person)
        action = ModerationAction.objects.create(kind=Kind.RESTORE, person=person, by=by, reason=reason)
        _record(action, details={"undoes": "", "kind": Kind.SUSPEND_USER})
    return action


def mark_reviewed(*, conversation: Conversation, reason: str, by: User) -> ModerationAction:
    """It was read, and its flags are dealt with; nothing has to be done.

    Raises: ValidationFailed without a reason; NotTheirs.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        conversation = _held(conversation.id)
        require_may_decide(by, conversation.owner)
        return _decide(Kind.MARK_REVIEWED, conversation, reason, by, becomes=Flag.Status.DISMISSED)


def restore(*, action: ModerationAction, reason: str, by: User) -> ModerationAction:
    """Take a decision back: the message is shown, the conversation goes on, the warning is gone, the person is let in.
    What its owner deleted stays deleted; that the decision was wrong is said all the same.

    Raises: ValidationFailed for what was taken back already, or without a reason; NotTheirs.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        # Conversation before action, in which order decisions take them too.
        conversation = _holding().filter(id=action.conversation_id).first() if action.conversation_id else None
        found = ModerationAction.objects.select_for_update(of=("self",)).select_related("person").filter(id=action.id)
        action = _or_gone(found.first())
        require_may_decide(by, action.person)
        if not action.can_be_undone:
            raise ValidationFailed(_("This was taken back already."))
        _undo(action, conversation)
        undoing = ModerationAction.objects.create(
            kind=Kind.RESTORE,
            conversation=conversation,
            message_id=action.message_id,
            person=action.person,
            by=by,
            reason=reason,
        )
        action.undone_by = undoing
        action.save(update_fields=["undone_by"])
        _record(undoing, details={"undoes": str(action.id), "kind": action.kind})
    return undoing


def acknowledge_warning(*, warning: ModerationAction) -> None:
    """The person has read what they were warned of. Another warning that they haven't read is shown next."""
    person = warning.person
    with transaction.atomic():
        people.hold(person)
        mine = ModerationAction.objects.filter(id=warning.id, kind=Kind.WARN_USER, acknowledged_at=None)
        if mine.update(acknowledged_at=timezone.now()):
            record("moderation.acknowledged", by=person, concerns=person, details={"actions": [str(warning.id)]})
        _forget_warning_if_read(person)


def _shut_out(person: User, reason: str, by: User) -> list[UUID]:
    """Returns their answers that are to stop."""
    if person.is_superuser:
        people.lock_administrators()
    # Both as they are now, in one order: of two who suspend each other at once, or take each other's rights, the second
    # may not any more.
    held = User.objects.select_for_update(no_key=True).filter(id__in=(by.id, person.id)).order_by("id")
    there = {one.id: one for one in held}
    by, person = _or_gone(there.get(by.id)), _or_gone(there.get(person.id))
    require_may_decide(by, person)
    if not by.is_active:
        raise NotTheirs(_("You were suspended meanwhile, so nothing was done."))
    if not person.is_active:
        raise ValidationFailed(_("This person is suspended already."))
    if people.is_last_administrator(person):
        raise ValidationFailed(_("This is the only administrator. Make somebody else one first."))
    people.suspend(user=person, reason=reason)
    return _ask_to_stop(message__conversation__owner=person)


def _require_suspended(person: User) -> None:
    """Raises: ValidationFailed."""
    if person.is_active:
        raise ValidationFailed(_("This person isn't suspended."))


def _forget_warning_if_read(person: User) -> None:
    """For who holds the person's row: no other warning comes meanwhile."""
    open_ones = ModerationAction.objects.filter(person=person, kind=Kind.WARN_USER)
    if not open_ones.filter(acknowledged_at=None, undone_by=None).exists():
        people.forget_warning(user=person)


def _undo(action: ModerationAction, conversation: Conversation | None) -> None:
    match action.kind:
        case Kind.HIDE_MESSAGE:
            if conversation is not None and action.message is not None:
                _set_hidden(conversation, action.message, is_hidden=False)
        case Kind.LOCK_CONVERSATION:
            if conversation is not None:
                _set_locked(conversation, is_locked=False)
        case Kind.WARN_USER:
            people.hold(action.person)
            others = ModerationAction.objects.filter(kind=action.kind, undone_by=None).exclude(id=action.id)
            if not others.filter(person=action.person, acknowledged_at=None).exists():
                people.forget_warning(user=action.person)
        case Kind.SUSPEND_USER:
            people.hold(action.person)
            # An administrator may have let them in, and somebody suspended them anew.
            newer = ModerationAction.objects.filter(kind=action.kind, undone_by=None, id__gt=action.id)
            if not newer.filter(person=action.person).exists():
                people.reinstate(user=action.person)


def _holding() -> ConversationQuerySet:
    """Locked to the end of the transaction, with their owners."""
    # Not their keys: an answer that ends may refer to one, and is waited for.
    return Conversation.objects.select_for_update(of=("self",), no_key=True).select_related("owner")


def _held(conversation_id: UUID) -> Conversation:
    """Raises: ValidationFailed if it is gone."""
    return _or_gone(_holding().filter(id=conversation_id).first())


def _or_gone(found: Found | None) -> Found:
    """Raises: ValidationFailed for what was purged, or erased, since the moderator saw it."""
    if found is None:
        raise ValidationFailed(_("This is gone: its owner deleted it meanwhile."))
    return found


def _decide(
    kind: Kind,
    conversation: Conversation,
    reason: str,
    by: User,
    *,
    message: Message | None = None,
    flags: FlagQuerySet | None = None,
    becomes: str = Flag.Status.ACTED,
) -> ModerationAction:
    """Keep what was done, which answers these flags, or all of the conversation's."""
    answered = close_flags(
        Flag.objects.filter(conversation=conversation) if flags is None else flags, status=becomes, by=by
    )
    action = ModerationAction.objects.create(
        kind=kind, conversation=conversation, message=message, person=conversation.owner, by=by, reason=reason
    )
    _record(action, details={"flags_answered": answered})
    return action


def _record(action: ModerationAction, *, details: dict[str, object]) -> None:
    about = {"conversation": str(action.conversation_id or ""), "message": str(action.message_id or "")}
    record(
        f"moderation.{action.kind}",
        by=action.by,
        on=action,
        concerns=action.person,
        reason=action.reason,
        details=about | details,
    )


def _set_hidden(conversation: Conversation, message: Message, *, is_hidden: bool) -> None:
    message.hidden_at = timezone.now() if is_hidden else None
    message.save(update_fields=["hidden_at"])
    changed = [conversation]
    if is_hidden:
        forget_what_tells_of(message, conversation)
    else:
        changed += fill_hidden_copies(original=message)
    for one in changed:
        _grow(one)
        transaction.on_commit(partial(events.path_selected, one), robust=True)


def _set_locked(conversation: Conversation, *, is_locked: bool) -> None:
    conversation.locked_at = timezone.now() if is_locked else None
    conversation.save(update_fields=["locked_at"])
    _grow(conversation)
    owner_id, ids = conversation.owner_id, [conversation.id]
    transaction.on_commit(lambda: events.sidebar_changed(owner_id, ids), robust=True)


def _grow(conversation: Conversation) -> None:
    """Its version, by which pages that were away know that they lack something."""
    Conversation.objects.filter(id=conversation.id).update(version=F("version") + 1)


def _ask_to_stop(**whose: object) -> list[UUID]:
    """With the decision: if this process dies before it comes to stop them, whoever works on them does."""
    runs = Run.objects.unfinished().filter(**whose)
    # In the order in which the journal holds several.
    ids = list(runs.select_for_update(of=("self",)).order_by("id").values_list("id", flat=True))
    runs.filter(id__in=ids).update(stop_requested_at=timezone.now())
    return ids


def _stop_runs(ids: Collection[UUID]) -> None:
    """At once, where that can be done from here; once it is committed, since they may end by it."""
    for run in Run.objects.unfinished().filter(id__in=ids).select_related("message"):
        stop_run(run=run)


# What the form of a person's page may ask for.
OF_PERSON: dict[str, Callable[..., ModerationAction]] = {
    Kind.SUSPEND_USER: suspend_person,
    Kind.RESTORE: let_in_again,
}
# What a form of the conversation's page may ask for; those of a message are given it.
OF_CONVERSATION: dict[str, Callable[..., ModerationAction]] = {
    Kind.LOCK_CONVERSATION: lock_conversation,
    Kind.WARN_USER: warn_user,
    Kind.SUSPEND_USER: suspend_user,
    Kind.MARK_REVIEWED: mark_reviewed,
}
