"""The only door from an id in a request to an object: what isn't the person's own is a 404."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import Preferences, Role, User
from accounts.roles import has_role
from accounts.sessions import person_of_session
from chat.context.entities import read_graph
from chat.entities.graph import Entity, Relation
from chat.models import (
    Appeal,
    Attachment,
    Conversation,
    ConversationExport,
    ConversationImport,
    Experiment,
    Flag,
    Folder,
    Message,
    ModerationAction,
    Prompt,
    Run,
    Share,
    Tag,
)
from chat.models.run import RunQuerySet
from chat.moderation.leave import leave_of
from chat.moderation.shared import reported_shares
from chat.shares.shown import shows_image
from providers.access import require_administrator
from providers.records import wire_request

Found = TypeVar("Found")
Row = TypeVar("Row", Conversation, Flag, Tag)


def get_conversation(user: User | AnonymousUser, conversation_id: UUID) -> Conversation:
    owner = person(user)
    conversation = get_object_or_404(Conversation.objects.visible_to(owner), id=conversation_id)
    conversation.owner = owner
    return conversation


def find_origin(conversation: Conversation) -> Conversation | None:
    """What a conversation is a copy of, if that is still there and its owner's."""
    origin_id = conversation.metadata.get("forked_from")
    mine = Conversation.objects.filter(owner=conversation.owner_id, deleted_at=None)
    return mine.filter(id=origin_id).only("title").first() if origin_id else None


def get_conversations(user: User | AnonymousUser, ids: Collection[UUID]) -> list[Conversation]:
    """All of these, or none: one that isn't the person's own makes all of it a 404."""
    return _every(Conversation.objects.visible_to(person(user)).filter(id__in=ids), ids)


def get_folder(user: User | AnonymousUser, folder_id: UUID) -> Folder:
    return get_object_or_404(Folder.objects.visible_to(person(user)), id=folder_id)


def get_deleted_folder(user: User | AnonymousUser, folder_id: UUID) -> Folder:
    """One that can still be brought back."""
    return get_object_or_404(Folder, owner=person(user), id=folder_id)


def get_tag(user: User | AnonymousUser, tag_id: UUID) -> Tag:
    return get_object_or_404(Tag.objects.visible_to(person(user)), id=tag_id)


def get_tags(user: User | AnonymousUser, ids: Collection[UUID]) -> list[Tag]:
    return _every(Tag.objects.visible_to(person(user)).filter(id__in=ids), ids)


def get_entity(conversation: Conversation, entity_id: UUID) -> Entity:
    """A named thing of a conversation that was opened through here."""
    return found(read_graph(conversation, conversation.active_leaf_id).entity(str(entity_id)))


def get_relation(conversation: Conversation, relation_id: UUID) -> Relation:
    return found(read_graph(conversation, conversation.active_leaf_id).relation(str(relation_id)))


def get_message(user: User | AnonymousUser, message_id: UUID) -> Message:
    """One that may be read: not what a moderator has hidden."""
    return found(message if (message := get_place(user, message_id)).hidden_at is None else None)


def get_place(user: User | AnonymousUser, message_id: UUID) -> Message:
    """One that stands in its conversation, hidden or not."""
    owner = person(user)
    message = get_object_or_404(Message.objects.visible_to(owner).select_related("conversation"), id=message_id)
    message.conversation.owner = owner
    return message


def get_question(user: User | AnonymousUser, message_id: UUID) -> Message:
    message = get_message(user, message_id)
    return found(message if message.role == Message.Role.USER else None)


def get_message_of(conversation: Conversation, message_id: UUID) -> Message:
    """A message of a conversation that was opened through here."""
    return get_object_or_404(conversation.messages.present(), id=message_id)


def get_deleted_message(user: User | AnonymousUser, message_id: UUID) -> Message:
    """One that may be brought back; also if it has been already."""
    owner = person(user)
    mine = Message.objects.filter(conversation__owner=owner, conversation__deleted_at=None)
    message = get_object_or_404(mine.select_related("conversation"), id=message_id)
    message.conversation.owner = owner
    return message


def get_run(user: User | AnonymousUser, run_id: UUID) -> Run:
    its_owners = Run.objects.filter(message__conversation__owner=person(user), message__conversation__deleted_at=None)
    its_owners = its_owners.filter(message__hidden_at=None)
    return get_object_or_404(its_owners.select_related("message__conversation"), id=run_id)


def get_run_for_operator(user: User | AnonymousUser, run_id: UUID) -> Run:
    """Anyone's run, for administrators, who see its figures and errors: what was asked and answered isn't read."""
    require_administrator(user)
    return get_object_or_404(_without_text(), id=run_id)


def find_run_for_operator(user: User | AnonymousUser, run_id: UUID) -> Run | None:
    require_administrator(user)
    return _without_text().filter(id=run_id).first()


def get_wire_request(run: Run, call_number: int) -> bytes:
    """The request of one call of a run that was opened through here."""
    return found(wire_request(run.id, call_number))


def get_finished_export(user: User | AnonymousUser, export_id: UUID) -> ConversationExport:
    """One of the person's archives whose file is there."""
    mine = ConversationExport.objects.visible_to(person(user))
    return get_object_or_404(mine, id=export_id, status=ConversationExport.Status.READY)


def get_import(user: User | AnonymousUser, import_id: UUID) -> ConversationImport:
    return get_object_or_404(ConversationImport.objects.visible_to(person(user)), id=import_id)


def get_attachment(user: User | AnonymousUser, attachment_id: UUID) -> Attachment:
    return get_object_or_404(Attachment.objects.visible_to(person(user)).defer("text"), id=attachment_id)


def get_waiting(user: User | AnonymousUser, ids: Collection[str]) -> list[Attachment]:
    """Those of these that wait to be sent, without their text, in this order. What isn't theirs isn't there."""
    found = Attachment.objects.waiting().filter(owner=person(user), id__in=filter(_is_uuid, ids)).defer("text")
    by_id = {str(one.id): one for one in found}
    return [by_id[one] for one in dict.fromkeys(ids) if one in by_id]


def get_gone(user: User | AnonymousUser, ids: Collection[str]) -> list[str]:
    """Those of these that are neither waiting nor sent. What isn't theirs isn't there."""
    asked = list(dict.fromkeys(filter(_is_uuid, ids)))
    found = set(map(str, Attachment.objects.filter(owner=person(user), id__in=asked).values_list("id", flat=True)))
    return [one for one in asked if one not in found]


def require_sharing() -> None:
    if not settings.SHARING_ALLOWED:
        raise Http404


def get_share(user: User | AnonymousUser, share_id: UUID) -> Share:
    return get_object_or_404(Share.objects.visible_to(person(user)).defer("snapshot"), id=share_id)


def find_shared(token: str) -> Share | None:
    """What a link shows, for whoever has it; it may have expired. One that is revoked or was never there is the same
    nothing, which has a page of its own."""
    return Share.objects.known().filter(token=token).first() if settings.SHARING_ALLOWED else None


def get_shared_image(token: str, image_id: UUID) -> Attachment:
    """An image that the page of a link shows; what the page says beside it isn't read."""
    require_sharing()
    shared = get_object_or_404(Share.objects.known().defer("snapshot"), token=token)
    if shared.is_expired or not shows_image(shared, image_id):
        raise Http404
    return get_object_or_404(shared.attachments.filter(kind=Attachment.Kind.IMAGE), id=image_id)


def get_fact(user: User | AnonymousUser, fact_id: UUID) -> dict[str, str]:
    facts: list[dict[str, str]] = Preferences.of(person(user)).facts
    return found(next((fact for fact in facts if fact["id"] == str(fact_id)), None))


def found(thing: Found | None) -> Found:
    if thing is None:
        raise Http404
    return thing


def enter_conversation(session_key: str, conversation_id: UUID) -> tuple[User | None, Conversation | None]:
    """Who a session belongs to, and their conversation if it is theirs; for connections that can't answer a 404."""
    person = person_of_session(session_key)
    if person is None:
        return None, None
    return person, Conversation.objects.visible_to(person).filter(id=conversation_id).first()


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def _every(rows: QuerySet[Row], ids: Collection[UUID]) -> list[Row]:
    found = list(rows)
    if len(found) != len(ids):
        raise Http404
    return found


def _without_text() -> RunQuerySet:
    text = ("message__text", "message__html", "message__parts", "message__conversation__title")
    return Run.objects.select_related("message__conversation").defer(*text)


def require_analyst(user: User | AnonymousUser) -> User:
    """Who may see what all people together use and think; to everybody else there is nothing here."""
    if not isinstance(user, User) or not has_role(user, Role.ANALYST):
        raise Http404
    return user


def get_experiment_for_analyst(user: User | AnonymousUser, experiment_id: UUID) -> Experiment:
    """One of the site's, to be looked at."""
    require_analyst(user)
    return get_object_or_404(Experiment, id=experiment_id)


def get_experiment(user: User | AnonymousUser, experiment_id: UUID) -> Experiment:
    """One of the site's, to be changed by an administrator."""
    require_administrator(user)
    return get_object_or_404(Experiment, id=experiment_id)


def require_moderator(user: User | AnonymousUser) -> User:
    """Who works on flags. Those whom the admin lets in without that role are told that it isn't for them."""
    if not isinstance(user, User) or not has_role(user, Role.MODERATOR):
        raise PermissionDenied
    return user


def get_moderated(conversation_id: UUID) -> Conversation:
    """Any that is there, for a moderator, to take leave to read it; what it says is for `get_transcript`. One that its
    owner deleted is, as long as its flags and appeals keep it."""
    flags = Exists(Flag.objects.readable().filter(conversation=OuterRef("id")))
    appeals = Exists(Appeal.objects.open().filter(action__conversation=OuterRef("id")))
    there = Conversation.objects.filter(Q(deleted_at=None) | flags | appeals).select_related("owner")
    return get_object_or_404(there, id=conversation_id)


def get_transcript(moderator: User, conversation_id: UUID) -> Conversation:
    """One that this moderator may decide about, since they may read some of it, or what was shared of it and
    reported."""
    conversation = get_moderated(conversation_id)
    is_read = leave_of(moderator, conversation) is not None or reported_shares(conversation)
    return found(conversation if is_read else None)


def get_moderated_message(moderator: User, conversation: Conversation, message_id: UUID) -> Message:
    """Of a transcript that was opened through here; also one that its owner deleted a moment ago."""
    leave = leave_of(moderator, conversation)
    if leave is None or not leave.covers(message_id):
        shown = (one.get("id") for share in reported_shares(conversation) for one in share.snapshot)
        found(message_id if str(message_id) in shown else None)
    return get_object_or_404(Message, conversation=conversation, id=message_id)


def get_moderated_image(moderator: User, conversation: Conversation, attachment_id: UUID) -> Attachment:
    leave = leave_of(moderator, conversation)
    images = Attachment.objects.filter(kind=Attachment.Kind.IMAGE).defer("text")
    image = images.filter(message__conversation=conversation, id=attachment_id).first()
    if image is not None and image.message_id is not None and leave is not None and leave.covers(image.message_id):
        return image
    return get_object_or_404(images, share__in=reported_shares(conversation), id=attachment_id)


def get_flag(flag_id: UUID) -> Flag:
    return get_object_or_404(Flag.objects.select_related("conversation__owner", "claimed_by"), id=flag_id)


def find_flag_of(conversation: Conversation, flag_id: UUID | None) -> Flag | None:
    """A flag of a transcript that was opened through here; it may be gone with its message."""
    return conversation.flags.filter(id=flag_id).first() if flag_id else None


def get_flags(ids: Collection[UUID]) -> list[Flag]:
    """All of these, or none."""
    return _every(Flag.objects.filter(id__in=ids), ids)


def get_person(person_id: UUID) -> User:
    """Anybody, for a moderator; whether they may decide about them the action says."""
    return get_object_or_404(User, id=person_id)


def get_action(action_id: UUID) -> ModerationAction:
    """One that a moderator may take back."""
    return get_object_or_404(ModerationAction.objects.select_related("person"), id=action_id)


def get_appeal(action_id: UUID) -> Appeal:
    return get_object_or_404(Appeal.objects.select_related("action__person"), pk=action_id)


def get_own_decision(user: User | AnonymousUser, action_id: UUID) -> ModerationAction:
    """A decision about the person, against which they may appeal."""
    decisions = ModerationAction.objects.filter(kind__in=ModerationAction.DECISIONS).select_related("person")
    return get_object_or_404(decisions, person=person(user), id=action_id)


def get_prompt(user: User | AnonymousUser, prompt_id: UUID) -> Prompt:
    """One to be used: their own, or shared with everybody."""
    return get_object_or_404(Prompt.objects.visible_to(person(user)), id=prompt_id)


def get_own_prompt(user: User | AnonymousUser, prompt_id: UUID) -> Prompt:
    owner = person(user)
    prompt = get_object_or_404(Prompt.objects.present(), id=prompt_id, owner=owner)
    prompt.owner = owner
    return prompt


def get_deleted_prompt(user: User | AnonymousUser, prompt_id: UUID) -> Prompt:
    """One of their own that may be brought back; also if it has been already."""
    return get_object_or_404(Prompt, id=prompt_id, owner=person(user))


def person(user: User | AnonymousUser) -> User:
    """Who asks, behind a login."""
    # Every view that leads here is behind the login; this holds the type checker and a forgotten decorator to it.
    assert isinstance(user, User)
    return user
