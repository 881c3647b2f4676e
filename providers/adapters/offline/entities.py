"""Entities, relations and topics by rules: names, dates, and what sentences such as “X is the Y of Z” say of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import orjson

from providers.adapters.offline.extract import key_terms, sentences_of, shortened, terms_of, words_of
from providers.adapters.offline.language import detect_language
from providers.adapters.offline.names import Name, Reading, beside, names_in
from providers.adapters.offline.summaries import said_in
from providers.adapters.offline.talk import EXAMINED_MESSAGE_CHARS, cleaned
from providers.contract import ChatRequest

MAX_ENTITIES = 25
MAX_TOPICS = 5
TOPIC_MENTIONS = 2
ABOUT_CHARS = 120
_KNOWN = re.compile(r"Known so far:\n(?P<known>\{.*?\})\n\nNew messages:\n", re.S)
_NO_PROSE = re.compile(r"(?:`{3,}|~{3,}).*?(?:`{3,}|~{3,}|\Z)|`[^`\n]*`|https?://\S+", re.S)
_MARKS = re.compile(r"[*_#|]+")
_QUESTION_MARKS = ("?", "\N{FULLWIDTH QUESTION MARK}")
_S = r"(?:'s|\N{RIGHT SINGLE QUOTATION MARK}s)"
# Between two names
_IS_OF = re.compile(
    r"^ (?:is|was|là) (?:(?:the|a|an|một) )?(?P<kind>[\w ]{2,40}? (?:of|at|for|in|to|của|tại|ở))(?: the)? $"
)
_VERB = re.compile(
    r"^ (?P<kind>(?:works?|worked|works as [\w ]{2,30}) (?:for|at|with)|(?:lives?|lived|grew up) (?:in|at|near)"
    r"|was born (?:in|on|at)|(?:is|was) (?:based|located) in|(?:is|was) married to|moved to|(?:belongs|reports) to"
    r"|founded|owns|leads|runs|manages|makes|made|built|wrote|designed|bought|acquired|sells|uses|knows|married|teaches"
    r"|joined|left|làm việc (?:cho|ở|tại)|sống ở|sinh (?:ra )?(?:ở|tại|vào|ngày)?|thành lập|sở hữu|quản lý)(?: the)? $"
)
_AND = re.compile(r"^,? (?:and|và)(?= )")
_AT = re.compile(r"^ (?P<kind>in|at|near|ở|tại) $")
_HAS = re.compile(rf"^{_S} (?P<kind>[\w ]{{2,30}}?) (?:is|was)(?: called| named)? (?:the )?$")
_IS = re.compile(r"^ (?:is|was|là) $")
_OWNED_AFTER = re.compile(rf"^{_S} (?P<kind>[a-z][\w ]{{1,30}})")
# Before and after one name
_MINE = re.compile(r"\bmy (?P<kind>[a-z][a-z -]{1,30}?)(?:,| is| was)?(?: called| named)? $", re.I)
_MINE_VI = re.compile(r"\b(?P<kind>[^\W\d]+(?: [^\W\d]+)?)(?: của)? (?:tôi|mình)(?: tên)? là $", re.I)
_IS_A = re.compile(r"^ (?:is|was) (?P<what>(?:an?|the) [^.,;:!?]{2,80})")
_IS_A_VI = re.compile(r"^ là (?P<what>[^.,;:!?]{2,80})")
_HAS_VALUE = re.compile(rf"^{_S} (?P<what>[a-z][\w ]{{1,30}}?) (?:is|was) (?P<value>[^.,;:!?]{{1,80}})")
_OF_VI = re.compile(r"(?P<what>[^\W\d]+(?: [^\W\d]+)?) của $")
_SUBJECT = re.compile(r"(?:He|She|It|They|Anh ấy|Cô ấy|Chị ấy|Ông ấy|Bà ấy|Nó)(?= )")
_PRONOUN = re.compile(
    r"\b(?:his|her|its|their) (?P<what>[a-z]+(?: [a-z]+)?) (?:is|was) (?P<value>[^.,;:!?]{1,80})", re.I
)


@dataclass
class _Known:
    """What was found so far, each entity under its name in lower case."""

    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    relations: list[dict[str, str]] = field(default_factory=list)
    last: str = ""

    def mention(self, name: Name) -> dict[str, Any]:
        entity = self.entities.setdefault(
            name.name.lower(), {"name": name.name, "type": name.type, "aliases": [], "attributes": {}}
        )
        attributes: dict[str, Any] = entity["attributes"]
        if name.type != "date":
            self.last = name.name.lower()
        return attributes

    def relate(self, source: Name, kind: str, target: Name) -> None:
        relation = {"from": source.name, "kind": " ".join(kind.split()), "to": target.name}
        if relation not in self.relations:
            self.relations.append(relation)


def make_entities(request: ChatRequest) -> str:
    """Of the task as the chat puts it: what is known so far, then the new messages. JSON, as it is asked for there."""
    asked = next((message.text for message in reversed(request.messages) if message.role == "user"), "")
    parts = _KNOWN.match(asked)
    former = _parsed(parts["known"]) if parts else {}
    said = [(role, _prose(text)) for role, text in said_in(asked[parts.end() :] if parts else asked)]
    types = {one["name"].lower(): one["type"] for one in former.get("entities", [])}
    small = {word for _role, text in said for word in re.findall(r"\w+", text) if word.islower()}
    known = _Known()
    for role, text in said:
        for sentence in sentences_of(text):
            _read(sentence, Reading(types, small, is_persons=role == "user"), known)
            types |= {name: entity["type"] for name, entity in known.entities.items()}
    return orjson.dumps(
        {
            "topics": _topics(former.get("topics", []), [text for role, text in said if role == "user"], types),
            "entities": list(known.entities.values())[-MAX_ENTITIES:],
            "relations": known.relations[-MAX_ENTITIES:],
        }
    ).decode()


def _parsed(known: str) -> dict[str, Any]:
    try:
        document = orjson.loads(known)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _prose(text: str) -> str:
    """Without code, addresses and the marks of Markdown."""
    return _MARKS.sub("", _NO_PROSE.sub(" ", cleaned(text, limit_chars=EXAMINED_MESSAGE_CHARS)))


def _read(sentence: str, reading: Reading, known: _Known) -> None:
    names = names_in(sentence, reading)
    before = known.last
    for name in names:
        attributes = known.mention(name)
        if name.type == "date" and "about" not in attributes:
            attributes["about"] = shortened(sentence, limit_chars=ABOUT_CHARS)
    if sentence.endswith(_QUESTION_MARKS):
        return
    for name in names:
        if name.type != "date":
            _describe(sentence, name, names, known)
    if (subject := _SUBJECT.match(sentence)) and before in known.entities:
        spoken_of = known.entities[before]
        names.insert(0, Name(0, subject.end(), spoken_of["name"], spoken_of["type"]))
    for one, other in pairwise(names):
        between = sentence[one.end : other.start]
        if also := _AND.match(between):
            # What the sentence began with does this, too.
            one, between = names[0], between[also.end() :]
        _relate(one, between, other, sentence[other.end :], known)
    for found in _PRONOUN.finditer(sentence):
        earlier = [one for one in names if one.end <= found.start() and one.type != "date"]
        last = earlier[-1].name.lower() if earlier else before
        if last in known.entities:
            known.entities[last]["attributes"][found["what"].lower()] = found["value"].strip()


def _describe(sentence: str, name: Name, names: Sequence[Name], known: _Known) -> None:
    """What is said of one name without another."""
    before, after = beside(sentence, name.start, name.end)
    attributes = known.entities[name.name.lower()]["attributes"]
    if mine := _MINE.search(before):
        attributes["to the user"] = mine["kind"].strip().lower()
    elif mine := _MINE_VI.search(before):
        attributes["với người dùng"] = mine["kind"].lower()
    if (owned := _HAS_VALUE.match(after)) and not _has_name(
        names, name.end + owned.start("value"), name.end + owned.end()
    ):
        attributes[owned["what"].lower()] = owned["value"].strip()
    for pattern, key in ((_IS_A, "is"), (_IS_A_VI, "là")):
        if (what := pattern.match(after)) and not _has_name(names, name.end, name.end + what.end()):
            of = _OF_VI.search(before)
            attributes[of["what"].lower() if of else key] = what["what"].strip()


def _has_name(names: Iterable[Name], start: int, end: int) -> bool:
    return any(start <= one.start < end for one in names if one.type != "date")


def _relate(one: Name, between: str, other: Name, after: str, known: _Known) -> None:
    if (found := _IS_OF.match(between)) or (found := _VERB.match(between)):
        known.relate(one, found["kind"], other)
    elif other.type == "place" and one.type == "organisation" and (found := _AT.match(between)):
        known.relate(one, f"is {found['kind']}" if found["kind"].isascii() else found["kind"], other)
    elif found := _HAS.match(between):
        known.relate(other, f"{found['kind']} of", one)
    elif _IS.match(between) and (found := _OWNED_AFTER.match(after)):
        known.relate(one, f"{found['kind']} of", other)


def _topics(former: Sequence[str], texts: Sequence[str], names: Iterable[str]) -> list[str]:
    """What the person comes back to, names left out: those that were topics already, the new ones, the others."""
    text = "\n".join(texts)
    no_topics = {word for name in names for word in words_of(name)}
    words = [word if len(word) > 1 and not word.isdigit() else "" for word in words_of(text)]
    terms = set(terms_of(text)) - no_topics
    pairs = Counter(
        f"{one} {other}" for one, other in pairwise(words) if one in terms and other in terms and one != other
    )
    found = [pair for pair, count in pairs.most_common(MAX_TOPICS) if count >= TOPIC_MENTIONS]
    if detect_language(text) == "en":
        # In Vietnamese a single syllable is seldom a word.
        in_pairs = {word for pair in found for word in pair.split()}
        counted = key_terms(text, count=4 * MAX_TOPICS)
        found += [one for one, count in counted if count >= TOPIC_MENTIONS and one in terms - in_pairs]
    still = [topic for topic in former if topic.lower() in found]
    return list(dict.fromkeys([*still, *found[:MAX_TOPICS], *former]))[:MAX_TOPICS]
