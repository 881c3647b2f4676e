"""A conversation that was read from a file, stored: piece by piece, seen once it is whole, and once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import User
from chat.actions.checks import request_checks
from chat.actions.conversations import TITLE_MAX_CHARS, title_of_question
from chat.actions.entities import id_of
from chat.actions.forks import COPIED_AT_ONCE, COPIED_WITHIN
from chat.actions.labels import create_folder, tags_named
from chat.actions.text import clean_line
from chat.entities.graph import Graph, renamed
from chat.exports.reading import text_of
from chat.imports.conversation import ImportedConversation, ImportedMessage
from chat.imports.products import PRODUCTS
from chat.imports.reading import Read
from chat.imports.report import Report
from chat.imports.values import uuid_in
from chat.models import (
    Attachment,
    Conversation,
    ConversationEntities,
    ConversationImport,
    Folder,
    ImportedSource,
    Message,
)
from chat.models.attachment import attachment_part
from convoscope.batches import batched
from convoscope.errors import ValidationFailed
from convoscope.trees import downwards
from providers.tokens import count_text_tokens

OWN_PRODUCT = "convoscope"


def known_ids(*, owner: User, product: str, source_ids: Collection[str]) -> set[str]:
    """Those of these that their owner has: imported before or, of our own files, never gone."""
    sources = ImportedSource.objects.filter(owner=owner, product=product, source_id__in=source_ids)
    known = set(sources.filter(conversation__deleted_at=None).values_list("source_id", flat=True))
    if product == OWN_PRODUCT:
        ids = [one for one in source_ids if uuid_in(one)]
        there = Conversation.objects.visible_to(owner).filter(id__in=ids).values_list("id", flat=True)
        known.update(str(one) for one in there)
    return known


def is_known(*, read: Read, brought_by: ConversationImport) -> bool:
    """Whether it would not be stored: its files then aren't read either."""
    source_id = read.conversation.source_id
    return bool(known_ids(owner=brought_by.owner, product=read.product, source_ids=[source_id]))


def import_conversation(
    *,
    read: Read,
    files: Mapping[str, list[Attachment]],
    brought_by: ConversationImport,
    report: Report,
    hold: Callable[[], None],
) -> None:
    """Store it, with its messages' `files`, unless its owner has it: in short transactions, each of which begins with
    `hold`, and like a fork seen nowhere until it is whole. Of a process that died the purge takes what there is."""
    owner, source_id = brought_by.owner, read.conversation.source_id
    sources = ImportedSource.objects.filter(owner=owner, product=read.product, source_id=source_id)
    # Else stored by an attempt that was cut short
    if not sources.filter(brought_by=brought_by, conversation__deleted_at=None).exists():
        if known_ids(owner=owner, product=read.product, source_ids=[source_id]):
            report.known += 1
            return
        # Made in the order of the file: it is that of siblings.
        ids = {one.id: uuid7() for one in read.tree.messages}
        conversation = _store_messages(read, files, ids, brought_by, hold)
        with transaction.atomic():
            hold()
            # Not there any more, if this took so long that the purge has begun with it.
            Conversation.objects.select_for_update().get(id=conversation.id, deleted_at__gt=timezone.now())
            # What is left is of one that was deleted for good, and isn't purged yet.
            sources.delete()
            _finish(conversation, read, ids, report)
            ImportedSource.objects.create(
                owner=owner, product=read.product, source_id=source_id, conversation=conversation, brought_by=brought_by
            )
    report.add_new(read.where, title_of(read), read.notes, PRODUCTS[read.product].label)


def title_of(read: Read) -> str:
    title = clean_line(read.conversation.title, max_chars=TITLE_MAX_CHARS)
    questions = (one for one in read.tree.messages if one.role == Message.Role.USER)
    # Of one that a policy refused there is nothing left.
    said = (text_of(one.parts) for one in questions if one.files or text_of(one.parts))
    names = (file.name for one in read.tree.messages for file in one.files)
    return title or title_of_question(next(said, "") or next(names, ""))


def _store_messages(
    read: Read,
    files: Mapping[str, list[Attachment]],
    ids: dict[str, UUID],
    brought_by: ConversationImport,
    hold: Callable[[], None],
) -> Conversation:
    said, by_id = read.conversation, {one.id: one for one in read.tree.messages}
    created_at = said.created_at or min(_times(read), default=brought_by.created_at)
    with transaction.atomic():
        hold()
        conversation = Conversation.objects.create(
            owner=brought_by.owner,
            title=title_of(read),
            title_source=said.title_source,
            status=said.status,
            is_pinned=said.is_pinned,
            archived_at=said.archived_at,
            resolved_at=said.resolved_at,
            memory=said.memory,
            version=1,
            settings=said.settings,
            metadata=said.metadata,
            topics="\n".join(said.topics),
            created_at=created_at,
            active_at=said.active_at or max(_times(read), default=created_at),
            deleted_at=timezone.now() + COPIED_WITHIN,
        )
    for names in batched(downwards({one.id: one.parent for one in read.tree.messages}), COPIED_AT_ONCE):
        messages = [_message(by_id[name], conversation, ids, files.get(name, ())) for name in names]
        with transaction.atomic():
            hold()
            Message.objects.bulk_create(messages)
            Attachment.objects.bulk_create(_attached(files, ids, names), batch_size=COPIED_AT_ONCE)
    return conversation


def _finish(conversation: Conversation, read: Read, ids: dict[str, UUID], report: Report) -> None:
    """Give it what depends on its messages, and have it be seen."""
    said, places = read.conversation, read.tree.places
    conversation.active_leaf_id = _leaf(read, ids)
    if summary_leaf := places.get(said.summary_leaf or ""):
        conversation.summary, conversation.summary_leaf_id = said.summary, ids[summary_leaf]
    conversation.deleted_at = None
    conversation.save(update_fields=["active_leaf", "summary", "summary_leaf", "deleted_at"])
    entities_leaf = places.get(said.entities_leaf or "")
    _store_entities(conversation, said, leaf_id=ids[entities_leaf] if entities_leaf else None)
    # Not before it is whole: what is flagged is kept for moderators, and of a process that died nothing is to stay.
    request_checks(ids.values())
    _label(conversation, read, report)


def _store_entities(conversation: Conversation, said: ImportedConversation, *, leaf_id: UUID | None) -> None:
    graph = renamed(said.graph, id_of(conversation.id))
    if graph == Graph() and not said.has_own_topics:
        return
    ConversationEntities.objects.create(
        conversation=conversation,
        graph=graph.as_json(),
        leaf_id=leaf_id,
        has_own_topics=said.has_own_topics,
    )


def _times(read: Read) -> Iterator[datetime]:
    return (one.created_at for one in read.tree.messages if one.created_at)


def _leaf(read: Read, ids: dict[str, UUID]) -> UUID | None:
    """The one that the file shows, else the last that nothing hangs on."""
    shown = read.tree.places.get(read.conversation.active_leaf or "")
    if shown is None:
        parents = {one.parent for one in read.tree.messages}
        shown = next((one.id for one in reversed(read.tree.messages) if one.id not in parents), None)
    return ids[shown] if shown else None


def _attached(
    files: Mapping[str, list[Attachment]], ids: dict[str, UUID], names: Iterable[str]
) -> Iterator[Attachment]:
    for name in names:
        for row in files.get(name, ()):
            row.message_id = ids[name]
            yield row


def _message(
    said: ImportedMessage, conversation: Conversation, ids: dict[str, UUID], files: Sequence[Attachment]
) -> Message:
    """Its HTML is rendered when it is first shown."""
    text = text_of(said.parts) if said.text is None else said.text
    return Message(
        id=ids[said.id],
        conversation=conversation,
        parent_id=ids[said.parent] if said.parent else None,
        author_id=conversation.owner_id if said.role == Message.Role.USER else None,
        role=said.role,
        status=said.status,
        parts=[*map(attachment_part, files), *said.parts],
        text=text,
        text_tokens=count_text_tokens(text),
        model=said.model,
        provider=said.provider,
        finish_reason=said.finish_reason,
        input_tokens=said.input_tokens,
        output_tokens=said.output_tokens,
        feedback=said.feedback,
        feedback_comment=said.feedback_comment,
        feedback_at=said.feedback_at,
        metadata=said.metadata,
        created_at=said.created_at or conversation.created_at,
        finished_at=said.finished_at,
    )


def _label(conversation: Conversation, read: Read, report: Report) -> None:
    """Into its folder and under its tags, which are made where there are none."""
    said: ImportedConversation = read.conversation
    try:
        if said.folder:
            conversation.folder = _folder_named(conversation.owner, said.folder)
            conversation.save(update_fields=["folder"])
        if said.tags:
            conversation.tags.set(tags_named(owner=conversation.owner, names=said.tags))
    except ValidationFailed as exc:
        report.say(read.where, exc.user_message)


def _folder_named(owner: User, name: str) -> Folder:
    found = Folder.objects.visible_to(owner).filter(key=clean_line(name, max_chars=TITLE_MAX_CHARS).casefold()).first()
    return found or create_folder(owner=owner, name=name)
