"""What a person changes in the entities, relations and topics of a conversation. No task overwrites it.

All of it raises ConversationLocked where a moderator has locked the conversation, and Refused for what a policy blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from chat.actions.conversations import hold_open
from chat.actions.entities import id_of
from chat.actions.guarding import pass_text
from chat.context.entities import read_graph
from chat.entities.answers import MAX_TOPICS, clean_topics
from chat.entities.graph import (
    MAX_ENTITIES,
    MAX_RELATIONS,
    Entity,
    FoundEntity,
    FoundRelation,
    Graph,
    Relation,
    joined_whole,
    with_entity,
    with_new_entity,
    with_relation,
    without_entity,
    without_relation,
)
from chat.models import Conversation, ConversationEntities
from convoscope.errors import ValidationFailed


def add_entity(*, conversation: Conversation, said: FoundEntity) -> None:
    """Raises: ValidationFailed for a name that is known, or one too many."""
    said = _passed(conversation, said)

    def change(graph: Graph) -> Graph:
        shown = _shown(conversation)
        if len(shown.entities) >= MAX_ENTITIES:
            words = _("%(limit)d entities are the most there can be. Remove one first.") % {"limit": MAX_ENTITIES}
            raise ValidationFailed(words, field="name")
        graph = _without_unseen(graph, said, shown)
        _refuse_known(graph, said)
        return with_new_entity(graph, said, id_of(conversation.id))

    _edit(conversation, change)


def change_entity(*, conversation: Conversation, entity: Entity, said: FoundEntity) -> None:
    """Raises: ValidationFailed for a name that another one goes by."""
    said = _passed(conversation, said)

    def change(graph: Graph) -> Graph:
        shown = _shown(conversation)
        graph = _without_unseen(graph, said, shown)
        _refuse_known(graph, said, but=entity)
        changed = replace(entity, name=said.name, type=said.type, aliases=said.aliases, attributes=said.attributes)
        return with_entity(graph, changed)

    _edit(conversation, change)


def remove_entity(*, conversation: Conversation, entity: Entity) -> None:
    _edit(conversation, lambda graph: without_entity(graph, entity))


def add_relation(*, conversation: Conversation, said: FoundRelation) -> None:
    """Raises: ValidationFailed for ends that aren't two known names, or one too many."""
    said = _passed_relation(conversation, said)

    def change(graph: Graph) -> Graph:
        shown = _shown(conversation)
        if len(shown.relations) >= MAX_RELATIONS:
            words = _("%(limit)d relations are the most there can be. Remove one first.") % {"limit": MAX_RELATIONS}
            raise ValidationFailed(words, field="kind")
        return _related(graph, conversation, said, shown)

    _edit(conversation, change)


def change_relation(*, conversation: Conversation, relation: Relation, said: FoundRelation) -> None:
    """Raises: ValidationFailed for ends that aren't two known names."""
    said = _passed_relation(conversation, said)
    _edit(conversation, lambda graph: _related(graph, conversation, said, _shown(conversation), instead_of=relation))


def remove_relation(*, conversation: Conversation, relation: Relation) -> None:
    _edit(conversation, lambda graph: without_relation(graph, relation))


def set_topics(*, conversation: Conversation, topics: str) -> None:
    """Labels with commas between them, from now on the person's, also where there are none.

    Raises: ValidationFailed for too many.
    """
    topics = pass_text(topics, owner_id=conversation.owner_id, field="topics").text
    labels = [label for label in topics.split(",") if label.strip()]
    if len(labels) > MAX_TOPICS:
        raise ValidationFailed(
            _("These are %(count)d topics; the limit is %(limit)d. Take some away.")
            % {"count": len(labels), "limit": MAX_TOPICS},
            field="topics",
        )
    with transaction.atomic():
        row = _locked(conversation)
        row.has_own_topics = True
        row.revision += 1
        row.save(update_fields=["has_own_topics", "revision"])
        Conversation.objects.filter(id=conversation.id).update(topics="\n".join(clean_topics(labels)))


def _passed(conversation: Conversation, said: FoundEntity) -> FoundEntity:
    def passed(text: str, field: str) -> str:
        return pass_text(text, owner_id=conversation.owner_id, field=field).text

    facts = (passed(f"{name}: {value}", "attributes").partition(": ") for name, value in said.attributes)
    return replace(
        said,
        name=passed(said.name, "name"),
        aliases=tuple(passed(one, "aliases") for one in said.aliases),
        attributes=tuple((name, value) for name, _colon, value in facts),
    )


def _passed_relation(conversation: Conversation, said: FoundRelation) -> FoundRelation:
    """Its ends are names that are known."""
    return replace(said, kind=pass_text(said.kind, owner_id=conversation.owner_id, field="kind").text)


def _edit(conversation: Conversation, change: Callable[[Graph], Graph]) -> None:
    with transaction.atomic():
        row = _locked(conversation)
        row.graph = change(Graph.of_json(row.graph)).as_json()
        row.revision += 1
        row.save(update_fields=["graph", "revision"])


def _locked(conversation: Conversation) -> ConversationEntities:
    """Raises: ConversationLocked."""
    hold_open(conversation)
    return ConversationEntities.objects.select_for_update().get_or_create(conversation_id=conversation.id)[0]


def _shown(conversation: Conversation) -> Graph:
    """What the person can see: not what was found in another branch. Under the lock, or another edit may still come."""
    return read_graph(conversation, conversation.active_leaf_id)


def _without_unseen(graph: Graph, said: FoundEntity, shown: Graph) -> Graph:
    """What was found elsewhere under these names gives way to what the person says."""
    unseen = {one.id for one in graph.named(said.name, *said.aliases) if shown.entity(one.id) is None}
    return joined_whole(replace(graph, entities=tuple(one for one in graph.entities if one.id not in unseen)))


def _refuse_known(graph: Graph, said: FoundEntity, *, but: Entity | None = None) -> None:
    for known in graph.named(said.name, *said.aliases):
        if but is None or known.id != but.id:
            words = _("“%(name)s” is in the list already. Change that one instead.") % {"name": known.name}
            raise ValidationFailed(words, field="name")


def _related(
    graph: Graph,
    conversation: Conversation,
    said: FoundRelation,
    shown: Graph,
    *,
    instead_of: Relation | None = None,
) -> Graph:
    source, target = _named(graph, said.source, "source", shown), _named(graph, said.target, "target", shown)
    if source.id == target.id:
        raise ValidationFailed(_("A relation is between two different entities."), field="target")
    return with_relation(graph, source, said.kind, target, id_of(conversation.id), instead_of=instead_of)


def _named(graph: Graph, name: str, field: str, shown: Graph) -> Entity:
    known = [one for one in graph.named(name) if shown.entity(one.id) is not None]
    if not known:
        words = _("There is no “%(name)s” in the list of entities. Add it there first.") % {"name": name}
        raise ValidationFailed(words, field=field)
    return known[0]
