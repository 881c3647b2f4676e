"""Entities and their relations as plain values, and what changes them: the task adds to them, a person has the last
word. Pure; `ConversationEntities` keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from chat.entities.names import is_among, name_key

# So many of a conversation are known at once: the list that a model is given has room for fewer.
MAX_ENTITIES = 60
MAX_RELATIONS = 120
MAX_ALIASES = 5
MAX_ATTRIBUTES = 8
# What a person removed is remembered, so that no task brings it back.
MAX_REMOVED = 200

NewId = Callable[[str], str]
Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing. `is_own` is one that the person added or changed: no task changes it any more."""

    id: str
    name: str
    type: str
    aliases: tuple[str, ...] = ()
    attributes: Attributes = ()
    is_own: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Relation:
    """`source` and `target` are ids of entities: “source, kind, target” reads as a sentence."""

    id: str
    source: str
    kind: str
    target: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class FoundEntity:
    name: str
    type: str
    aliases: tuple[str, ...] = ()
    attributes: Attributes = ()


@dataclass(frozen=True, slots=True)
class FoundRelation:
    source: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a model found in messages, by names."""

    entities: tuple[FoundEntity, ...] = ()
    relations: tuple[FoundRelation, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """What was said last stands last. `removed` are names, and `removed_relations` names with what stood between them,
    that the person doesn't want."""

    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    removed: tuple[str, ...] = ()
    removed_relations: tuple[tuple[str, str, str], ...] = ()

    def entity(self, entity_id: str) -> Entity | None:
        return next((one for one in self.entities if one.id == entity_id), None)

    def relation(self, relation_id: str) -> Relation | None:
        return next((one for one in self.relations if one.id == relation_id), None)

    def named(self, *names: str) -> list[Entity]:
        """Those that go by one of these names."""
        return [one for one in self.entities if any(is_among(name, one.names) for name in names)]

    def as_json(self) -> dict[str, Any]:
        return {
            "entities": [
                {"id": one.id, "name": one.name, "type": one.type, "aliases": list(one.aliases)}
                | {"attributes": [list(pair) for pair in one.attributes], "is_own": one.is_own}
                for one in self.entities
            ],
            "relations": [
                {"id": one.id, "source": one.source, "kind": one.kind, "target": one.target, "is_own": one.is_own}
                for one in self.relations
            ],
            "removed": list(self.removed),
            "removed_relations": [list(one) for one in self.removed_relations],
        }

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Self:
        """Of what `as_json` gave, and `{}`."""
        return cls(
            tuple(
                Entity(
                    **one
                    | {
                        "aliases": tuple(one["aliases"]),
                        "attributes": tuple((name, value) for name, value in one["attributes"]),
                    }
                )
                for one in kept.get("entities", ())
            ),
            tuple(Relation(**one) for one in kept.get("relations", ())),
            tuple(kept.get("removed", ())),
            tuple((source, kind, target) for source, kind, target in kept.get("removed_relations", ())),
        )


# What a task does


def own_part(graph: Graph) -> Graph:
    """What holds whatever was said: what the person added, changed and removed."""
    entities = tuple(one for one in graph.entities if one.is_own)
    return joined_whole(
        replace(graph, entities=entities, relations=tuple(one for one in graph.relations if one.is_own))
    )


def merged(graph: Graph, found: Found, new_id: NewId) -> Graph:
    """With what was found. What goes by the same name is one; a later value of an attribute takes the place of an
    earlier one; of too many, those that weren't spoken of for longest go."""
    for entity in found.entities:
        graph = _with_found(graph, entity, new_id)
    for relation in found.relations:
        graph = _with_found_relation(graph, relation, new_id)
    return _bounded(graph)


def _with_found(graph: Graph, found: FoundEntity, new_id: NewId) -> Graph:
    names = (found.name, *found.aliases)
    if any(is_among(name, graph.removed) for name in names):
        return graph
    known = graph.named(*names)
    own = next((one for one in known if one.is_own), None)
    if own is not None:
        return _moved_to_end(graph, own)
    if not known:
        entity_id = _free_id(new_id, name_key(found.name), {one.id for one in graph.entities})
        entity = Entity(entity_id, found.name, found.type, found.aliases[:MAX_ALIASES], found.attributes)
        return replace(graph, entities=(*graph.entities, _tidied(entity)))
    first, *others = known
    for other in others:
        first, graph = _joined(first, other), _repointed(graph, other.id, first.id)
    first = _joined(first, Entity("", found.name, found.type, found.aliases, found.attributes))
    rest = tuple(one for one in graph.entities if one.id not in {same.id for same in known})
    return joined_whole(replace(graph, entities=(*rest, first)))


def _with_found_relation(graph: Graph, found: FoundRelation, new_id: NewId) -> Graph:
    sources, targets = graph.named(found.source), graph.named(found.target)
    if not sources or not targets or sources[0] == targets[0]:
        return graph
    source, target = sources[0], targets[0]
    if any(_is_relation(one, source, found.kind, target) for one in graph.removed_relations):
        return graph
    return _with_new_relation(graph, source, found.kind, target, new_id, is_own=False)


def _is_relation(removed: tuple[str, str, str], source: Entity, kind: str, target: Entity) -> bool:
    return (
        is_among(removed[0], source.names)
        and name_key(removed[1]) == name_key(kind)
        and is_among(removed[2], target.names)
    )


def _joined(one: Entity, other: Entity) -> Entity:
    """Its type and name stay; what the other has besides is added."""
    attributes = dict(one.attributes)
    for name, value in other.attributes:
        same = next((known for known in attributes if name_key(known) == name_key(name)), name)
        # What was just said again is the newest.
        attributes.pop(same, None)
        attributes[same] = value
    return _tidied(replace(one, aliases=(*one.aliases, *other.names), attributes=tuple(attributes.items())))


def _tidied(entity: Entity) -> Entity:
    """Each name once, and no more of anything than there may be: the newest attributes stay."""
    aliases: list[str] = []
    for alias in entity.aliases:
        # Another spelling is worth keeping, the same in other capitals is not.
        if alias.casefold() not in (entity.name.casefold(), *(one.casefold() for one in aliases)):
            aliases.append(alias)
    return replace(entity, aliases=tuple(aliases[:MAX_ALIASES]), attributes=entity.attributes[-MAX_ATTRIBUTES:])


def _moved_to_end(graph: Graph, entity: Entity) -> Graph:
    return replace(graph, entities=(*(one for one in graph.entities if one.id != entity.id), entity))


def _repointed(graph: Graph, old_id: str, new_id: str) -> Graph:
    def ends(relation: Relation) -> Relation:
        source = new_id if relation.source == old_id else relation.source
        return replace(relation, source=source, target=new_id if relation.target == old_id else relation.target)

    return replace(graph, relations=tuple(ends(one) for one in graph.relations))


def _bounded(graph: Graph) -> Graph:
    left_over = len(graph.entities) - MAX_ENTITIES
    entities = []
    for one in graph.entities:
        if left_over > 0 and not one.is_own:
            left_over -= 1
        else:
            entities.append(one)
    graph = joined_whole(replace(graph, entities=tuple(entities)))
    made = [one for one in graph.relations if not one.is_own]
    gone = {one.id for one in made[: max(0, len(graph.relations) - MAX_RELATIONS)]}
    return replace(graph, relations=tuple(one for one in graph.relations if one.id not in gone))


def joined_whole(graph: Graph) -> Graph:
    """Without relations that lead nowhere, to themselves, or stand there twice."""
    ids = {one.id for one in graph.entities}
    seen: set[tuple[str, str, str]] = set()
    relations = []
    for one in graph.relations:
        key = (one.source, name_key(one.kind), one.target)
        if one.source in ids and one.target in ids and one.source != one.target and key not in seen:
            seen.add(key)
            relations.append(one)
    return replace(graph, relations=tuple(relations))


def renamed(graph: Graph, new_id: NewId) -> Graph:
    """The same with ids of another conversation."""
    taken: dict[str, str] = {}
    entities = []
    for one in graph.entities:
        taken[one.id] = _free_id(new_id, name_key(one.name), taken.values())
        entities.append(replace(one, id=taken[one.id]))
    copied = replace(graph, entities=tuple(entities), relations=())
    for relation in graph.relations:
        source, target = copied.entity(taken[relation.source]), copied.entity(taken[relation.target])
        if source is not None and target is not None:
            copied = _with_new_relation(copied, source, relation.kind, target, new_id, is_own=relation.is_own)
    return copied


# What a person does


def with_entity(graph: Graph, entity: Entity) -> Graph:
    """With an entity of the person's, in the place of that with its id. One that was renamed keeps its former name
    among the others, so that it is still known by it."""
    known = graph.entity(entity.id)
    own = _tidied(replace(entity, is_own=True))
    removed = tuple(one for one in graph.removed if not is_among(one, own.names))
    entities = tuple(own if one.id == own.id else one for one in graph.entities)
    if known is None:
        entities = (*entities, own)
    elif not is_among(known.name, own.names):
        aliases = (known.name, *own.aliases)[:MAX_ALIASES]
        entities = tuple(replace(own, aliases=aliases) if one.id == own.id else one for one in entities)
    return replace(graph, entities=entities, removed=removed)


def with_new_entity(graph: Graph, said: FoundEntity, new_id: NewId) -> Graph:
    entity_id = _free_id(new_id, name_key(said.name), {one.id for one in graph.entities})
    return with_entity(graph, Entity(entity_id, said.name, said.type, said.aliases, said.attributes))


def without_entity(graph: Graph, entity: Entity) -> Graph:
    removed = (*graph.removed, *entity.names)[-MAX_REMOVED:]
    entities = tuple(one for one in graph.entities if one.id != entity.id)
    return joined_whole(replace(graph, entities=entities, removed=removed))


def with_relation(
    graph: Graph, source: Entity, kind: str, target: Entity, new_id: NewId, *, instead_of: Relation | None = None
) -> Graph:
    """With a relation of the person's. What it takes the place of isn't wanted any more. Ends that a task found become
    the person's: without them it would lead nowhere once they are found anew."""
    if instead_of is not None:
        graph = without_relation(graph, instead_of)
    graph = replace(
        graph,
        entities=tuple(
            replace(one, is_own=True) if one.id in (source.id, target.id) else one for one in graph.entities
        ),
        removed_relations=tuple(one for one in graph.removed_relations if not _is_relation(one, source, kind, target)),
    )
    return _with_new_relation(graph, source, kind, target, new_id, is_own=True)


def without_relation(graph: Graph, relation: Relation) -> Graph:
    source, target = graph.entity(relation.source), graph.entity(relation.target)
    removed = graph.removed_relations
    if source is not None and target is not None:
        removed = (*removed, (source.name, relation.kind, target.name))[-MAX_REMOVED:]
    relations = tuple(one for one in graph.relations if one.id != relation.id)
    return replace(graph, relations=relations, removed_relations=removed)


def _with_new_relation(
    graph: Graph, source: Entity, kind: str, target: Entity, new_id: NewId, *, is_own: bool
) -> Graph:
    """The one that says the same stays, but for who said it."""
    same = [
        one
        for one in graph.relations
        if (one.source, name_key(one.kind), one.target) == (source.id, name_key(kind), target.id)
    ]
    if same:
        said = replace(same[0], is_own=same[0].is_own or is_own)
        return replace(graph, relations=tuple(said if one.id == said.id else one for one in graph.relations))
    relation_id = _free_id(new_id, f"{source.id} {name_key(kind)} {target.id}", {one.id for one in graph.relations})
    return replace(graph, relations=(*graph.relations, Relation(relation_id, source.id, kind, target.id, is_own)))


def _free_id(new_id: NewId, key: str, taken: Iterable[str]) -> str:
    """The same for the same key, unless another one has it."""
    ids: Sequence[str] = list(taken)
    entity_id, number = new_id(key), 1
    while entity_id in ids:
        number += 1
        entity_id = new_id(f"{key} {number}")
    return entity_id
