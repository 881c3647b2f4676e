"""What policies take out of a conversation that is imported, or leave out of it, before any of it is kept. What they
flag is kept, and looked through like everything that is said (`chat/actions/checks.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.actions.guarding import label_of
from chat.entities.graph import Entity, Graph, Relation
from chat.guards.contract import Category, Place
from chat.guards.looking import look_for
from chat.guards.policies import Policy, policy_for
from chat.guards.redaction import redact
from chat.imports.conversation import ImportedConversation, ImportedFile, ImportedMessage
from chat.imports.reading import Read
from chat.models import Message

# After so many characters it is told that the work goes on: hostile ones take a second for 100,000.
TOLD_AFTER_CHARS = 1_000_000
# Of a relation that was removed: what it led from, how, and to.
RELATION_WORDS = 3


def guarded(read: Read, *, owner_id: UUID, on_progress: Callable[[], None]) -> Read:
    """As it may be kept, with notes that say what was done to it. Every message keeps its place."""
    policy = policy_for(owner_id)
    if not any(policy.categories(place, "redact", "block") for place in ("input", "output", "retrieved")):
        return read
    guard = _Guard(policy, on_progress)
    tree = replace(read.tree, messages=[_message(one, guard) for one in read.tree.messages])
    conversation = _conversation(read.conversation, guard)
    return replace(read, tree=tree, conversation=conversation, notes=[*read.notes, *guard.notes])


@dataclass(slots=True)
class _Guard:
    policy: Policy
    on_progress: Callable[[], None]
    # How many texts, and why
    _changed: int = 0
    _refused: int = 0
    _why_changed: Counter[Category] = field(default_factory=Counter)
    _why_refused: Counter[Category] = field(default_factory=Counter)
    _chars: int = 0

    def text(self, text: str, place: Place) -> str | None:
        """What of it may be kept; None if nothing."""
        self._tell(len(text))
        blocked, redacted = self.policy.categories(place, "block"), self.policy.categories(place, "redact")
        found = look_for(blocked | redacted, text, place) if blocked or redacted else []
        if refused := {one.category for one in found if one.category in blocked}:
            self._refused += 1
            self._why_refused.update(refused)
            return None
        if not found:
            return text
        self._changed += 1
        self._why_changed.update({one.category for one in found})
        return redact(text, found)

    def texts(self, texts: Iterable[str], place: Place) -> list[str]:
        """Those that may be kept."""
        return [kept for one in texts if (kept := self.text(one, place)) is not None]

    def refusals_since(self, before: Counter[Category]) -> str:
        return _named(self._why_refused - before)

    @property
    def refusals(self) -> Counter[Category]:
        return Counter(self._why_refused)

    @property
    def notes(self) -> list[str]:
        changed = ngettext(
            "Taken out of one text, as a policy wants: %(what)s.",
            "Taken out of %(count)d texts, as a policy wants: %(what)s.",
            self._changed,
        )
        refused = ngettext(
            "One text was left out, since a policy refuses what it says: %(what)s.",
            "%(count)d texts were left out, since a policy refuses what they say: %(what)s.",
            self._refused,
        )
        of_both = ((changed, self._changed, self._why_changed), (refused, self._refused, self._why_refused))
        return [words % {"count": count, "what": _named(why)} for words, count, why in of_both if count]

    def _tell(self, chars: int) -> None:
        self._chars += chars
        if self._chars >= TOLD_AFTER_CHARS:
            self._chars = 0
            self.on_progress()


def _named(why: Counter[Category]) -> str:
    return ", ".join(label_of(one) for one in sorted(why))


def _message(said: ImportedMessage, guard: _Guard) -> ImportedMessage:
    """What is refused leaves a word in its place."""
    place: Place = "input" if said.role == Message.Role.USER else "output"
    before = guard.refusals
    parts = [kept for one in said.parts if (kept := _part(one, place, guard)) is not None]
    text = None if said.text is None else guard.text(said.text, place)
    files = _files(said.files, guard)
    if len(parts) < len(said.parts) or (text is None and said.text is not None):
        words = _("Left out when this was imported, since a policy refuses it: %(what)s.")
        notice = {"type": "notice", "text": words % {"what": guard.refusals_since(before)}}
        return replace(said, parts=[notice], text=None, files=files)
    return replace(said, parts=parts, text=text, files=files)


def _part(part: dict[str, Any], place: Place, guard: _Guard) -> dict[str, Any] | None:
    """None if it is refused."""
    if not isinstance(part.get("text"), str):
        return part
    kept = guard.text(part["text"], place)
    return None if kept is None else part | {"text": kept}


def _files(files: list[ImportedFile], guard: _Guard) -> list[ImportedFile]:
    """By their names; what they say is looked at when they are read. Nothing in them is redacted."""
    return [one for one in files if guard.text(one.name, "retrieved") is not None]


def _conversation(said: ImportedConversation, guard: _Guard) -> ImportedConversation:
    """What stands beside the messages, by the rules for what people write."""
    settings = dict(said.settings)
    if isinstance(prompt := settings.get("system_prompt"), str):
        if (kept := guard.text(prompt, "input")) is None:
            del settings["system_prompt"]
        else:
            settings["system_prompt"] = kept
    return replace(
        said,
        title=guard.text(said.title, "input") or "",
        settings=settings,
        summary=guard.text(said.summary, "input") or "",
        topics=tuple(guard.texts(said.topics, "input")),
        graph=_graph(said.graph, guard),
        # Of the tree there is what is kept.
        messages=[],
    )


def _graph(graph: Graph, guard: _Guard) -> Graph:
    """Without what is refused, and what leads to it."""
    entities = tuple(entity for one in graph.entities if (entity := _entity(one, guard)) is not None)
    there = {one.id for one in entities}
    relations = (one for one in graph.relations if {one.source, one.target} <= there)
    removed = (guard.texts(one, "input") for one in graph.removed_relations)
    return replace(
        graph,
        entities=entities,
        relations=tuple(kept for one in relations if (kept := _relation(one, guard)) is not None),
        removed=tuple(guard.texts(graph.removed, "input")),
        removed_relations=tuple((one[0], one[1], one[2]) for one in removed if len(one) == RELATION_WORDS),
    )


def _entity(said: Entity, guard: _Guard) -> Entity | None:
    words = [said.name, *said.aliases, *(word for pair in said.attributes for word in pair)]
    kept = guard.texts(words, "input")
    if len(kept) < len(words):
        return None
    name, *others = kept
    aliases, attributes = others[: len(said.aliases)], others[len(said.aliases) :]
    pairs = tuple(zip(attributes[::2], attributes[1::2], strict=True))
    return replace(said, name=name, aliases=tuple(aliases), attributes=pairs)


def _relation(said: Relation, guard: _Guard) -> Relation | None:
    kind = guard.text(said.kind, "input")
    return None if kind is None else replace(said, kind=kind)
