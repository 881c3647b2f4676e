"""The short list of entities that a model is given, chosen by what is asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from chat.context.history import Said, is_on_path
from chat.entities.graph import Entity, Graph, own_part
from chat.entities.names import name_key
from chat.models import Conversation, ConversationEntities
from chat.search.folding import fold
from providers.tokens import count_text_tokens

ENTITIES_MAX_TOKENS = 500
HEADING = "What is known of the people and things in this conversation:"
# Of one entity
LISTED_RELATIONS = 8
# Names are looked for in the beginning and the end of what is asked: this is done on the loop that everything streams
# through, and what is asked may be a whole document.
EXAMINED_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of names, and how far from what is asked about it is looked for."""

    graph: Graph
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """`text` has a line for each of `count` entities. `is_of_question` says that another question may get others."""

    text: str
    count: int
    is_of_question: bool


def read_graph(conversation: Conversation, leaf_id: UUID | None, history: Sequence[Said] = ()) -> Graph:
    """What is known where the path ends in `leaf_id`, the end of which is `history`. What was found in messages that
    aren't on it isn't; what the person said is."""
    kept = ConversationEntities.objects.filter(conversation=conversation.id).first()
    if kept is None:
        return Graph()
    graph = Graph.of_json(kept.graph)
    is_of_path = leaf_id is not None and kept.leaf_id is not None and is_on_path(kept.leaf_id, leaf_id, history)
    return graph if is_of_path else own_part(graph)


def list_entities(known: Known, about: str, *, max_tokens: int) -> Listed | None:
    """Those that are asked about first, then their neighbours, then what was spoken of last; in the order in which they
    are kept, so that it changes little. None where there is room for none."""
    left_tokens = max_tokens - count_text_tokens(HEADING)
    lines: dict[str, str] = {}
    for entity in _ranked(known, about):
        line = f"\n- {_line(entity, known.graph)}"
        left_tokens -= count_text_tokens(line)
        if left_tokens < 0:
            break
        lines[entity.id] = line
    if not lines:
        return None
    ordered = "".join(lines[one.id] for one in known.graph.entities if one.id in lines)
    return Listed(HEADING + ordered, len(lines), is_of_question=len(lines) < len(known.graph.entities))


def asked_about(graph: Graph, about: str) -> list[Entity]:
    """Those that are named in it, by any of their names."""
    if len(about) > 2 * EXAMINED_CHARS:
        about = f"{about[:EXAMINED_CHARS]} {about[-EXAMINED_CHARS:]}"
    # Not by `name_key`, which keeps what it was given.
    said = f" {fold(about)} "
    return [one for one in graph.entities if any(f" {key} " in said for key in map(name_key, one.names) if key)]


def _ranked(known: Known, about: str) -> Iterable[Entity]:
    ranked = {one.id: one for one in asked_about(known.graph, about)}
    reached = set(ranked)
    for _hop in range(known.hops):
        reached = _neighbours(known.graph, reached) - ranked.keys()
        ranked |= {one.id: one for one in known.graph.entities if one.id in reached}
    return (ranked | {one.id: one for one in reversed(known.graph.entities) if one.id not in ranked}).values()


def _neighbours(graph: Graph, ids: set[str]) -> set[str]:
    ends = [(one.source, one.target) for one in graph.relations]
    return {target for source, target in ends if source in ids} | {source for source, target in ends if target in ids}


def _line(entity: Entity, graph: Graph) -> str:
    names = {one.id: one.name for one in graph.entities}
    facts = [f"{name}: {value}" for name, value in entity.attributes]
    own = [one for one in graph.relations if one.source == entity.id][:LISTED_RELATIONS]
    facts += [f"{one.kind} {names[one.target]}" for one in own]
    kind = f"{entity.type}, also {', '.join(entity.aliases)}" if entity.aliases else entity.type
    return f"{entity.name} ({kind})" + (f": {'; '.join(facts)}" if facts else "")
