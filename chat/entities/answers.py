"""What a model answered when it was asked for entities, relations and topics: JSON, of which nothing is trusted."""

from __future__ import annotations

import json
import re
from typing import Any

from chat.actions.text import clean_line
from chat.entities.graph import MAX_ALIASES, MAX_ATTRIBUTES, Attributes, Found, FoundEntity, FoundRelation
from chat.entities.names import name_key
from chat.models import ConversationEntities

ANSWER_MAX_CHARS = 20_000
# Of one answer
MAX_FOUND_ENTITIES = 40
MAX_FOUND_RELATIONS = 60
MAX_TOPICS = 5
NAME_MAX_CHARS = 100
VALUE_MAX_CHARS = 200
KIND_MAX_CHARS = 60
TOPIC_MAX_CHARS = 40
# An answer that was cut off is closed where one of its objects ended.
_ENDS = ("]}", "}]}", "}}]}")
_TRIED_ENDS = 20
# A name begins with a capital, a digit, or a letter of a script that has no capitals: not with "the company" or "she".
_NAME = re.compile(r"[^\W_]")


def read_answer(answer: str) -> Found | None:
    """None for what is no object of the form that was asked for. What of it can't be used is left out."""
    document = _document(answer[:ANSWER_MAX_CHARS])
    if document is None or not any(isinstance(document.get(name), list) for name in ("entities", "topics")):
        return None
    entities = tuple(filter(None, map(_entity, objects_in(document, "entities")[:MAX_FOUND_ENTITIES])))
    relations = tuple(filter(None, map(_relation, objects_in(document, "relations")[:MAX_FOUND_RELATIONS])))
    return Found(entities, relations, clean_topics(list_in(document.get("topics"))))


def clean_topics(labels: list[Any]) -> tuple[str, ...]:
    """At most MAX_TOPICS, each once."""
    topics: dict[str, str] = {}
    for label in labels:
        topic = line_in(label, TOPIC_MAX_CHARS)
        if name_key(topic):
            topics.setdefault(name_key(topic), topic)
    return tuple(topics.values())[:MAX_TOPICS]


def _document(answer: str) -> dict[str, Any] | None:
    """The object in it, out of the words or the fence that some models put around it."""
    start, end = answer.find("{"), answer.rfind("}")
    if start < 0 or end < start:
        return None
    document = _parsed(answer[start : end + 1])
    for _ in range(_TRIED_ENDS):
        if document is not None or end <= start:
            break
        document = next(filter(None, (_parsed(answer[start : end + 1] + closing) for closing in _ENDS)), None)
        end = answer.rfind("}", start, end)
    return document


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _entity(said: dict[str, Any]) -> FoundEntity | None:
    name, kind = _name(said.get("name")), said.get("type")
    if not name or not isinstance(kind, str) or kind.lower() not in ConversationEntities.Type.values:
        return None
    aliases = tuple(filter(None, map(_name, list_in(said.get("aliases"))[:MAX_ALIASES])))
    return FoundEntity(name, kind.lower(), aliases, pairs_in(said.get("attributes")))


def _relation(said: dict[str, Any]) -> FoundRelation | None:
    source, target = _name(said.get("from")), _name(said.get("to"))
    kind = line_in(said.get("kind"), KIND_MAX_CHARS)
    return FoundRelation(source, kind, target) if source and target and kind else None


def pairs_in(said: object) -> Attributes:
    pairs = said.items() if isinstance(said, dict) else ()
    cleaned = ((line_in(name, KIND_MAX_CHARS), line_in(value, VALUE_MAX_CHARS)) for name, value in pairs)
    return tuple((name, value) for name, value in cleaned if name and value)[:MAX_ATTRIBUTES]


def _name(said: object) -> str:
    """Blank for what is none."""
    name = line_in(said, NAME_MAX_CHARS)
    first = _NAME.search(name)
    return name if first is not None and not first[0].islower() else _cased_within(name)


def _cased_within(name: str) -> str:
    """iPhone and eBay are names, too."""
    return name if len(name.split()) == 1 and name.lower() != name else ""


def line_in(said: object, max_chars: int = NAME_MAX_CHARS) -> str:
    if isinstance(said, int | float) and not isinstance(said, bool):
        said = str(said)
    return clean_line(said[: 4 * max_chars], max_chars=max_chars) if isinstance(said, str) else ""


def list_in(said: object) -> list[Any]:
    return said if isinstance(said, list) else []


def objects_in(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in list_in(document.get(name)) if isinstance(one, dict)]
