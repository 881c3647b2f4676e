"""The entities of a conversation as its export has them, read back: a file of ours that anybody may have changed."""

from __future__ import annotations

from typing import Any

from chat.entities.answers import KIND_MAX_CHARS, NAME_MAX_CHARS, line_in, list_in, objects_in, pairs_in
from chat.entities.graph import (
    MAX_ALIASES,
    MAX_ENTITIES,
    MAX_RELATIONS,
    MAX_REMOVED,
    Entity,
    Graph,
    Relation,
    joined_whole,
)
from chat.models import ConversationEntities


def read_exported_graph(said: dict[str, Any]) -> Graph:
    """What of it can't be used is left out."""
    entities: dict[str, Entity] = {}
    for one in objects_in(said, "entities")[:MAX_ENTITIES]:
        entity_id, name, kind = line_in(one.get("id")), line_in(one.get("name")), one.get("type")
        if entity_id and name and kind in ConversationEntities.Type.values:
            aliases = tuple(filter(None, map(line_in, list_in(one.get("aliases"))[:MAX_ALIASES])))
            pairs, is_own = pairs_in(one.get("attributes")), one.get("is_own") is True
            entities[entity_id] = Entity(entity_id, name, kind, aliases, pairs, is_own)
    relations: dict[str, Relation] = {}
    for one in objects_in(said, "relations")[:MAX_RELATIONS]:
        relation_id, source, target = (line_in(one.get(name)) for name in ("id", "source", "target"))
        if relation_id and (kind := line_in(one.get("kind"), KIND_MAX_CHARS)):
            relations[relation_id] = Relation(relation_id, source, kind, target, one.get("is_own") is True)
    removed = tuple(filter(None, map(line_in, list_in(said.get("removed_entities"))[:MAX_REMOVED])))
    unwanted = (_removed_relation(one) for one in objects_in(said, "removed_relations")[:MAX_REMOVED])
    graph = Graph(tuple(entities.values()), tuple(relations.values()), removed, tuple(filter(None, unwanted)))
    return joined_whole(graph)


def _removed_relation(said: dict[str, Any]) -> tuple[str, str, str] | None:
    source, kind, target = (line_in(said.get(name), NAME_MAX_CHARS) for name in ("source", "kind", "target"))
    return (source, kind, target) if source and kind and target else None
